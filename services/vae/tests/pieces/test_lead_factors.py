"""Rhythm and contour of a lead."""

from __future__ import annotations

import numpy as np
from score.encoding import HOLD, OFF, sounding_event
from vae.pieces.lead_factors import ONSET_TOKEN, contour_tokens, rhythm_tokens

REST = [OFF, HOLD]
WINDOWS = np.array([[*REST, 41, HOLD, OFF, HOLD, 43, 43], [OFF, *[HOLD] * 7]], np.int16)


def test_a_rhythm_has_the_events_of_the_lead_without_its_pitches() -> None:
    assert rhythm_tokens(WINDOWS).tolist() == [
        [*REST, ONSET_TOKEN, HOLD, OFF, HOLD, ONSET_TOKEN, ONSET_TOKEN],
        [OFF, *[HOLD] * 7],
    ]


def test_a_contour_goes_on_through_rests_and_begins_with_the_first_pitch() -> None:
    assert contour_tokens(WINDOWS).tolist() == [[41, 41, 41, 41, 41, 41, 43, 43], [0] * 8]


def test_a_rhythm_and_a_contour_are_the_lead_again() -> None:
    rng = np.random.default_rng(3)
    windows = rng.choice([HOLD, OFF, 40, 41, 50], (50, 32), p=[0.5, 0.1, 0.2, 0.1, 0.1]).astype(np.int16)
    windows[:, 0] = 40
    rhythm, contour = rhythm_tokens(windows), contour_tokens(windows)
    joined = np.where(rhythm == ONSET_TOKEN, contour, rhythm)
    assert np.array_equal(joined, windows)
    assert np.array_equal(
        np.where(sounding_event(windows, axis=1) > OFF, contour, OFF), sounding_event(windows, axis=1)
    )
