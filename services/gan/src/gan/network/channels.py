"""Between a grid's events by role and the channels that the generator speaks in; and where each step stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from score.arrays import I16, I64
from score.encoding import HOLD, N_VOICES, OFF, STEPS_PER_BAR
from score.roles import ROLES, Role

from gan.network.dims import CHANNEL_ROLES, DRUM_CHANNEL, METERS, N_CHANNELS, PHRASE_BARS, STEPS_PER_BEAT

BASS_CHANNEL = CHANNEL_ROLES.index(Role.BASS)
FIRST_VOICE = CHANNEL_ROLES.index(Role.HARMONY)
MAX_BAR_STEPS = max(STEPS_PER_BAR.values())
NO_SOURCE = -1


def to_channels(events: Mapping[Role, I16]) -> I64:
    """Put a grid's events in channels: (steps, N_CHANNELS); roles that are missing hold for ever."""
    steps = len(next(iter(events.values())))
    laid = np.zeros((steps, N_CHANNELS), np.int64)
    for role, values in events.items():
        first = CHANNEL_ROLES.index(role)
        laid[:, first : first + (N_VOICES if values.ndim == 2 else 1)] = values.reshape(steps, -1)
    return laid


def to_role_events(laid: I64, roles: Iterable[Role]) -> dict[Role, I16]:
    """Take the events of some roles out of their channels; a line that begins in silence says so by a note-off."""
    found: dict[Role, I16] = {}
    for role in roles:
        first = CHANNEL_ROLES.index(role)
        voices = laid[:, first : first + N_VOICES] if role is Role.HARMONY else laid[:, first]
        values = voices.astype(np.int16)
        if role is not Role.DRUMS:
            values[0] = np.where(values[0] == HOLD, OFF, values[0])
        found[role] = values
    return found


def channel_states(laid: I64) -> I64:
    """Say in what state each step leaves the channels, from silence (see `N_PITCHED_STATES`): (steps, N_CHANNELS)."""
    steps = np.arange(len(laid))[:, None]
    latest = np.maximum.accumulate(np.where(laid != HOLD, steps, -1), axis=0)
    in_force = np.take_along_axis(laid, np.maximum(latest, 0), axis=0)
    sounds = (latest >= 0) & (in_force > OFF)
    states: I64 = np.where(sounds, 2 * (in_force - 1) - 1 + (latest == steps), 0)
    states[:, DRUM_CHANNEL] = laid[:, DRUM_CHANNEL]
    return states


def step_positions(meter: str, first_bar: int, bars: int, total_bars: int) -> I64:
    """Say where each step of some bars stands, as `gan.network.generator.POSITION_VOCAB_SIZES` counts: (steps, 4)."""
    length = STEPS_PER_BAR[meter]
    at = np.arange(bars * length)
    bar = first_bar + at // length
    return np.stack(
        [
            METERS.index(meter) * MAX_BAR_STEPS + at % length,
            bar % PHRASE_BARS,
            np.minimum(bar, PHRASE_BARS),
            np.clip(total_bars - 1 - bar, 0, PHRASE_BARS),
        ],
        axis=1,
    )


def last_note_events(laid: I64) -> I64:
    """Say which note event each channel began last, before each step; 0 before the first: (steps, N_CHANNELS)."""
    steps = np.arange(len(laid))[:, None]
    latest = np.maximum.accumulate(np.where(laid > OFF, steps, -1), axis=0)
    after = np.where(latest >= 0, np.take_along_axis(laid, np.maximum(latest, 0), axis=0), 0)
    return np.concatenate([np.zeros_like(after[:1]), after[:-1]])


def repeat_sources(letters: npt.NDArray[np.integer], meter: str) -> I64:
    """Say which earlier steps each step may bring back, as `gan.network.dims.N_REPEAT_SOURCES` lists them.

    Parameters
    ----------
    letters : ndarray, shape (windows,)
        Windows with one letter sound alike; the first is the source.
    meter : str

    Returns
    -------
    ndarray, shape (steps, N_REPEAT_SOURCES), int64
        `NO_SOURCE` where there is none.
    """
    bar = STEPS_PER_BAR[meter]
    length = 2 * bar
    first = np.array([int(np.flatnonzero(letters == letter)[0]) for letter in letters])
    is_new = first == np.arange(len(letters))
    source = np.where(is_new[:, None], NO_SOURCE, first[:, None] * length + np.arange(length)).reshape(-1)
    at = np.arange(len(source))
    return np.stack([source, *(np.where(at >= back, at - back, NO_SOURCE) for back in (bar, 2 * bar))], axis=1)


def copy_sources(source: npt.NDArray[np.integer], meter: str) -> I64:
    """Say which earlier step each channel repeats, or follows: (bars, N_ROLES) to (steps, N_CHANNELS).

    `NO_SOURCE` where there is none, there and here.
    """
    length = STEPS_PER_BAR[meter]
    bar = source[:, None, [ROLES.index(role) for role in CHANNEL_ROLES]]
    steps = bar * length + np.arange(length)[None, :, None]
    return np.where(bar == NO_SOURCE, NO_SOURCE, steps).reshape(-1, N_CHANNELS)


def step_chords(chords: npt.NDArray[np.integer], meter: str) -> I64:
    """Say in which chord the bass is at each step: (bars, halves) to (steps,), or `NO_SOURCE`.

    At the beginning of each half bar it is in its chord, and passes from there to the next.
    """
    at = np.arange(STEPS_PER_BAR[meter] // chords.shape[1])
    steps: I64 = np.where(at < STEPS_PER_BEAT, chords.reshape(-1, 1), NO_SOURCE).reshape(-1)
    return steps
