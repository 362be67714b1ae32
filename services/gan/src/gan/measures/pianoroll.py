"""Measurements of note tables by piano roll: chroma, onsets, similarity of bars, tonal distance of two roles.

A note table has shape (notes, 3) and the columns of `gan.measures.grid_piece`.
"""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I32, I64, Bool

from gan.measures.grid_piece import END, N_PITCHES, ONSET, PITCH

# Harte, Sandler and Gasser, *Detecting Harmonic Change in Musical Audio*, 2006: fifths, minor and major thirds.
_RADII = (1.0, 1.0, 0.5)
_CIRCLES = (7 * np.pi / 6, 3 * np.pi / 2, 2 * np.pi / 3)
TONAL_CENTROID_BASIS = np.array(
    [
        [radius * wave(angle * pitch_class) for pitch_class in range(12)]
        for radius, angle in zip(_RADII, _CIRCLES, strict=True)
        for wave in (np.sin, np.cos)
    ]
)
"""From chroma to the six-dimensional tonal space: (6, 12)."""


def piano_roll(notes: I32, n_steps: int) -> Bool:
    """Return which pitches sound at each step: (128, steps)."""
    changes = np.zeros((N_PITCHES, n_steps + 1), np.int8)
    np.add.at(changes, (notes[:, PITCH], notes[:, ONSET]), 1)
    np.add.at(changes, (notes[:, PITCH], notes[:, END]), -1)
    return np.cumsum(changes[:, :-1], axis=1, dtype=np.int8) > 0


def chroma(notes: I32, n_steps: int, segment_steps: int) -> F64:
    """Count the steps for which each pitch class sounds in each segment.

    Parameters
    ----------
    notes : ndarray, shape (notes, 3), int32
    n_steps : int
        Length of the music.
    segment_steps : int
        Length of a segment; an incomplete one at the end is left out.

    Returns
    -------
    ndarray, shape (segments, 12), float64
    """
    return fold_chroma(piano_roll(notes, n_steps), segment_steps)


def fold_chroma(roll: Bool, segment_steps: int) -> F64:
    """Return the chroma of a piano roll, (128, steps), as `chroma` does: (segments, 12)."""
    n_segments = roll.shape[1] // segment_steps
    by_pitch = np.zeros((132, n_segments), np.int64)
    by_pitch[:N_PITCHES] = roll[:, : n_segments * segment_steps].reshape(N_PITCHES, n_segments, segment_steps).sum(2)
    return np.asarray(by_pitch.reshape(11, 12, n_segments).sum(0).T, np.float64)


def onset_mask(notes: I32, n_steps: int) -> Bool:
    """Mark the steps at which a note begins: (steps,)."""
    mask = np.zeros(n_steps, np.bool_)
    mask[notes[:, ONSET]] = True
    return mask


def sounding_bars(notes: I32, bar_steps: int, n_bars: int) -> Bool:
    """Mark the bars in which a note sounds.

    Parameters
    ----------
    notes : ndarray, shape (notes, 3), int32
    bar_steps : int
        Steps in a bar.
    n_bars : int

    Returns
    -------
    ndarray, shape (bars,), bool
    """
    changes: I64 = np.zeros(n_bars + 1, np.int64)
    np.add.at(changes, notes[:, ONSET] // bar_steps, 1)
    np.add.at(changes, (notes[:, END] - 1) // bar_steps + 1, -1)
    return np.cumsum(changes[:-1]) > 0


def tonal_distance(one: F64, other: F64) -> float:
    """Return the mean distance of two roles' tonal centroids over the segments in which both sound.

    NaN if there is none. Both are chroma, (segments, 12).
    """
    n_segments = min(len(one), len(other))
    one, other = one[:n_segments], other[:n_segments]
    both = (one.sum(1) > 0) & (other.sum(1) > 0)
    if not both.any():
        return float("nan")
    centroids = [(part[both] / part[both].sum(1, keepdims=True)) @ TONAL_CENTROID_BASIS.T for part in (one, other)]
    return float(np.linalg.norm(centroids[0] - centroids[1], axis=1).mean())


def note_lengths(notes: I32) -> F64:
    """Return the length of each note in steps: (notes,)."""
    return np.asarray(notes[:, END] - notes[:, ONSET], np.float64)


def inter_onset_intervals(notes: I32) -> F64:
    """Return the steps between successive distinct onsets: (notes - 1,) at most."""
    return np.diff(np.unique(notes[:, ONSET])).astype(np.float64)


def skyline(notes: I32) -> I32:
    """Return the highest pitch at each onset, in time: (onsets,)."""
    order = np.lexsort((-notes[:, PITCH], notes[:, ONSET]))
    ordered = notes[order]
    is_first = np.append(True, ordered[1:, ONSET] != ordered[:-1, ONSET])[: len(ordered)]
    return np.asarray(ordered[is_first, PITCH])


def notes_by_bar(notes: I32, bar_steps: int, n_bars: int) -> Bool:
    """Mark which notes begin in each bar, a note being a pitch at a step of the bar.

    Parameters
    ----------
    notes : ndarray, shape (notes, 3), int32
    bar_steps : int
        Steps in a bar.
    n_bars : int

    Returns
    -------
    ndarray, shape (bars, distinct notes), bool
        One column for each note that any bar has.
    """
    distinct, column = np.unique(notes[:, PITCH] * bar_steps + notes[:, ONSET] % bar_steps, return_inverse=True)
    marks = np.zeros((n_bars, len(distinct)), np.bool_)
    marks[notes[:, ONSET] // bar_steps, column] = True
    return marks


def bar_similarities(bars: Bool) -> F64:
    """Return the Jaccard similarity of the marks of every two bars: (bars, bars), NaN where both are empty."""
    intersection = bars.astype(np.float64) @ bars.T.astype(np.float64)
    size = bars.sum(1)
    union = size[:, None] + size[None] - intersection
    return np.where(union > 0, intersection / np.maximum(union, 1), np.nan)


def mean_at_lag(similarities: F64, lag: int) -> float:
    """Return the mean similarity of bars that are ``lag`` bars apart; NaN if all are empty."""
    found = similarities.diagonal(lag)
    found = found[np.isfinite(found)]
    return float(found.sum()) / len(found) if len(found) else float("nan")
