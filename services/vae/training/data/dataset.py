"""Data sets of windows of one role or of one factor of the lead: loading, splitting by work, augmentation, batching.

`training.data.prepare` writes the file. It contains for each role `ROLE.tokens`, `ROLE.chords` if its model is
conditioned on chords, `ROLE.steps`, `ROLE.group` (a hash of the work), `ROLE.synthetic` and `ROLE.risk`. The windows of
a factor are computed from those of the lead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from score import chords as score_chords
from score.arrays import I8, I16, I64, Bool
from score.chords import BEATS_PER_WINDOW
from score.encoding import FIRST_PITCH_EVENT, N_PITCHED_CLASSES
from vae.models.specs import MODEL_SPECS, RoleSpec
from vae.pieces.lead_factors import factor_tokens

HELD_OUT_ONE_IN = 25
"""One work in so many is held out."""

MAX_TRANSPOSITION_SEMITONES = 6
KICK_AND_SNARE = np.int16(0b11)
LAYERED_SHARE = 0.3


@dataclass(frozen=True)
class WindowDataset:
    """Windows of one role or factor.

    Attributes
    ----------
    spec : RoleSpec
    tokens : ndarray, shape (n, MAX_STEPS) or (n, MAX_STEPS, n_voices), int16
        Padded with 0 after the last step of a window.
    chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
        The triad of each beat, 0 for none.
    n_steps : ndarray, shape (n,), int16
        32 or 24.
    groups : ndarray, shape (n,), int64
        Hash of the work that a window belongs to.
    is_synthetic : ndarray, shape (n,), bool
        Whether a program wrote the music.
    has_risk : ndarray, shape (n,), bool
        Whether the songs are copyrighted or the licence of the encoding is not stated, by the index.
    """

    spec: RoleSpec
    tokens: I16
    chords: I8
    n_steps: I16
    groups: I64
    is_synthetic: Bool
    has_risk: Bool

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, rows: Bool | I64) -> WindowDataset:
        """Return some of the windows, by a mask or by indices."""
        return WindowDataset(
            self.spec,
            self.tokens[rows],
            self.chords[rows],
            self.n_steps[rows],
            self.groups[rows],
            self.is_synthetic[rows],
            self.has_risk[rows],
        )


def load_windows(path: Path, name: str) -> WindowDataset:
    """Read the windows of one model.

    Parameters
    ----------
    path : Path
        Written by `training.data.prepare`.
    name : str
        Of a role; or of a factor, whose windows are distinct: one that occurs in several works belongs to the first.

    Raises
    ------
    KeyError
        If the file lacks the role.
    """
    spec = MODEL_SPECS[name]
    with np.load(path) as data:
        tokens = data[f"{spec.role}.tokens"]
        no_chords = np.zeros((len(tokens), BEATS_PER_WINDOW), np.int8)
        chords = data[f"{spec.role}.chords"] if spec.has_chords else no_chords
        columns = [data[f"{spec.role}.{column}"] for column in ("steps", "group", "synthetic", "risk")]
    windows = WindowDataset(spec, tokens, chords, *columns)
    return windows if spec.factor is None else _factor_windows(windows)


def _factor_windows(lead: WindowDataset) -> WindowDataset:
    """Return the distinct windows of a factor of the lead, padded with 0 as the lead's are."""
    assert lead.spec.factor is not None
    tokens = factor_tokens(lead.tokens, lead.spec.factor)
    tokens[np.arange(tokens.shape[1]) >= lead.n_steps[:, None]] = 0
    _, first = np.unique(np.column_stack([lead.n_steps, tokens]), axis=0, return_index=True)
    return replace(lead, tokens=tokens).take(np.sort(first))


def load_sources(path: Path) -> list[dict[str, Any]]:
    """Read where the windows come from: source, licence, number of pieces, and whom to credit."""
    with np.load(path) as data:
        sources: list[dict[str, Any]] = json.loads(str(data["sources"]))
    return sources


def split_by_work(windows: WindowDataset) -> tuple[WindowDataset, WindowDataset]:
    """Split windows into training and held-out ones, so that all windows of a work are on the same side."""
    is_held_out = windows.groups % HELD_OUT_ONE_IN == 0
    return windows.take(~is_held_out), windows.take(is_held_out)


def transpose_randomly(tokens: I16, chords: I8, rng: np.random.Generator) -> tuple[I16, I8]:
    """Transpose each window and its chords by up to six semitones up or down, as far as the pitch range allows.

    Parameters
    ----------
    tokens : ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
        Pitched tokens.
    chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
    rng : Generator

    Returns
    -------
    tuple of ndarray
        Of the same shapes; holds and note-offs stay.
    """
    axes = tuple(range(1, tokens.ndim))
    is_onset = tokens >= FIRST_PITCH_EVENT
    lowest = np.where(is_onset, tokens, N_PITCHED_CLASSES - 1).min(axis=axes)
    highest = np.where(is_onset, tokens, FIRST_PITCH_EVENT).max(axis=axes)
    semitones = rng.integers(-MAX_TRANSPOSITION_SEMITONES, MAX_TRANSPOSITION_SEMITONES + 1, len(tokens))
    room_down, room_up = FIRST_PITCH_EVENT - lowest, N_PITCHED_CLASSES - 1 - highest
    semitones = np.clip(semitones, np.minimum(room_down, 0), np.maximum(room_up, 0))
    by_row = semitones.reshape(-1, *(1,) * (tokens.ndim - 1))
    transposed = np.where(is_onset, tokens + by_row, tokens).astype(np.int16)
    return transposed, score_chords.transpose(chords, semitones)


def mix_drum_layers(tokens: I16, rng: np.random.Generator) -> I16:
    """Replace the cymbals and toms of some drum windows with those of others, as recorded drum music is scarce.

    Parameters
    ----------
    tokens : ndarray, shape (n, n_steps), int16
        Bit masks; bits 0 and 1 are kick and snare.
    rng : Generator

    Returns
    -------
    ndarray, shape (n, n_steps), int16
        `LAYERED_SHARE` of the windows are mixed.
    """
    other = tokens[rng.permutation(len(tokens))]
    mixed = (tokens & KICK_AND_SNARE) | (other & ~KICK_AND_SNARE)
    return np.where(rng.random((len(tokens), 1)) < LAYERED_SHARE, mixed, tokens).astype(np.int16)


def iter_batches(windows: WindowDataset, batch_size: int, rng: np.random.Generator) -> Iterator[tuple[I16, I8]]:
    """Yield augmented batches without end, epoch after epoch.

    Parameters
    ----------
    windows : WindowDataset
    batch_size : int
        The last batch of an epoch may be smaller.
    rng : Generator

    Yields
    ------
    tokens : ndarray, shape (batch_size, n_steps) or (batch_size, n_steps, n_voices), int16
        Of windows of one length. Pitched ones are transposed, drums are mixed, rhythms stay as they are.
    chords : ndarray, shape (batch_size, BEATS_PER_WINDOW), int8
    """
    while True:
        for rows in _shuffle_into_batches(windows.n_steps, batch_size, rng):
            tokens, chords = windows.tokens[rows, : windows.n_steps[rows[0]]], windows.chords[rows]
            if windows.spec.is_pitched:
                yield transpose_randomly(tokens, chords, rng)
            elif windows.spec.has_holds:
                yield tokens, chords
            else:
                yield mix_drum_layers(tokens, rng), chords


def _shuffle_into_batches(n_steps: I16, batch_size: int, rng: np.random.Generator) -> list[I64]:
    """Return the rows of each batch of an epoch, in random order; each batch has windows of one length."""
    batches: list[I64] = []
    for length in np.unique(n_steps):
        order = rng.permutation(np.flatnonzero(n_steps == length))
        batches += [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [batches[index] for index in rng.permutation(len(batches))]
