"""Key profiles and their correlation with histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from score.arrays import F64
from score.key_profiles import AARDEN, ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate

HISTOGRAMS = st.lists(st.integers(0, 1000), min_size=12, max_size=12).map(lambda row: np.array(row, dtype=np.float64))


@pytest.mark.parametrize("profiles", [KRUMHANSL_KESSLER, ALBRECHT_SHANAHAN, AARDEN])
def test_a_profile_correlates_best_with_itself(profiles: F64) -> None:
    for mode in range(2):
        for tonic in range(12):
            scores = correlate(np.roll(profiles[mode], tonic), profiles)
            assert scores.argmax() == 12 * mode + tonic
            assert scores[mode, tonic] == pytest.approx(1.0)


def test_correlation_is_pearsons() -> None:
    histogram = np.random.default_rng(1).random(12)
    expected = [
        [np.corrcoef(histogram, np.roll(profile, tonic))[0, 1] for tonic in range(12)] for profile in KRUMHANSL_KESSLER
    ]
    assert correlate(histogram, KRUMHANSL_KESSLER) == pytest.approx(np.array(expected))


def test_stacked_profiles_and_histograms_are_correlated_each_with_each() -> None:
    histograms = np.random.default_rng(2).random((3, 12))
    both = correlate(histograms, np.stack([ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER]))
    assert both.shape == (3, 2, 2, 12)
    assert both[:, 0] == pytest.approx(correlate(histograms, ALBRECHT_SHANAHAN))
    assert both[2, 1] == pytest.approx(correlate(histograms[2], KRUMHANSL_KESSLER))


@pytest.mark.parametrize("histogram", [np.zeros(12), np.full(12, 3.0)])
def test_a_flat_histogram_prefers_no_key(histogram: F64) -> None:
    assert not correlate(histogram, AARDEN).any()


def test_distances_between_keys_are_those_of_krumhansl_and_kessler() -> None:
    from_c_major = correlate(KRUMHANSL_KESSLER[0], KRUMHANSL_KESSLER)
    assert from_c_major[0, [0, 7, 5]] == pytest.approx([1, 0.591, 0.591], abs=2e-3)
    a_minor, c_minor, e_minor = from_c_major[1, [9, 0, 4]]
    # Their table is of unrounded profiles.
    assert (a_minor, c_minor, e_minor) == pytest.approx((0.651, 0.511, 0.536), abs=2e-3)


@pytest.mark.parametrize("profiles", [KRUMHANSL_KESSLER, ALBRECHT_SHANAHAN])
def test_the_c_major_scale(profiles: F64) -> None:
    scale = np.array([1.0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1])
    scores = correlate(scale, profiles)
    assert int(scores.argmax()) == 0
    assert scores[1, 9] == pytest.approx(np.corrcoef(scale, np.roll(profiles[1], 9))[0, 1])


@given(HISTOGRAMS, st.integers(0, 11))
def test_transposed_music_rotates_the_scores(histogram: F64, semitones: int) -> None:
    transposed = correlate(np.roll(histogram, semitones), ALBRECHT_SHANAHAN)
    assert transposed == pytest.approx(np.roll(correlate(histogram, ALBRECHT_SHANAHAN), semitones, axis=1), abs=1e-12)


@given(HISTOGRAMS, st.integers(1, 50))
def test_scores_do_not_depend_on_scale_and_offset(histogram: F64, factor: int) -> None:
    scores = correlate(histogram, KRUMHANSL_KESSLER)
    assert (np.abs(scores) <= 1 + 1e-12).all()
    assert scores == pytest.approx(correlate(factor * histogram + 7, KRUMHANSL_KESSLER), abs=1e-9)
