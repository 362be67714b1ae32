"""A parent as the models know it: its latents, what they say of it, and how much of it they give back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, OFF
from score.roles import Role

from vae import fit, mend
from vae.bank import Bank, Interrupt
from vae.piece import Events, Floats, Piece
from vae.plan import Plan
from vae.sampling import Draw
from vae.specs import LATENT_SIZE, ROLE_SPECS

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Manner:
    """How tokens are drawn: temperature, seed, and whether (`is_raw`) nothing else has a say than the models."""

    temperature: float = 0.0
    seed: int = 0
    is_raw: bool = False


@dataclass(frozen=True)
class Portrait:
    """One role of a parent.

    Attributes
    ----------
    z : ndarray, shape (n_windows, LATENT_SIZE), float32
        Zeros for silent windows.
    said : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        What the model makes of them; silence where a raw one was asked for.
    fidelity : ndarray, shape (n_windows,), float32
        See `vae.mend.fidelity`; 1 for silence.
    """

    z: Floats
    said: Events
    fidelity: Floats


class Portraits:
    """Takes portraits of parents, each once: blends of the same parents at other weights use them again."""

    def __init__(self, bank: Bank, manner: Manner) -> None:
        self._bank = bank
        self._manner = manner
        self._taken: dict[tuple[int, Role], tuple[Piece, Portrait]] = {}

    def of(self, piece: Piece, role: Role, interrupt: Interrupt) -> Portrait:
        """Return the portrait of a role of a piece; silence if it has no such role."""
        key = id(piece), role
        if key not in self._taken:
            # The piece is kept with its portrait: no other object can get its id.
            self._taken[key] = piece, take(self._bank, piece, role, self._manner, interrupt)
        return self._taken[key][1]


def take(bank: Bank, piece: Piece, role: Role, manner: Manner, interrupt: Interrupt) -> Portrait:
    """Encode a role of a piece and, unless it is for raw measuring, decode it again by itself."""
    n_windows, steps = piece.n_windows, piece.steps
    z, said = np.zeros((n_windows, LATENT_SIZE), np.float32), silence(role, n_windows, steps)
    fidelity = np.ones(n_windows, np.float32)
    heard = piece.sounding(role)
    if not heard.any():
        return Portrait(z, said, fidelity)
    # Windows that repeat are taken through the models once, as they stand the first time.
    _, first, again = np.unique(piece.digests[role][heard], return_index=True, return_inverse=True)
    rows = np.flatnonzero(heard)[first]
    own = piece.windows[role]
    z[heard] = bank.encode(role, own[rows], piece.chords[rows], interrupt)[again]
    if not manner.is_raw:
        said[heard] = _say(bank, piece, role, rows, z[rows], manner, interrupt)[again]
        fidelity[heard] = mend.fidelity(own[heard], said[heard], ROLE_SPECS[role.value])
    return Portrait(z, said, fidelity)


def _say(
    bank: Bank, piece: Piece, role: Role, rows: Integers, z: Floats, manner: Manner, interrupt: Interrupt
) -> Events:
    """Decode windows of a piece within what it plays there."""
    bias = fit.bias([piece], Plan(rows[:, None]), role, np.ones((len(rows), 1), np.float32), piece.steps)
    keys = [(digest,) for digest in piece.digests[role][rows].tolist()]
    draw = Draw(ROLE_SPECS[role.value], manner.seed, manner.temperature, bias, keys)
    return bank.decode(role, z, piece.chords[rows], piece.steps, draw, interrupt)


def silence(role: Role, n_windows: int, steps: int) -> Events:
    """Return windows in which nothing sounds."""
    spec = ROLE_SPECS[role.value]
    cut = np.full((n_windows, steps, spec.voices), HOLD, np.int16)
    if spec.pitched:
        cut[:, 0] = OFF
    return cut if spec.voices > 1 else cut[..., 0]
