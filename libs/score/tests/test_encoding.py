"""What sounds at each step of a role's events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from score.arrays import I16
from score.encoding import FIRST_PITCH_EVENT, HOLD, MIN_PITCH, OFF, event_of_pitch, sounding_event, sounding_pitch


def test_the_lowest_pitch_has_the_first_pitch_event() -> None:
    assert event_of_pitch(MIN_PITCH) == FIRST_PITCH_EVENT == OFF + 1


def test_notes_sound_through_their_holds() -> None:
    events = np.array([HOLD, OFF, 41, HOLD, 45, OFF, HOLD, 41], np.int16)
    assert sounding_event(events).tolist() == [1, 1, 41, 41, 45, 1, 1, 41]
    assert sounding_pitch(events).tolist() == [0, 0, 60, 60, 64, 0, 0, 60]


@given(arrays(np.int16, (3, 8, 4), elements=st.sampled_from([HOLD, HOLD, OFF, 2, 41, 89])), st.integers(-3, 2))
def test_every_line_is_read_by_itself_along_any_axis(events: I16, axis: int) -> None:
    lines = np.moveaxis(events, axis, -1).reshape(-1, events.shape[axis])
    for function in (sounding_event, sounding_pitch):
        found = np.moveaxis(function(events, axis), axis, -1).reshape(lines.shape)
        assert found.tolist() == [function(line).tolist() for line in lines]
        assert found.dtype == events.dtype
    in_force = OFF
    for event, sounding, pitch in zip(lines[0], sounding_event(lines[0]), sounding_pitch(lines[0]), strict=True):
        in_force = in_force if event == HOLD else int(event)
        assert (sounding, pitch) == (in_force, in_force + 19 if in_force > OFF else 0)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int64])
def test_the_type_of_the_events_is_kept(kind: type[np.signedinteger]) -> None:
    assert sounding_pitch(np.array([89, 0], kind)).dtype == kind
    assert sounding_pitch(np.array([89, 0], kind)).tolist() == [108, 108]
