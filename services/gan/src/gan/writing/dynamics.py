"""Dynamics: the velocity of each note from its role, the style's accents, the phrase, the energy, and random noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import F64, I16, U8
from score.encoding import DRUM_CLASS_OF_PITCH, FIRST_PITCH_EVENT, N_DRUM_CLASSES, STEPS_PER_QUARTER
from score.roles import Role

ROLE_VELOCITY: Mapping[Role, int] = {Role.LEAD: 96, Role.HARMONY: 70, Role.BASS: 86, Role.DRUMS: 84}
"""Mean velocity of each role at energy 0, the melody in front."""

ENERGY_VELOCITY = 14
"""Velocity that energy 1 adds."""

STYLE_ACCENT_SHARE = 0.45
"""Share of the style's own accents that is applied: as drummers play them they would drown the rest."""

MIN_ACCENT_RANGE = 8
"""Accents of a style that differ by no more are taken for unmeasured."""

DOWNBEAT_ACCENT, BEAT_ACCENT, OFF_BEAT_ACCENT = 6.0, 2.0, -3.0
"""Velocity added where the style has no accents of its own."""

PHRASE_ARCH_VELOCITY = 5
"""Velocity that a phrase of `ARCH_BARS` gains towards its middle."""

ARCH_BARS = 4

VELOCITY_STD = 2.5
"""Standard deviation of the noise."""

HAT_AND_RIDE_VELOCITY = -14
"""Velocity added to closed hi-hat and ride, which are played softer than the drums between which they fill."""

_HAT_AND_RIDE = tuple(DRUM_CLASS_OF_PITCH[pitch] for pitch in (42, 51))

MIN_VELOCITY, MAX_VELOCITY = 20, 124


def sample_velocities(
    events: Mapping[Role, I16],
    accents: Mapping[Role, tuple[int, ...]],
    bar_steps: int,
    energy: float,
    random: np.random.Generator,
) -> dict[Role, U8]:
    """Return a velocity for every onset.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's.
    accents : mapping of Role to tuple of int
        The style's mean velocity by step of the bar. Ignored if it is for a bar of another length.
    bar_steps : int
        Steps in a bar.
    energy : float
        -1 to 1.
    random : numpy.random.Generator

    Returns
    -------
    dict of Role to ndarray, uint8
        As `score.grid.Grid.velocities`: 0 where nothing begins.
    """
    velocities = {}
    phrase_steps = ARCH_BARS * bar_steps
    for role, values in events.items():
        n_steps = len(values)
        level = ROLE_VELOCITY[role] + ENERGY_VELOCITY * energy + _accents(accents.get(role, ()), bar_steps, n_steps)
        level += PHRASE_ARCH_VELOCITY * np.sin(np.pi * (np.arange(n_steps) % phrase_steps) / phrase_steps)
        if role is Role.DRUMS:
            drum_class = np.arange(N_DRUM_CLASSES)
            is_onset = ((values[:, None] >> drum_class) & 1) > 0
            level = level[:, None] + np.where(np.isin(drum_class, _HAT_AND_RIDE), HAT_AND_RIDE_VELOCITY, 0)
        else:
            is_onset = values >= FIRST_PITCH_EVENT
            level = level if values.ndim == 1 else np.repeat(level[:, None], values.shape[1], axis=1)
        noisy = np.rint(level + VELOCITY_STD * random.standard_normal(level.shape))
        velocities[role] = np.where(is_onset, np.clip(noisy, MIN_VELOCITY, MAX_VELOCITY), 0).astype(np.uint8)
    return velocities


def _accents(style_accents: tuple[int, ...], bar_steps: int, n_steps: int) -> F64:
    """Return the deviation from the mean velocity at each step: the style's where measured, else by metrical weight."""
    step = np.arange(bar_steps)
    bar = np.where(step == 0, DOWNBEAT_ACCENT, np.where(step % STEPS_PER_QUARTER == 0, BEAT_ACCENT, OFF_BEAT_ACCENT))
    measured = np.array(style_accents, np.float64)
    is_measured = measured > 0
    accents = measured[is_measured] if is_measured.any() else measured
    if len(measured) == bar_steps and np.ptp(accents) > MIN_ACCENT_RANGE:
        deviation = STYLE_ACCENT_SHARE * (measured - accents.mean())
        bar = np.where(is_measured, deviation, bar)
    return np.resize(bar, n_steps)
