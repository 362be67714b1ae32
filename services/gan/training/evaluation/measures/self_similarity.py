"""How pieces come back to what they said: the likeness of bars by their distance, beside that of real pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from gan.measures.pianoroll import bar_similarities, fold_chroma, mean_at_lag, notes_by_bar, piano_roll
from score.arrays import F64

from ..pieces import Piece
from .musegan_metrics import FLOOR

LONGEST_LAG = 16


@dataclass(frozen=True, slots=True)
class Curves:
    """Likeness by lag, 1 to `LONGEST_LAG` bars: of strokes (Jaccard), and of chroma (cosine); each (lags,)."""

    strokes: F64
    chroma: F64


def measure(pieces: Sequence[Piece]) -> Curves:
    """Average the likeness of bars over roles and pieces."""
    found = [_of_piece(piece) for piece in pieces]
    return Curves(*(_mean([getattr(one, name) for one in found]) for name in ("strokes", "chroma")))


def _of_piece(piece: Piece) -> Curves:
    strokes = [
        _by_lag(bar_similarities(notes_by_bar(notes, piece.bar_steps, piece.n_bars))) for notes in piece.notes.values()
    ]
    chroma = [_by_lag(_cosines(piece, index)) for index in range(len(piece.pitched_roles))]
    return Curves(_mean(strokes), _mean(chroma))


def _by_lag(alike: F64) -> F64:
    return np.array([mean_at_lag(alike, lag) if lag < len(alike) else np.nan for lag in range(1, LONGEST_LAG + 1)])


def _mean(rows: Sequence[F64]) -> F64:
    """Average over rows, lag by lag, those that sound."""
    table = np.array(rows)
    known = np.isfinite(table)
    total = np.where(known, table, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)


def _cosines(piece: Piece, index: int) -> F64:
    heard = fold_chroma(piano_roll(piece.notes[piece.pitched_roles[index]], piece.n_steps), piece.bar_steps)
    size = np.linalg.norm(heard, axis=1)
    both = np.outer(size, size)
    return np.where(both > 0, heard @ heard.T / np.maximum(both, 1e-9), np.nan)


def error(real: F64, made: F64) -> float:
    """Average |made - real| / max(real, `FLOOR`) over the lags."""
    return float(np.nanmean(np.abs(made - real) / np.maximum(real, FLOOR)))
