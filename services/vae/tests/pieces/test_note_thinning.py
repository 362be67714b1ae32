"""Leaving notes out: the weakest onsets, or whole bars."""

from __future__ import annotations

import numpy as np
from score.encoding import OFF
from score.roles import Role
from vae.pieces.note_thinning import silence_bars, thin_window

EIGHTHS = np.array([40, 0] * 16, np.int16)


def test_thinning_keeps_the_strong_steps() -> None:
    half = thin_window(EIGHTHS, Role.LEAD, 0.5)
    assert np.flatnonzero(half == 40).tolist() == [0, 4, 8, 12, 16, 20, 24, 28]
    assert (half[[2, 6, 10, 14]] == OFF).all()


def test_thinning_to_nothing_leaves_silence_and_to_all_leaves_all() -> None:
    assert not (thin_window(EIGHTHS, Role.LEAD, 0.0) > OFF).any()
    assert np.array_equal(thin_window(EIGHTHS, Role.LEAD, 1.0), EIGHTHS)
    assert not thin_window(np.full(32, 5, np.int16), Role.DRUMS, 0.0).any()


def test_thinning_a_waltz_keeps_its_beats() -> None:
    eighths = np.array([40, 0] * 12, np.int16)
    sparse = thin_window(eighths, Role.LEAD, 1 / 6)
    assert np.flatnonzero(sparse == 40).tolist() == [0, 12]


SECOND_BAR, FIRST_BAR = (np.array([bars], np.bool_) for bars in ((False, True), (True, False)))


def test_a_bar_that_rests_is_silent_and_the_other_stays() -> None:
    result = silence_bars(EIGHTHS[None], Role.LEAD, SECOND_BAR)[0]
    assert np.array_equal(result[:16], EIGHTHS[:16])
    assert result[16:].tolist() == [OFF, *[0] * 15]
    drums = silence_bars(np.full((1, 24), 5, np.int16), Role.DRUMS, FIRST_BAR)[0]
    assert drums.tolist() == [0] * 12 + [5] * 12


def test_a_note_held_from_a_bar_that_rests_begins_after_it() -> None:
    held = np.zeros((1, 32), np.int16)
    held[0, [0, 4, 24]] = (40, 45, 47)
    result = silence_bars(held, Role.LEAD, FIRST_BAR)[0]
    assert [(step, int(result[step])) for step in np.flatnonzero(result)] == [(0, OFF), (16, 45), (24, 47)]


def test_a_pause_before_a_bar_that_rests_goes_on() -> None:
    paused = np.zeros((1, 32), np.int16)
    paused[0, [0, 8, 24]] = (40, OFF, 47)
    result = silence_bars(paused, Role.LEAD, SECOND_BAR)[0]
    assert [(step, int(result[step])) for step in np.flatnonzero(result)] == [(0, 40), (8, OFF)]
