"""Features that nothing was trained with: random convolutions of the piano roll.

After Dempster, Petitjean and Webb, *ROCKET: Exceptionally Fast and Accurate Time Series Classification Using Random
Convolutional Kernels*, Data Mining and Knowledge Discovery 34, 2020, for several channels: what sounds and what begins
in each role.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from gan.measures.grid_piece import END, ONSET, PITCH
from score.arrays import F32
from score.encoding import DRUM_CLASSES
from score.roles import PITCHED_ROLES, Role
from torch.nn import functional

from ..pieces import Piece

N_KERNELS, KERNEL_STEPS, MAX_KERNEL_CHANNELS = 200, 9, 6
"""Kernels of each dilation, their length, and the most channels that one weighs."""

DILATIONS = (1, 2, 4, 8, 16)

N_THRESHOLD_PIECES = 16
"""Random pieces from whose responses the thresholds are sampled."""

N_PITCH_CLASSES = 12
N_ROLE_CHANNELS = 2 * N_PITCH_CLASSES + 1
"""Channels of a pitched role: pitch classes that sound, pitch classes that begin, and register."""

N_CHANNELS = N_ROLE_CHANNELS * len(PITCHED_ROLES) + len(DRUM_CLASSES)

_NO_NOTES = np.zeros((0, 3), np.int32)


def to_roll(piece: Piece) -> F32:
    """Return a piece as channels over its steps, pitch classes relative to its tonic: (N_CHANNELS, steps)."""
    roll = np.zeros((N_CHANNELS, piece.n_steps), np.float32)
    tonic = 9 if piece.is_minor else 0
    for index, role in enumerate(PITCHED_ROLES):
        own = roll[index * N_ROLE_CHANNELS :][:N_ROLE_CHANNELS]
        for note in piece.notes.get(role, _NO_NOTES).tolist():
            degree = (note[PITCH] - tonic) % N_PITCH_CLASSES
            own[degree, note[ONSET] : note[END]] = 1
            own[N_PITCH_CLASSES + degree, note[ONSET]] = 1
            own[-1, note[ONSET] : note[END]] = (note[PITCH] - 60) / N_PITCH_CLASSES
    for index, pitches in enumerate(DRUM_CLASSES):
        for note in piece.notes.get(Role.DRUMS, _NO_NOTES).tolist():
            roll[N_ROLE_CHANNELS * len(PITCHED_ROLES) + index, note[ONSET]] += note[PITCH] == pitches[0]
    return roll


@torch.inference_mode()
def describe(pieces: Sequence[Piece], seed: int) -> F32:
    """Return the maximum response of each kernel, and the share of steps at which it exceeds a random threshold.

    Returns
    -------
    ndarray, shape (pieces, 2 * N_KERNELS * len(DILATIONS)), float32
    """
    random = np.random.default_rng((seed, 41))
    rolls = [torch.from_numpy(to_roll(piece))[None] for piece in pieces]
    threshold_rolls = [rolls[int(index)] for index in random.integers(len(rolls), size=N_THRESHOLD_PIECES)]
    found = []
    for dilation in DILATIONS:
        kernels = torch.from_numpy(_sample_kernels(random))

        def respond(roll: torch.Tensor, kernels: torch.Tensor = kernels, dilation: int = dilation) -> torch.Tensor:
            return functional.conv1d(roll, kernels, padding="same", dilation=dilation)[0]

        # The threshold of a kernel is its response at a random step of a random piece.
        pooled = torch.cat([respond(roll) for roll in threshold_rolls], dim=1)
        at = torch.from_numpy(random.integers(pooled.shape[1], size=N_KERNELS))
        thresholds = pooled[torch.arange(N_KERNELS), at][:, None]
        responses = [respond(roll) for roll in rolls]
        found += [
            torch.stack([one.max(1).values for one in responses]),
            torch.stack([(one > thresholds).float().mean(1) for one in responses]),
        ]
    return torch.cat(found, dim=1).numpy()


def _sample_kernels(random: np.random.Generator) -> F32:
    """Return random kernels of a few channels each, with mean zero: (N_KERNELS, N_CHANNELS, KERNEL_STEPS)."""
    kernels = np.zeros((N_KERNELS, N_CHANNELS, KERNEL_STEPS), np.float32)
    for kernel in kernels:
        n_channels = int(random.integers(1, MAX_KERNEL_CHANNELS + 1))
        channels = random.choice(N_CHANNELS, n_channels, replace=False)
        weights = random.normal(0, 1, (n_channels, KERNEL_STEPS))
        kernel[channels] = weights - weights.mean(1, keepdims=True)
    return kernels
