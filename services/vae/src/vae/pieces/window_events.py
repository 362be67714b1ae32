"""Operations on windows of events: silence, sounding steps, pitch classes.

Conventions: ``windows`` is an int16 array of shape (n_windows, n_steps), for harmony (n_windows, n_steps, n_voices), of
the events that `score.encoding` defines. A window is self-contained: it never begins with the hold of a note from the
window before.
"""

from __future__ import annotations

import numpy as np
from score.arrays import I16, I64, Bool
from score.encoding import (
    BARS_PER_WINDOW,
    FIRST_PITCH_EVENT,
    HOLD,
    N_PITCHED_CLASSES,
    N_VOICES,
    OFF,
    PITCH_OFFSET,
    sounding_event,
    sounding_pitch,
)
from score.roles import Role

EVENT_PITCH_CLASSES: I64 = (np.arange(N_PITCHED_CLASSES) + PITCH_OFFSET) % 12
"""The pitch class of each event of a pitched role; meaningless for hold and note-off."""


def first_onset_event(role: Role) -> int:
    """Return the smallest event at which something begins: any drum mask but the empty one, or the lowest pitch."""
    return 1 if role is Role.DRUMS else FIRST_PITCH_EVENT


def onset_steps(windows: I16, role: Role) -> Bool:
    """Return at which steps a note or stroke begins, shape (n_windows, n_steps)."""
    return np.asarray((windows >= first_onset_event(role)).reshape(*windows.shape[:2], -1).any(axis=2))


def silent_windows(role: Role, n_windows: int, n_steps: int) -> I16:
    """Return windows in which nothing sounds.

    Parameters
    ----------
    role : Role
    n_windows : int
    n_steps : int
        Steps of a window: 32 or 24.

    Returns
    -------
    ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, N_VOICES), int16
    """
    voices = (N_VOICES,) if role is Role.HARMONY else ()
    windows = np.full((n_windows, n_steps, *voices), HOLD, np.int16)
    if role is not Role.DRUMS:
        windows[:, 0] = OFF
    return windows


def sounding_windows(windows: I16, role: Role) -> Bool:
    """Return in which windows anything sounds, shape (n_windows,)."""
    return np.asarray((windows >= first_onset_event(role)).reshape(len(windows), -1).any(axis=1))


def count_sounding_steps(windows: I16, role: Role) -> I64:
    """Count the steps of each bar at which anything sounds.

    A note counts for as long as it is held, a drum stroke for one step.

    Returns
    -------
    ndarray, shape (n_windows, BARS_PER_WINDOW), int64
    """
    events = windows.reshape(*windows.shape[:2], -1)
    if role is not Role.DRUMS:
        events = sounding_event(events, axis=1)
    is_sounding = (events >= first_onset_event(role)).any(axis=2)
    return np.asarray(is_sounding.reshape(len(windows), BARS_PER_WINDOW, -1).sum(axis=2))


def normalize_rests(windows: I16, role: Role) -> I16:
    """Write silence as a grid does: one note-off where it begins, holds after it.

    Models may repeat a note-off in silence; windows that differ only in this are the same music.
    """
    if role is Role.DRUMS:
        return windows
    events = windows.reshape(*windows.shape[:2], -1)
    before = np.concatenate([np.full_like(events[:, :1], OFF), sounding_event(events, axis=1)[:, :-1]], axis=1)
    normalized = np.where((events == OFF) & (before == OFF), HOLD, events)
    normalized[:, 0] = np.where(normalized[:, 0] == HOLD, OFF, normalized[:, 0])
    return np.asarray(normalized.reshape(windows.shape))


def onset_pitch_classes(windows: I16) -> Bool:
    """Return which pitch classes begin in each window of a pitched role, shape (n_windows, 12)."""
    events = windows.reshape(len(windows), -1)
    classes = np.zeros((len(windows), 12), bool)
    rows, columns = np.nonzero(events >= FIRST_PITCH_EVENT)
    classes[rows, EVENT_PITCH_CLASSES[events[rows, columns]]] = True
    return classes


def sounding_pitch_classes(windows: I16) -> Bool:
    """Return which pitch classes sound at each step.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_steps, n_voices), int16
        Of a pitched role.

    Returns
    -------
    ndarray, shape (n_windows, n_steps, 12), bool
    """
    pitches, classes = sounding_pitch(windows, axis=1), np.zeros((*windows.shape[:2], 12), bool)
    window, step, voice = np.nonzero(pitches)
    classes[window, step, pitches[window, step, voice] % 12] = True
    return classes
