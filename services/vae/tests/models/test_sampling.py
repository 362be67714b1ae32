"""Laws of sampling tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score.encoding import HOLD, OFF
from vae.models.sampling import FORBIDDEN, SamplingParams, concat
from vae.models.specs import N_INTERVALS, ROLE_SPECS
from vae.networks import token_sampling

LEAD, HARMONY, DRUMS = ROLE_SPECS["lead"], ROLE_SPECS["harmony"], ROLE_SPECS["drums"]


def logits_of(probabilities: dict[int, float], n_classes: int = 90) -> npt.NDArray[np.float32]:
    """Make the logits of one window and voice: the given probabilities, nearly zero elsewhere."""
    logits = np.full((1, 1, n_classes), -30.0, np.float32)
    for token, probability in probabilities.items():
        logits[0, 0, token] = np.log(probability)
    return logits


def sample(params: SamplingParams, logits: npt.NDArray[np.float32], step: int, first: int = 0) -> npt.NDArray[np.int32]:
    """SamplingParams the tokens of a step for windows `first` on, as a model's graph does."""
    n_windows, n_voices, n_classes = logits.shape
    sampling = params.for_windows(first, n_windows, 8)
    noise = (
        np.zeros((n_windows, n_voices, n_classes + 1), np.float32)
        if sampling.gumbel_noise is None
        else sampling.gumbel_noise[:, step]
    )
    temperature = sampling.temperature or 1.0
    return np.asarray(
        token_sampling.sample_tokens(
            logits + sampling.logit_bias[:, step, None], noise, temperature, params.spec.first_onset_token
        )
    )


def test_a_likely_note_of_unsure_pitch_is_no_hold() -> None:
    unsure = logits_of({HOLD: 0.4, 40: 0.35, 42: 0.25})
    assert sample(SamplingParams(LEAD, 0, 0.0), unsure, 1).tolist() == [[40]]


def test_a_likely_hold_stays_one() -> None:
    assert sample(SamplingParams(LEAD, 0, 0.0), logits_of({HOLD: 0.6, 40: 0.3, 42: 0.1}), 1).tolist() == [[HOLD]]


def test_a_pitched_window_never_starts_with_a_hold() -> None:
    sure = logits_of({HOLD: 0.99, OFF: 0.01})
    assert sample(SamplingParams(LEAD, 0, 0.0), sure, 0).tolist() == [[OFF]]
    silent = logits_of({0: 0.99, 1: 0.01}, DRUMS.n_classes)
    assert sample(SamplingParams(DRUMS, 0, 0.0), silent, 0).tolist() == [[0]]


def test_a_forbidden_token_is_not_sampled() -> None:
    bias = np.zeros((1, 8, 90), np.float32)
    bias[:, :, 40] = FORBIDDEN
    assert sample(SamplingParams(LEAD, 0, 0.0, bias), logits_of({40: 0.9, 42: 0.08, HOLD: 0.02}), 2).tolist() == [[42]]


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_samples_follow_the_softmax(temperature: float) -> None:
    count = 4000
    logits = np.repeat(logits_of({HOLD: 0.5, 40: 0.3, 42: 0.2}), count, axis=0)
    tokens = sample(SamplingParams(LEAD, 5, temperature), logits, 1)[:, 0]
    kinds = np.array([0.5, 0.5]) ** (1 / temperature)
    pitches = np.array([0.3, 0.2]) ** (1 / temperature)
    held = kinds[0] / kinds.sum()
    expected = [held, *(1 - held) * pitches / pitches.sum()]
    assert [np.mean(tokens == token) for token in (HOLD, 40, 42)] == pytest.approx(expected, abs=0.03)


def test_noise_does_not_depend_on_the_batch_of_a_window() -> None:
    logits = np.random.default_rng(0).standard_normal((5, 4, 90)).astype(np.float32)
    together = sample(SamplingParams(HARMONY, 9, 1.0), logits, 3)
    apart = sample(SamplingParams(HARMONY, 9, 1.0), logits[2:4], 3, first=2)
    assert np.array_equal(together[2:4], apart)


def test_another_seed_gives_other_samples() -> None:
    logits = np.zeros((8, 4, 90), np.float32)
    first, second = (sample(SamplingParams(HARMONY, seed, 1.0), logits, 3) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_windows_of_one_key_have_the_same_noise_wherever_they_are() -> None:
    logits = np.zeros((3, 4, 90), np.float32)
    tokens = sample(SamplingParams(HARMONY, 9, 1.0, window_keys=[(5, 8), (6,), (5, 8)]), logits, 3)
    assert np.array_equal(tokens[0], tokens[2])
    assert not np.array_equal(tokens[0], tokens[1])


def test_concatenated_parameters_sample_as_each_would() -> None:
    logits = np.random.default_rng(0).standard_normal((3, 4, 90)).astype(np.float32)
    bias = np.random.default_rng(1).standard_normal((3, 8, 90)).astype(np.float32)
    first = SamplingParams(HARMONY, 9, 1.0, bias[:1], [(5,)])
    second = SamplingParams(HARMONY, 9, 1.0, bias[1:], [(6,), (7,)])
    apart = [sample(first, logits[:1], 3), sample(second, logits[1:], 3)]
    assert np.array_equal(sample(concat([first, second]), logits, 3), np.concatenate(apart))


def with_prior(
    last: int, interval_logits: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return the probabilities of tokens after a note, with an interval prior."""
    logits = token_sampling.apply_interval_prior(
        scores, scores, interval_logits, np.array([[last]], np.int32), LEAD.first_onset_token
    )
    found = np.exp(np.asarray(logits, np.float64)[0, 0])
    return np.asarray(found / found.sum())


def test_the_interval_prior_decides_which_note_begins_and_not_whether_one_does() -> None:
    scores = logits_of({HOLD: 0.5, 40: 0.3, 52: 0.2})
    interval_logits = np.zeros((1, 1 + N_INTERVALS), np.float32)
    interval_logits[0, 1 + 10 :] = -4.0
    after = with_prior(50, interval_logits, scores)
    assert after[HOLD] == pytest.approx(0.5, abs=1e-4)
    assert after[52] == pytest.approx(0.5 * 0.2 / (0.2 + 0.3 * np.exp(-4)), abs=1e-3)
    assert with_prior(0, interval_logits, scores)[40] == pytest.approx(0.3, abs=1e-4)


def test_the_interval_prior_may_make_onsets_likelier() -> None:
    interval_logits = np.zeros((1, 1 + N_INTERVALS), np.float32)
    interval_logits[0, 0] = np.log(3.0)
    after = with_prior(50, interval_logits, logits_of({HOLD: 0.5, 40: 0.3, 52: 0.2}))
    assert after[HOLD] == pytest.approx(0.25, abs=1e-3)
    assert after[40] / after[52] == pytest.approx(1.5, rel=1e-3)


def test_concatenated_and_mixed_parameters_keep_their_interval_logits() -> None:
    interval_logits = np.random.default_rng(2).standard_normal((2, 1 + N_INTERVALS)).astype(np.float32)
    plain, with_intervals = (
        SamplingParams(LEAD, 9, 0.0, window_keys=[(5,)]),
        SamplingParams(LEAD, 9, 0.0, window_keys=[(6,), (7,)], interval_logits=interval_logits),
    )
    sampling = concat([plain, with_intervals]).for_windows(0, 3, 8)
    assert sampling.interval_logits is not None
    assert np.array_equal(
        sampling.interval_logits, np.concatenate([np.zeros_like(interval_logits[:1]), interval_logits])
    )
    mixed = sampling.for_mixture(
        np.array([0, 1, 1, 2, 2]), np.array([1, 0.5, 0.5, 0.5, 0.5], np.float32)
    ).interval_logits
    assert mixed is not None
    assert np.array_equal(mixed, sampling.interval_logits[[0, 1, 1, 2, 2]])
    assert concat([plain, plain]).for_windows(0, 2, 8).interval_logits is None
