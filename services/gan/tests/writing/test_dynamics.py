"""Velocities: accents, energy, and none where nothing begins."""

from __future__ import annotations

import numpy as np
from gan.writing.dynamics import sample_velocities
from score.arrays import F64
from score.roles import Role


def mean(energy: float, accents: tuple[int, ...] = ()) -> F64:
    events = {Role.LEAD: np.full(640, 41, np.int16)}
    velocities = sample_velocities(events, {Role.LEAD: accents}, 16, energy, np.random.default_rng(1))[Role.LEAD]
    return np.asarray(velocities.reshape(-1, 16).mean(0))


def test_only_onsets_have_a_velocity() -> None:
    events = {
        Role.LEAD: np.array([41, 0, 1, 0] * 4, np.int16),
        Role.DRUMS: np.array([0b100000001, 0, 0, 0] * 4, np.int16),
    }
    velocities = sample_velocities(events, {}, 16, 0.0, np.random.default_rng(1))
    assert (velocities[Role.LEAD] > 0).tolist() == [True, False, False, False] * 4
    assert np.argwhere(velocities[Role.DRUMS][:4]).tolist() == [[0, 0], [0, 8]]
    assert velocities[Role.DRUMS].shape == (16, 9)
    assert velocities[Role.DRUMS][0, 0] > velocities[Role.DRUMS][0, 8] + 5


def test_the_downbeat_is_accented_and_energy_is_loud() -> None:
    assert mean(0.0)[0] > mean(0.0)[4] + 2 > mean(0.0)[5] + 5
    assert 12 < (mean(1.0) - mean(0.0)).mean() < 16


def test_accents_of_the_style_are_applied_in_part() -> None:
    backbeat = (60, 60, 60, 60, 100, 60, 60, 60) * 2
    assert 15 < mean(0.0, backbeat)[4] - mean(0.0, backbeat)[0] < 21
    assert np.allclose(mean(0.0, (60, 100, 60)), mean(0.0))
