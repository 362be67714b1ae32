"""Decode requests, and how the windows of several requests are spread over batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F32, I8, I64

from vae.models.sampling import SamplingParams
from vae.models.specs import BATCH_SIZES

N_THREADS = min(4, len(os.sched_getaffinity(0)))
"""Batches that run at once: see `vae.networks.magenta_imports`."""


@dataclass(frozen=True)
class DecodeRequest:
    """Windows of one role to decode.

    Attributes
    ----------
    latents : ndarray, shape (n, n_latents, latent_size), float32
        The latents whose decoders decode each window together.
    weights : ndarray, shape (n, n_latents), float32
        Weight of each latent; rows sum to 1.
    chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
        The triads that the decoders are conditioned on.
    sampling : SamplingParams
    """

    latents: F32
    weights: F32
    chords: I8
    sampling: SamplingParams

    @classmethod
    def of_single_latents(cls, latents: F32, chords: I8, sampling: SamplingParams) -> DecodeRequest:
        """Return a request for windows of one latent each.

        Parameters
        ----------
        latents : ndarray, shape (n, latent_size), float32
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
        sampling : SamplingParams
        """
        return cls(latents[:, None], np.ones((len(latents), 1), np.float32), chords, sampling)

    def __len__(self) -> int:
        return len(self.chords)


@dataclass(frozen=True)
class FlatLatents:
    """The latents of several requests, concatenated.

    Attributes
    ----------
    latents : ndarray, shape (n_latents, latent_size), float32
    weights : ndarray, shape (n_latents,), float32
    window : ndarray, shape (n_latents,), int64
        The window that each latent belongs to.
    counts, first : ndarray, shape (n_windows,), int64
        Number of latents of each window, and the row of its first one.
    chords : ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
    """

    latents: F32
    weights: F32
    window: I64
    counts: I64
    first: I64
    chords: I8

    @classmethod
    def concat(cls, requests: Sequence[DecodeRequest]) -> FlatLatents:
        """Concatenate requests; they may have different numbers of latents per window."""
        counts = np.concatenate([np.full(len(each), each.latents.shape[1], np.int64) for each in requests])
        latents = np.concatenate([each.latents.reshape(-1, each.latents.shape[2]) for each in requests])
        weights = np.concatenate([each.weights.reshape(-1) for each in requests])
        chords = np.concatenate([each.chords for each in requests])
        window = np.repeat(np.arange(len(counts)), counts)
        return cls(latents, weights, window, counts, np.cumsum(counts) - counts, chords)


def split_batches(latents_per_window: Sequence[int], batch_sizes: Sequence[int] = BATCH_SIZES) -> list[slice]:
    """Spread windows evenly over the fewest batches that hold them, but over all threads if there is work for all.

    Parameters
    ----------
    latents_per_window : sequence of int
        Rows of a batch that each window takes.
    batch_sizes : sequence of int
        The sizes that the model is built for, ascending.

    Returns
    -------
    list of slice
        Ranges of windows.
    """
    total = sum(latents_per_window)
    n_batches = max(-(-total // batch_sizes[-1]), min(N_THREADS, -(-total // batch_sizes[0])))
    # A window is not split between batches: one of several latents may exceed an even share.
    even_share = -(-total // max(n_batches, 1))
    max_rows = min(even_share + max(latents_per_window, default=1) - 1, batch_sizes[-1])
    batches, start, n_rows = list[slice](), 0, 0
    for window, count in enumerate(latents_per_window):
        if n_rows and n_rows + count > max_rows:
            batches.append(slice(start, window))
            start, n_rows = window, 0
        n_rows += count
    return [*batches, slice(start, len(latents_per_window))] if total else []
