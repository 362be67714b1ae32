"""Sizes of basic-pitch's model and of its frames, from which all shapes follow.

Bittner et al., *A lightweight instrument-agnostic model for polyphonic note transcription and multipitch estimation*,
ICASSP 2022. Frame ``f`` is centered on sample ``f * HOP_SAMPLES`` of the recording at `SAMPLE_RATE_HZ`.
"""

from __future__ import annotations

SAMPLE_RATE_HZ = 22_050
HOP_SAMPLES = 256
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES

LOWEST_PITCH = 21
"""A0, the lowest key of a piano."""
N_PITCHES = 88

WINDOW_SAMPLES = 2 * SAMPLE_RATE_HZ - HOP_SAMPLES
"""Length of the model's input."""
WINDOW_FRAMES = 172
EDGE_FRAMES = 15
"""Frames at each end of a window that are discarded, because the model lacks the context around them."""
VALID_FRAMES = WINDOW_FRAMES - 2 * EDGE_FRAMES

CONTOUR_BINS_PER_SEMITONE = 3

MAX_DURATION_S = 600
"""Length of the longest recording that is transcribed."""
