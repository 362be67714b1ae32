"""Edits of windows that leave notes out: the weakest onsets of a window, or whole bars."""

from __future__ import annotations

import numpy as np
from score.arrays import F32, I16, Bool
from score.encoding import BARS_PER_WINDOW, HOLD, OFF, sounding_event
from score.roles import Role

from vae.pieces.window_events import first_onset_event, normalize_rests, onset_steps


def thin_window(window: I16, role: Role, keep_ratio: float) -> I16:
    """Leave out the notes that begin on the metrically weakest steps of a window.

    Parameters
    ----------
    window : ndarray, shape (n_steps,) or (n_steps, n_voices), int16
    role : Role
    keep_ratio : float
        0 to 1: the share of onset steps to keep, rounded up.

    Returns
    -------
    ndarray, int16
        The shape of `window`.
    """
    steps_per_bar = len(window) // BARS_PER_WINDOW
    steps = np.flatnonzero(onset_steps(window[None], role)[0]).tolist()
    strongest_first = sorted(steps, key=lambda step: (_metrical_weakness(step % steps_per_bar, steps_per_bar), step))
    dropped = strongest_first[int(np.ceil(keep_ratio * len(steps) - 1e-6)) :]
    sparse, first_onset = window.copy(), first_onset_event(role)
    for step in dropped:
        is_onset = sparse[step] >= first_onset
        sparse[step] = np.where(is_onset, HOLD if role is Role.DRUMS else OFF, sparse[step])
    return sparse


def thin_windows(windows: I16, role: Role, keep_ratio: F32) -> I16:
    """Thin every window to its own share of notes.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
    role : Role
    keep_ratio : ndarray, shape (n_windows,), float32
        As for `thin_window`; windows of 1 stay.

    Returns
    -------
    ndarray, int16
        The shape of `windows`.
    """
    changed = windows.copy()
    for index in np.flatnonzero(keep_ratio < 1.0):
        changed[index] = thin_window(windows[index], role, float(keep_ratio[index]))
    return changed


def silence_bars(windows: I16, role: Role, rest_mask: Bool) -> I16:
    """Silence bars of windows; a note held over from a silenced bar begins anew in the next one.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
    role : Role
    rest_mask : ndarray, shape (n_windows, BARS_PER_WINDOW), bool
        The bars to silence.

    Returns
    -------
    ndarray, int16
        The shape of `windows`.
    """
    changed = windows.copy()
    n_steps = windows.shape[1]
    steps_per_bar = n_steps // rest_mask.shape[1]
    for index, bar in np.argwhere(rest_mask).tolist():
        begin, end = bar * steps_per_bar, (bar + 1) * steps_per_bar
        if role is not Role.DRUMS and end < n_steps:
            changed[index, end] = sounding_event(changed[index])[end]
        changed[index, begin:end] = HOLD
        if role is not Role.DRUMS:
            changed[index, begin] = OFF
        changed[index] = normalize_rests(changed[index : index + 1], role)[0]
    return changed


def _metrical_weakness(step: int, steps_per_bar: int) -> int:
    """Return the rank of a step of a bar: 0 for the downbeat, more for weaker steps."""
    if step == 0:
        return 0
    levels = (8, 4, 2, 1) if steps_per_bar == 16 else (6, 4, 2, 1)
    return 1 + next(rank for rank, every in enumerate(levels) if step % every == 0)
