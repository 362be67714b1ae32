"""What notes sound like: chroma of stretches, steps on which something begins, how far two roles are apart."""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I32, I64, Bool

from gan.measures.grid_piece import END, ONSET, PITCH

# Harte, Sandler and Gasser, *Detecting Harmonic Change in Musical Audio*, 2006: fifths, minor and major thirds.
_RADII = (1.0, 1.0, 0.5)
_CIRCLES = (7 * np.pi / 6, 3 * np.pi / 2, 2 * np.pi / 3)
TONAL = np.array(
    [
        [radius * wave(angle * pitch_class) for pitch_class in range(12)]
        for radius, angle in zip(_RADII, _CIRCLES, strict=True)
        for wave in (np.sin, np.cos)
    ]
)


def piano_roll(notes: I32, steps: int) -> Bool:
    """Mark what sounds: (128, steps)."""
    changes = np.zeros((128, steps + 1), np.int8)
    np.add.at(changes, (notes[:, PITCH], notes[:, ONSET]), 1)
    np.add.at(changes, (notes[:, PITCH], notes[:, END]), -1)
    return np.cumsum(changes[:, :-1], axis=1, dtype=np.int8) > 0


def chroma(notes: I32, steps: int, length: int) -> F64:
    """Count the steps that each pitch class (p % 12) sounds in each stretch: (stretches, 12), a short rest left out."""
    return fold_chroma(piano_roll(notes, steps), length)


def fold_chroma(sounds: Bool, length: int) -> F64:
    """Fold a roll, (128, steps), as `chroma` does."""
    count = sounds.shape[1] // length
    by_pitch = np.zeros((132, count), np.int64)
    by_pitch[:128] = sounds[:, : count * length].reshape(128, count, length).sum(2)
    return np.asarray(by_pitch.reshape(11, 12, count).sum(0).T, np.float64)


def onset_mask(notes: I32, steps: int) -> Bool:
    """Mark the steps at which something begins: (steps,)."""
    marked = np.zeros(steps, np.bool_)
    marked[notes[:, ONSET]] = True
    return marked


def sounding_bars(notes: I32, bar: int, bars: int) -> Bool:
    """Mark the bars in which something sounds: (bars,)."""
    changes: I64 = np.zeros(bars + 1, np.int64)
    np.add.at(changes, notes[:, ONSET] // bar, 1)
    np.add.at(changes, (notes[:, END] - 1) // bar + 1, -1)
    return np.cumsum(changes[:-1]) > 0


def tonal_distance(one: F64, other: F64) -> float:
    """Average the distance of two roles' tonal centroids over the stretches in which both sound; NaN if in none.

    Parameters
    ----------
    one, other : ndarray, shape (stretches, 12)
        As `chroma` gives them.
    """
    count = min(len(one), len(other))
    one, other = one[:count], other[:count]
    both = (one.sum(1) > 0) & (other.sum(1) > 0)
    if not both.any():
        return float("nan")
    centres = [(part[both] / part[both].sum(1, keepdims=True)) @ TONAL.T for part in (one, other)]
    return float(np.linalg.norm(centres[0] - centres[1], axis=1).mean())


def note_lengths(notes: I32) -> F64:
    """Tell how many steps each note lasts: (n,)."""
    return np.asarray(notes[:, END] - notes[:, ONSET], np.float64)


def inter_onset_intervals(notes: I32) -> F64:
    """Tell how many steps lie between successive different onsets: (n - 1,) at most."""
    return np.diff(np.unique(notes[:, ONSET])).astype(np.float64)


def skyline(notes: I32) -> I32:
    """List the highest pitch of each onset, in time."""
    order = np.lexsort((-notes[:, PITCH], notes[:, ONSET]))
    ordered = notes[order]
    first = np.append(True, ordered[1:, ONSET] != ordered[:-1, ONSET])[: len(ordered)]
    return np.asarray(ordered[first, PITCH])


def notes_by_bar(notes: I32, bar: int, bars: int) -> Bool:
    """Mark each bar's strokes, a stroke being a pitch at a step of the bar: (bars, strokes that there are)."""
    kinds, column = np.unique(notes[:, PITCH] * bar + notes[:, ONSET] % bar, return_inverse=True)
    marked = np.zeros((bars, len(kinds)), np.bool_)
    marked[notes[:, ONSET] // bar, column] = True
    return marked


def bar_similarities(bars: Bool) -> F64:
    """Compare all bars: Jaccard's likeness of their marks, (bars, bars); NaN where both are empty."""
    both = bars.astype(np.float64) @ bars.T.astype(np.float64)
    count = bars.sum(1)
    either = count[:, None] + count[None] - both
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def mean_at_lag(alike: F64, lag: int) -> float:
    """Average the likeness of bars that lie so far apart; NaN if all are empty."""
    found = alike.diagonal(lag)
    found = found[np.isfinite(found)]
    return float(found.sum()) / len(found) if len(found) else float("nan")
