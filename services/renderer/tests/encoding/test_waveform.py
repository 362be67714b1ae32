"""A waveform's buckets: the lowest and highest sample of each, however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renderer.encoding.waveform import PeakMeter, Peaks
from score.arrays import F32


def collect(frames: F32, n_buckets: int, cuts: list[int]) -> Peaks:
    """Push frames in portions of these sizes, the rest at once."""
    peak_meter = PeakMeter(n_buckets, len(frames))
    edges = [0, *np.cumsum(cuts).clip(max=len(frames)).tolist(), len(frames)]
    found = [peak_meter.push(frames[start:end]) for start, end in pairwise(edges)]
    return Peaks(np.concatenate([part.minimums for part in found]), np.concatenate([part.maximums for part in found]))


def test_states_the_lowest_and_the_highest_sample_of_each_bucket() -> None:
    frames = np.array([[0.1, 0.2], [-0.5, 0.0], [0.3, 0.3], [0.4, -0.1], [0.0, 0.9], [0.2, 0.1]], dtype=np.float32)
    found = collect(frames, 3, [])
    np.testing.assert_array_equal(found.minimums, np.array([-0.5, -0.1, 0.0], dtype=np.float32))
    np.testing.assert_array_equal(found.maximums, np.array([0.2, 0.4, 0.9], dtype=np.float32))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 500), st.integers(0, 300), st.lists(st.integers(1, 200), max_size=6))
def test_cuts_leave_no_trace(seed: int, n_frames: int, n_buckets: int, cuts: list[int]) -> None:
    frames = np.random.default_rng(seed).uniform(-1, 1, (n_frames, 2)).astype(np.float32)
    whole, cut = collect(frames, n_buckets, []), collect(frames, n_buckets, cuts)
    np.testing.assert_array_equal(whole, cut)
    assert whole.minimums.shape == whole.maximums.shape == (n_buckets,)
    if n_buckets and n_buckets <= n_frames:
        assert (whole.minimums.min(), whole.maximums.max()) == (frames.min(), frames.max())


def test_more_buckets_than_frames_are_empty() -> None:
    found = collect(np.full((2, 2), 0.5, dtype=np.float32), 4, [])
    assert found.maximums.tolist() == pytest.approx([0.0, 0.5, 0.0, 0.5])
