"""Pitch ranges: the spans that are sampled, and that no note exceeds them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.network.batch import Conditions
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, N_FEATURES, N_REPEAT_SOURCES, N_ROLES, NO_SOURCE, NetworkSizes
from gan.network.generator import NoteGenerator
from gan.sampling import pitch_range
from gan.sampling.sampler import Sampler, SamplingInputs
from score.arrays import I64
from score.encoding import FIRST_PITCH_EVENT
from score.roles import PITCHED_ROLES, Role

STYLE_SPANS = ((14, 9, 12), (19, 12, 7))
STEPS = 96


def sampled(spans: tuple[int, ...] | None, temperature: float = 1.0) -> I64:
    """Sample from an untrained generator, whose range is wide: (rows, steps, channels)."""
    torch.manual_seed(3)
    sampler = Sampler(NoteGenerator(NetworkSizes(styles=2)).eval())
    rows = 4
    first = torch.zeros(rows, dtype=torch.int64)
    conditions = Conditions(first, first, first, torch.zeros(rows, N_FEATURES), torch.ones(rows, N_ROLES))
    silence = np.zeros((rows, N_CHANNELS), np.int64)
    positions = np.zeros((rows, STEPS, 4), np.int64)
    inputs = SamplingInputs(
        positions, np.full((rows, STEPS, N_REPEAT_SOURCES), NO_SOURCE), silence, silence, spans=spans
    )
    events, _ = sampler.sample(inputs, conditions, np.full(N_CHANNELS, temperature), np.random.default_rng(5))
    return events


def ranges(events: I64, role: Role) -> list[int]:
    """Return the span of each row's part."""
    own = events[:, :, [channel == role for channel in CHANNEL_ROLES]]
    return [int(np.ptp(row[row >= FIRST_PITCH_EVENT])) for row in own]


@pytest.mark.parametrize("temperature", [0.9, 1.0])
def test_no_note_exceeds_the_span(temperature: float) -> None:
    spans = (14, 9, 12)
    free, limited = sampled(None, temperature), sampled(spans, temperature)
    for role, span in zip(PITCHED_ROLES, spans, strict=True):
        assert min(ranges(free, role)) > 40, role
        assert 0 < max(ranges(limited, role)) <= span, role


def test_a_span_of_0_is_no_limit() -> None:
    assert min(ranges(sampled((14, 0, 12)), Role.HARMONY)) > 40


def test_spans_do_not_change_how_many_notes_begin() -> None:
    onset_rates = [(sampled(spans)[:, :, 1:] >= FIRST_PITCH_EVENT).mean() for spans in (None, (40, 40, 40))]
    assert onset_rates[1] == pytest.approx(onset_rates[0], rel=0.1)


def test_spans_are_of_one_passage_or_the_widest_of_several() -> None:
    short = {pitch_range.sample_spans(STYLE_SPANS, 16, np.random.default_rng(seed)) for seed in range(20)}
    assert short == set(STYLE_SPANS)
    long = {pitch_range.sample_spans(STYLE_SPANS, 64, np.random.default_rng(seed)) for seed in range(40)}
    assert long == {*STYLE_SPANS, (19, 12, 12)}
    assert pitch_range.sample_spans((), 16, np.random.default_rng(1)) is None
