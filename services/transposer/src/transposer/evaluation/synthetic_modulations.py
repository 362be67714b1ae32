"""Pieces with known key changes, concatenated from segments of pieces whose key is known.

The local keys are tuned and measured on them, because no large open corpus has keys labelled by bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import I64

from transposer.key_detection.beat_grid import BeatGrid
from transposer.key_detection.key import Key
from transposer.key_detection.local_keys import KeySegment
from transposer.key_detection.pitched_notes import PitchedNotes, slice_bars
from transposer.transposition.transpose import shortest_interval

NEAR_KEY_SEMITONES = (7, 5, 2, 10, 9, 3)
"""Intervals to the keys of a modulation, all equally probable: a fifth up or down, a tone, a minor third."""

_MIN_SEGMENT_BARS = 8
_MAX_SEGMENT_BARS = 32
_TOLERANCE_BARS = 1


class ModulatingPiece(NamedTuple):
    """A piece with the true key of each bar, as a class index; shape (bars,)."""

    notes: PitchedNotes
    keys: I64


class ModulationScores(NamedTuple):
    """The accuracy of detected local keys.

    Attributes
    ----------
    bar_accuracy : float
        Share of the bars in the right key.
    n_found, n_missed : int
        True changes with and without a detected change within one bar.
    n_false : int
        Detected changes without a true change within one bar.
    """

    bar_accuracy: float
    n_found: int
    n_missed: int
    n_false: int


class _Segment(NamedTuple):
    """Bars of a piece in a known key, to be transposed."""

    notes: PitchedNotes
    key: Key
    first_bar: int
    stop_bar: int
    semitones: int


def modulate_middle(notes: PitchedNotes, key: Key, rng: np.random.Generator) -> ModulatingPiece | None:
    """Transpose the middle third of a piece to a near key.

    Parameters
    ----------
    notes : PitchedNotes
        The piece.
    key : Key
        Its key.
    rng : Generator
        Chooses the interval.

    Returns
    -------
    ModulatingPiece or None
        None if a third of the piece is shorter than eight bars.
    """
    third = notes.beat_grid.n_bars // 3
    if third < _MIN_SEGMENT_BARS:
        return None
    semitones = int(rng.choice(NEAR_KEY_SEMITONES))
    return _concatenate(
        [
            _Segment(notes, key, 0, third, 0),
            _Segment(notes, key, third, 2 * third, semitones),
            _Segment(notes, key, 2 * third, 3 * third, 0),
        ]
    )


def concatenate_pieces(
    first: tuple[PitchedNotes, Key], second: tuple[PitchedNotes, Key], rng: np.random.Generator
) -> ModulatingPiece | None:
    """Concatenate two pieces, the second transposed to a tonic near that of the first.

    Parameters
    ----------
    first, second : tuple of PitchedNotes and Key
        Pieces with their keys; of each at most 32 bars are used.
    rng : Generator
        Chooses the interval between the tonics.

    Returns
    -------
    ModulatingPiece or None
        None if both end up in the same key, or one is shorter than eight bars.
    """
    tonic = (first[1].tonic + int(rng.choice((0, *NEAR_KEY_SEMITONES)))) % 12
    if Key(tonic, second[1].is_minor) == first[1]:
        return None
    n_bars = [min(_MAX_SEGMENT_BARS, notes.beat_grid.n_bars) for notes, _ in (first, second)]
    if min(n_bars) < _MIN_SEGMENT_BARS:
        return None
    semitones = shortest_interval(second[1].tonic, tonic)
    return _concatenate([_Segment(*first, 0, n_bars[0], 0), _Segment(*second, 0, n_bars[1], semitones)])


def score_segments(segments: Sequence[KeySegment], keys: I64) -> ModulationScores:
    """Compare detected segments with the true key of each bar, shape (bars,)."""
    detected = np.concatenate([np.full(segment.n_bars, segment.key.class_index) for segment in segments])
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    detected_changes = np.array([segment.first_bar for segment in segments[1:]], dtype=np.int64)
    is_near = np.abs(changes[:, None] - detected_changes) <= _TOLERANCE_BARS
    n_found = int(is_near.any(axis=1).sum())
    n_false = int((~is_near.any(axis=0)).sum())
    return ModulationScores(float((detected == keys).mean()), n_found, len(changes) - n_found, n_false)


def _concatenate(segments: Sequence[_Segment]) -> ModulatingPiece:
    parts = [slice_bars(segment.notes, segment.first_bar, segment.stop_bar) for segment in segments]
    grids = [part.beat_grid for part in parts]
    lengths = [grid.beat_edges_quarters[-1] for grid in grids]
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    first_beats = np.concatenate([[0], np.cumsum([grid.n_beats for grid in grids])[:-1]])
    edges = [grid.beat_edges_quarters[:-1] + start for grid, start in zip(grids, starts, strict=True)]
    bars = [grid.first_beats + first_beat for grid, first_beat in zip(grids, first_beats, strict=True)]
    notes = PitchedNotes(
        onsets_quarters=np.concatenate([part.onsets_quarters + at for part, at in zip(parts, starts, strict=True)]),
        ends_quarters=np.concatenate([part.ends_quarters + at for part, at in zip(parts, starts, strict=True)]),
        pitches=np.concatenate([part.pitches + own.semitones for part, own in zip(parts, segments, strict=True)]),
        tracks=np.concatenate([part.tracks for part in parts]),
        beat_grid=BeatGrid(np.append(np.concatenate(edges), starts[-1] + lengths[-1]), np.concatenate(bars)),
    )
    keys = [
        np.full(grid.n_bars, Key((own.key.tonic + own.semitones) % 12, own.key.is_minor).class_index)
        for grid, own in zip(grids, segments, strict=True)
    ]
    return ModulatingPiece(notes, np.concatenate(keys))
