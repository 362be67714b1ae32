"""A waveform's buckets: the lowest and highest sample of each, however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from renderer.encoding.waveform import Peaks, Waveform


def collected(frames: NDArray[np.float32], bucket_count: int, cuts: list[int]) -> Peaks:
    """Push frames in portions of these sizes, the rest at once."""
    waveform = Waveform(bucket_count, len(frames))
    edges = [0, *np.cumsum(cuts).clip(max=len(frames)).tolist(), len(frames)]
    found = [waveform.push(frames[start:end]) for start, end in pairwise(edges)]
    return Peaks(np.concatenate([part.minimums for part in found]), np.concatenate([part.maximums for part in found]))


def test_states_the_lowest_and_the_highest_sample_of_each_bucket() -> None:
    frames = np.array([[0.1, 0.2], [-0.5, 0.0], [0.3, 0.3], [0.4, -0.1], [0.0, 0.9], [0.2, 0.1]], dtype=np.float32)
    found = collected(frames, 3, [])
    np.testing.assert_array_equal(found.minimums, np.array([-0.5, -0.1, 0.0], dtype=np.float32))
    np.testing.assert_array_equal(found.maximums, np.array([0.2, 0.4, 0.9], dtype=np.float32))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 500), st.integers(0, 300), st.lists(st.integers(1, 200), max_size=6))
def test_cuts_leave_no_trace(seed: int, frame_count: int, bucket_count: int, cuts: list[int]) -> None:
    frames = np.random.default_rng(seed).uniform(-1, 1, (frame_count, 2)).astype(np.float32)
    whole, cut = collected(frames, bucket_count, []), collected(frames, bucket_count, cuts)
    np.testing.assert_array_equal(whole, cut)
    assert whole.minimums.shape == whole.maximums.shape == (bucket_count,)
    if bucket_count and bucket_count <= frame_count:
        assert (whole.minimums.min(), whole.maximums.max()) == (frames.min(), frames.max())


def test_more_buckets_than_frames_are_empty() -> None:
    found = collected(np.full((2, 2), 0.5, dtype=np.float32), 4, [])
    assert found.maximums.tolist() == pytest.approx([0.0, 0.5, 0.0, 0.5])
