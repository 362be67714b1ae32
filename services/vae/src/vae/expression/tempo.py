"""Tempo of a blend: the parents' tempos at the steps that meet, interpolated on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, F64
from score.grid import Grid, GridTempo

from vae.alignment.window_alignment import Alignment
from vae.pieces.piece import Piece

_MIN_TEMPO_CHANGE_BPM = 0.05


def interpolate_tempos(
    pieces: Sequence[Piece], alignment: Alignment, shares: F32, n_steps: int
) -> tuple[GridTempo, ...]:
    """Compute the tempo curve of a blend.

    Parameters
    ----------
    pieces : sequence of Piece
        Of one meter.
    alignment : Alignment
    shares : ndarray, shape (n_windows, n_parents), float32
        Shares of the whole piece; rows sum to 1.
    n_steps : int
        Steps of a window.

    Returns
    -------
    tuple of GridTempo
        The geometric mean of the parents' tempos at each step, without negligible changes.
    """
    log_bpm = np.zeros((len(alignment), n_steps))
    for index, piece in enumerate(pieces):
        log_tempos = np.log(step_tempos(piece.grid, n_steps))[alignment.source_windows[:, index]]
        log_bpm += shares[:, index, None].astype(np.float64) * log_tempos
    curve: list[GridTempo] = []
    for step, bpm in enumerate(np.exp(log_bpm.ravel()).tolist()):
        if not curve or abs(curve[-1].bpm - bpm) > _MIN_TEMPO_CHANGE_BPM:
            curve.append(GridTempo.at_bpm(step, bpm))
    return tuple(curve)


def step_tempos(grid: Grid, n_steps: int) -> F64:
    """Return the tempo of each step of each window, in quarter notes per minute: shape (n_windows, n_steps)."""
    n_windows = -(-grid.n_steps // n_steps)
    starts = np.array([tempo.step for tempo in grid.tempos])
    microseconds = np.array([float(tempo.microseconds_per_quarter) for tempo in grid.tempos])
    by_step = microseconds[np.searchsorted(starts, np.arange(n_windows * n_steps), side="right") - 1]
    return np.asarray(60e6 / by_step.reshape(n_windows, n_steps))
