"""Batches of a window data set as tensors: random ones to train on, and fixed ones to evaluate on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import WindowDataset, iter_batches

EVALUATION_SEED = 7
EVALUATION_BATCH_SIZE = 256


def iter_training_batches(
    windows: WindowDataset, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield augmented batches without end.

    Parameters
    ----------
    windows : WindowDataset
    batch_size : int
    rng : Generator

    Yields
    ------
    tokens : Tensor, shape (batch_size, n_steps) or (batch_size, n_steps, n_voices), int64
    chords : Tensor, shape (batch_size, BEATS_PER_WINDOW), int64
    """
    for tokens, chords in iter_batches(windows, batch_size, rng):
        yield torch.from_numpy(tokens.astype(np.int64)), torch.from_numpy(chords.astype(np.int64))


def iter_evaluation_batches(held_out: WindowDataset, limit: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield at most `limit` windows and their chords, the same ones on every call, in batches of one length."""
    rng = np.random.default_rng(EVALUATION_SEED)
    chosen = rng.permutation(len(held_out))[:limit]
    for length in np.unique(held_out.n_steps[chosen]):
        members = chosen[held_out.n_steps[chosen] == length]
        for start in range(0, len(members), EVALUATION_BATCH_SIZE):
            rows = members[start : start + EVALUATION_BATCH_SIZE]
            chords = held_out.chords[rows].astype(np.int64)
            yield torch.from_numpy(held_out.tokens[rows, :length].astype(np.int64)), torch.from_numpy(chords)
