"""The longest silence that a file may have: what comes after a longer one is there because a time was damaged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np

from score.model import Event, KeySignature, Meter, Note, Score, Tempo

MAX_SILENT_QUARTERS = 1024
"""256 bars of 4/4 in which no note of any track begins."""

_LAST_NOTE_QUARTERS = 4
TimedT = TypeVar("TimedT", Event, Tempo, Meter, KeySignature)


class CutScore(NamedTuple):
    """A score without what comes after a long silence, and the length of the silence; 0 if there is none."""

    score: Score
    silent_quarters: int


def cut_after_silence(score: Score) -> CutScore:
    """Leave out what comes after a silence of more than `MAX_SILENT_QUARTERS`, within the piece or at its end.

    The silence before the first note counts as music. Notes that last into the silence end a whole note after the last
    onset.
    """
    max_ticks = MAX_SILENT_QUARTERS * score.ticks_per_quarter
    last_tick = _last_tick(score)
    if last_tick <= max_ticks or not score.n_notes:
        return CutScore(score, 0)
    onsets = np.unique(np.concatenate([track.note_array[:, 0] for track in score.tracks]))
    ends = [*onsets[1:].tolist(), score.end_ticks]
    silent = next((index for index, onset in enumerate(onsets.tolist()) if ends[index] - onset > max_ticks), None)
    silent_ticks = last_tick - score.end_ticks
    if silent is not None:
        last = int(onsets[silent])
        silent_ticks = ends[silent] - last
        score = _cut_notes(score, last, last + _LAST_NOTE_QUARTERS * score.ticks_per_quarter)
    if silent_ticks <= max_ticks:
        return CutScore(score, 0)
    return CutScore(_cut_events(score, score.end_ticks + max_ticks), round(silent_ticks / score.ticks_per_quarter))


def _last_tick(score: Score) -> int:
    timed: list[Iterable[Event | Tempo | Meter | KeySignature]] = [score.tempos, score.meters, score.keys, score.others]
    timed += [track.others for track in score.tracks]
    return max(score.end_ticks, max((event.tick for event in chain.from_iterable(timed)), default=0))


def _cut_notes(score: Score, last: int, stop: int) -> Score:
    """Leave out notes that begin after `last`, and end all others at `stop`; what ends in order still does."""
    tracks = tuple(
        replace(track, notes=tuple(_ended(note, stop) for note in track.notes if note.onset_ticks <= last))
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


def _ended(note: Note, stop: int) -> Note:
    return note if note.end_ticks <= stop else note._replace(duration_ticks=stop - note.onset_ticks)


def _cut_events(score: Score, stop: int) -> Score:
    return replace(
        score,
        tempos=_until(score.tempos, stop),
        meters=_until(score.meters, stop),
        keys=_until(score.keys, stop),
        others=_until(score.others, stop),
        tracks=tuple(replace(track, others=_until(track.others, stop)) for track in score.tracks),
    )


def _until(events: tuple[TimedT, ...], stop: int) -> tuple[TimedT, ...]:
    return tuple(event for event in events if event.tick <= stop)
