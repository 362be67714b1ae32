"""Copy hints: continuations of motifs, sequences, and what was played half a bar ago."""

from __future__ import annotations

import numpy as np
from gan.network.dims import EVENT_VOCAB_SIZES, MAX_CONTEXT, N_CHANNELS, N_COPY_HINTS, N_REPEAT_SOURCES, NO_SOURCE
from gan.sampling.motif_lookup import NO_HINT, trace_hints
from score.arrays import I64
from score.encoding import FIRST_PITCH_EVENT

LEAD = N_CHANNELS - 1
HALF = N_REPEAT_SOURCES
CONTINUATION = N_REPEAT_SOURCES + 2


def line(*notes: tuple[int, int], channel: int = LEAD) -> I64:
    """Write notes and how many steps each lasts: (1, steps, N_CHANNELS)."""
    steps = [event for note, length in notes for event in [note, *[0] * (length - 1)]]
    events = np.zeros((1, len(steps), N_CHANNELS), np.int64)
    events[0, :, channel] = steps
    return events


def hints_of(events: I64, origin: I64 | None = None, last: int = 0) -> I64:
    """Trace one line: (steps, N_CHANNELS, N_COPY_HINTS)."""
    if origin is None:
        origin = np.full((1, events.shape[1], N_REPEAT_SOURCES), NO_SOURCE)
    last_notes = np.full((1, N_CHANNELS), last)
    hints: I64 = trace_hints(events, origin, last_notes, np.array([8]))[0]
    return hints


def continuation(hints: I64, step: int, length: int) -> tuple[int, int]:
    """Return the continuation of a context of so many intervals at a step: awaited, and due."""
    waiting, due = hints[step, LEAD, CONTINUATION + 2 * (length - 1) : CONTINUATION + 2 * length].tolist()
    return waiting, due


def test_a_motif_that_begins_again_is_continued() -> None:
    # Up 2, up 2, down 1 (after 3 steps), then from another note up 2, up 2: down 1 is due after 3 steps more.
    events = line((40, 2), (42, 2), (44, 3), (43, 2), (50, 2), (52, 2), (54, 4))
    hints = hints_of(events)
    restart = 2 + 2 + 3 + 2 + 2 + 2
    assert continuation(hints, restart + 1, 2) == (53, NO_HINT)
    assert continuation(hints, restart + 3, 2) == (NO_HINT, 53)
    assert continuation(hints, restart + 3, 3) == (NO_HINT, NO_HINT)
    assert continuation(hints, 6, 2) == (NO_HINT, NO_HINT)


def test_the_latest_continuation_counts() -> None:
    events = line((40, 2), (42, 2), (45, 2), (47, 2), (44, 2), (46, 2))
    assert continuation(hints_of(events), 11, 1) == (43, NO_HINT)


def test_intervals_at_repeat_sources_are_taken_from_the_last_note() -> None:
    events = line((40, 4), (44, 4), (60, 4), (64, 4))
    origin = np.full((1, 16, N_REPEAT_SOURCES), NO_SOURCE)
    origin[0, 8:, 1] = np.arange(8)
    hints = hints_of(events, origin)
    assert hints[12, LEAD, 1] == 64
    assert (hints[:, LEAD, 0] == NO_HINT).all()
    # No interval leads to the very first note, unless a note before the passage is known.
    assert hints[8, LEAD, 1] == NO_HINT
    assert hints_of(events, origin, last=38)[8, LEAD, 1] == 46


def test_half_a_bar_ago_gives_its_event_and_its_interval() -> None:
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
        random.random((3, 96, N_CHANNELS)) < 0.5, random.integers(0, EVENT_VOCAB_SIZES[-1], (3, 96, N_CHANNELS)), 0
    )
    origin = np.maximum(np.arange(96) - 16, NO_SOURCE)[None, :, None].repeat(3, 0).repeat(N_REPEAT_SOURCES, 2)
    hints = trace_hints(events, origin, np.zeros((3, N_CHANNELS), np.int64), np.array([8, 6, 6]))
    assert hints.shape == (3, 96, N_CHANNELS, N_COPY_HINTS)
    by_interval = np.delete(hints[:, :, 1:], HALF, axis=-1)
    assert (
        (by_interval == NO_HINT) | ((by_interval >= FIRST_PITCH_EVENT) & (by_interval < EVENT_VOCAB_SIZES[-1]))
    ).all()
    assert all((by_interval[..., kind] != NO_HINT).any() for kind in range(N_COPY_HINTS - 1 - 2 * MAX_CONTEXT))


def test_rows_and_lines_are_independent() -> None:
    one = line((40, 2), (42, 2), (44, 3), (43, 2), (50, 2), (52, 2), (54, 4))
    other = line((60, 3), (57, 3), (60, 3), (57, 3), (60, 5), channel=1)
    both = np.concatenate([one, np.zeros_like(one)])
    both[1] = other[0]
    origin = np.full((2, 17, N_REPEAT_SOURCES), NO_SOURCE)
    hints = trace_hints(both, origin, np.zeros((2, N_CHANNELS), np.int64), np.array([8, 8]))
    assert np.array_equal(hints[0], hints_of(one))
    assert np.array_equal(hints[1], hints_of(other))
    assert (hints[:, 0] == NO_HINT).all()
