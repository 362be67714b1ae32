"""Prepared windows of one role: reading, splitting by work, transposing, batching.

`training.data.prepare` writes the file. It holds for each role `ROLE.tokens`, `ROLE.chords` if its model has them,
`ROLE.steps`, `ROLE.group` (a hash of the work), `ROLE.synthetic` and `ROLE.risk`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from score import chords as chord_names
from score.chords import BEATS_PER_WINDOW
from score.encoding import FIRST_PITCH_EVENT, N_PITCHED_CLASSES
from vae.models.specs import ROLE_SPECS, RoleSpec

HELD_OUT_ONE_IN = 25
TRANSPOSE_SEMITONES = 6
KICK_AND_SNARE = np.int16(0b11)
LAYERED_SHARE = 0.3

Tokens = npt.NDArray[np.int16]
Chords = npt.NDArray[np.int8]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Windows of one role.

    Attributes
    ----------
    spec : RoleSpec
    tokens : ndarray, shape (n, MAX_STEPS) or (n, MAX_STEPS, voices), int16
        Padded with 0 after a window's last step.
    chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
        The triad of each beat, 0 where none is known.
    steps : ndarray, shape (n,), int16
        32 or 24.
    group : ndarray, shape (n,), int64
        Hash of the work that a window is from.
    synthetic : ndarray, shape (n,), bool
    risk : ndarray, shape (n,), bool
        From a row of the index whose songs are copyrighted or whose encoding's licence is unstated.
    """

    spec: RoleSpec
    tokens: Tokens
    chords: Chords
    steps: npt.NDArray[np.int16]
    group: npt.NDArray[np.int64]
    synthetic: npt.NDArray[np.bool_]
    risk: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, chosen: npt.NDArray[np.bool_] | Indices) -> Windows:
        """Return the chosen windows."""
        return Windows(
            self.spec,
            self.tokens[chosen],
            self.chords[chosen],
            self.steps[chosen],
            self.group[chosen],
            self.synthetic[chosen],
            self.risk[chosen],
        )


def load(path: Path, role: str) -> Windows:
    """Read the windows of one role.

    Raises
    ------
    KeyError
        If the file has none of that role.
    """
    with np.load(path) as data:
        tokens = data[f"{role}.tokens"]
        none = np.zeros((len(tokens), BEATS_PER_WINDOW), np.int8)
        chords = data[f"{role}.chords"] if ROLE_SPECS[role].has_chords else none
        steps, group, synthetic, risk = (data[f"{role}.{name}"] for name in ("steps", "group", "synthetic", "risk"))
    return Windows(ROLE_SPECS[role], tokens, chords, steps, group, synthetic, risk)


def sources(path: Path) -> list[dict[str, Any]]:
    """Return what the windows were cut from: source, licence, number of pieces, and whom to credit."""
    with np.load(path) as data:
        found: list[dict[str, Any]] = json.loads(str(data["sources"]))
    return found


def split(windows: Windows) -> tuple[Windows, Windows]:
    """Split into training and held-out windows, by work and never by file."""
    held_out = windows.group % HELD_OUT_ONE_IN == 0
    return windows.take(~held_out), windows.take(held_out)


def transpose(tokens: Tokens, chords: Chords, rng: np.random.Generator) -> tuple[Tokens, Chords]:
    """Shift each window and its chords by up to six semitones either way, as far as its range allows.

    Parameters
    ----------
    tokens : ndarray, shape (batch, steps[, voices]), int16
        Pitched tokens.
    chords : ndarray, shape (batch, BEATS_PER_WINDOW), int8
    rng : Generator

    Returns
    -------
    tuple of ndarray
        Of the same shapes; holds and note-offs stay.
    """
    axes = tuple(range(1, tokens.ndim))
    sounding = tokens >= FIRST_PITCH_EVENT
    lowest = np.where(sounding, tokens, N_PITCHED_CLASSES - 1).min(axis=axes)
    highest = np.where(sounding, tokens, FIRST_PITCH_EVENT).max(axis=axes)
    shift = rng.integers(-TRANSPOSE_SEMITONES, TRANSPOSE_SEMITONES + 1, len(tokens))
    shift = np.clip(shift, np.minimum(FIRST_PITCH_EVENT - lowest, 0), np.maximum(N_PITCHED_CLASSES - 1 - highest, 0))
    moved = np.where(sounding, tokens + shift.reshape(-1, *(1,) * (tokens.ndim - 1)), tokens).astype(np.int16)
    return moved, chord_names.transpose(chords, shift)


def layer(tokens: Tokens, rng: np.random.Generator) -> Tokens:
    """Give a share of drum windows the cymbals and toms of another: real drum music is scarce.

    Parameters
    ----------
    tokens : ndarray, shape (batch, steps), int16
        Bit masks; bits 0 and 1 are kick and snare.
    rng : Generator

    Returns
    -------
    ndarray, shape (batch, steps), int16
    """
    other = tokens[rng.permutation(len(tokens))]
    mixed = (tokens & KICK_AND_SNARE) | (other & ~KICK_AND_SNARE)
    return np.where(rng.random((len(tokens), 1)) < LAYERED_SHARE, mixed, tokens).astype(np.int16)


def batches(windows: Windows, batch_size: int, rng: np.random.Generator) -> Iterator[tuple[Tokens, Chords]]:
    """Yield batches for ever; each holds windows of one length, lengths in proportion to their number.

    Yields
    ------
    tuple of ndarray, shape (batch_size, steps[, voices]), int16, and (batch_size, BEATS_PER_WINDOW), int8
        Transposed at random where the role is pitched, else layered.
    """
    while True:
        for chosen in _epoch(windows.steps, batch_size, rng):
            tokens, chords = windows.tokens[chosen, : windows.steps[chosen[0]]], windows.chords[chosen]
            yield transpose(tokens, chords, rng) if windows.spec.is_pitched else (layer(tokens, rng), chords)


def _epoch(steps: npt.NDArray[np.int16], batch_size: int, rng: np.random.Generator) -> list[Indices]:
    groups: list[Indices] = []
    for length in np.unique(steps):
        order = rng.permutation(np.flatnonzero(steps == length))
        groups += [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
    return [groups[index] for index in rng.permutation(len(groups))]
