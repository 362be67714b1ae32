"""The pitches that sound in a grid's events.

Events are those of the score's grid: 0 holds, 1 is a note-off, 2 to 89 are the pitches 21 to 108.
"""

from __future__ import annotations

import numpy as np
from score.arrays import I16
from score.encoding import HOLD, OFF, PITCH_OFFSET

FIRST_NOTE = OFF + 1
"""The lowest event that is a pitch."""


def sounding_pitches(events: I16) -> I16:
    """Follow monophonic lines and say what sounds at every step.

    Parameters
    ----------
    events : ndarray, shape (..., steps), int16
        One voice a row.

    Returns
    -------
    ndarray, shape (..., steps), int16
        MIDI pitch, or 0 where nothing sounds.
    """
    steps = np.arange(events.shape[-1])
    latest = np.maximum.accumulate(np.where(events != HOLD, steps, -1), axis=-1)
    held = np.take_along_axis(events, np.maximum(latest, 0), axis=-1)
    sounds = (latest >= 0) & (held >= FIRST_NOTE)
    return np.where(sounds, held + PITCH_OFFSET, 0).astype(np.int16)
