"""No hole between phrases: a bar in which a role falls silent takes over a neighbour's bar."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, OFF, PITCH_OFFSET
from score.roles import Role

from gan.hearing import Events, sounding_pitches

RESTS = 1
"""Bars in a row that a lead may rest: a tune breathes, the others do not."""


def fill(events: dict[Role, Events], steps_per_bar: int) -> dict[Role, Events]:
    """Fill the empty bars of each role with the nearest bar that sounds, the earlier of two.

    Parameters
    ----------
    events : dict of Role to ndarray, int16
        A grid's events; a role that never sounds stays silent.
    steps_per_bar : int
    """
    return {role: _fill_role(values, role, steps_per_bar) for role, values in events.items()}


def _fill_role(values: Events, role: Role, steps_per_bar: int) -> Events:
    empty = ~bars_that_sound(values, role, steps_per_bar)
    if role is Role.LEAD:
        empty = _beyond_rests(empty)
    sounding = np.flatnonzero(bars_that_sound(values, role, steps_per_bar))
    if not empty.any() or not len(sounding):
        return values
    bars = values.reshape(-1, steps_per_bar, *values.shape[1:]).copy()
    original = bars.copy()
    for bar in np.flatnonzero(empty):
        source = sounding[np.abs(sounding - bar).argmin()]
        bars[bar] = original[source]
        if role is not Role.DRUMS:
            _strike_first(bars[bar], original[: source + 1].reshape(-1, *values.shape[1:]), steps_per_bar)
            _stop_at_end(bars, bar)
    return bars.reshape(values.shape)


def bars_that_sound(values: Events, role: Role, steps_per_bar: int) -> npt.NDArray[np.bool_]:
    """Tell for each bar whether anything sounds in it."""
    voices = values[None] if values.ndim == 1 else values.T
    sounds = np.asarray((voices if role is Role.DRUMS else sounding_pitches(voices)) > 0)
    return np.asarray(sounds.any(0).reshape(-1, steps_per_bar).any(1))


def _beyond_rests(empty: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Keep only the empty bars that follow `RESTS` others."""
    run, beyond = 0, empty.copy()
    for bar, is_empty in enumerate(empty):
        run = run + 1 if is_empty else 0
        beyond[bar] = run > RESTS
    return beyond


def _strike_first(bar: Events, until: Events, steps_per_bar: int) -> None:
    """Strike at a copied bar's start what was held into its original, in place."""
    held = sounding_pitches(until[None] if until.ndim == 1 else until.T)[:, -steps_per_bar]
    first = np.where(held > 0, held - PITCH_OFFSET, OFF).reshape(bar.shape[1:])
    bar[0] = np.where(bar[0] == HOLD, first, bar[0])


def _stop_at_end(bars: Events, bar: int) -> None:
    """Let what a filled bar holds end with it, in place, unless the next bar says something itself."""
    if bar + 1 < len(bars):
        bars[bar + 1, 0] = np.where(bars[bar + 1, 0] == HOLD, OFF, bars[bar + 1, 0])
