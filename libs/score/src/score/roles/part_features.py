"""Features of the parts of a piece, from its notes alone: what each part plays, and how that compares with the others.

Each part is described by its share of the piece, its register and place among the voices, its rhythm, its intervals,
its variety and repetition, and by how it moves with other parts. Names, programs and the order of tracks do not count.
Times are in quarter notes.

Sources: Madsen and Widmer, *Towards a computational model of melody identification in polyphonic music*, IJCAI 2007
(entropy); Rizo, Ponce de León, Pérez-Sancho, Pertusa and Iñesta, *A pattern recognition approach for melody track
selection in MIDI files*, ISMIR 2006 (register, polyphony, occupation); Uitdenbogerd and Zobel, *Melodic matching
techniques for large music databases*, ACM Multimedia 1999 (skyline).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from score.arrays import F32, F64, I64
from score.model import Note

_SLOTS_PER_QUARTER = 4
_MAX_SLOTS = 4096
_MAX_NOTE_SLOTS = 64
"""A note that sounds longer than this many slots counts up to here, which bounds the work."""
_MAX_NOTES = 4_000
"""Notes of a part that are examined."""
_MAX_COMPANIONS = 12
"""Parts with which each part is compared note by note: those with the most onsets."""
_WINDOW_QUARTERS, _BAR_QUARTERS = 2.0, 4.0
_SAME_ONSET_QUARTERS = 1 / 12
_LENGTHS_PER_QUARTER = 12
_MIDDLE_PITCH = 64.0
_SILENT = -1


class PartNotes(NamedTuple):
    """The notes of a part, sorted by onset: onsets and ends in quarters, pitches and velocities as MIDI numbers."""

    onsets: F64
    ends: F64
    pitches: I64
    velocities: I64


class _Line(NamedTuple):
    """The upper line of a part: one note at each onset."""

    onsets: F64
    ends: F64
    pitches: I64


def to_part_notes(notes: Sequence[Note], ticks_per_quarter: int) -> PartNotes:
    """Return notes, at least one, as arrays; of very long parts only the first notes.

    Examples
    --------
    >>> to_part_notes((Note(480, 240, 60, 80),), 480).ends.tolist()
    [1.5]
    """
    # Notes are flat tuples: this takes a fifth of the time of `np.array(notes)`.
    flat = chain.from_iterable(notes[:_MAX_NOTES])
    table = np.fromiter(flat, dtype=np.int64).reshape(-1, len(Note._fields))
    onsets = table[:, 0] / ticks_per_quarter
    return PartNotes(onsets, onsets + table[:, 1] / ticks_per_quarter, table[:, 2], table[:, 3])


def part_features(parts: Sequence[PartNotes]) -> F32:
    """Compute the features of all parts of a piece.

    Returns
    -------
    ndarray, shape (n_parts, n_features), float32
        For each part its own features, then their differences from the mean of the other parts, and from the largest
        of them; both are 0 for a part without others.
    """
    start = min(float(part.onsets[0]) for part in parts)
    end = max(max(float(part.ends.max()) for part in parts), start + 1.0)
    parts = [part._replace(onsets=part.onsets - start, ends=part.ends - start) for part in parts]
    lines = [_upper_line(part) for part in parts]
    own = np.concatenate(
        [
            np.array([_own_features(part, line, end - start) for part, line in zip(parts, lines, strict=True)]),
            _place_features(parts, lines, end - start),
            _companion_features(lines),
        ],
        axis=1,
    )
    return np.asarray(np.concatenate([own, *_compared(own)], axis=1), dtype=np.float32)


def _compared(own: F64) -> tuple[F64, F64]:
    """Return the differences of each row from the mean and from the maximum of the other rows."""
    n_parts = len(own)
    if n_parts == 1:
        return np.zeros_like(own), np.zeros_like(own)
    means = (own.sum(axis=0) - own) / (n_parts - 1)
    order = np.sort(own, axis=0)
    maxima = np.where(own == order[-1], order[-2], order[-1])
    return own - means, own - maxima


def _upper_line(part: PartNotes) -> _Line:
    """Return the highest note at each onset."""
    order = np.lexsort((-part.pitches, part.onsets))
    onsets = part.onsets[order]
    is_first = np.concatenate([[True], np.diff(onsets) > _SAME_ONSET_QUARTERS])
    chosen = order[is_first]
    # Of a chord that is not struck at once, the first note stands for the highest one.
    groups = np.cumsum(is_first) - 1
    highest = np.zeros(len(chosen), dtype=np.int64)
    np.maximum.at(highest, groups, part.pitches[order])
    return _Line(part.onsets[chosen], part.ends[chosen], highest)


def _own_features(part: PartNotes, line: _Line, length: float) -> list[float]:
    """Return the features of a part that need no other part."""
    return [
        *_amount_features(part, line, length),
        *_register_features(part),
        *_rhythm_features(line),
        *_interval_features(line),
        *_variety_features(part, line),
        *_repetition_features(line),
    ]


def _amount_features(part: PartNotes, line: _Line, length: float) -> list[float]:
    n_windows = max(int(np.ceil(length / _WINDOW_QUARTERS)), 1)
    windows = np.unique((line.onsets / _WINDOW_QUARTERS).astype(np.int64))
    gaps = line.onsets[1:] - np.maximum.accumulate(line.ends)[:-1]
    active = max(len(windows) * _WINDOW_QUARTERS, 1.0)
    return [
        np.log1p(len(line.onsets)),
        len(windows) / n_windows,
        float(line.onsets[0]) / length,
        len(line.onsets) / active,
        np.log(len(part.onsets) / len(line.onsets)),
        float((gaps > 1.0).sum()) / active * 4,
        float(np.clip(gaps, 0.0, None).sum()) / length,
    ]


def _register_features(part: PartNotes) -> list[float]:
    low, middle, high = np.percentile(part.pitches, (5, 50, 95))
    return [
        (middle - _MIDDLE_PITCH) / 12,
        (low - _MIDDLE_PITCH) / 12,
        (high - _MIDDLE_PITCH) / 12,
        (high - low) / 12,
        part.velocities.mean() / 32,
        part.velocities.std() / 16,
    ]


def _rhythm_features(line: _Line) -> list[float]:
    lengths = np.minimum(np.diff(line.onsets), 8.0)
    if len(lengths) == 0:
        return [0.0] * 8
    steps = np.round(lengths * _LENGTHS_PER_QUARTER).astype(np.int64)
    counts = np.bincount(steps)
    sounding = np.minimum(line.ends - line.onsets, 8.0)
    fractions = np.mod(line.onsets + _SAME_ONSET_QUARTERS / 2, 1.0)
    return [
        _entropy(counts),
        counts.max() / len(steps),
        float(np.log2(np.median(lengths) + 0.05)),
        float(np.log2(np.median(sounding) + 0.05)),
        float(np.median(np.minimum(sounding[:-1] / np.maximum(lengths, 0.05), 2.0))),
        float((fractions > _SAME_ONSET_QUARTERS).mean()),
        float((np.diff(steps) != 0).mean()) if len(steps) > 1 else 0.0,
        float((lengths < 0.3).mean()),
    ]


def _interval_features(line: _Line) -> list[float]:
    intervals = np.diff(line.pitches)
    if len(intervals) == 0:
        return [0.0] * 7
    sizes = np.abs(intervals)
    turns = float((intervals[1:] * intervals[:-1] < 0).mean()) if len(intervals) > 1 else 0.0
    return [
        float((sizes == 0).mean()),
        float(((sizes >= 1) & (sizes <= 2)).mean()),
        float(((sizes >= 3) & (sizes <= 4)).mean()),
        float((sizes > 4).mean()),
        float((sizes > 9).mean()),
        float(np.minimum(sizes, 24).mean()) / 4,
        turns,
    ]


def _variety_features(part: PartNotes, line: _Line) -> list[float]:
    pitch_counts = np.bincount(line.pitches)
    class_counts = np.bincount(part.pitches % 12, minlength=12)
    pairs = np.bincount(line.pitches[:-1] * 128 + line.pitches[1:]) if len(line.pitches) > 1 else np.ones(1)
    return [
        _entropy(pitch_counts),
        _entropy(class_counts),
        _entropy(pairs) / max(np.log2(max(len(line.pitches), 2)), 1.0),
        float(np.log1p((pitch_counts > 0).sum())),
        pitch_counts.max() / len(line.pitches),
        float(len(line.pitches) < 8),
    ]


def _repetition_features(line: _Line) -> list[float]:
    """Return how many bars are like the one before, and like any before, by rhythm and by rhythm and intervals."""
    bars = (line.onsets / _BAR_QUARTERS).astype(np.int64)
    edges = np.flatnonzero(np.diff(bars)) + 1
    places = np.round(np.mod(line.onsets, _BAR_QUARTERS) * _LENGTHS_PER_QUARTER).astype(np.int64)
    rhythms, shapes = [], []
    for first, last in zip([0, *edges.tolist()], [*edges.tolist(), len(bars)], strict=True):
        rhythm = places[first:last].tobytes()
        rhythms.append(rhythm)
        shapes.append(rhythm + (line.pitches[first:last] - line.pitches[first]).tobytes())
    n_bars = len(rhythms)
    return [
        sum(a == b for a, b in pairwise(rhythms)) / n_bars,
        1 - len(set(rhythms)) / n_bars,
        sum(a == b for a, b in pairwise(shapes)) / n_bars,
        1 - len(set(shapes)) / n_bars,
    ]


def _place_features(parts: Sequence[PartNotes], lines: Sequence[_Line], length: float) -> F64:
    """Return the place of each part among the voices, shape (n_parts, 6)."""
    slot = max(1 / _SLOTS_PER_QUARTER, length / _MAX_SLOTS)
    n_slots = int(length / slot) + 2
    tops, bottoms = (np.stack([_fill(part, slot, n_slots, of) for part in parts]) for of in (np.maximum, np.minimum))
    is_sounding = tops != _SILENT
    highest, lowest = tops.max(axis=0), np.where(is_sounding, bottoms, 128).min(axis=0)
    n_notes = np.array([len(line.onsets) for line in lines], dtype=np.float64)
    medians = np.array([np.median(part.pitches) for part in parts])
    ranks = (medians[:, None] < medians[None, :]).sum(axis=1) / max(len(parts) - 1, 1)
    rows = []
    for index, line in enumerate(lines):
        own = is_sounding[index]
        at = np.minimum((line.onsets / slot + 0.01).astype(np.int64), n_slots - 1)
        rows.append(
            [
                float((tops[index][own] == highest[own]).mean()),
                float((bottoms[index][own] == lowest[own]).mean()),
                float((line.pitches >= highest[at]).mean()),
                float(own.mean()),
                n_notes[index] / n_notes.sum(),
                ranks[index],
            ]
        )
    return np.array(rows)


def _fill(part: PartNotes, slot: float, n_slots: int, of: np.ufunc) -> I64:
    """Return the highest or lowest pitch that sounds in each slot of time, `_SILENT` where none does."""
    first = np.minimum((part.onsets / slot + 0.01).astype(np.int64), n_slots - 1)
    last = np.minimum(np.maximum(np.ceil(part.ends / slot - 0.01).astype(np.int64), first + 1), n_slots)
    spans = np.minimum(last - first, _MAX_NOTE_SLOTS)
    offsets = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans)
    pitches = np.full(n_slots, _SILENT if of is np.maximum else 128, dtype=np.int64)
    of.at(pitches, np.repeat(first, spans) + offsets, np.repeat(part.pitches, spans))
    return pitches


def _companion_features(lines: Sequence[_Line]) -> F64:
    """Return how each part moves with the others, shape (n_parts, 5).

    The largest shares, over the other parts, of its onsets that are also onsets of the other: at all, in unison or
    octaves above, in octaves below, in thirds and sixths above, and in thirds and sixths below.
    """
    rows = np.zeros((len(lines), 5))
    busiest = sorted(range(len(lines)), key=lambda index: -len(lines[index].onsets))[:_MAX_COMPANIONS]
    for index, line in enumerate(lines):
        for other in busiest:
            if other != index:
                rows[index] = np.maximum(rows[index], _together(line, lines[other]))
    return rows


def _together(line: _Line, other: _Line) -> list[float]:
    places = np.searchsorted(other.onsets, line.onsets - _SAME_ONSET_QUARTERS)
    places = np.minimum(places, len(other.onsets) - 1)
    is_together = np.abs(other.onsets[places] - line.onsets) <= _SAME_ONSET_QUARTERS
    distances = (line.pitches - other.pitches[places])[is_together]
    n_onsets = len(line.onsets)
    is_octave, is_third = distances % 12 == 0, np.isin(distances % 12, (3, 4, 8, 9))
    return [
        len(distances) / n_onsets,
        float((is_octave & (distances >= 0)).sum()) / n_onsets,
        float((is_octave & (distances < 0)).sum()) / n_onsets,
        float((is_third & (distances > 0)).sum()) / n_onsets,
        float((is_third & (distances < 0)).sum()) / n_onsets,
    ]


def _entropy(counts: F64 | I64) -> float:
    """Return Shannon's entropy of some counts in bits."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
