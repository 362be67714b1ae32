"""Conversion between a grid's events by role and the generator's channels, and the inputs that follow from them.

Arrays of channels have shape (steps, N_CHANNELS), int64.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from score.arrays import I16, I64
from score.encoding import BARS_PER_WINDOW, HOLD, N_VOICES, OFF, STEPS_PER_BAR, STEPS_PER_QUARTER
from score.roles import ROLES, Role

from gan.network.dims import (
    CHANNEL_ROLES,
    DRUM_CHANNEL,
    MAX_BAR_STEPS,
    METERS,
    N_CHANNELS,
    NO_SOURCE,
    PHRASE_BARS,
)


def to_channels(events: Mapping[Role, I16]) -> I64:
    """Return a grid's events as channels: (steps, N_CHANNELS). The channels of missing roles only hold."""
    n_steps = len(next(iter(events.values())))
    channels = np.zeros((n_steps, N_CHANNELS), np.int64)
    for role, values in events.items():
        first = CHANNEL_ROLES.index(role)
        channels[:, first : first + (N_VOICES if values.ndim == 2 else 1)] = values.reshape(n_steps, -1)
    return channels


def to_role_events(channels: I64, roles: Iterable[Role]) -> dict[Role, I16]:
    """Return the grid's events of some roles. A line that begins in silence begins with a note-off."""
    found: dict[Role, I16] = {}
    for role in roles:
        first = CHANNEL_ROLES.index(role)
        voices = channels[:, first : first + N_VOICES] if role is Role.HARMONY else channels[:, first]
        values = voices.astype(np.int16)
        if role is not Role.DRUMS:
            values[0] = np.where(values[0] == HOLD, OFF, values[0])
        found[role] = values
    return found


def channel_states(channels: I64) -> I64:
    """Return the state of each channel after each step, from silence (see `N_PITCHED_STATES`): (steps, N_CHANNELS)."""
    steps = np.arange(len(channels))[:, None]
    latest = np.maximum.accumulate(np.where(channels != HOLD, steps, -1), axis=0)
    event = np.take_along_axis(channels, np.maximum(latest, 0), axis=0)
    sounds = (latest >= 0) & (event > OFF)
    states: I64 = np.where(sounds, 2 * (event - 1) - 1 + (latest == steps), 0)
    states[:, DRUM_CHANNEL] = channels[:, DRUM_CHANNEL]
    return states


def last_note_events(channels: I64) -> I64:
    """Return the latest note event of each channel before each step, 0 before its first: (steps, N_CHANNELS)."""
    steps = np.arange(len(channels))[:, None]
    latest = np.maximum.accumulate(np.where(channels > OFF, steps, -1), axis=0)
    after = np.where(latest >= 0, np.take_along_axis(channels, np.maximum(latest, 0), axis=0), 0)
    return np.concatenate([np.zeros_like(after[:1]), after[:-1]])


def step_positions(meter: str, first_bar: int, n_bars: int, n_total_bars: int) -> I64:
    """Return the position of each step of some bars.

    Parameters
    ----------
    meter : str
        One of `METERS`.
    first_bar : int
        Bar of the piece at which they begin, from 0.
    n_bars : int
        How many there are.
    n_total_bars : int
        Length of the piece.

    Returns
    -------
    ndarray, shape (steps, 4), int64
        See `gan.network.dims.POSITION_VOCAB_SIZES`.
    """
    bar_steps = STEPS_PER_BAR[meter]
    step = np.arange(n_bars * bar_steps)
    bar = first_bar + step // bar_steps
    return np.stack(
        [
            METERS.index(meter) * MAX_BAR_STEPS + step % bar_steps,
            bar % PHRASE_BARS,
            np.minimum(bar, PHRASE_BARS),
            np.clip(n_total_bars - 1 - bar, 0, PHRASE_BARS),
        ],
        axis=1,
    )


def repeat_sources(labels: npt.NDArray[np.integer], meter: str) -> I64:
    """Return the earlier steps that each step may repeat, see `gan.network.dims.N_REPEAT_SOURCES`.

    Parameters
    ----------
    labels : ndarray, shape (windows,)
        Windows of one label are alike; the first of them is the source of the others.
    meter : str

    Returns
    -------
    ndarray, shape (steps, N_REPEAT_SOURCES), int64
        `NO_SOURCE` where there is none.
    """
    bar_steps = STEPS_PER_BAR[meter]
    window_steps = BARS_PER_WINDOW * bar_steps
    first = np.array([int(np.flatnonzero(labels == label)[0]) for label in labels])
    is_new = first == np.arange(len(labels))
    window = np.where(is_new[:, None], NO_SOURCE, first[:, None] * window_steps + np.arange(window_steps)).reshape(-1)
    step = np.arange(len(window))
    bars_ago = (np.where(step >= lag, step - lag, NO_SOURCE) for lag in (bar_steps, 2 * bar_steps))
    return np.stack([window, *bars_ago], axis=1)


def copy_sources(bar_sources: npt.NDArray[np.integer], meter: str) -> I64:
    """Convert the earlier bar of each bar and role to the earlier step of each step and channel.

    `NO_SOURCE`, where there is none, stays as it is: (bars, N_ROLES) to (steps, N_CHANNELS).
    """
    bar_steps = STEPS_PER_BAR[meter]
    bar = bar_sources[:, None, [ROLES.index(role) for role in CHANNEL_ROLES]]
    steps = bar * bar_steps + np.arange(bar_steps)[None, :, None]
    return np.where(bar == NO_SOURCE, NO_SOURCE, steps).reshape(-1, N_CHANNELS)


def step_chords(chords: npt.NDArray[np.integer], meter: str) -> I64:
    """Return the chord that the bass has to play at each step: (bars, halves) to (steps,), or `NO_SOURCE`.

    The bass is bound to the chord on the first beat of each half bar, and free to pass to the next one after it.
    """
    step = np.arange(STEPS_PER_BAR[meter] // chords.shape[1])
    steps: I64 = np.where(step < STEPS_PER_QUARTER, chords.reshape(-1, 1), NO_SOURCE).reshape(-1)
    return steps
