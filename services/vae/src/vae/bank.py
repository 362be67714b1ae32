"""The four models of the service, loaded once, and batches of windows through them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from score.roles import ROLES, Role

from vae import checkpoint
from vae.sampling import Draw
from vae.specs import BEATS, LATENT_SIZE, ROLE_SPECS

if TYPE_CHECKING:
    from vae.magenta_models import Chooser

Floats = npt.NDArray[np.float32]
Events = npt.NDArray[np.int16]
Chords = npt.NDArray[np.int8]

LARGEST_BATCH = 32


class Model(Protocol):
    """What the bank asks of a role's model; see `vae.magenta_models.RoleModel`."""

    def encode(self, tokens: npt.NDArray[np.int64], chords: npt.NDArray[np.int64], steps: int) -> tuple[Floats, Floats]:
        """Return mean and deviation of windows (n, steps, voices) on chords (n, BEATS)."""
        ...

    def decode(self, z: Floats, chords: npt.NDArray[np.int64], steps: int, chooser: Chooser) -> npt.NDArray[np.int64]:
        """Return the tokens (n, steps, voices) of up to `LARGEST_BATCH` latents on chords (n, BEATS)."""
        ...


class Interrupt(Protocol):
    """Asked between batches whether the work is still wanted."""

    def __call__(self) -> None:
        """Raise if it is not."""
        ...


def go_on() -> None:
    """Interrupt nothing."""


class Bank:
    """Encodes and decodes the windows of every role.

    Parameters
    ----------
    models : mapping
        A model for each role.
    digests : mapping
        The sha256 of each role's weights.
    """

    def __init__(self, models: Mapping[Role, Model], digests: Mapping[Role, str]) -> None:
        self._models = models
        self.digests = dict(digests)

    @classmethod
    def load(cls, models: Path, cache: Path) -> Bank:
        """Load the shipped weights, making Magenta's checkpoints where they are missing.

        Raises
        ------
        ModelMismatch
            If weights are missing, damaged, or made for another grid.
        """
        shipped = {role: checkpoint.find(models, role.value) for role in ROLES}
        # TensorFlow takes seconds to import: not before the weights are known to be right.
        from vae.magenta_models import RoleModel

        built = {
            role: RoleModel(ROLE_SPECS[role.value], checkpoint.prepare(model, cache)) for role, model in shipped.items()
        }
        bank = cls(built, {role: model.sha256 for role, model in shipped.items()})
        bank._warm_up()
        return bank

    def _warm_up(self) -> None:
        """Run every size once: TensorFlow plans a graph on its first run."""
        for role in ROLES:
            spec = ROLE_SPECS[role.value]
            for count in (1, LARGEST_BATCH):
                z, chords = np.zeros((count, LATENT_SIZE), np.float32), np.zeros((count, BEATS), np.int8)
                self.encode(role, self.decode(role, z, chords, 32, Draw(spec, 0, 0.0)), chords)

    def encode(self, role: Role, windows: Events, chords: Chords, interrupt: Interrupt = go_on) -> Floats:
        """Encode windows into the means of their posteriors.

        Parameters
        ----------
        role : Role
        windows : ndarray, shape (n, steps) or (n, steps, voices), int16
        chords : ndarray, shape (n, BEATS), int8
            The triad of each beat, as `score.chords` numbers them; only the models of lead and bass heed it.
        interrupt : Interrupt

        Returns
        -------
        ndarray, shape (n, LATENT_SIZE), float32
        """
        voices = windows.astype(np.int64).reshape(len(windows), windows.shape[1], -1)
        means: list[Floats] = [np.zeros((0, LATENT_SIZE), np.float32)]
        for first in range(0, len(voices), LARGEST_BATCH):
            interrupt()
            rows = slice(first, first + LARGEST_BATCH)
            mean, _ = self._models[role].encode(voices[rows], chords[rows].astype(np.int64), windows.shape[1])
            means.append(mean)
        return np.concatenate(means)

    def decode(
        self, role: Role, z: Floats, chords: Chords, steps: int, draw: Draw, interrupt: Interrupt = go_on
    ) -> Events:
        """Decode latents into windows on chords, shape (n, BEATS).

        Returns
        -------
        ndarray, shape (n, steps) or (n, steps, voices), int16
        """
        spec = ROLE_SPECS[role.value]
        decoded = np.zeros((len(z), steps, spec.voices), np.int16)
        for first in range(0, len(z), LARGEST_BATCH):
            interrupt()
            rows = slice(first, min(first + LARGEST_BATCH, len(z)))
            chooser = draw.windows(first, rows.stop - first, steps)
            decoded[rows] = self._models[role].decode(z[rows], chords[rows].astype(np.int64), steps, chooser)
        return decoded if spec.voices > 1 else decoded[..., 0]
