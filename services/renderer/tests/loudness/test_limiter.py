"""The limiter: nothing over the ceiling, nothing changed below it, and no trace of how the stream was cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renderer.loudness.limiter import BLOCK_FRAMES, CEILING, Limiter
from score.arrays import F32

RATE_HZ = 44_100


def limit(frames: F32, cuts: list[int]) -> F32:
    """Push blocks in portions of these sizes, the rest at once."""
    limiter = Limiter(RATE_HZ)
    out, position = [], 0
    for blocks in [*cuts, len(frames)]:
        portion = frames[position : position + blocks * BLOCK_FRAMES]
        position += len(portion)
        if len(portion):
            out.append(limiter.push(portion))
    return np.concatenate([*out, limiter.flush()])


def noise(seed: int, blocks: int, level: float) -> F32:
    """Generate noise whose loudness changes from block to block."""
    source = np.random.default_rng(seed)
    loudness = np.repeat(source.uniform(0, level, blocks), BLOCK_FRAMES)[:, None]
    return (loudness * source.uniform(-1, 1, (blocks * BLOCK_FRAMES, 2))).astype(np.float32)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.1, 30.0))
def test_no_sample_exceeds_the_ceiling(seed: int, blocks: int, level: float) -> None:
    out = limit(noise(seed, blocks, level), [])
    assert np.abs(out).max() <= CEILING + 1e-6


@settings(deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 7), max_size=6))
def test_cuts_leave_no_trace(seed: int, cuts: list[int]) -> None:
    frames = noise(seed, 30, 3.0)
    np.testing.assert_array_equal(limit(frames, cuts), limit(frames, []))


def test_quiet_music_passes_unchanged() -> None:
    frames = noise(1, 20, 0.79)
    np.testing.assert_array_equal(limit(frames, [3, 5]), frames)


def test_gain_falls_for_a_peak_and_rises_slowly() -> None:
    frames = np.full((200 * BLOCK_FRAMES, 2), 0.5, dtype=np.float32)
    frames[10 * BLOCK_FRAMES : 11 * BLOCK_FRAMES] = 4 * CEILING
    out = limit(frames, [])
    assert out[9 * BLOCK_FRAMES - 1, 0] == 0.5
    assert out[10 * BLOCK_FRAMES, 0] == pytest.approx(CEILING, rel=1e-6)
    release_s = 0.1
    later = 11 * BLOCK_FRAMES + round(release_s * RATE_HZ)
    assert out[later, 0] == pytest.approx(0.5 * (0.25 + 5.0 * release_s), rel=0.02)
