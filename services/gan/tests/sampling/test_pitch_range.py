"""How far parts may range: what is planned, and that nothing drawn is beyond."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.measures.events import FIRST_NOTE
from gan.network.batch import Conditions
from gan.network.channels import NO_SOURCE
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, N_FEATURES, N_REPEAT_SOURCES, N_ROLES, NetworkSizes
from gan.network.generator import NoteGenerator
from gan.sampling import pitch_range
from gan.sampling.sampler import Sampler, SamplingInputs
from score.arrays import I64
from score.roles import PITCHED_ROLES, Role

KNOWN = ((14, 9, 12), (19, 12, 7))
STEPS = 96


def drawn(spans: tuple[int, ...] | None, temperature: float = 1.0) -> I64:
    """Draw from a generator that has learnt nothing, and so ranges wide: (rows, steps, channels)."""
    torch.manual_seed(3)
    speaker = Sampler(NoteGenerator(NetworkSizes(styles=2)).eval())
    rows = 4
    first = torch.zeros(rows, dtype=torch.int64)
    asked = Conditions(first, first, first, torch.zeros(rows, N_FEATURES), torch.ones(rows, N_ROLES))
    silence = np.zeros((rows, N_CHANNELS), np.int64)
    places = np.zeros((rows, STEPS, 4), np.int64)
    plan = SamplingInputs(places, np.full((rows, STEPS, N_REPEAT_SOURCES), NO_SOURCE), silence, silence, spans=spans)
    events, _ = speaker.draw(plan, asked, np.full(N_CHANNELS, temperature), np.random.default_rng(5))
    return events


def ranges(events: I64, role: Role) -> list[int]:
    """Measure how far each row's part ranges."""
    own = events[:, :, [channel == role for channel in CHANNEL_ROLES]]
    return [int(np.ptp(row[row >= FIRST_NOTE])) for row in own]


@pytest.mark.parametrize("temperature", [0.9, 1.0])
def test_no_note_is_beyond_the_compass(temperature: float) -> None:
    spans = (14, 9, 12)
    free, bound = drawn(None, temperature), drawn(spans, temperature)
    for role, span in zip(PITCHED_ROLES, spans, strict=True):
        assert min(ranges(free, role)) > 40, role
        assert 0 < max(ranges(bound, role)) <= span, role


def test_a_span_of_nought_is_no_limit() -> None:
    assert min(ranges(drawn((14, 0, 12)), Role.HARMONY)) > 40


def test_as_many_notes_begin_within_a_compass_as_without() -> None:
    begun = [(drawn(spans)[:, :, 1:] >= FIRST_NOTE).mean() for spans in (None, (40, 40, 40))]
    assert begun[1] == pytest.approx(begun[0], rel=0.1)


def test_a_plan_is_of_one_stretch_or_the_widest_of_several() -> None:
    short = {pitch_range.sample_ranges(KNOWN, 16, np.random.default_rng(seed)) for seed in range(20)}
    assert short == set(KNOWN)
    long = {pitch_range.sample_ranges(KNOWN, 64, np.random.default_rng(seed)) for seed in range(40)}
    assert long == {*KNOWN, (19, 12, 12)}
    assert pitch_range.sample_ranges((), 16, np.random.default_rng(1)) is None
