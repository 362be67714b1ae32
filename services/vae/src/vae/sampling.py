"""Drawing tokens on the host: seeded, and within what is allowed where they stand."""

from __future__ import annotations

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
    """

    spec: RoleSpec
    seed: int
    temperature: float
    bias: Floats | None = None

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
        return WindowChooser(bias, noise, self.temperature)

    def _noise(self, window: int, steps: int) -> Floats:
        chance = np.random.default_rng([self.seed, window, *self.spec.role.encode()])
        return chance.gumbel(size=(steps, self.spec.voices, self.spec.classes)).astype(np.float32)


@dataclass(frozen=True)
class WindowChooser:
    """Chooses the tokens of some windows, step by step; a `vae.magenta_models.Chooser`.

    Adding Gumbel noise to scaled logits and taking the largest draws from their softmax (Gumbel 1954).
    """

    bias: Floats
    noise: Floats | None
    temperature: float

    def __call__(self, logits: Floats, step: int) -> Integers:
        """Choose a token for each window and voice."""
        allowed = logits + self.bias[:, step, None, :]
        if self.noise is not None:
            allowed = allowed / np.float32(self.temperature) + self.noise[:, step]
        return allowed.argmax(axis=-1)
