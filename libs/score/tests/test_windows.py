"""Windows: complete by themselves, and joined again without loss."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from score import grid, windows
from score.encoding import OFF, event_of_pitch
from score.model import Meter, Note, Score, Track
from score.roles import Role

C, D = event_of_pitch(60), event_of_pitch(62)


def lead(*rows: tuple[int, int, int], meter: tuple[int, int] = (4, 4)) -> grid.Grid:
    notes = tuple(Note(onset * 120, steps * 120, pitch, 80) for onset, steps, pitch in rows)
    return grid.from_score(Score(meters=(Meter(0, *meter),), tracks=(Track("Lead", notes=notes),)))


def test_a_note_that_continues_into_a_window_is_repeated() -> None:
    cut = windows.split(lead((0, 40, 60), (48, 16, 62)))[Role.LEAD]
    assert cut.shape == (2, 32)
    assert np.flatnonzero(cut[0]).tolist() == [0]
    assert {int(step): int(cut[1, step]) for step in np.flatnonzero(cut[1])} == {0: C, 8: OFF, 16: D}


def test_silence_at_the_start_is_a_note_off() -> None:
    cut = windows.split(lead((4, 4, 60), (70, 4, 62)))[Role.LEAD]
    assert cut[:, 0].tolist() == [OFF, OFF, OFF]
    assert not cut[1, 1:].any()


def test_an_odd_bar_is_padded_with_silence() -> None:
    cut = windows.split(lead((0, 12, 60), meter=(3, 4)))[Role.LEAD]
    assert cut.shape == (1, 24)
    assert {int(step): int(cut[0, step]) for step in np.flatnonzero(cut[0])} == {0: C, 12: OFF}


def test_a_window_that_begins_with_a_hold_continues_the_note() -> None:
    first, second = np.zeros(32, dtype=np.int16), np.zeros(32, dtype=np.int16)
    first[0], second[8] = C, OFF
    joined = windows.join({Role.LEAD: np.stack([first, second])})
    assert np.flatnonzero(joined[Role.LEAD]).tolist() == [0, 40]


def test_a_tie_needs_the_same_pitch() -> None:
    cut = np.zeros((3, 32), dtype=np.int16)
    cut[:, 0] = [C, C, D]
    tied = {Role.LEAD: np.array([False, True, True])}
    assert np.flatnonzero(windows.join({Role.LEAD: cut}, tied=tied)[Role.LEAD]).tolist() == [0, 64]
    assert np.flatnonzero(windows.join({Role.LEAD: cut})[Role.LEAD]).tolist() == [0, 32, 64]


def test_note_offs_in_silence_are_dropped() -> None:
    cut = np.zeros((2, 32), dtype=np.int16)
    cut[0, [0, 4, 8, 12]] = [OFF, OFF, C, OFF]
    cut[1, [0, 9]] = OFF
    joined = windows.join({Role.LEAD: cut})[Role.LEAD]
    assert {int(step): int(joined[step]) for step in np.flatnonzero(joined)} == {0: OFF, 8: C, 12: OFF}


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 50), st.integers(40, 90)), min_size=1, max_size=30),
    st.sampled_from([(4, 4), (3, 4)]),
)
@settings(max_examples=80, deadline=None)
def test_joining_what_was_split_is_the_identity(rows: list[tuple[int, int, int]], meter: tuple[int, int]) -> None:
    notes = tuple(sorted(Note(onset * 120, steps * 120, pitch, 80) for onset, steps, pitch in rows))
    tracks = (Track("Lead", notes=notes), Track("Harmony", notes=notes), Track("Kit", 0, 9, notes))
    quantized = grid.from_score(Score(meters=(Meter(0, *meter),), tracks=tracks))
    cut = windows.split(quantized)
    joined = windows.join(cut, quantized.n_bars, windows.continuations(quantized))
    assert joined.keys() == quantized.events.keys()
    for role, events in joined.items():
        assert np.array_equal(events, quantized.events[role])
        assert len(cut[role]) == windows.count(quantized)
        if role is not Role.DRUMS:
            assert (cut[role][:, 0] != 0).all()
