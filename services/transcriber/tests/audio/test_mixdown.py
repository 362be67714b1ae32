"""Mixdown of all layouts: surround, one silent channel, and channels of opposite phase."""

from __future__ import annotations

import numpy as np
import pytest
from score.arrays import F32
from transcriber.audio.mixdown import to_mono, to_stereo_pair

SIZE = 22_050


@pytest.fixture
def music() -> F32:
    time_s = np.arange(SIZE) / SIZE
    return np.asarray(0.4 * np.sin(2 * np.pi * 220 * time_s) + 0.2 * np.sin(2 * np.pi * 950 * time_s), np.float32)


def stack(*channels: F32) -> F32:
    return np.stack(channels, axis=1).astype(np.float32)


def test_equal_channels_are_one(music: F32) -> None:
    assert to_mono(stack(music, music)) == pytest.approx(music)
    assert to_mono(stack(music)) == pytest.approx(music)


@pytest.mark.parametrize("level", [1.0, 0.6])
def test_opposite_phases_do_not_cancel(music: F32, level: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, SIZE).astype(np.float32)
    mono = to_mono(stack(music + noise, -level * music))
    assert np.corrcoef(mono, music)[0, 1] > 0.99
    assert np.std(mono) == pytest.approx(np.std(music) * (1 + level) / 2, rel=0.05)


def test_wide_stereo_is_added(music: F32) -> None:
    """Different instruments left and right are both heard; in their difference a voice between them would be lost."""
    other = np.random.default_rng(1).normal(0, 0.3, SIZE).astype(np.float32)
    voice = np.asarray(0.3 * np.sin(np.arange(SIZE) / 9), np.float32)
    assert to_mono(stack(music + voice, other + voice)) == pytest.approx((music + other) / 2 + voice, abs=1e-6)


def test_one_silent_channel_halves_the_level(music: F32) -> None:
    silence = np.zeros_like(music)
    assert to_mono(stack(music, silence)) == pytest.approx(music / 2)
    assert to_mono(stack(silence, music)) == pytest.approx(music / 2)


def test_surround_is_mixed_without_its_low_frequency_effects() -> None:
    channels = np.eye(6, dtype=np.float32)
    pair = to_stereo_pair(channels)
    assert pair.sum(axis=0) == pytest.approx([1, 1])
    assert pair[3] == pytest.approx([0, 0])
    assert pair[0, 1] == pair[1, 0] == 0
    assert pair[2, 0] == pair[2, 1] > 0
    assert pair[4, 0] == pair[5, 1] > 0


@pytest.mark.parametrize("n_channels", [3, 4, 5, 8, 32])
def test_full_scale_in_all_channels_is_full_scale(n_channels: int) -> None:
    assert to_stereo_pair(np.ones((5, n_channels), np.float32)) == pytest.approx(np.ones((5, 2)))
