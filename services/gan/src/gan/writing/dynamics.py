"""How loud each note is: the style's accents, the phrase's arch, the energy asked for, and a little chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import F64, I16, U8
from score.encoding import N_DRUM_CLASSES
from score.roles import Role

from gan.measures.events import FIRST_NOTE
from gan.network.dims import STEPS_PER_BEAT

LEVELS: Mapping[Role, int] = {Role.LEAD: 96, Role.HARMONY: 70, Role.BASS: 86, Role.DRUMS: 84}
"""Mean velocity of each role at energy 0: the tune in front."""

ENERGY_SPAN = 14
"""Velocity added at energy 1."""

ACCENT_SHARE = 0.45
"""How much of the style's own accents is kept: they were played by drummers and would drown the rest."""

ARCH = 5
"""Velocity that a phrase gains towards its middle."""

CHANCE = 2.5
"""Standard deviation of the velocity's chance."""

HAT_AND_RIDE = -14
"""Closed hi-hat and ride are played softer than the drums they fill between."""


def sample_velocities(
    events: Mapping[Role, I16],
    accents: Mapping[Role, tuple[int, ...]],
    steps_per_bar: int,
    energy: float,
    random: np.random.Generator,
) -> dict[Role, U8]:
    """Give every onset a velocity.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's events.
    accents : mapping of Role to tuple of int
        Mean velocity by step of the bar, as the style was played; may be for another meter, then it is left out.
    steps_per_bar : int
    energy : float
        -1 to 1.
    random : numpy.random.Generator

    Returns
    -------
    dict of Role to ndarray, uint8
        As `score.grid.Grid.velocities`: 0 where nothing begins.
    """
    shaped = {}
    for role, values in events.items():
        steps = len(values)
        level = LEVELS[role] + ENERGY_SPAN * energy + _accent(accents.get(role, ()), steps_per_bar, steps)
        level += ARCH * np.sin(np.pi * (np.arange(steps) % (4 * steps_per_bar)) / (4 * steps_per_bar))
        if role is Role.DRUMS:
            onset = ((values[:, None] >> np.arange(N_DRUM_CLASSES)) & 1) > 0
            level = level[:, None] + np.where(np.isin(np.arange(N_DRUM_CLASSES), (2, 8)), HAT_AND_RIDE, 0)
        else:
            onset = values >= FIRST_NOTE
            level = level if values.ndim == 1 else np.repeat(level[:, None], values.shape[1], axis=1)
        played = np.clip(np.rint(level + CHANCE * random.standard_normal(level.shape)), 20, 124)
        shaped[role] = np.where(onset, played, 0).astype(np.uint8)
    return shaped


def _accent(measured: tuple[int, ...], steps_per_bar: int, steps: int) -> F64:
    """Deviation from the mean velocity at every step: the style's where it was heard, else strong and weak beats."""
    at = np.arange(steps_per_bar)
    bar = np.where(at == 0, 6.0, np.where(at % STEPS_PER_BEAT == 0, 2.0, -3.0))
    heard = np.array(measured, np.float64)
    if len(heard) == steps_per_bar and np.ptp(heard[heard > 0] if heard.any() else heard) > 8:
        bar = np.where(heard > 0, ACCENT_SHARE * (heard - heard[heard > 0].mean()), bar)
    return np.resize(bar, steps)
