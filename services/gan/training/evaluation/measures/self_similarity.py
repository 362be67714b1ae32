"""Self-similarity of pieces: how similar bars are by their distance, compared with real pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from gan.measures.pianoroll import bar_similarities, fold_chroma, mean_at_lag, notes_by_bar, piano_roll
from score.arrays import F64
from score.roles import Role

from ..pieces import Piece
from .musegan_metrics import MIN_DENOMINATOR

MAX_LAG = 16
"""Bars."""

CURVES = ("onsets", "chroma")


@dataclass(frozen=True, slots=True)
class Curves:
    """Similarity of bars by their distance, 1 to `MAX_LAG` bars; NaN where a piece is too short.

    Attributes
    ----------
    onsets : ndarray, shape (MAX_LAG,), float64
        Jaccard index of the notes that begin.
    chroma : ndarray, shape (MAX_LAG,), float64
        Cosine of the pitch classes that sound.
    """

    onsets: F64
    chroma: F64


def measure(pieces: Sequence[Piece]) -> Curves:
    """Return the means over roles and pieces."""
    found = [_piece_curves(piece) for piece in pieces]
    return Curves(*(_mean([getattr(one, name) for one in found]) for name in CURVES))


def _piece_curves(piece: Piece) -> Curves:
    onsets = [
        _by_lag(bar_similarities(notes_by_bar(notes, piece.bar_steps, piece.n_bars))) for notes in piece.notes.values()
    ]
    chroma = [_by_lag(_cosines(piece, role)) for role in piece.pitched_roles]
    return Curves(_mean(onsets), _mean(chroma))


def _by_lag(similarities: F64) -> F64:
    """Return the mean of each diagonal of a similarity matrix of bars."""
    lags = range(1, MAX_LAG + 1)
    return np.array([mean_at_lag(similarities, lag) if lag < len(similarities) else np.nan for lag in lags])


def _mean(rows: Sequence[F64]) -> F64:
    """Return the mean over rows at each lag, without NaN."""
    table = np.array(rows)
    known = np.isfinite(table)
    total = np.where(known, table, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)


def _cosines(piece: Piece, role: Role) -> F64:
    """Return the cosine similarity of the chroma of every two bars; NaN for silent ones."""
    bars = fold_chroma(piano_roll(piece.notes[role], piece.n_steps), piece.bar_steps)
    norms = np.linalg.norm(bars, axis=1)
    products = np.outer(norms, norms)
    return np.where(products > 0, bars @ bars.T / np.maximum(products, 1e-9), np.nan)


def curve_error(real: F64, generated: F64) -> float:
    """Return the mean of |generated - real| / max(real, `MIN_DENOMINATOR`) over the lags."""
    return float(np.nanmean(np.abs(generated - real) / np.maximum(real, MIN_DENOMINATOR)))
