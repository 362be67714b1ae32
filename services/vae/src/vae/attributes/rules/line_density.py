"""Density of lead and bass: leave out what matters least, or divide notes by idiomatic ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from score.encoding import MAX_PITCH, MIN_PITCH
from score.roles import Role

from vae.attributes.edits import Edit, InsertNote, RemoveColumn
from vae.attributes.part import Part
from vae.attributes.surroundings import BEAT_LEVEL, BEAT_STEPS, BarClass, BarSurroundings

# Costs of leaving out a note, set by hand: what makes it matter to the line.
_LEVEL_COST, _LENGTH_COST, _PEAK_COST, _CHORD_TONE_COST = 1.0, 0.7, 1.0, 0.5
_REPETITION_BONUS, _PASSING_BONUS = 1.0, 0.7

# Costs of a note that is added.
_SPACING_COST = {1: 3.0, 2: 1.0, 3: 0.6}
"""By the shortest interval to a neighbor in steps."""
_HABIT_COST = 1.0
_REST_COST, _LONG_REST_COST, _PHRASE_END_COST = 0.8, 0.3, 2.5
_NOT_CHORD_TONE_COST, _CLASH_COST, _SKIPPED_DISSONANCE_COST = 3.0, 3.0, 2.0
_LEAP_COST = 0.3


class _LineStyle(NamedTuple):
    """What notes a line prefers: margin beyond the neighbors and leaps without cost in semitones, and costs."""

    margin: int
    free_leap: int
    detour_cost: float
    repetition_cost: float
    anticipation_cost: float
    neighbor_note_cost: float


_LINE_STYLES = {
    Role.LEAD: _LineStyle(4, 5, 0.12, 0.6, 0.5, 0.0),
    Role.BASS: _LineStyle(7, 7, 0.03, 0.3, 0.3, 0.5),
}
"""Tunes move by step; basses repeat and leap within the chord."""


def line_removals(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield the notes of a bar that can be left out: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    around = bar_class.surroundings
    onsets = part.onsets_between(start, start + part.steps_per_bar)
    if len(onsets) <= 1:
        return
    for onset in onsets:
        step = onset - start
        if step not in around.protected:
            yield Edit(_importance(part, onset, step, around), (RemoveColumn(step),))


def _importance(part: Part, onset: int, step: int, around: BarSurroundings) -> float:
    note = part.columns[onset][0]
    cost = _LEVEL_COST * around.levels[step] + _LENGTH_COST * math.log2(max(1, note.end - onset))
    cost += _CHORD_TONE_COST * float(around.chord_share[step, note.pitch % 12])
    before, after = part.onset_before(onset), part.onset_after(onset)
    if before is None or after is None:
        return cost
    from_before = note.pitch - part.columns[before][0].pitch
    to_after = part.columns[after][0].pitch - note.pitch
    if from_before == 0:
        return cost - _REPETITION_BONUS
    if from_before * to_after > 0 and max(abs(from_before), abs(to_after)) <= 2:
        return cost - _PASSING_BONUS
    return cost + (_PEAK_COST if from_before * to_after < 0 and min(abs(from_before), abs(to_after)) > 2 else 0.0)


def line_insertions(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield the best note for each step of a bar where one can begin: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    around = bar_class.surroundings
    for step in range(part.steps_per_bar):
        onset = start + step
        before, after = part.onset_before(onset), part.onset_after(onset)
        if part.has_onset(onset) or before is None or after is None:
            continue
        end = part.columns[before][0].end
        cost = _SPACING_COST.get(min(onset - before, after - onset), 0.0)
        cost += _HABIT_COST * (1 - float(around.onset_rates[step]))
        cost += _REST_COST + _LONG_REST_COST * max(0, after - end - BEAT_STEPS) if onset >= end else 0.0
        cost += _PHRASE_END_COST if before - start in around.protected and onset - before > 1 else 0.0
        pitches = (part.columns[before][0].pitch, part.columns[after][0].pitch)
        fit = _best_pitch(pitches, step, around, part.role)
        if fit is not None:
            yield Edit(cost + fit[0], (InsertNote(step, fit[1]),))


def _best_pitch(neighbors: tuple[int, int], step: int, around: BarSurroundings, role: Role) -> tuple[float, int] | None:
    """Return the cost and the pitch of the best note between two others; None if none is possible."""
    margin = _LINE_STYLES[role].margin
    lowest, highest = max(min(neighbors) - margin, MIN_PITCH), min(max(neighbors) + margin, MAX_PITCH)
    usable = [pitch for pitch in range(lowest, highest + 1) if around.is_usable(step, pitch % 12)]
    return min(((_pitch_cost(pitch, neighbors, step, around, role), pitch) for pitch in usable), default=None)


def _pitch_cost(pitch: int, neighbors: tuple[int, int], step: int, around: BarSurroundings, role: Role) -> float:
    before, after = neighbors
    style = _LINE_STYLES[role]
    not_chord_tone = 1 - float(around.chord_share[step, pitch % 12])
    is_stepwise = 0 < abs(pitch - before) <= 2 and abs(after - pitch) <= 2
    cost = style.detour_cost * (abs(pitch - before) + abs(after - pitch) - abs(after - before))
    cost += _LEAP_COST * sum(max(0, abs(interval) - style.free_leap) for interval in (pitch - before, after - pitch))
    if around.levels[step] >= BEAT_LEVEL:
        cost += _NOT_CHORD_TONE_COST * not_chord_tone
        cost += _CLASH_COST * float(around.clash_share[step, pitch % 12])
    elif not is_stepwise:
        cost += _SKIPPED_DISSONANCE_COST * not_chord_tone
    elif before == after:
        cost += style.neighbor_note_cost * not_chord_tone
    return cost + style.repetition_cost * (pitch == before) + style.anticipation_cost * (pitch == after != before)
