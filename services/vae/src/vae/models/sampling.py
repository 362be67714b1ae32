"""Parameters for sampling tokens: seeded Gumbel noise, temperature, logit bias and interval logits of each window.

The graph of a model samples with them, see `vae.networks.token_sampling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.arrays import F32, I64
from score.encoding import HOLD

from vae.models.specs import N_INTERVALS, RoleSpec

FORBIDDEN = np.float32(-1e9)
"""Logit bias of a token that must not be sampled."""

_MIN_UNIFORM = np.float32(2.0**-25)
"""Lower bound of uniform samples that keeps log() finite; smaller than any nonzero float32 sample."""


@dataclass(frozen=True)
class SamplingParams:
    """How the tokens of windows of one role are sampled.

    Attributes
    ----------
    spec : RoleSpec
    seed : int
        Every window has a noise stream of its own: the same seed gives the same tokens in whatever batch.
    temperature : float
        0 takes the likeliest token.
    logit_bias : ndarray, shape (n_windows, n_steps, n_classes), float32, or None
        Added to the logits of every voice; `FORBIDDEN` rules a token out.
    window_keys : sequence of tuple of int
        Content keys: windows of equal keys share their noise, so that music that repeats is sampled alike. Without
        keys, the position of a window is its key.
    interval_logits : ndarray, shape (n_windows, 1 + N_INTERVALS), float32, or None
        From `vae.conditioning.interval_prior.interval_logits`; zeros have no effect. Only Segue's own models of one
        pitched voice use it.
    """

    spec: RoleSpec
    seed: int
    temperature: float
    logit_bias: F32 | None = None
    window_keys: Sequence[tuple[int, ...]] = ()
    interval_logits: F32 | None = None

    def for_windows(self, first: int, n_windows: int, n_steps: int) -> WindowSampling:
        """Return the arrays for a range of windows.

        Parameters
        ----------
        first : int
            First window of the range.
        n_windows : int
            Length of the range.
        n_steps : int
            Steps of a window.
        """
        logit_bias = np.zeros((n_windows, n_steps, self.spec.n_classes), np.float32)
        if self.logit_bias is not None:
            logit_bias += self.logit_bias[first : first + n_windows, :n_steps]
        if self.spec.has_holds:
            logit_bias[:, 0, HOLD] = FORBIDDEN  # a window is self-contained: it begins with an onset or a rest
        noise = None
        if self.temperature > 0:
            noise = np.stack([self._gumbel_noise(first + index, n_steps) for index in range(n_windows)])
        intervals = None if self.interval_logits is None else self.interval_logits[first : first + n_windows]
        return WindowSampling(logit_bias, noise, self.temperature, interval_logits=intervals)

    def _gumbel_noise(self, window: int, n_steps: int) -> F32:
        key = self.window_keys[window] if self.window_keys else (window,)
        rng = np.random.default_rng([self.seed, *key, *self.spec.name.encode()])
        # One number more than classes: `vae.networks.token_sampling.sample_tokens` samples in two stages.
        uniform = rng.random((n_steps, self.spec.n_voices, self.spec.n_classes + 1), np.float32)
        # The Gumbel distribution by its inverse: five times faster than `rng.gumbel`, which samples in float64.
        return np.asarray(-np.log(-np.log(np.maximum(uniform, _MIN_UNIFORM))), np.float32)


def concat(params: Sequence[SamplingParams]) -> SamplingParams:
    """Concatenate the windows of several parameters of one role, seed and temperature.

    All have window keys, and either all have a logit bias or none.
    """
    biases = [each.logit_bias for each in params if each.logit_bias is not None]
    intervals = []
    if any(each.interval_logits is not None for each in params):
        intervals = [_interval_logits_or_zeros(each) for each in params]
    return replace(
        params[0],
        logit_bias=np.concatenate(biases) if biases else None,
        window_keys=[key for each in params for key in each.window_keys],
        interval_logits=np.concatenate(intervals) if intervals else None,
    )


def _interval_logits_or_zeros(params: SamplingParams) -> F32:
    if params.interval_logits is None:
        return np.zeros((len(params.window_keys), 1 + N_INTERVALS), np.float32)
    return params.interval_logits


@dataclass(frozen=True)
class WindowSampling:
    """The arrays that the tokens of a batch are sampled with, one row for each latent.

    Attributes
    ----------
    logit_bias : ndarray, shape (n, n_steps, n_classes), float32
        Added to the logits of every voice.
    gumbel_noise : ndarray, shape (n, n_steps, n_voices, n_classes + 1), float32, or None
        For the choice between rests and an onset, then for the choice of the onset; None takes the likeliest.
    temperature : float
    mixture_weights : ndarray, shape (n, n), float32, or None
        Weight of each row's log probabilities in what another row is sampled from; rows sum to 1. None samples each
        row from its own.
    interval_logits : ndarray, shape (n, 1 + N_INTERVALS), float32, or None
        As in `SamplingParams`.
    """

    logit_bias: F32
    gumbel_noise: F32 | None
    temperature: float
    mixture_weights: F32 | None = None
    interval_logits: F32 | None = None

    def for_mixture(self, window_of_latent: I64, weights: F32) -> WindowSampling:
        """Return the arrays for several latents per window, whose distributions are multiplied.

        Parameters
        ----------
        window_of_latent : ndarray, shape (n_latents,), int64
            The window that each latent belongs to, ascending.
        weights : ndarray, shape (n_latents,), float32
            Weight of each latent; those of a window sum to 1.

        Returns
        -------
        WindowSampling
            One row for each latent; all latents of a window sample the same token.
        """
        if len(window_of_latent) == len(self.logit_bias):
            return self
        noise, intervals = (
            None if each is None else each[window_of_latent] for each in (self.gumbel_noise, self.interval_logits)
        )
        mixture_weights = ((window_of_latent[:, None] == window_of_latent) * weights).astype(np.float32)
        return WindowSampling(self.logit_bias[window_of_latent], noise, self.temperature, mixture_weights, intervals)
