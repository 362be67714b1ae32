"""What instruments can play, and how notes are brought back into it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transposer.transposition.instrument_ranges import MIDI, Range, folded, of_program, strays


@pytest.mark.parametrize(
    ("program", "limits"), [(0, (21, 108)), (33, (23, 67)), (40, (55, 103)), (73, (59, 98)), (81, (0, 127))]
)
def test_known_instruments(program: int, limits: tuple[int, int]) -> None:
    assert of_program(program) == limits


def test_every_range_has_room_to_fold() -> None:
    for program in range(128):
        low, high = of_program(program)
        assert 0 <= low <= high - 12 <= 115, program


def test_only_what_the_move_takes_out_is_astray() -> None:
    pitches = np.array([50, 55, 60, 103, 110, 127])
    assert strays(pitches, -3, Range(55, 103)).tolist() == [False, True, False, False, False, False]
    assert strays(pitches, 3, Range(55, 103)).tolist() == [False, False, False, True, False, True]
    assert not strays(pitches, 0, MIDI).any()


@given(st.integers(-60, 190), st.integers(0, 115), st.integers(12, 127))
def test_folding_keeps_the_tone_and_reaches_the_range(pitch: int, low: int, width: int) -> None:
    limits = Range(low, min(low + width, 127))
    found = folded(pitch, limits)
    assert (found - pitch) % 12 == 0
    assert limits.low <= found <= limits.high
    if limits.low <= pitch <= limits.high:
        assert found == pitch
