"""Drawing tokens on the host: seeded, and within what is allowed where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae.specs import HOLD, RoleSpec

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

FORBIDDEN = np.float32(-1e9)


@dataclass(frozen=True)
class Draw:
    """How tokens of a role are drawn: a chooser for each batch of windows.

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
    """

    spec: RoleSpec
    seed: int
    temperature: float
    bias: Floats | None = None
    keys: Sequence[tuple[int, ...]] = ()

    def windows(self, first: int, count: int, steps: int) -> WindowChooser:
        """Return the chooser of the windows from `first` on."""
        bias = np.zeros((count, steps, self.spec.classes), np.float32)
        if self.bias is not None:
            bias += self.bias[first : first + count, :steps]
        if self.spec.pitched:
            bias[:, 0, HOLD] = FORBIDDEN  # a window says by itself what sounds at its start
        noise = None
        if self.temperature > 0:
            noise = np.stack([self._noise(first + index, steps) for index in range(count)])
        return WindowChooser(bias, noise, self.temperature, self.spec.first_sound)

    def _noise(self, window: int, steps: int) -> Floats:
        key = self.keys[window] if self.keys else (window,)
        chance = np.random.default_rng([self.seed, *key, *self.spec.role.encode()])
        # One number more than classes: see how `WindowChooser` draws in two steps.
        return chance.gumbel(size=(steps, self.spec.voices, self.spec.classes + 1)).astype(np.float32)


@dataclass(frozen=True)
class WindowChooser:
    """Chooses the tokens of some windows, step by step; a `vae.magenta_models.Chooser`.

    First whether something begins, then what: where a note is likely but its pitch is not sure, no single pitch
    may be as likely as a hold, and taking the likeliest token would leave holes. Drawing both with Gumbel noise
    (Gumbel 1954) is drawing from the softmax of the scaled logits, in two steps.

    Attributes
    ----------
    bias : ndarray, shape (windows, steps, classes), float32
    noise : ndarray, shape (windows, steps, voices, classes + 1), float32, or None
        Of the kinds, then of what may begin.
    temperature : float
    first_sound : int
        The first token that begins something.
    """

    bias: Floats
    noise: Floats | None
    temperature: float
    first_sound: int

    def __call__(self, logits: Floats, step: int) -> Integers:
        """Choose a token for each window and voice."""
        scores = logits + self.bias[:, step, None, :]
        rest, begun = scores[..., : self.first_sound], scores[..., self.first_sound :]
        kinds = np.concatenate([rest, np.logaddexp.reduce(begun, axis=-1, keepdims=True)], axis=-1)
        if self.noise is not None:
            noise, heat = self.noise[:, step], np.float32(self.temperature)
            kinds = kinds / heat + noise[..., : self.first_sound + 1]
            begun = begun / heat + noise[..., self.first_sound + 1 :]
        kind = kinds.argmax(axis=-1)
        return np.where(kind < self.first_sound, kind, self.first_sound + begun.argmax(axis=-1))
