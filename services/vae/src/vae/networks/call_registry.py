"""The inputs of decode calls, by call id: the Python end of the side channel that `vae.networks` describes."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

import numpy as np
from score.arrays import F32, I64
from score.chords import STEPS_PER_BEAT

from vae.models.sampling import WindowSampling
from vae.models.specs import N_INTERVALS, RoleSpec

_MAX_CALL_IDS = 1 << 20
"""A call id travels as a float32, which is exact for integers of this size."""


class CallInputs(NamedTuple):
    """The inputs of one batch, steps first and padded to the batch size, as the graph reads them.

    Attributes
    ----------
    chords : ndarray, shape (n_steps, batch), int64
    logit_bias : ndarray, shape (n_steps, batch, n_classes), float32
    gumbel_noise : ndarray, shape (n_steps, batch, n_voices, n_classes + 1), float32
        Zeros for greedy decoding.
    temperature : float32
        1 for greedy decoding.
    mixture_weights : ndarray, shape (batch, batch), float32
    interval_logits : ndarray, shape (batch, 1 + N_INTERVALS), float32
    """

    chords: I64
    logit_bias: F32
    gumbel_noise: F32
    temperature: np.float32
    mixture_weights: F32
    interval_logits: F32


class CallRegistry:
    """Hands the inputs of decode calls to the graph of one model."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec
        self._next_ids = count(1)
        self._calls: dict[int, tuple[I64, WindowSampling]] = {}

    def register(self, chords: I64, sampling: WindowSampling) -> int:
        """Store the inputs of a call and return its id.

        The graph removes them when it fetches them. Several threads may register at once.
        """
        call_id = next(self._next_ids) % _MAX_CALL_IDS
        self._calls[call_id] = chords, sampling
        return call_id

    def __deepcopy__(self, memo: object) -> CallRegistry:
        """Return the registry itself: `TrainedModel` copies its config, and the copy must use the same registry."""
        return self

    def fetch(self, call_id: float, batch_size: int, n_steps: int) -> CallInputs:
        """Remove and return the inputs of a call.

        Parameters
        ----------
        call_id : float
            From `register`.
        batch_size : int
            The batch size of the graph, at least the number of latents of the call: the rest is padding.
        n_steps : int
            Steps of a window.
        """
        chords, sampling = self._calls.pop(int(call_id))
        n, spec = len(sampling.logit_bias), self.spec
        step_chords = np.zeros((n_steps, batch_size), np.int64)
        step_chords[:, :n] = np.repeat(chords, STEPS_PER_BEAT, axis=1)[:, :n_steps].T
        logit_bias = np.zeros((n_steps, batch_size, spec.n_classes), np.float32)
        logit_bias[:, :n] = sampling.logit_bias[:, :n_steps].swapaxes(0, 1)
        noise = np.zeros((n_steps, batch_size, spec.n_voices, spec.n_classes + 1), np.float32)
        temperature = 1.0
        if sampling.gumbel_noise is not None:
            noise[:, :n], temperature = sampling.gumbel_noise[:, :n_steps].swapaxes(0, 1), sampling.temperature
        mixture_weights = np.eye(batch_size, dtype=np.float32)
        if sampling.mixture_weights is not None:
            mixture_weights[:n, :n] = sampling.mixture_weights
        interval_logits = np.zeros((batch_size, 1 + N_INTERVALS), np.float32)
        if sampling.interval_logits is not None:
            interval_logits[:n] = sampling.interval_logits
        return CallInputs(step_chords, logit_bias, noise, np.float32(temperature), mixture_weights, interval_logits)
