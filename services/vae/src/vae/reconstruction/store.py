"""A parent as the models know it: its latents, what they say of it, and how much of it they give back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, OFF
from score.roles import Role

from vae.alignment.window_alignment import Plan
from vae.blending import distance_floor, fallback
from vae.conditioning import logit_bias
from vae.models.model_registry import Bank, Interrupt, Order
from vae.models.sampling import Draw
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import Events, Flags, Floats, Piece, tidied

Integers = npt.NDArray[np.int64]
_Scalar = TypeVar("_Scalar", bound=np.generic)

_ALBUM_SIZE = 64
"""Eight pieces of four roles, twice; a role of a 20-minute piece takes half a megabyte."""


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
    z : ndarray, shape (n_windows, latent size), float32
        Zeros for silent windows.
    said : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        What the model makes of them; silence where a raw one was asked for.
    fidelity : ndarray, shape (n_windows,), float32
        See `vae.blending.fallback.fidelity`; 1 for silence, 0 for what lies beyond
        `vae.blending.distance_floor.FARTHEST`.
    given : ndarray, of the shape of `said`
        What stands at this parent's own end of a blend: see `vae.blending.fallback.given_back`.
    error : ndarray, shape (n_windows,), float64
        How far that is from what the parent plays, by `vae.pieces.window_distance.distance`.
    """

    z: Floats
    said: Events
    fidelity: Floats
    given: Events
    error: npt.NDArray[np.float64]

    @classmethod
    def silent(cls, z: Floats, role: Role, steps: int) -> Portrait:
        """Say nothing of latents: of a role that is silent, or to measure the models alone."""
        said, count = silence(role, len(z), steps), len(z)
        return cls(z, said, np.ones(count, np.float32), said, np.zeros(count))


@dataclass(frozen=True)
class Sketch:
    """One role of a parent, encoded and not yet decoded.

    Attributes
    ----------
    z : ndarray, shape (n_windows, latent size), float32
    heard : ndarray, shape (n_windows,), bool
        Where it sounds.
    rows : ndarray, shape (n_kinds,), int64
        Windows that sound and differ: those that repeat are taken through the models once, as they stand first.
    kinds : ndarray, shape (number heard,), int64
        Which of them each window that sounds is.
    """

    z: Floats
    heard: Flags
    rows: Integers
    kinds: Integers

    def spread(self, found: npt.NDArray[_Scalar], rest: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """Put what was found of its `rows` at every window that sounds, and `rest` (n_windows, ...) at the others."""
        spread = rest.copy()
        spread[self.heard] = found[self.kinds]
        return spread


class Album(OrderedDict[tuple[int, Role, Manner], Portrait]):
    """The portraits that were taken last, by what is on them: a piece that is blended again is not decoded again."""

    def keep(self, content: int, role: Role, manner: Manner, portrait: Portrait) -> None:
        """Put one in, and the oldest out where there are too many."""
        self[content, role, manner] = portrait
        if len(self) > _ALBUM_SIZE:
            self.popitem(last=False)


class Portraits:
    """Takes portraits of parents, each once: blends of the same parents at other weights use them again.

    Parameters
    ----------
    bank : Bank
    manner : Manner
    album : Album, optional
        Where portraits outlast the call.
    """

    def __init__(self, bank: Bank, manner: Manner, album: Album | None = None) -> None:
        self._album = Album() if album is None else album
        self._bank = bank
        self._manner = manner
        self._taken: dict[tuple[int, Role], Portrait] = {}
        self._sketches: dict[tuple[int, Role], Sketch] = {}

    def of(self, piece: Piece, role: Role, interrupt: Interrupt) -> Portrait:
        """Return the portrait of a role of a piece; silence if it has no such role."""
        self.latents(piece, role, interrupt)
        for missing in self.missing([piece], role):
            order = self.order(missing, role)
            self.develop(missing, role, self._bank.decode_all(role, [order], piece.steps, interrupt)[0])
        return self._taken[piece.fingerprint, role]

    def latents(self, piece: Piece, role: Role, interrupt: Interrupt) -> Floats:
        """Return the latents of a role of a piece, shape (n_windows, latent size)."""
        key = piece.fingerprint, role
        if (*key, self._manner) in self._album:
            self._taken[key] = self._album[*key, self._manner]
        if key in self._taken:
            return self._taken[key].z
        if key not in self._sketches:
            self._sketches[key] = drawn = sketch(self._bank, piece, role, interrupt)
            if self._manner.is_raw or not drawn.heard.any():
                self._taken[key] = Portrait.silent(drawn.z, role, piece.steps)
        return self._sketches[key].z

    def missing(self, pieces: Sequence[Piece], role: Role) -> list[Piece]:
        """Return those that are encoded and still to be decoded, each once."""
        by_content = {piece.fingerprint: piece for piece in pieces}
        return [piece for content, piece in by_content.items() if (content, role) not in self._taken]

    def order(self, piece: Piece, role: Role) -> Order:
        """Say what is to be decoded of a piece that is missing: within what it plays there."""
        drawn = self._sketches[piece.fingerprint, role]
        rows = drawn.rows
        bias = logit_bias.bias([piece], Plan(rows[:, None]), role, np.ones((len(rows), 1), np.float32), piece.steps)
        keys = [(digest,) for digest in piece.digests[role][rows].tolist()]
        draw = Draw(ROLE_SPECS[role.value], self._manner.seed, self._manner.temperature, bias, keys)
        return Order.of(drawn.z[rows], piece.chords[rows], draw)

    def develop(self, piece: Piece, role: Role, decoded: Events) -> None:
        """Finish a portrait that was missing with what was decoded for its order."""
        key = piece.fingerprint, role
        drawn, spec = self._sketches.pop(key), ROLE_SPECS[role.value]
        own, said = piece.windows[role][drawn.rows], tidied(decoded, role)
        far = window_distance.distance(own, said, spec)
        known = fallback.fidelity(own, said, spec) * (far <= distance_floor.FARTHEST)
        given = fallback.given_back(own, said, known, role)
        is_own = (given == own).reshape(len(own), -1).all(axis=1)
        error, rest = np.where(is_own, 0.0, far), Portrait.silent(drawn.z, role, piece.steps)
        self._taken[key] = portrait = Portrait(
            drawn.z,
            drawn.spread(said, rest.said),
            drawn.spread(known, rest.fidelity),
            drawn.spread(given, rest.given),
            drawn.spread(error, rest.error),
        )
        self._album.keep(*key, self._manner, portrait)


def sketch(bank: Bank, piece: Piece, role: Role, interrupt: Interrupt) -> Sketch:
    """Encode a role of a piece."""
    size = bank.latent_size(role, piece.steps)
    z, heard = np.zeros((piece.n_windows, size), np.float32), piece.sounding(role)
    if not heard.any():
        return Sketch(z, heard, np.zeros(0, np.int64), np.zeros(0, np.int64))
    _, first, kinds = np.unique(piece.digests[role][heard], return_index=True, return_inverse=True)
    rows = np.flatnonzero(heard)[first]
    z[heard] = bank.encode(role, piece.windows[role][rows], piece.chords[rows], interrupt)[kinds]
    return Sketch(z, heard, rows, kinds)


def silence(role: Role, n_windows: int, steps: int) -> Events:
    """Return windows in which nothing sounds."""
    spec = ROLE_SPECS[role.value]
    cut = np.full((n_windows, steps, spec.voices), HOLD, np.int16)
    if spec.pitched:
        cut[:, 0] = OFF
    return cut if spec.voices > 1 else cut[..., 0]
