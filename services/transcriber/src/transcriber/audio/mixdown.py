"""Mixdown of any number of channels to mono.

Channels are first mixed to a stereo pair, block by block. Whether the pair is added or subtracted depends on the whole
recording: where the channels have opposite phase (one microphone or cable reversed, artificial widening), their sum
cancels the music, and their difference holds it.
"""

from __future__ import annotations

import numpy as np
from score.arrays import F32

MIN_CANCELLATION = 4.0
"""The difference is used if it has this many times the energy of the sum: a correlation below -0.6 at equal levels."""
LFE_CHANNEL = 3
"""Fourth of six or more channels: low-frequency effects, which are left out (ITU-R BS.775)."""
SURROUND_LEVEL = 0.7071


def to_stereo_pair(samples: F32) -> F32:
    """Mix channels to one or two: shape (samples, channels) to (samples, 1 or 2), within full scale."""
    n_channels = samples.shape[1]
    return samples if n_channels <= 2 else samples @ _stereo_weights(n_channels)


def _stereo_weights(n_channels: int) -> F32:
    """Return the level of each channel in left and right: front pair, center, and the others by turns."""
    weights = np.zeros((n_channels, 2), np.float32)
    weights[0, 0] = weights[1, 1] = 1.0
    weights[2] = SURROUND_LEVEL
    for channel in range(3, n_channels):
        if n_channels >= 6 and channel == LFE_CHANNEL:
            continue
        side = channel % 2
        weights[channel, side] = SURROUND_LEVEL
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)


def to_mono(pair: F32) -> F32:
    """Mix a whole recording down: shape (samples, 1 or 2) to (samples,)."""
    if pair.shape[1] == 1:
        return pair[:, 0]
    half = np.float32(0.5)
    total: F32 = half * (pair[:, 0] + pair[:, 1])
    difference: F32 = half * (pair[:, 0] - pair[:, 1])
    is_cancelled = _energy(difference) > MIN_CANCELLATION * _energy(total)
    return difference if is_cancelled else total


def _energy(samples: F32) -> float:
    return float(np.vdot(samples, samples))
