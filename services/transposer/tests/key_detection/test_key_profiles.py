"""Correlation with key profiles: published values, and the symmetry of the twelve keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from transposer.profiles import ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate

HISTOGRAMS = st.lists(st.integers(0, 1000), min_size=12, max_size=12).map(lambda row: np.array(row, dtype=np.float64))


def test_distances_between_keys_are_those_that_krumhansl_and_kessler_published() -> None:
    from_c_major = correlate(KRUMHANSL_KESSLER[0], KRUMHANSL_KESSLER)
    assert from_c_major[0, [0, 7, 5]] == pytest.approx([1, 0.591, 0.591], abs=2e-3)
    a_minor, c_minor, e_minor = from_c_major[1, [9, 0, 4]]
    # Their table is of unrounded profiles.
    assert (a_minor, c_minor, e_minor) == pytest.approx((0.651, 0.511, 0.536), abs=2e-3)


def test_the_c_major_scale_under_both_profiles() -> None:
    scale = np.array([1.0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1])
    for profiles in (KRUMHANSL_KESSLER, ALBRECHT_SHANAHAN):
        ours = correlate(scale, profiles)
        assert int(ours.argmax()) == 0
        assert ours[1, 9] == pytest.approx(np.corrcoef(scale, np.roll(profiles[1], 9))[0, 1])


def test_what_prefers_no_pitch_class_correlates_with_no_key() -> None:
    assert not correlate(np.full(12, 3.0), ALBRECHT_SHANAHAN).any()
    assert not correlate(np.zeros(12), ALBRECHT_SHANAHAN).any()


@given(HISTOGRAMS, st.integers(0, 11))
def test_moving_the_music_moves_the_keys(histogram: NDArray[np.float64], semitones: int) -> None:
    moved = correlate(np.roll(histogram, semitones), ALBRECHT_SHANAHAN)
    assert moved == pytest.approx(np.roll(correlate(histogram, ALBRECHT_SHANAHAN), semitones, axis=1), abs=1e-12)


@given(HISTOGRAMS, st.integers(1, 50))
def test_it_is_pearsons_r(histogram: NDArray[np.float64], factor: int) -> None:
    found = correlate(histogram, KRUMHANSL_KESSLER)
    assert (np.abs(found) <= 1 + 1e-12).all()
    assert found == pytest.approx(correlate(factor * histogram + 7, KRUMHANSL_KESSLER), abs=1e-9)
