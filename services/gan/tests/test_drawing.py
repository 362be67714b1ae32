"""How an event is drawn: in proportion to its chance, but for what the form, the compass and taste say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.channels import NO_SOURCE, echo_steps, place_steps
from gan.drawing import BEGIN, DRAW, FIRST_NOTE, STAY, draw_event
from gan.network import Conditions, Generator, Shape
from gan.shapes import CHANNEL_COUNT, CHOICES, DRUM_CHANNEL, FEATURE_COUNT, ROLE_COUNT
from gan.speaking import Plan, Speaker

LEAD = CHANNEL_COUNT - 1
ALL = FIRST_NOTE, CHOICES[LEAD] - 1
CHANCES = {0: 0.5, 1: 0.1, 40: 0.3, 45: 0.09, 50: 0.01}
"""A hold, a note-off and three notes, the last one hardly likely beside the first."""


def shares(known: int = DRAW, temperature: float = 1.0, limits: tuple[int, int] = ALL) -> dict[int, float]:
    """Draw with chances spread evenly, and say how often each event comes."""
    logits = np.full(CHOICES[LEAD], -60, np.float32)
    for event, chance in CHANCES.items():
        logits[event] = np.log(chance)
    at = ((np.arange(2000) + 0.5) / 2000).astype(np.float32)
    drawn = [draw_event(logits, LEAD, temperature, chance, known, limits) for chance in at]
    events, counts = np.unique(drawn, return_counts=True)
    return dict(zip(events.tolist(), (counts / len(drawn)).tolist(), strict=True))


def test_events_come_as_often_as_they_are_likely() -> None:
    assert shares() == pytest.approx(CHANCES, abs=1e-3)


def test_cooler_notes_are_surer_and_begin_as_often() -> None:
    cooled = shares(temperature=0.5)
    assert cooled == pytest.approx({0: 0.5, 1: 0.1, 40: 0.4 * 0.09 / 0.0981, 45: 0.4 * 0.0081 / 0.0981}, abs=1e-3)
    assert 50 not in shares(temperature=0.9)
    assert shares(temperature=0.0) == {0: 1.0}


def test_what_is_beyond_the_limits_is_replaced_by_what_is_not() -> None:
    assert shares(limits=(44, 60)) == pytest.approx({0: 0.5, 1: 0.1, 45: 0.36, 50: 0.04}, abs=1e-3)
    # Others come up to twenty times as often, and not more.
    assert shares(limits=(50, 60)) == pytest.approx({0: 0.5 / 0.8, 1: 0.1 / 0.8, 50: 0.2 / 0.8}, abs=1e-3)
    assert set(shares(limits=(60, 44))) == {0, 1}


def test_a_note_begins_where_it_is_told_and_nowhere_else() -> None:
    assert set(shares(BEGIN)) == {40, 45, 50}
    assert set(shares(STAY)) == {0, 1}
    assert set(shares(BEGIN, limits=(60, 44))) == {0, 1}


def test_strokes_are_all_drawn() -> None:
    logits = np.full(CHOICES[DRUM_CHANNEL], -60, np.float32)
    logits[[0, 8, 300]] = np.log([0.5, 0.49, 0.01])
    at = ((np.arange(1000) + 0.5) / 1000).astype(np.float32)
    assert {draw_event(logits, DRUM_CHANNEL, 0.9, chance, DRAW, (0, 0)) for chance in at} == {0, 8, 300}


def test_threads_change_no_note() -> None:
    torch.manual_seed(3)
    generator = Generator(Shape(styles=2, embedding=16, units=24, voice=12)).eval()
    rows, windows = 10, 2
    first = torch.zeros(rows, dtype=torch.int64)
    asked = Conditions(first, first, first, torch.zeros(rows, FEATURE_COUNT), torch.ones(rows, ROLE_COUNT))
    silence = np.zeros((rows, CHANNEL_COUNT), np.int64)
    places = np.stack([place_steps("4/4", 0, 2 * windows, 2 * windows)] * rows)
    source = np.full((rows, 32 * windows, CHANNEL_COUNT), NO_SOURCE)
    source[::3, 32:, 2:] = np.arange(32)[:, None]
    plan = Plan(places, np.stack([echo_steps(np.arange(windows), "4/4")] * rows), silence, silence, source)

    def drawn(threads: int) -> bytes:
        random = np.random.default_rng(2)
        return b"".join(
            part.tobytes() for part in Speaker(generator, threads).draw(plan, asked, np.ones(CHANNEL_COUNT), random)
        )

    assert drawn(1) == drawn(3) == drawn(8)
