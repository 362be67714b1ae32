"""The numbers from which every shape follows: those of basic-pitch's model, and of the frames counted in.

Bittner et al., *A lightweight instrument-agnostic model for polyphonic note transcription and multipitch estimation*,
ICASSP 2022. Frame ``f`` is centred on sample ``f * HOP`` of the recording at `SAMPLE_RATE_HZ`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.int64]

SAMPLE_RATE_HZ = 22_050
HOP = 256
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP

LOWEST_PITCH = 21
"""A0, the lowest key of a piano."""
PITCHES = 88

WINDOW_SAMPLES = 2 * SAMPLE_RATE_HZ - HOP
"""Samples that the model hears at once."""
WINDOW_FRAMES = 172
EDGE_FRAMES = 15
"""Frames at each end of a window that are thrown away: the model has heard too little around them."""
KEPT_FRAMES = WINDOW_FRAMES - 2 * EDGE_FRAMES

CONTOUR_BINS = 3
"""Bins of a semitone in the model's contours."""

MAX_SECONDS = 600
"""The longest recording that is transcribed."""
