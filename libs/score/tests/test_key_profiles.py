"""Key profiles and their correlation with histograms."""

import numpy as np
import pytest
from score.arrays import F64
from score.key_profiles import AARDEN, ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate


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
