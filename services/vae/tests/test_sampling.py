"""Laws of drawing tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from vae.sampling import FORBIDDEN, Draw
from vae.specs import HOLD, NOTE_OFF, ROLE_SPECS

LEAD, HARMONY, DRUMS = ROLE_SPECS["lead"], ROLE_SPECS["harmony"], ROLE_SPECS["drums"]


def logits_of(chances: dict[int, float], classes: int = 90) -> npt.NDArray[np.float32]:
    """Make logits of one window and voice: the chances given, next to nothing elsewhere."""
    logits = np.full((1, 1, classes), -30.0, np.float32)
    for token, chance in chances.items():
        logits[0, 0, token] = np.log(chance)
    return logits


def test_a_likely_note_of_unsure_pitch_is_no_hold() -> None:
    chooser = Draw(LEAD, 0, 0.0).windows(0, 1, 4)
    unsure = logits_of({HOLD: 0.4, 40: 0.35, 42: 0.25})
    assert chooser(unsure, 1).tolist() == [[40]]


def test_a_likely_hold_stays_one() -> None:
    chooser = Draw(LEAD, 0, 0.0).windows(0, 1, 4)
    assert chooser(logits_of({HOLD: 0.6, 40: 0.3, 42: 0.1}), 1).tolist() == [[HOLD]]


def test_a_pitched_window_never_starts_with_a_hold() -> None:
    sure = logits_of({HOLD: 0.99, NOTE_OFF: 0.01})
    assert Draw(LEAD, 0, 0.0).windows(0, 1, 4)(sure, 0).tolist() == [[NOTE_OFF]]
    silent = logits_of({0: 0.99, 1: 0.01}, DRUMS.classes)
    assert Draw(DRUMS, 0, 0.0).windows(0, 1, 4)(silent, 0).tolist() == [[0]]


def test_what_is_forbidden_is_not_drawn() -> None:
    bias = np.zeros((1, 4, 90), np.float32)
    bias[:, :, 40] = FORBIDDEN
    chooser = Draw(LEAD, 0, 0.0, bias).windows(0, 1, 4)
    assert chooser(logits_of({40: 0.9, 42: 0.08, HOLD: 0.02}), 2).tolist() == [[42]]


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_draws_follow_the_softmax(temperature: float) -> None:
    count = 4000
    chooser = Draw(LEAD, 5, temperature).windows(0, count, 2)
    logits = np.repeat(logits_of({HOLD: 0.5, 40: 0.3, 42: 0.2}), count, axis=0)
    drawn = chooser(logits, 1)[:, 0]
    kinds = np.array([0.5, 0.5]) ** (1 / temperature)
    pitches = np.array([0.3, 0.2]) ** (1 / temperature)
    held = kinds[0] / kinds.sum()
    expected = [held, *(1 - held) * pitches / pitches.sum()]
    assert [np.mean(drawn == token) for token in (HOLD, 40, 42)] == pytest.approx(expected, abs=0.03)


def test_chance_does_not_depend_on_the_batch_a_window_falls_into() -> None:
    logits = np.random.default_rng(0).standard_normal((5, 4, 90)).astype(np.float32)
    together = Draw(HARMONY, 9, 1.0).windows(0, 5, 8)(logits, 3)
    apart = Draw(HARMONY, 9, 1.0).windows(2, 2, 8)(logits[2:4], 3)
    assert np.array_equal(together[2:4], apart)


def test_another_seed_draws_otherwise() -> None:
    logits = np.zeros((8, 4, 90), np.float32)
    first, second = (Draw(HARMONY, seed, 1.0).windows(0, 8, 8)(logits, 3) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_windows_of_one_key_have_the_same_chance_wherever_they_stand() -> None:
    logits = np.zeros((3, 4, 90), np.float32)
    drawn = Draw(HARMONY, 9, 1.0, keys=[(5, 8), (6,), (5, 8)]).windows(0, 3, 8)(logits, 3)
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])
