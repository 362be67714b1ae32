"""Polyphony of harmony and drums: voices or simultaneous strokes are added or left out."""

from __future__ import annotations

from collections.abc import Iterator

from score.encoding import DRUM_CLASS_OF_PITCH, DRUM_CLASSES, MAX_PITCH, MIN_PITCH, N_VOICES

from vae.attributes.edits import AddNote, Edit, RemoveNote
from vae.attributes.part import Part
from vae.attributes.rules.chord_density import TIMEKEEPERS
from vae.attributes.surroundings import BEAT_LEVEL, BarClass, BarSurroundings

_MAX_STROKES = 4
_KICK, _SNARE, _CLOSED_HIHAT, _OPEN_HIHAT, _CRASH, _RIDE = 0, 1, 2, 3, 7, 8
_MIN_VOICE_INTERVAL = 3
_MAX_VOICE_DISTANCE = 8
_DOUBLING_COST, _CLASH_COST, _OUTSIDE_COST, _TOP_NOTE_COST, _BASS_NOTE_COST = 1.5, 2.0, 0.6, 3.0, 0.8
_STRENGTH_COST = 0.4


def added_voices(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield a further chord tone for each onset of the harmony in a bar: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    for onset in part.onsets_between(start, start + part.steps_per_bar):
        step, column = onset - start, part.columns[onset]
        end = max(note.end for note in column)
        n_sounding = max(
            len(part.sounding(at)) + len(part.columns.get(at, ())) for at in (onset, *part.onsets_between(onset, end))
        )
        if n_sounding >= N_VOICES:
            continue
        sounding = sorted(note.pitch for note in [*column, *part.sounding(onset)])
        fit = _best_voice(sounding, [note.pitch for note in column], step, bar_class.surroundings)
        if fit is not None:
            cost = _STRENGTH_COST * (4 - bar_class.surroundings.levels[step]) + len(column) + fit[0]
            yield Edit(cost, (AddNote(step, fit[1]),))


def _best_voice(sounding: list[int], column: list[int], step: int, around: BarSurroundings) -> tuple[float, int] | None:
    """Return the cost and the pitch of the best further voice of a chord; None if there is no room."""
    classes = {pitch % 12 for pitch in sounding}
    lowest = max(min(column) - _MAX_VOICE_DISTANCE, MIN_PITCH)
    highest = min(max(column) + _MAX_VOICE_DISTANCE, MAX_PITCH)
    best = None
    for pitch in range(lowest, highest + 1):
        if around.chord_share[step, pitch % 12] <= 0.5:
            continue
        if min(abs(pitch - other) for other in sounding) < _MIN_VOICE_INTERVAL:
            continue
        cost = _DOUBLING_COST * (pitch % 12 in classes) + _CLASH_COST * float(around.clash_share[step, pitch % 12])
        # The top voice is the tune of the accompaniment: what is added stays below it where possible.
        cost += _TOP_NOTE_COST * (pitch > max(column)) + _OUTSIDE_COST * (pitch < min(column))
        if best is None or (cost, -pitch) < (best[0], -best[1]):
            best = (cost, pitch)
    return best


def removed_voices(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield the notes of chords in a bar that can be left out: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    around = bar_class.surroundings
    for onset in part.onsets_between(start, start + part.steps_per_bar):
        step, column = onset - start, part.columns[onset]
        if len(column) < 2:
            continue
        classes = [note.pitch % 12 for note in column]
        for index, note in enumerate(column):
            cost = _STRENGTH_COST * around.levels[step] + N_VOICES - len(column)
            cost -= _DOUBLING_COST * (classes.count(note.pitch % 12) > 1)
            cost += _TOP_NOTE_COST * (index == len(column) - 1) + _BASS_NOTE_COST * (index == 0)
            cost += 1 - float(around.chord_share[step, note.pitch % 12]) if len(column) > 2 else 0.0
            yield Edit(cost, (RemoveNote(step, note.pitch),))


def added_strokes(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield strokes that can join those of a bar of drums: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    for onset in part.onsets_between(start, start + part.steps_per_bar):
        step = onset - start
        kinds = {DRUM_CLASS_OF_PITCH[note.pitch] for note in part.columns[onset]}
        if len(kinds) < _MAX_STROKES:
            for kind, cost in _stroke_costs(kinds, bar_class.surroundings.levels[step], step):
                yield Edit(cost + len(kinds), (AddNote(step, DRUM_CLASSES[kind][0]),))


def _stroke_costs(kinds: set[int], level: int, step: int) -> Iterator[tuple[int, float]]:
    """Yield drum classes that may join others at a step, with their costs."""
    has_timekeeper = bool(kinds & set(TIMEKEEPERS))
    if not has_timekeeper:
        yield _CLOSED_HIHAT, 0.0
    if _KICK not in kinds:
        yield _KICK, 3.0 - 0.5 * level + (1.0 if _SNARE in kinds else 0.0)
    if _SNARE not in kinds:
        yield _SNARE, 2.0 if level == BEAT_LEVEL else 3.5
    if has_timekeeper and _RIDE not in kinds:
        yield _RIDE, 2.5
    if has_timekeeper and _OPEN_HIHAT not in kinds and level == 1:
        yield _OPEN_HIHAT, 2.5
    if step == 0 and _CRASH not in kinds:
        yield _CRASH, 2.2


def removed_strokes(part: Part, start: int, bar_class: BarClass) -> Iterator[Edit]:
    """Yield strokes of a bar of drums that others cover: see `vae.attributes.edit_sequence.Candidates`.

    Parameters
    ----------
    part : Part
    start : int
    bar_class : BarClass
    """
    for onset in part.onsets_between(start, start + part.steps_per_bar):
        step, column = onset - start, part.columns[onset]
        if len(column) < 2:
            continue
        for note in column:
            kind = DRUM_CLASS_OF_PITCH[note.pitch]
            matter = 0.0 if kind in TIMEKEEPERS else 2.5 if kind == _SNARE else 1.5
            cost = matter + _STRENGTH_COST * bar_class.surroundings.levels[step] + _MAX_STROKES - len(column)
            yield Edit(cost, (RemoveNote(step, note.pitch),))
