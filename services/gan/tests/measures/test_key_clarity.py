"""Key clarity: positive in the right key, negative in another, from what sounds without drums."""

from __future__ import annotations

import numpy as np
from gan.measures.key_clarity import key_clarity, pitch_class_histogram
from score.roles import Role


def test_histogram_counts_what_sounds_without_drums() -> None:
    lead = np.zeros(8, np.int16)
    lead[[2, 6]] = 60 - 19, 1
    histogram = pitch_class_histogram({Role.LEAD: lead, Role.DRUMS: np.full(8, 41, np.int16)})
    assert histogram.tolist() == [4.0] + [0.0] * 11


def test_clarity_is_negative_in_another_key() -> None:
    scale = np.repeat(np.array([60, 64, 67, 72, 65, 62, 59, 60], np.int16) - 19, 2)
    assert key_clarity({Role.LEAD: scale}, is_minor=False) > 0
    assert key_clarity({Role.LEAD: scale + 6}, is_minor=False) < 0
