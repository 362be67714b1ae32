"""How an event is drawn: in proportion to its chance, but for what the form, the compass and taste say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.network.batch import Conditions
from gan.network.channels import BASS_CHANNEL, NO_SOURCE, repeat_sources, step_positions
from gan.network.dims import DRUM_CHANNEL, EVENT_VOCAB_SIZES, N_CHANNELS, N_FEATURES, N_ROLES, NetworkSizes
from gan.network.generator import NoteGenerator
from gan.sampling import pitch_range
from gan.sampling.kernels import (
    FIRST_NOTE,
    FORCE_NO_ONSET,
    FORCE_ONSET,
    SAMPLE,
    forced_event,
    mask_events,
    sample_event,
)
from gan.sampling.sampler import Sampler, SamplingInputs
from score.encoding import HOLD, OFF, PITCH_OFFSET

LEAD = N_CHANNELS - 1
ALL = range(FIRST_NOTE, EVENT_VOCAB_SIZES[LEAD])
CHANCES = {0: 0.5, 1: 0.1, 40: 0.3, 45: 0.09, 50: 0.01}
"""A hold, a note-off and three notes, the last one hardly likely beside the first."""


def shares(known: int = SAMPLE, temperature: float = 1.0, allowed: range = ALL) -> dict[int, float]:
    """Draw with chances spread evenly, and say how often each event comes."""
    logits = np.full(EVENT_VOCAB_SIZES[LEAD], -60, np.float32)
    for event, chance in CHANCES.items():
        logits[event] = np.log(chance)
    at = ((np.arange(2000) + 0.5) / 2000).astype(np.float32)
    barred = np.array([event >= FIRST_NOTE and event not in allowed for event in range(len(logits))])
    drawn = [sample_event(logits, LEAD, temperature, chance, known, barred) for chance in at]
    events, counts = np.unique(drawn, return_counts=True)
    return dict(zip(events.tolist(), (counts / len(drawn)).tolist(), strict=True))


def test_events_come_as_often_as_they_are_likely() -> None:
    assert shares() == pytest.approx(CHANCES, abs=1e-3)


def test_cooler_notes_are_surer_and_begin_as_often() -> None:
    cooled = shares(temperature=0.5)
    assert cooled == pytest.approx({0: 0.5, 1: 0.1, 40: 0.4 * 0.09 / 0.0981, 45: 0.4 * 0.0081 / 0.0981}, abs=1e-3)
    assert 50 not in shares(temperature=0.9)
    assert shares(temperature=0.0) == {0: 1.0}


def test_what_is_barred_is_replaced_by_what_is_not() -> None:
    assert shares(allowed=range(44, 61)) == pytest.approx({0: 0.5, 1: 0.1, 45: 0.36, 50: 0.04}, abs=1e-3)
    # Others come up to twenty times as often, and not more.
    assert shares(allowed=range(50, 61)) == pytest.approx({0: 0.5 / 0.8, 1: 0.1 / 0.8, 50: 0.2 / 0.8}, abs=1e-3)
    assert set(shares(allowed=range(0))) == {0, 1}


def test_a_note_begins_where_it_is_told_and_nowhere_else() -> None:
    assert set(shares(FORCE_ONSET)) == {40, 45, 50}
    assert set(shares(FORCE_NO_ONSET)) == {0, 1}
    assert set(shares(FORCE_ONSET, allowed=range(0))) == {0, 1}


def test_strokes_are_all_drawn() -> None:
    logits = np.full(EVENT_VOCAB_SIZES[DRUM_CHANNEL], -60, np.float32)
    logits[[0, 8, 300]] = np.log([0.5, 0.49, 0.01])
    at = ((np.arange(1000) + 0.5) / 1000).astype(np.float32)
    barred = np.ones(len(logits), np.bool_)
    mask_events(barred, DRUM_CHANNEL, pitch_range.init_range_state(None, 1)[0], NO_SOURCE)
    assert {sample_event(logits, DRUM_CHANNEL, 0.9, chance, SAMPLE, barred) for chance in at} == {0, 8, 300}


def test_the_bass_begins_notes_of_its_chord_within_its_compass() -> None:
    register = pitch_range.init_range_state((0, 0, 12), 1)[0]
    pitch_range.update_range(register, BASS_CHANNEL, 36 - PITCH_OFFSET)
    barred = np.zeros(EVENT_VOCAB_SIZES[BASS_CHANNEL], np.bool_)
    for chord, third in ((2 * 7, 11), (2 * 7 + 1, 10)):
        mask_events(barred, BASS_CHANNEL, register, chord)
        notes = np.flatnonzero(~barred)[FIRST_NOTE:] + PITCH_OFFSET
        assert notes.tolist() == [pitch for pitch in range(24, 49) if pitch % 12 in (7, third, 2)]
    mask_events(barred, LEAD, pitch_range.init_range_state(None, 1)[0], 2 * 7)
    assert not barred.any()
    mask_events(barred, BASS_CHANNEL, register, NO_SOURCE)
    assert (np.flatnonzero(~barred)[FIRST_NOTE:] + PITCH_OFFSET).tolist() == list(range(24, 49))


def test_what_is_repeated_is_struck_where_it_does_not_sound() -> None:
    c4, d4 = 2 * (60 - 21) + 1, 2 * (62 - 21) + 1
    follows = np.array([0, NO_SOURCE])

    def given(before: int, there: int, event: int) -> int:
        events, states = (np.full((1, N_CHANNELS), value) for value in (event, there))
        return forced_event(LEAD, follows, events, states, before)

    assert [given(c4, c4, HOLD), given(d4 + 1, c4, HOLD), given(0, c4 + 1, HOLD)] == [HOLD, 60 - 19, 60 - 19]
    assert [given(c4, 0, HOLD), given(c4, d4 + 1, 62 - 19)] == [OFF, 62 - 19]


def test_threads_change_no_note() -> None:
    torch.manual_seed(3)
    generator = NoteGenerator(NetworkSizes(styles=2, embedding=16, units=24, voice=12)).eval()
    rows, windows = 10, 2
    first = torch.zeros(rows, dtype=torch.int64)
    asked = Conditions(first, first, first, torch.zeros(rows, N_FEATURES), torch.ones(rows, N_ROLES))
    silence = np.zeros((rows, N_CHANNELS), np.int64)
    places = np.stack([step_positions("4/4", 0, 2 * windows, 2 * windows)] * rows)
    source = np.full((rows, 32 * windows, N_CHANNELS), NO_SOURCE)
    source[::3, 32:, 2:] = np.arange(32)[:, None]
    plan = SamplingInputs(
        places, np.stack([repeat_sources(np.arange(windows), "4/4")] * rows), silence, silence, source
    )

    def drawn(threads: int) -> bytes:
        random = np.random.default_rng(2)
        return b"".join(
            part.tobytes() for part in Sampler(generator, threads).draw(plan, asked, np.ones(N_CHANNELS), random)
        )

    assert drawn(1) == drawn(3) == drawn(8)
