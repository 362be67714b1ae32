"""Laws of drawing tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from vae.conditioning.interval_prior import N_INTERVALS
from vae.models.sampling import FORBIDDEN, Draw, joined
from vae.models.specs import HOLD, NOTE_OFF, ROLE_SPECS
from vae.networks import architecture

LEAD, HARMONY, DRUMS = ROLE_SPECS["lead"], ROLE_SPECS["harmony"], ROLE_SPECS["drums"]


def logits_of(chances: dict[int, float], classes: int = 90) -> npt.NDArray[np.float32]:
    """Make logits of one window and voice: the chances given, next to nothing elsewhere."""
    logits = np.full((1, 1, classes), -30.0, np.float32)
    for token, chance in chances.items():
        logits[0, 0, token] = np.log(chance)
    return logits


def drawn(draw: Draw, logits: npt.NDArray[np.float32], step: int, first: int = 0) -> npt.NDArray[np.int32]:
    """Draw the tokens of a step for windows `first` on, as a model's graph does."""
    count, voices, classes = logits.shape
    lots = draw.windows(first, count, 8)
    noise = np.zeros((count, voices, classes + 1), np.float32) if lots.noise is None else lots.noise[:, step]
    heat = lots.temperature or 1.0
    return np.asarray(architecture.draw(logits + lots.bias[:, step, None], noise, heat, draw.spec.first_sound))


def test_a_likely_note_of_unsure_pitch_is_no_hold() -> None:
    unsure = logits_of({HOLD: 0.4, 40: 0.35, 42: 0.25})
    assert drawn(Draw(LEAD, 0, 0.0), unsure, 1).tolist() == [[40]]


def test_a_likely_hold_stays_one() -> None:
    assert drawn(Draw(LEAD, 0, 0.0), logits_of({HOLD: 0.6, 40: 0.3, 42: 0.1}), 1).tolist() == [[HOLD]]


def test_a_pitched_window_never_starts_with_a_hold() -> None:
    sure = logits_of({HOLD: 0.99, NOTE_OFF: 0.01})
    assert drawn(Draw(LEAD, 0, 0.0), sure, 0).tolist() == [[NOTE_OFF]]
    silent = logits_of({0: 0.99, 1: 0.01}, DRUMS.classes)
    assert drawn(Draw(DRUMS, 0, 0.0), silent, 0).tolist() == [[0]]


def test_what_is_forbidden_is_not_drawn() -> None:
    bias = np.zeros((1, 8, 90), np.float32)
    bias[:, :, 40] = FORBIDDEN
    assert drawn(Draw(LEAD, 0, 0.0, bias), logits_of({40: 0.9, 42: 0.08, HOLD: 0.02}), 2).tolist() == [[42]]


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_draws_follow_the_softmax(temperature: float) -> None:
    count = 4000
    logits = np.repeat(logits_of({HOLD: 0.5, 40: 0.3, 42: 0.2}), count, axis=0)
    tokens = drawn(Draw(LEAD, 5, temperature), logits, 1)[:, 0]
    kinds = np.array([0.5, 0.5]) ** (1 / temperature)
    pitches = np.array([0.3, 0.2]) ** (1 / temperature)
    held = kinds[0] / kinds.sum()
    expected = [held, *(1 - held) * pitches / pitches.sum()]
    assert [np.mean(tokens == token) for token in (HOLD, 40, 42)] == pytest.approx(expected, abs=0.03)


def test_chance_does_not_depend_on_the_batch_a_window_falls_into() -> None:
    logits = np.random.default_rng(0).standard_normal((5, 4, 90)).astype(np.float32)
    together = drawn(Draw(HARMONY, 9, 1.0), logits, 3)
    apart = drawn(Draw(HARMONY, 9, 1.0), logits[2:4], 3, first=2)
    assert np.array_equal(together[2:4], apart)


def test_another_seed_draws_otherwise() -> None:
    logits = np.zeros((8, 4, 90), np.float32)
    first, second = (drawn(Draw(HARMONY, seed, 1.0), logits, 3) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_windows_of_one_key_have_the_same_chance_wherever_they_stand() -> None:
    logits = np.zeros((3, 4, 90), np.float32)
    tokens = drawn(Draw(HARMONY, 9, 1.0, keys=[(5, 8), (6,), (5, 8)]), logits, 3)
    assert np.array_equal(tokens[0], tokens[2])
    assert not np.array_equal(tokens[0], tokens[1])


def test_joined_draws_draw_as_each_would() -> None:
    logits = np.random.default_rng(0).standard_normal((3, 4, 90)).astype(np.float32)
    bias = np.random.default_rng(1).standard_normal((3, 8, 90)).astype(np.float32)
    first = Draw(HARMONY, 9, 1.0, bias[:1], [(5,)])
    second = Draw(HARMONY, 9, 1.0, bias[1:], [(6,), (7,)])
    apart = [drawn(first, logits[:1], 3), drawn(second, logits[1:], 3)]
    assert np.array_equal(drawn(joined([first, second]), logits, 3), np.concatenate(apart))


def steered(last: int, melody: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the chances of tokens after a note, when a melody is steered."""
    logits = architecture.steered(scores, scores, melody, np.array([[last]], np.int32), LEAD.first_sound)
    found = np.exp(np.asarray(logits, np.float64)[0, 0])
    return np.asarray(found / found.sum())


def test_a_melody_says_which_note_begins_and_not_whether_one_does() -> None:
    scores = logits_of({HOLD: 0.5, 40: 0.3, 52: 0.2})
    melody = np.zeros((1, 1 + N_INTERVALS), np.float32)
    melody[0, 1 + 10 :] = -4.0
    after = steered(50, melody, scores)
    assert after[HOLD] == pytest.approx(0.5, abs=1e-4)
    assert after[52] == pytest.approx(0.5 * 0.2 / (0.2 + 0.3 * np.exp(-4)), abs=1e-3)
    assert steered(0, melody, scores)[40] == pytest.approx(0.3, abs=1e-4)


def test_a_melody_may_make_it_likelier_that_a_note_begins() -> None:
    melody = np.zeros((1, 1 + N_INTERVALS), np.float32)
    melody[0, 0] = np.log(3.0)
    after = steered(50, melody, logits_of({HOLD: 0.5, 40: 0.3, 52: 0.2}))
    assert after[HOLD] == pytest.approx(0.25, abs=1e-3)
    assert after[40] / after[52] == pytest.approx(1.5, rel=1e-3)


def test_draws_joined_and_drawn_together_keep_their_melodies() -> None:
    melody = np.random.default_rng(2).standard_normal((2, 1 + N_INTERVALS)).astype(np.float32)
    plain, led = Draw(LEAD, 9, 0.0, keys=[(5,)]), Draw(LEAD, 9, 0.0, keys=[(6,), (7,)], melody=melody)
    lots = joined([plain, led]).windows(0, 3, 8)
    assert lots.melody is not None
    assert np.array_equal(lots.melody, np.concatenate([np.zeros_like(melody[:1]), melody]))
    spoken = lots.together(np.array([0, 1, 1, 2, 2]), np.array([1, 0.5, 0.5, 0.5, 0.5], np.float32)).melody
    assert spoken is not None
    assert np.array_equal(spoken, lots.melody[[0, 1, 1, 2, 2]])
    assert joined([plain, plain]).windows(0, 2, 8).melody is None
