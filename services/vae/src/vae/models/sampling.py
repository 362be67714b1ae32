"""What tokens are drawn with: seeded chance, and what is allowed where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vae.conditioning.interval_prior import N_INTERVALS
from vae.models.specs import HOLD, RoleSpec

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

FORBIDDEN = np.float32(-1e9)

_LEAST_CHANCE = np.float32(2.0**-25)
"""Less than any but 0 that is drawn."""


@dataclass(frozen=True)
class Draw:
    """How tokens of a role are drawn.

    Attributes
    ----------
    spec : RoleSpec
    seed : int
        Same seed, same tokens: each window has its own stream of chance, whatever batch it falls into.
    temperature : float
        0 takes the likeliest token.
    bias : ndarray, shape (windows, steps, classes), float32, or None
        Added to the logits of every voice; `FORBIDDEN` rules a token out.
    keys : sequence of tuple of int
        What each window is made of: windows of the same key have the same chance. Without any, a window's place.
    melody : ndarray, shape (windows, 1 + N_INTERVALS), float32, or None
        See `vae.conditioning.interval_prior.steering`; zeros steer nothing. Only models of one pitched voice heed it.
    """

    spec: RoleSpec
    seed: int
    temperature: float
    bias: Floats | None = None
    keys: Sequence[tuple[int, ...]] = ()
    melody: Floats | None = None

    def windows(self, first: int, count: int, steps: int) -> WindowDraw:
        """Return what `count` windows from `first` on are drawn with."""
        bias = np.zeros((count, steps, self.spec.classes), np.float32)
        if self.bias is not None:
            bias += self.bias[first : first + count, :steps]
        if self.spec.pitched:
            bias[:, 0, HOLD] = FORBIDDEN  # a window says by itself what sounds at its start
        noise = None
        if self.temperature > 0:
            noise = np.stack([self._noise(first + index, steps) for index in range(count)])
        melody = None if self.melody is None else self.melody[first : first + count]
        return WindowDraw(bias, noise, self.temperature, melody=melody)

    def _noise(self, window: int, steps: int) -> Floats:
        key = self.keys[window] if self.keys else (window,)
        chance = np.random.default_rng([self.seed, *key, *self.spec.role.encode()])
        # One number more than classes: see how `vae.networks.architecture.draw` draws in two steps.
        even = chance.random((steps, self.spec.voices, self.spec.classes + 1), np.float32)
        # Gumbel's distribution by its inverse: five times faster than `chance.gumbel`, which draws in float64.
        return np.asarray(-np.log(-np.log(np.maximum(even, _LEAST_CHANCE))), np.float32)


def joined(draws: Sequence[Draw]) -> Draw:
    """Put draws of one role, seed and temperature one after the other; all have keys, and all a bias or none."""
    first = draws[0]
    biases = [draw.bias for draw in draws if draw.bias is not None]
    bias = np.concatenate(biases) if biases else None
    melodies = [_melody(draw) for draw in draws] if any(draw.melody is not None for draw in draws) else []
    melody = np.concatenate(melodies) if melodies else None
    return replace(first, bias=bias, keys=[key for draw in draws for key in draw.keys], melody=melody)


def _melody(draw: Draw) -> Floats:
    return np.zeros((len(draw.keys), 1 + N_INTERVALS), np.float32) if draw.melody is None else draw.melody


@dataclass(frozen=True)
class WindowDraw:
    """What the tokens of some windows are drawn with; `vae.networks.architecture.draw` draws.

    Attributes
    ----------
    bias : ndarray, shape (windows, steps, classes), float32
        Added to the logits of every voice.
    noise : ndarray, shape (windows, steps, voices, classes + 1), float32, or None
        Of the kinds, then of what may begin; None takes the likeliest.
    temperature : float
    mixing : ndarray, shape (windows, windows), float32, or None
        The part that each window's log probabilities have in what another is drawn from; rows sum to 1. None draws
        each from its own.
    melody : ndarray, shape (windows, 1 + N_INTERVALS), float32, or None
        As `Draw.melody`.
    """

    bias: Floats
    noise: Floats | None
    temperature: float
    mixing: Floats | None = None
    melody: Floats | None = None

    def together(self, windows: Integers, shares: Floats) -> WindowDraw:
        """Return what latents are drawn with, several of which may speak of one window.

        Parameters
        ----------
        windows : ndarray, shape (latents,), int64
            Of which window each speaks.
        shares : ndarray, shape (latents,), float32
            How much each has to say; those of a window sum to 1.

        Returns
        -------
        WindowDraw
            For a row a latent; all of a window draw the same token.
        """
        if len(windows) == len(self.bias):
            return self
        noise, melody = (None if each is None else each[windows] for each in (self.noise, self.melody))
        mixing = (windows[:, None] == windows) * shares
        return WindowDraw(self.bias[windows], noise, self.temperature, mixing.astype(np.float32), melody)
