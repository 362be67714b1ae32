"""Data sets of windows: the split by work, and augmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from score.chords import BEATS_PER_WINDOW
from score.encoding import HOLD, OFF
from vae.models.specs import LeadFactor
from vae.pieces.lead_factors import factor_tokens
from vae_training.data import dataset  # type: ignore[import-not-found]


def test_the_split_is_by_work_and_rows_with_a_risk_are_marked(data: Path) -> None:
    windows = dataset.load_windows(data, "lead")
    training, held_out = dataset.split_by_work(windows)
    assert len(training) + len(held_out) == len(windows)
    assert not set(training.groups) & set(held_out.groups)
    assert windows.has_risk.sum() == 6
    assert dataset.load_sources(data) == [
        {"source": "generated", "licence": "CC BY 4.0", "pieces": 29, "credits": ["Anon"]},
    ]


@pytest.mark.parametrize("name", ["rhythm", "contour"])
def test_the_windows_of_a_factor_are_distinct_ones_of_the_lead(data: Path, name: str) -> None:
    lead, windows = dataset.load_windows(data, "lead"), dataset.load_windows(data, name)
    expected = {tokens.tobytes() for tokens in factor_tokens(lead.tokens, LeadFactor(name))}
    assert {tokens.tobytes() for tokens in windows.tokens} == expected
    assert len(windows) == len(expected) <= len(lead)
    assert windows.chords.any() == (name == "contour")


def test_rhythms_are_not_augmented(data: Path) -> None:
    windows = dataset.load_windows(data, "rhythm")
    known = {tokens.tobytes() for tokens in windows.tokens}
    batches = dataset.iter_batches(windows, 8, np.random.default_rng(0))
    assert all(tokens.tobytes() in known for _ in range(4) for tokens in next(batches)[0])


def test_transposition_moves_pitches_alike_and_leaves_the_rest() -> None:
    tokens = np.tile(np.array([40, HOLD, 45, OFF], np.int16), (200, 1))
    g_minor, none = 20, 0
    chords = np.tile(np.array([g_minor, none] * 4, np.int8), (200, 1))
    transposed, transposed_chords = dataset.transpose_randomly(tokens, chords, np.random.default_rng(0))
    semitones = transposed[:, 0] - 40
    assert set(semitones) == set(range(-6, 7))
    assert (transposed_chords[:, 0] == 13 + (7 + semitones) % 12).all()
    assert (transposed_chords[:, 1] == none).all()
    assert np.array_equal(transposed[:, 2] - 45, semitones)
    assert (transposed[:, [1, 3]] == [HOLD, OFF]).all()


@pytest.mark.parametrize(("token", "semitones"), [(2, set(range(7))), (89, set(range(-6, 1)))])
def test_transposition_stays_in_range(token: int, semitones: set[int]) -> None:
    tokens = np.full((200, 4), token, np.int16)
    chords = np.zeros((200, BEATS_PER_WINDOW), np.int8)
    transposed, _ = dataset.transpose_randomly(tokens, chords, np.random.default_rng(0))
    assert set(transposed[:, 0] - token) == semitones


def test_drum_layers_come_from_other_windows_and_kick_and_snare_stay() -> None:
    tokens = np.repeat(np.array([0b0000101, 0b1000010], np.int16), 100)[:, None]
    mixed = dataset.mix_drum_layers(tokens, np.random.default_rng(0))
    assert np.array_equal(mixed & 0b11, tokens & 0b11)
    assert set((mixed & ~0b11)[:100, 0]) == {0b0000100, 0b1000000}
    assert 0.05 < (mixed != tokens).mean() < 0.3
