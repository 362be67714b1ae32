"""Eyes that nothing was trained for: random convolutions of the piano roll.

After Dempster, Petitjean and Webb, *ROCKET: Exceptionally Fast and Accurate Time Series Classification Using Random
Convolutional Kernels*, Data Mining and Knowledge Discovery 34, 2020, of several channels: what each role sounds and
begins.
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

KERNELS, LENGTH, MOST_CHANNELS = 200, 9, 6
"""Kernels of each dilation, steps that each weighs, and channels at most."""

DILATIONS = (1, 2, 4, 8, 16)

CLASSES = 12
PITCHED_CHANNELS = 2 * CLASSES + 1
"""Of a pitched role: pitch classes that sound, pitch classes that begin, and how high it lies."""

CHANNEL_ROLES = PITCHED_CHANNELS * len(PITCHED_ROLES) + len(DRUM_CLASSES)


def roll(piece: Piece) -> F32:
    """Lay a piece out: (CHANNEL_ROLES, steps)."""
    laid = np.zeros((CHANNEL_ROLES, piece.n_steps), np.float32)
    tonic = 9 if piece.is_minor else 0
    for index, role in enumerate(PITCHED_ROLES):
        own = laid[index * PITCHED_CHANNELS :][:PITCHED_CHANNELS]
        for note in piece.notes.get(role, np.zeros((0, 3), np.int32)).tolist():
            degree = (note[PITCH] - tonic) % CLASSES
            own[degree, note[ONSET] : note[END]] = 1
            own[CLASSES + degree, note[ONSET]] = 1
            own[-1, note[ONSET] : note[END]] = (note[PITCH] - 60) / CLASSES
    for index, pitches in enumerate(DRUM_CLASSES):
        for note in piece.notes.get(Role.DRUMS, np.zeros((0, 3), np.int32)).tolist():
            laid[PITCHED_CHANNELS * len(PITCHED_ROLES) + index, note[ONSET]] += note[PITCH] == pitches[0]
    return laid


@torch.inference_mode()
def describe(pieces: Sequence[Piece], seed: int) -> F32:
    """Describe pieces by how each kernel answers: the most, and the share of steps above its threshold.

    Returns
    -------
    ndarray, shape (pieces, 2 * KERNELS * len(DILATIONS)), float32
    """
    random = np.random.default_rng((seed, 41))
    rolls = [torch.from_numpy(roll(piece))[None] for piece in pieces]
    thresholds_from = [rolls[int(index)] for index in random.integers(len(rolls), size=16)]
    found = []
    for dilation in DILATIONS:
        kernels = torch.from_numpy(_kernels(random))

        def answer(heard: torch.Tensor, kernels: torch.Tensor = kernels, dilation: int = dilation) -> torch.Tensor:
            return functional.conv1d(heard, kernels, padding="same", dilation=dilation)[0]

        spread = torch.cat([answer(heard) for heard in thresholds_from], dim=1)
        at = torch.from_numpy(random.integers(spread.shape[1], size=KERNELS))
        threshold = spread[torch.arange(KERNELS), at][:, None]
        answers = [answer(heard) for heard in rolls]
        found += [
            torch.stack([one.max(1).values for one in answers]),
            torch.stack([(one > threshold).float().mean(1) for one in answers]),
        ]
    return torch.cat(found, dim=1).numpy()


def _kernels(random: np.random.Generator) -> F32:
    """Draw kernels, each of a few channels and of mean nought: (KERNELS, CHANNEL_ROLES, LENGTH)."""
    weights = np.zeros((KERNELS, CHANNEL_ROLES, LENGTH), np.float32)
    for kernel in weights:
        chosen = random.choice(CHANNEL_ROLES, int(random.integers(1, MOST_CHANNELS + 1)), replace=False)
        drawn = random.normal(0, 1, (len(chosen), LENGTH))
        kernel[chosen] = drawn - drawn.mean(1, keepdims=True)
    return weights
