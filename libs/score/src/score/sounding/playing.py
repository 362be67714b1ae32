"""How the instruments of a score play its notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64, Bool
from score.model import Score
from score.sounding.bends import apply_bends, bend_curve
from score.sounding.controls import Part
from score.sounding.note_array import TRACK, split_by_index
from score.sounding.pedal import last_bar_line, lengthen
from score.sounding.restrike import cut_restruck
from score.sounding.volume import level_curve, levels
from score.tempo_map import TempoMap


class PlayedNotes(NamedTuple):
    """Notes as they are played.

    Attributes
    ----------
    notes : ndarray, shape (n, 6), int64
        A note array, with the velocities of the file.
    levels : ndarray, shape (n,), float64
        By which velocities are multiplied.
    is_silent : ndarray, shape (n,), bool
    is_bent : ndarray, shape (n,), bool
        Notes that are bent to other pitches.
    bent_parts : tuple of Part
        The instruments whose bends made pitches.
    """

    notes: I64
    levels: F64
    is_silent: Bool
    is_bent: Bool
    bent_parts: tuple[Part, ...]


class _Played(NamedTuple):
    """The notes of one instrument; fields as of `PlayedNotes`."""

    notes: I64
    levels: F64
    is_silent: Bool
    is_bent: Bool


def play_parts(score: Score, parts: Sequence[Part], notes: I64) -> PlayedNotes:
    """Return the notes of a score as its instruments play them.

    Parameters
    ----------
    score : Score
    parts : sequence of Part
        Its instruments that receive messages.
    notes : ndarray, shape (n, 6), int64
        Its notes, of which no two of a track sound on one key at a time.
    """
    part_of_track = np.full(len(score.tracks), len(parts), dtype=np.int64)
    for index, part in enumerate(parts):
        part_of_track[list(part.tracks)] = index
    *of_parts, others = split_by_index(notes, part_of_track[notes[:, TRACK]], len(parts) + 1)
    tempo_map, limit_ticks = TempoMap.from_score(score), last_bar_line(score)
    played = [_unchanged(others)]
    bent_parts = []
    for part, rows in zip(parts, of_parts, strict=True):
        played.append(_play(part, rows, tempo_map, limit_ticks))
        if bend_curve(part.events) is not None and not part.is_drum:
            bent_parts.append(part)
    joined = _Played(*(np.concatenate(values) for values in zip(*played, strict=True)))
    return PlayedNotes(*joined, tuple(bent_parts))


def _play(part: Part, notes: I64, tempo_map: TempoMap, limit_ticks: int) -> _Played:
    """Return an instrument's notes as it plays them; drums have neither pedals nor bends."""
    is_bent: Bool = np.zeros(len(notes), dtype=np.bool_)
    if not part.is_drum:
        lengthen(notes, part.events, limit_ticks)
        notes = cut_restruck(notes)
        bends = bend_curve(part.events)
        if bends is not None:
            notes, is_bent = apply_bends(notes, bends, tempo_map)
    volume = level_curve(part.events)
    if volume is None:
        return _unchanged(notes)._replace(is_bent=is_bent)
    return _Played(notes, *levels(notes, volume), is_bent)


def _unchanged(notes: I64) -> _Played:
    n_notes = len(notes)
    return _Played(notes, np.ones(n_notes), np.zeros(n_notes, dtype=np.bool_), np.zeros(n_notes, dtype=np.bool_))
