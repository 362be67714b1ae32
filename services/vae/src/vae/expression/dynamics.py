"""Dynamics: velocities of a blend, interpolated between the parents' velocities at the same place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, F64, I16, U8
from score.encoding import DEFAULT_VELOCITY, N_DRUM_CLASSES, OFF
from score.grid import Grid
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.expression.parent_mean import weighted_parent_mean
from vae.pieces.piece import Piece


def interpolate_velocities(pieces: Sequence[Piece], alignment: Alignment, role: Role, shares: F32, windows: I16) -> U8:
    """Compute the velocity of every note of a role.

    Parameters
    ----------
    pieces : sequence of Piece
    alignment : Alignment
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The blended windows.

    Returns
    -------
    ndarray, uint8
        Shaped as in `Grid.velocities`, over all windows; 0 where no note begins.
    """
    n_steps = windows.shape[1]
    curves = [velocity_curve(piece.grid, role, n_steps) if role in piece.grid.events else None for piece in pieces]
    mean = weighted_parent_mean(curves, alignment, shares)
    velocities = np.clip(np.rint(mean), 1, 127).astype(np.uint8)
    if role is Role.DRUMS:
        is_onset = (windows[..., None] >> np.arange(N_DRUM_CLASSES)) & 1 > 0
    else:
        is_onset = (windows > OFF).reshape(*windows.shape[:2], -1)
    onset_velocities = np.where(is_onset, velocities, 0).astype(np.uint8)
    voices = onset_velocities.shape[2:] if role in (Role.DRUMS, Role.HARMONY) else ()
    return onset_velocities.reshape(-1, *voices)


def velocity_curve(grid: Grid, role: Role, n_steps: int) -> F64:
    """Return the velocity of a role at every step: of the nearest note in the window, or the piece's mean without any.

    Parameters
    ----------
    grid : Grid
    role : Role
        One that the grid has.
    n_steps : int
        Steps of a window.

    Returns
    -------
    ndarray, shape (n_windows, n_steps, N_DRUM_CLASSES for drums else 1), float64
        MIDI velocities.
    """
    known = grid.velocities[role].reshape(grid.n_steps, -1).astype(np.float64)
    if role is not Role.DRUMS:
        known = known.max(axis=1, keepdims=True)
    mean = known[known > 0].mean() if known.any() else float(DEFAULT_VELOCITY)
    n_windows = -(-grid.n_steps // n_steps)
    by_window = np.pad(known, ((0, n_windows * n_steps - len(known)), (0, 0))).reshape(n_windows, n_steps, -1)
    steps, never = np.arange(n_steps)[:, None], 2 * n_steps
    previous = np.maximum.accumulate(np.where(by_window > 0, steps, -never), axis=1)
    following = np.minimum.accumulate(np.where(by_window > 0, steps, never)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(steps - previous <= following - steps, previous, following)
    curve = np.take_along_axis(by_window, np.clip(nearest, 0, n_steps - 1), axis=1)
    return np.where((by_window > 0).any(axis=1, keepdims=True), curve, mean)
