"""How an event is chosen: by its probability, within what structure, range and chord allow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.network.batch import Conditions
from gan.network.channels import repeat_sources, step_positions
from gan.network.dims import (
    BASS_CHANNEL,
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    N_CHANNELS,
    N_FEATURES,
    N_ROLES,
    NO_SOURCE,
    NetworkSizes,
)
from gan.network.generator import NoteGenerator
from gan.sampling import pitch_range
from gan.sampling.event_sampling import FORCE_NO_ONSET, FORCE_ONSET, SAMPLE, forced_event, mask_events, sample_event
from gan.sampling.sampler import Sampler, SamplingInputs
from score.encoding import FIRST_PITCH_EVENT, HOLD, OFF, PITCH_OFFSET

LEAD = N_CHANNELS - 1
ALL = range(FIRST_PITCH_EVENT, EVENT_VOCAB_SIZES[LEAD])
PROBABILITIES = {0: 0.5, 1: 0.1, 40: 0.3, 45: 0.09, 50: 0.01}
"""A hold, a note-off and three notes, the last of them unlikely beside the first."""


def shares(known: int = SAMPLE, temperature: float = 1.0, allowed: range = ALL) -> dict[int, float]:
    """Sample with evenly spread random numbers, and return how often each event is chosen."""
    logits = np.full(EVENT_VOCAB_SIZES[LEAD], -60, np.float32)
    for event, probability in PROBABILITIES.items():
        logits[event] = np.log(probability)
    at = ((np.arange(2000) + 0.5) / 2000).astype(np.float32)
    forbidden = np.array([event >= FIRST_PITCH_EVENT and event not in allowed for event in range(len(logits))])
    sampled = [sample_event(logits, LEAD, temperature, probability, known, forbidden) for probability in at]
    events, counts = np.unique(sampled, return_counts=True)
    return dict(zip(events.tolist(), (counts / len(sampled)).tolist(), strict=True))


def test_events_are_sampled_by_their_probability() -> None:
    assert shares() == pytest.approx(PROBABILITIES, abs=1e-3)


def test_temperature_sharpens_the_choice_of_notes_only() -> None:
    cooled = shares(temperature=0.5)
    assert cooled == pytest.approx({0: 0.5, 1: 0.1, 40: 0.4 * 0.09 / 0.0981, 45: 0.4 * 0.0081 / 0.0981}, abs=1e-3)
    assert 50 not in shares(temperature=0.9)
    assert shares(temperature=0.0) == {0: 1.0}


def test_forbidden_notes_are_replaced_by_allowed_ones() -> None:
    assert shares(allowed=range(44, 61)) == pytest.approx({0: 0.5, 1: 0.1, 45: 0.36, 50: 0.04}, abs=1e-3)
    # Allowed notes become at most twenty times as likely.
    assert shares(allowed=range(50, 61)) == pytest.approx({0: 0.5 / 0.8, 1: 0.1 / 0.8, 50: 0.2 / 0.8}, abs=1e-3)
    assert set(shares(allowed=range(0))) == {0, 1}


def test_forced_onsets_and_forced_holds() -> None:
    assert set(shares(FORCE_ONSET)) == {40, 45, 50}
    assert set(shares(FORCE_NO_ONSET)) == {0, 1}
    assert set(shares(FORCE_ONSET, allowed=range(0))) == {0, 1}


def test_rare_drum_events_are_sampled() -> None:
    logits = np.full(EVENT_VOCAB_SIZES[DRUM_CHANNEL], -60, np.float32)
    logits[[0, 8, 300]] = np.log([0.5, 0.49, 0.01])
    at = ((np.arange(1000) + 0.5) / 1000).astype(np.float32)
    forbidden = np.ones(len(logits), np.bool_)
    mask_events(forbidden, DRUM_CHANNEL, pitch_range.init_range_state(None, 1)[0], NO_SOURCE)
    assert {sample_event(logits, DRUM_CHANNEL, 0.9, probability, SAMPLE, forbidden) for probability in at} == {
        0,
        8,
        300,
    }


def test_the_bass_plays_notes_of_its_chord_within_its_range() -> None:
    range_state = pitch_range.init_range_state((0, 0, 12), 1)[0]
    pitch_range.update_range(range_state, BASS_CHANNEL, 36 - PITCH_OFFSET)
    forbidden = np.zeros(EVENT_VOCAB_SIZES[BASS_CHANNEL], np.bool_)
    for chord, third in ((2 * 7, 11), (2 * 7 + 1, 10)):
        mask_events(forbidden, BASS_CHANNEL, range_state, chord)
        notes = np.flatnonzero(~forbidden)[FIRST_PITCH_EVENT:] + PITCH_OFFSET
        assert notes.tolist() == [pitch for pitch in range(24, 49) if pitch % 12 in (7, third, 2)]
    mask_events(forbidden, LEAD, pitch_range.init_range_state(None, 1)[0], 2 * 7)
    assert not forbidden.any()
    mask_events(forbidden, BASS_CHANNEL, range_state, NO_SOURCE)
    assert (np.flatnonzero(~forbidden)[FIRST_PITCH_EVENT:] + PITCH_OFFSET).tolist() == list(range(24, 49))


def test_a_repeated_hold_begins_the_note_where_it_does_not_sound() -> None:
    c4, d4 = 2 * (60 - 21) + 1, 2 * (62 - 21) + 1
    source_steps = np.array([0, NO_SOURCE])

    def given(before: int, there: int, event: int) -> int:
        events, states = (np.full((1, N_CHANNELS), value) for value in (event, there))
        return forced_event(LEAD, source_steps, events, states, before)

    assert [given(c4, c4, HOLD), given(d4 + 1, c4, HOLD), given(0, c4 + 1, HOLD)] == [HOLD, 60 - 19, 60 - 19]
    assert [given(c4, 0, HOLD), given(c4, d4 + 1, 62 - 19)] == [OFF, 62 - 19]


def test_the_number_of_threads_changes_no_note() -> None:
    torch.manual_seed(3)
    generator = NoteGenerator(NetworkSizes(styles=2, embedding=16, units=24, voice=12)).eval()
    rows, windows = 10, 2
    first = torch.zeros(rows, dtype=torch.int64)
    conditions = Conditions(first, first, first, torch.zeros(rows, N_FEATURES), torch.ones(rows, N_ROLES))
    silence = np.zeros((rows, N_CHANNELS), np.int64)
    positions = np.stack([step_positions("4/4", 0, 2 * windows, 2 * windows)] * rows)
    note_sources = np.full((rows, 32 * windows, N_CHANNELS), NO_SOURCE)
    note_sources[::3, 32:, 2:] = np.arange(32)[:, None]
    inputs = SamplingInputs(
        positions, np.stack([repeat_sources(np.arange(windows), "4/4")] * rows), silence, silence, note_sources
    )

    def sampled(threads: int) -> bytes:
        random = np.random.default_rng(2)
        return b"".join(
            part.tobytes()
            for part in Sampler(generator, threads).sample(inputs, conditions, np.ones(N_CHANNELS), random)
        )

    assert sampled(1) == sampled(3) == sampled(8)
