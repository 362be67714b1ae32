"""Prepared windows of one role: reading, splitting by work, transposing, batching.

The file is what `training.prepare` writes: for each role `ROLE.tokens`, `ROLE.steps`, `ROLE.group` (a hash of the
work), `ROLE.synthetic` and `ROLE.risk`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from vae.specs import FIRST_PITCH_TOKEN, PITCHED_CLASSES, ROLE_SPECS, RoleSpec

HELD_OUT_ONE_IN = 25
TRANSPOSE_SEMITONES = 6

Tokens = npt.NDArray[np.int16]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Windows of one role.

    Attributes
    ----------
    spec : RoleSpec
    tokens : ndarray, shape (n, MAX_STEPS) or (n, MAX_STEPS, voices), int16
        Padded with 0 after a window's last step.
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
    steps: npt.NDArray[np.int16]
    group: npt.NDArray[np.int64]
    synthetic: npt.NDArray[np.bool_]
    risk: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, chosen: npt.NDArray[np.bool_] | Indices) -> Windows:
        """Return the chosen windows."""
        arrays: tuple[npt.NDArray[Any], ...] = (self.tokens, self.steps, self.group, self.synthetic, self.risk)
        tokens, steps, group, synthetic, risk = (array[chosen] for array in arrays)
        return Windows(self.spec, tokens, steps, group, synthetic, risk)


def load(path: Path, role: str) -> Windows:
    """Read the windows of one role.

    Raises
    ------
    KeyError
        If the file has none of that role.
    """
    with np.load(path) as data:
        tokens = data[f"{role}.tokens"]
        steps, group, synthetic, risk = (data[f"{role}.{name}"] for name in ("steps", "group", "synthetic", "risk"))
    return Windows(ROLE_SPECS[role], tokens, steps, group, synthetic, risk)


def sources(path: Path) -> list[dict[str, Any]]:
    """Return what the windows were cut from: source, licence, number of pieces, and whom to credit."""
    with np.load(path) as data:
        found: list[dict[str, Any]] = json.loads(str(data["sources"]))
    return found


def split(windows: Windows) -> tuple[Windows, Windows]:
    """Split into training and held-out windows, by work and never by file."""
    held_out = windows.group % HELD_OUT_ONE_IN == 0
    return windows.take(~held_out), windows.take(held_out)


def transpose(tokens: Tokens, rng: np.random.Generator) -> Tokens:
    """Shift each window by up to six semitones either way, as far as its range allows.

    Parameters
    ----------
    tokens : ndarray, shape (batch, steps[, voices]), int16
        Pitched tokens.
    rng : Generator

    Returns
    -------
    ndarray
        Of the same shape; holds and note-offs stay.
    """
    axes = tuple(range(1, tokens.ndim))
    sounding = tokens >= FIRST_PITCH_TOKEN
    lowest = np.where(sounding, tokens, PITCHED_CLASSES - 1).min(axis=axes)
    highest = np.where(sounding, tokens, FIRST_PITCH_TOKEN).max(axis=axes)
    shift = rng.integers(-TRANSPOSE_SEMITONES, TRANSPOSE_SEMITONES + 1, len(tokens))
    shift = np.clip(shift, np.minimum(FIRST_PITCH_TOKEN - lowest, 0), np.maximum(PITCHED_CLASSES - 1 - highest, 0))
    return np.where(sounding, tokens + shift.reshape(-1, *(1,) * (tokens.ndim - 1)), tokens).astype(np.int16)


def batches(windows: Windows, batch_size: int, rng: np.random.Generator) -> Iterator[Tokens]:
    """Yield batches for ever; each holds windows of one length, lengths in proportion to their number.

    Yields
    ------
    ndarray, shape (batch_size, steps[, voices]), int16
        Transposed at random where the role is pitched.
    """
    while True:
        for chosen in _epoch(windows.steps, batch_size, rng):
            tokens = windows.tokens[chosen, : windows.steps[chosen[0]]]
            yield transpose(tokens, rng) if windows.spec.pitched else tokens


def _epoch(steps: npt.NDArray[np.int16], batch_size: int, rng: np.random.Generator) -> list[Indices]:
    groups: list[Indices] = []
    for length in np.unique(steps):
        order = rng.permutation(np.flatnonzero(steps == length))
        groups += [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
    return [groups[index] for index in rng.permutation(len(groups))]
