"""Density of the harmony and the drums: strike chords again or leave repetitions out, add or leave out strokes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from score.encoding import DRUM_CLASS_OF_PITCH, DRUM_CLASSES

from vae.attributes.edits import Edit, InsertNote, RemoveColumn, Restrike
from vae.attributes.part import ColumnNote, Part
from vae.attributes.surroundings import BarClass, BarSurroundings

CLOSED_HIHAT, RIDE = 2, 8
TIMEKEEPERS = (CLOSED_HIHAT, RIDE, 3)
"""Drum classes that keep time: closed hi-hat, ride, open hi-hat."""

_LEVEL_COST, _HABIT_COST = 1.0, 1.0
_NEW_CHORD_COST, _REPETITION_BONUS = 3.0, 1.0
_SPACING_COST = {1: 3.0, 2: 1.0, 3: 0.6}
_ARPEGGIO_MAX_NOTES = 1.7
"""A bar with fewer notes per onset step is an arpeggio: single notes are added to it, not chords."""
_ARPEGGIO_REACH = 9
_MAX_FILLED_REST_STEPS = 4
_STROKE_COSTS = (1.5, 2.0, 0.0, 0.3, 0.8, 0.8, 0.8, 1.5, 0.0)
"""By drum class, what its strokes matter."""


def chord_removals(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield the onsets of the harmony in a bar that can be left out: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    onsets = part.onsets_between(start, start + part.steps_per_bar)
    if len(onsets) <= 1:
        return
    for onset in onsets:
        step = onset - start
        if step in bar_class.surroundings.protected:
            continue
        column = part.columns[onset]
        classes = {note.pitch % 12 for note in column}
        before = {note.pitch % 12 for note in [*part.ending(onset), *part.sounding(onset)]}
        cost = _LEVEL_COST * bar_class.surroundings.levels[step]
        if classes <= before:
            cost -= _REPETITION_BONUS
        elif len(column) > 1:
            cost += _NEW_CHORD_COST
        yield Edit(cost, (RemoveColumn(step),))


def chord_insertions(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield where a chord of a bar can be struck again, or a note of it: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    n_onsets = len({step for step, _ in bar_class.key})
    is_arpeggio = len(bar_class.key) < _ARPEGGIO_MAX_NOTES * n_onsets
    for step in range(part.steps_per_bar):
        onset = start + step
        before = part.onset_before(onset)
        if part.has_onset(onset) or before is None:
            continue
        sounding = part.sounding(onset) or part.columns[before]
        if onset - max(note.end for note in sounding) >= _MAX_FILLED_REST_STEPS:
            continue
        cost = _placement_cost(part, onset, step, bar_class.surroundings)
        if is_arpeggio:
            pitch = _arpeggio_pitch(part, onset, step, sounding, bar_class.surroundings)
            yield Edit(cost, (InsertNote(step, pitch),))
        else:
            yield Edit(cost, (Restrike(step),))


def _placement_cost(part: Part, onset: int, step: int, around: BarSurroundings) -> float:
    before, after = part.onset_before(onset), part.onset_after(onset)
    spacing = min(onset - (onset - 8 if before is None else before), (onset + 8 if after is None else after) - onset)
    return _SPACING_COST.get(spacing, 0.0) + _HABIT_COST * (1 - float(around.onset_rates[step]))


def _arpeggio_pitch(part: Part, onset: int, step: int, sounding: list[ColumnNote], around: BarSurroundings) -> int:
    """Return a chord tone near the note before that does not repeat it."""
    before = part.onset_before(onset)
    last = part.columns[before][-1].pitch if before is not None else sounding[-1].pitch
    recent = [note.pitch for _, note in part.iter_notes(onset - part.steps_per_bar, onset)] or [last]
    near = range(last - _ARPEGGIO_REACH, last + _ARPEGGIO_REACH + 1)
    tones = [pitch for pitch in near if around.chord_share[step, pitch % 12] > 0.5]
    tones = [pitch for pitch in tones if min(recent) - 3 <= pitch <= max(recent) + 3 and pitch != last]
    known = [note.pitch for note in sounding if note.pitch != last]
    center = float(np.mean(recent))
    return min(known or tones or [last], key=lambda pitch: (abs(pitch - center), pitch))


def stroke_removals(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield the steps of a bar of drums that can be left out: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    onsets = part.onsets_between(start, start + part.steps_per_bar)
    for onset in onsets if len(onsets) > 1 else []:
        step = onset - start
        strokes = sum(_STROKE_COSTS[DRUM_CLASS_OF_PITCH[note.pitch]] for note in part.columns[onset])
        if step not in bar_class.surroundings.protected:
            yield Edit(_LEVEL_COST * bar_class.surroundings.levels[step] + strokes, (RemoveColumn(step),))


def stroke_insertions(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield where strokes can be added to a bar of drums: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    counts = [sum(DRUM_CLASS_OF_PITCH[pitch] == kind for _, pitch in bar_class.key) for kind in TIMEKEEPERS]
    timekeeper = TIMEKEEPERS[int(np.argmax(counts))]
    for step in range(part.steps_per_bar):
        if not part.has_onset(start + step):
            cost = _placement_cost(part, start + step, step, bar_class.surroundings)
            yield Edit(cost, (InsertNote(step, DRUM_CLASSES[timekeeper][0]),))
