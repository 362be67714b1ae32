"""The event encoding of a grid: the constants from which every shape of the grid and of the models follows.

Pitched voices use the events of Magenta's melodies (`note_seq.MelodyOneHotEncoding`, pitches 21 to 108); drums are bit
masks over Magenta's nine classes of the General MIDI kit.
"""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

EventT = TypeVar("EventT", bound=np.signedinteger)
"""Integer type of an event array; what sounds is returned in the type of the events."""

GRID_ID: Final = "segue-grid-1"
"""Id of this encoding. A model's manifest has the id of the grid that the model was trained on."""

STEPS_PER_QUARTER: Final = 4

HOLD: Final = 0
"""No change: a sounding note continues, silence continues."""

OFF: Final = 1
"""Note-off: the sounding note ends. A line that begins with silence also begins with this event."""

MIN_PITCH: Final = 21
MAX_PITCH: Final = 108
PITCH_OFFSET: Final = MIN_PITCH - 2
"""The event of pitch p is p - 19."""

FIRST_PITCH_EVENT: Final = 2
"""The lowest event that is a pitch."""

N_PITCHED_CLASSES: Final = MAX_PITCH - PITCH_OFFSET + 1
"""Size of the vocabulary of a pitched voice, 90: hold, note-off and 88 pitches."""

N_VOICES: Final = 4
"""Number of voices that encode harmony, highest first."""

DRUM_CLASSES: Final[tuple[tuple[int, ...], ...]] = (
    (36, 35),
    (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85),
    (42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22),
    (46, 67, 72, 74, 79, 81, 26),
    (45, 29, 41, 43, 61, 64, 84),
    (48, 47, 60, 63, 77, 86, 87),
    (50, 30, 62, 76, 83),
    (49, 52, 55, 57, 58),
    (51, 53, 59, 82),
)
"""General MIDI drum pitches by class: kick, snare, closed and open hi-hat, low, middle and high tom, crash, ride. The
first pitch of a class is the one that is played. This is the mapping of Magenta's drum models (Roberts et al., ICML
2018, appendix)."""

N_DRUM_CLASSES: Final = len(DRUM_CLASSES)
N_DRUM_MASKS: Final = 1 << N_DRUM_CLASSES
"""Size of the drums' vocabulary, 512: every subset of the nine classes."""

DRUM_CLASS_OF_PITCH: Final = {pitch: index for index, pitches in enumerate(DRUM_CLASSES) for pitch in pitches}

STEPS_PER_BAR: Final = {"4/4": 16, "3/4": 12, "6/8": 12}
"""The meters that a grid can have."""

BARS_PER_WINDOW: Final = 2
DEFAULT_VELOCITY: Final = 90
"""Velocity of notes without one."""


def event_of_pitch(pitch: int) -> int:
    """Return the event of a MIDI pitch, 21 to 108.

    Examples
    --------
    >>> event_of_pitch(60)
    41
    """
    return pitch - PITCH_OFFSET


def pitch_of_event(event: int) -> int:
    """Return the MIDI pitch of an event of at least `FIRST_PITCH_EVENT`.

    Examples
    --------
    >>> pitch_of_event(41)
    60
    """
    return event + PITCH_OFFSET


def fold_pitch(pitch: int) -> int:
    """Return a pitch moved by octaves into the range 21 to 108.

    Examples
    --------
    >>> fold_pitch(12), fold_pitch(60), fold_pitch(120)
    (24, 60, 108)
    """
    if pitch < MIN_PITCH:
        return pitch + 12 * -((pitch - MIN_PITCH) // 12)
    if pitch > MAX_PITCH:
        return pitch - 12 * -((MAX_PITCH - pitch) // 12)
    return pitch


def sounding_event(events: NDArray[EventT], axis: int = 0) -> NDArray[EventT]:
    """Return the event in force at each step of a pitched role: the last one that is not `HOLD`.

    Parameters
    ----------
    events : ndarray, any shape, signed integers
        Events with the steps along ``axis``; other axes are voices or windows, each independent.
    axis : int
        The axis of steps.

    Returns
    -------
    ndarray, shape and type of ``events``
        `OFF` in silence and before the first event, else an event of at least `FIRST_PITCH_EVENT`.

    Examples
    --------
    >>> sounding_event(np.array([HOLD, 41, HOLD, OFF, HOLD])).tolist()
    [1, 41, 41, 1, 1]
    """
    last = _last_event(events, axis)
    return np.where(last == HOLD, OFF, last).astype(events.dtype)


def sounding_pitch(events: NDArray[EventT], axis: int = 0) -> NDArray[EventT]:
    """Return the MIDI pitch that sounds at each step of a pitched role, 0 for silence.

    Parameters
    ----------
    events : ndarray, any shape, signed integers
        Events with the steps along ``axis``; other axes are voices or windows, each independent.
    axis : int
        The axis of steps.

    Returns
    -------
    ndarray, shape and type of ``events``
        0 or `MIN_PITCH` to `MAX_PITCH`.

    Examples
    --------
    >>> sounding_pitch(np.array([HOLD, event_of_pitch(60), HOLD, OFF, HOLD])).tolist()
    [0, 60, 60, 0, 0]
    """
    last = _last_event(events, axis)
    return np.where(last > OFF, last + PITCH_OFFSET, 0).astype(events.dtype)


def _last_event(events: NDArray[EventT], axis: int) -> NDArray[EventT]:
    """Repeat each event through the holds that follow it; what holds before the first event stays `HOLD`."""
    shape = [-1 if each == axis % events.ndim else 1 for each in range(events.ndim)]
    steps = np.arange(events.shape[axis]).reshape(shape)
    last = np.maximum.accumulate(np.where(events != HOLD, steps, 0), axis=axis)
    return np.take_along_axis(events, last, axis=axis)
