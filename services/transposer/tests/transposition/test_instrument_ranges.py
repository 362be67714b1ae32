"""Pitch ranges of instruments, and folding of notes into them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transposer.transposition.instrument_ranges import (
    MIDI_RANGE,
    PitchRange,
    fold_into_range,
    is_out_of_range,
    range_of_program,
)


@pytest.mark.parametrize(
    ("program", "limits"), [(0, (21, 108)), (33, (23, 67)), (40, (55, 103)), (73, (59, 98)), (81, (0, 127))]
)
def test_known_instruments(program: int, limits: tuple[int, int]) -> None:
    assert range_of_program(program) == limits


def test_every_range_has_room_to_fold() -> None:
    for program in range(128):
        low, high = range_of_program(program)
        assert 0 <= low <= high - 12 <= 115, program


def test_only_notes_that_leave_the_range_are_reported() -> None:
    pitches = np.array([50, 55, 60, 103, 110, 127])
    assert is_out_of_range(pitches, -3, PitchRange(55, 103)).tolist() == [False, True, False, False, False, False]
    assert is_out_of_range(pitches, 3, PitchRange(55, 103)).tolist() == [False, False, False, True, False, True]
    assert not is_out_of_range(pitches, 0, MIDI_RANGE).any()


@given(st.integers(-60, 190), st.integers(0, 115), st.integers(12, 127))
def test_folding_keeps_the_pitch_class_and_reaches_the_range(pitch: int, low: int, width: int) -> None:
    limits = PitchRange(low, min(low + width, 127))
    folded = fold_into_range(pitch, limits)
    assert (folded - pitch) % 12 == 0
    assert limits.low <= folded <= limits.high
    if limits.low <= pitch <= limits.high:
        assert folded == pitch
