"""Keys by their profiles: a scale is in its own key, and the margin says how surely."""

from __future__ import annotations

import numpy as np
import pytest
from gan.measures.key_clarity import AARDEN, KRUMHANSL, key_clarity, pitch_class_histogram, weigh_keys
from score.arrays import F64
from score.roles import Role


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("profiles", [KRUMHANSL, AARDEN])
def test_a_profile_is_in_its_own_key(profiles: F64, tonic: int) -> None:
    for mode in (0, 1):
        weights = weigh_keys(np.roll(profiles[mode], tonic), profiles)
        assert int(weights.argmax()) == 12 * mode + tonic
        assert weights.max() == pytest.approx(1.0)


def test_silence_is_in_no_key() -> None:
    assert not weigh_keys(np.zeros(12), KRUMHANSL).any()


def test_counts_what_sounds_but_not_drums() -> None:
    lead = np.zeros(8, np.int16)
    lead[[2, 6]] = 60 - 19, 1
    heard = pitch_class_histogram({Role.LEAD: lead, Role.DRUMS: np.full(8, 41, np.int16)})
    assert heard.tolist() == [4.0] + [0.0] * 11


def test_the_margin_is_negative_in_another_key() -> None:
    scale = np.repeat(np.array([60, 64, 67, 72, 65, 62, 59, 60], np.int16) - 19, 2)
    assert key_clarity({Role.LEAD: scale}, is_minor=False) > 0
    assert key_clarity({Role.LEAD: scale + 6}, is_minor=False) < 0
