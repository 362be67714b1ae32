"""Quality of a reconstruction, and the windows at a parent's own end of a blend that follow from it.

Conventions: ``own`` are a parent's windows and ``decoded`` what its model decodes from their latents, both of shape
(n_windows, n_steps) or (n_windows, n_steps, n_voices), int16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from score.arrays import F32, F64, I16, Bool
from score.roles import Role

from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.window_events import count_sounding_steps

MIN_RECONSTRUCTION_F1 = 0.5
"""A model that reconstructs a window worse cannot blend it either."""

MAX_RECONSTRUCTION_DISTANCE = 0.5
"""The distance of silence, at least: a reconstruction farther away is not the parent's music."""

_MIN_SOUNDING_RATIO = 0.25
"""A bar that sounds for a smaller share of the expected steps is a gap."""


def reconstruction_f1(own: I16, decoded: I16, distance: F64, role: Role) -> F32:
    """Compute how well a model reconstructs windows.

    Parameters
    ----------
    own, decoded : ndarray
    distance : ndarray, shape (n_windows,), float64
        From `vae.pieces.window_distance.distance`.
    role : Role

    Returns
    -------
    ndarray, shape (n_windows,), float32
        The F1 of notes by step and pitch (drums: by step and class); 0 beyond `MAX_RECONSTRUCTION_DISTANCE`.
    """
    f1 = window_distance.note_f1(own, decoded, ROLE_SPECS[role]).astype(np.float32)
    return f1 * (distance <= MAX_RECONSTRUCTION_DISTANCE)


def endpoint_windows(own: I16, decoded: I16, f1: F32, role: Role) -> I16:
    """Return the windows at the parent's own end of a blend.

    Parameters
    ----------
    own, decoded : ndarray
    f1 : ndarray, shape (n_windows,), float32
        From `reconstruction_f1`.
    role : Role

    Returns
    -------
    ndarray, int16
        The reconstruction; the parent's own window where the model cannot reconstruct it.
    """
    is_own = (f1 < MIN_RECONSTRUCTION_F1) | has_gap(decoded, role, count_sounding_steps(own, role))
    return np.where(is_own.reshape(-1, *(1,) * (own.ndim - 1)), own, decoded)


def has_gap(windows: I16, role: Role, expected_steps: NDArray[np.number]) -> Bool:
    """Return which windows have a bar that sounds for far fewer steps than expected.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
    role : Role
    expected_steps : ndarray, shape (n_windows, BARS_PER_WINDOW)

    Returns
    -------
    ndarray, shape (n_windows,), bool
    """
    min_steps = np.ceil(_MIN_SOUNDING_RATIO * expected_steps)
    return np.asarray((count_sounding_steps(windows, role) < min_steps).any(axis=1))
