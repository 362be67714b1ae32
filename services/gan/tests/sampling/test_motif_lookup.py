"""What lines are hinted at: figures that come again, sequences, and what was done half a bar ago."""

from __future__ import annotations

import numpy as np
from gan.network.channels import NO_SOURCE, Steps
from gan.network.dims import CHANNEL_COUNT, CHOICES, ECHOES, HINTS, RECALLED
from gan.sampling.motif_lookup import FIRST_NOTE, NO_HINT, trace

LEAD = CHANNEL_COUNT - 1
HALF = ECHOES
RECALL = ECHOES + 2


def line(*notes: tuple[int, int], channel: int = LEAD) -> Steps:
    """Write notes and how many steps each lasts: (1, steps, CHANNEL_COUNT)."""
    steps = [event for note, length in notes for event in [note, *[0] * (length - 1)]]
    events = np.zeros((1, len(steps), CHANNEL_COUNT), np.int64)
    events[0, :, channel] = steps
    return events


def hints_of(events: Steps, origin: Steps | None = None, last: int = 0) -> Steps:
    """Trace one line: (steps, CHANNEL_COUNT, HINTS)."""
    if origin is None:
        origin = np.full((1, events.shape[1], ECHOES), NO_SOURCE)
    began = np.full((1, CHANNEL_COUNT), last)
    hints: Steps = trace(events, origin, began, np.array([8]))[0]
    return hints


def recalled(hints: Steps, step: int, length: int) -> tuple[int, int]:
    """What is recalled at a step by so many intervals: while it waits, and when it is due."""
    waiting, due = hints[step, LEAD, RECALL + 2 * (length - 1) : RECALL + 2 * length].tolist()
    return waiting, due


def test_a_figure_that_begins_again_is_hinted_to_go_on() -> None:
    # Up 2, up 2, down 1 (after 3 steps), then from another note up 2, up 2: down 1 is due after 3 steps more.
    events = line((40, 2), (42, 2), (44, 3), (43, 2), (50, 2), (52, 2), (54, 4))
    hints = hints_of(events)
    again = 2 + 2 + 3 + 2 + 2 + 2
    assert recalled(hints, again + 1, 2) == (53, NO_HINT)
    assert recalled(hints, again + 3, 2) == (NO_HINT, 53)
    assert recalled(hints, again + 3, 3) == (NO_HINT, NO_HINT)
    assert recalled(hints, 6, 2) == (NO_HINT, NO_HINT)


def test_the_latest_way_counts() -> None:
    events = line((40, 2), (42, 2), (45, 2), (47, 2), (44, 2), (46, 2))
    assert recalled(hints_of(events), 11, 1) == (43, NO_HINT)


def test_what_was_done_elsewhere_is_hinted_from_where_the_line_is_now() -> None:
    events = line((40, 4), (44, 4), (60, 4), (64, 4))
    origin = np.full((1, 16, ECHOES), NO_SOURCE)
    origin[0, 8:, 1] = np.arange(8)
    hints = hints_of(events, origin)
    assert hints[12, LEAD, 1] == 64
    assert (hints[:, LEAD, 0] == NO_HINT).all()
    # The first note of all was led to by none; after one before the stretch it is.
    assert hints[8, LEAD, 1] == NO_HINT
    assert hints_of(events, origin, last=38)[8, LEAD, 1] == 46


def test_half_a_bar_ago_is_hinted_as_it_was_and_moved() -> None:
    events = line((40, 4), (44, 4), (50, 4), (47, 4))
    hints = hints_of(events)
    assert hints[12, LEAD, HALF : HALF + 2].tolist() == [44, 54]
    assert hints[9, LEAD, HALF : HALF + 2].tolist() == [0, NO_HINT]
    assert (hints[:8, :, HALF] == NO_HINT).all()
    drums = hints_of(line((5, 4), (9, 4), (5, 4), channel=0))
    assert drums[8, 0, HALF] == 5
    assert (np.delete(drums[:, 0], HALF, axis=1) == NO_HINT).all()


def test_hints_are_events_or_none() -> None:
    random = np.random.default_rng(4)
    events = np.where(
        random.random((3, 96, CHANNEL_COUNT)) < 0.5, random.integers(0, CHOICES[-1], (3, 96, CHANNEL_COUNT)), 0
    )
    origin = np.maximum(np.arange(96) - 16, NO_SOURCE)[None, :, None].repeat(3, 0).repeat(ECHOES, 2)
    hints = trace(events, origin, np.zeros((3, CHANNEL_COUNT), np.int64), np.array([8, 6, 6]))
    assert hints.shape == (3, 96, CHANNEL_COUNT, HINTS)
    moved = np.delete(hints[:, :, 1:], HALF, axis=-1)
    assert ((moved == NO_HINT) | ((moved >= FIRST_NOTE) & (moved < CHOICES[-1]))).all()
    assert all((moved[..., kind] != NO_HINT).any() for kind in range(HINTS - 1 - 2 * RECALLED))


def test_rows_and_lines_do_not_hear_each_other() -> None:
    one = line((40, 2), (42, 2), (44, 3), (43, 2), (50, 2), (52, 2), (54, 4))
    other = line((60, 3), (57, 3), (60, 3), (57, 3), (60, 5), channel=1)
    both = np.concatenate([one, np.zeros_like(one)])
    both[1] = other[0]
    origin = np.full((2, 17, ECHOES), NO_SOURCE)
    hints = trace(both, origin, np.zeros((2, CHANNEL_COUNT), np.int64), np.array([8, 8]))
    assert np.array_equal(hints[0], hints_of(one))
    assert np.array_equal(hints[1], hints_of(other))
    assert (hints[:, 0] == NO_HINT).all()
