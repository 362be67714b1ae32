"""The form of a piece: what its windows sound like, where its sections begin, and which of them are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD
from score.roles import Role

if TYPE_CHECKING:
    from vae.pieces.piece import Piece

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_QUARTERS = 8
"""Parts of a window in which beginnings of notes are counted."""

_KERNEL_HALF_WINDOWS = 4
"""Half the width of the checkerboard: eight bars before a moment are set against eight bars after it."""

_SHORTEST_SECTION_WINDOWS = 2

_NOVEL_DEVIATIONS = 0.5
"""A boundary is more novel than the mean of the piece by so many standard deviations."""

_LEAST_NOVELTY = 0.1
"""Less is no boundary, however little happens in the rest of the piece."""

_LEAST_CONTRAST = 0.2
"""Windows nearer than this to the mean of the piece differ from it by chance."""

_ALIKE_FROM = 0.6
"""The mean similarity of what is particular to them, window by window, from which two sections are the same."""

_EQUAL_FROM = 0.98
"""The mean similarity from which they are the same even where a piece has nothing particular."""

_MOST_UNEVEN = 1.5
"""Sections whose lengths differ by more than this are not the same."""


@dataclass(frozen=True)
class Section:
    """Windows `start` to `stop` (left out) of a piece; sections that sound alike share a label: A, B, ..."""

    start: int
    stop: int
    label: str


def features(piece: Piece) -> Floats:
    """Describe every window: pitch classes, where notes begin, how many, by role.

    Returns
    -------
    ndarray, shape (n_windows, features), float64
        Rows of unit length.
    """
    columns = [piece.pitch_classes().astype(np.float64)]
    for role in Role:
        cut = piece.windows.get(role)
        if cut is None:
            columns.append(np.zeros((piece.n_windows, _QUARTERS + 1)))
            continue
        onsets = (cut > (HOLD if role is Role.DRUMS else HOLD + 1)).reshape(len(cut), cut.shape[1], -1).any(axis=2)
        by_quarter = onsets.reshape(len(cut), _QUARTERS, -1).mean(axis=2)
        columns.append(np.concatenate([by_quarter, onsets.mean(axis=1, keepdims=True)], axis=1))
    return unit(np.concatenate(columns, axis=1))


def unit(rows: Floats) -> Floats:
    """Scale rows to length 1; zeros stay."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9))


def contrast(described: Floats) -> Floats:
    """Return what is particular to each window: how it differs from the mean of the piece, of length 1 at most."""
    apart = described - described.mean(axis=0)
    return np.asarray(apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), _LEAST_CONTRAST))


def novelty(described: Floats) -> Floats:
    """Tell how much a piece changes before each of its windows.

    Parameters
    ----------
    described : ndarray, shape (n_windows, features)
        As `features` gives them.

    Returns
    -------
    ndarray, shape (n_windows,), float64
        0 where nothing changes, at most 1; 0 too where a section would be too short.

    Notes
    -----
    Foote, *Automatic audio segmentation using a measure of audio novelty*, ICME 2000: the self-similarity round a
    moment is correlated with a checkerboard tapered by a Gaussian.
    """
    particular = contrast(described)
    alike = particular @ particular.T
    found = np.zeros(len(described))
    for window in range(_SHORTEST_SECTION_WINDOWS, len(described) - _SHORTEST_SECTION_WINDOWS + 1):
        half = min(_KERNEL_HALF_WINDOWS, window, len(described) - window)
        taper = np.exp(-0.5 * ((np.arange(half) + 0.5) / (0.5 * _KERNEL_HALF_WINDOWS)) ** 2)
        before, after = slice(window - half, window), slice(window, window + half)
        backwards, forwards = taper[::-1, None], taper[:, None]
        within = np.sum(alike[before, before] * (backwards * backwards.T))
        within += np.sum(alike[after, after] * (forwards * forwards.T))
        across = np.sum(alike[before, after] * (backwards * forwards.T))
        found[window] = 0.25 * (within - 2.0 * across) / np.sum(taper) ** 2
    return found


def boundaries(described: Floats) -> list[int]:
    """Return the windows at which sections begin: 0, and the peaks of the novelty."""
    new = novelty(described)
    least = max(_LEAST_NOVELTY, new.mean() + _NOVEL_DEVIATIONS * new.std())
    chosen = [0]
    for window in sorted(np.flatnonzero(new >= least).tolist(), key=lambda each: (-new[each], each)):
        nearest = min(abs(window - other) for other in (*chosen, len(described)))
        if nearest >= _SHORTEST_SECTION_WINDOWS:
            chosen.append(window)
    return sorted(chosen)


def sections(described: Floats) -> tuple[Section, ...]:
    """Cut a piece into sections, in order, and give those that are alike one label.

    Parameters
    ----------
    described : ndarray, shape (n_windows, features)
        As `features` gives them.
    """
    starts, particular = boundaries(described), contrast(described)
    bounds = [*starts, len(described)]
    found: list[Section] = []
    for start, stop in pairwise(bounds):
        alike = [each for each in found if _are_alike(described, particular, each, start, stop)]
        fresh = len({each.label for each in found})
        found.append(Section(start, stop, alike[0].label if alike else name(fresh)))
    return tuple(found)


def _are_alike(described: Floats, particular: Floats, section: Section, start: int, stop: int) -> bool:
    mine, other = section.stop - section.start, stop - start
    if max(mine, other) > _MOST_UNEVEN * min(mine, other):
        return False
    first, second = (slice(at, at + min(mine, other)) for at in (section.start, start))
    equal, alike = ((of[first] * of[second]).sum(axis=1).mean() for of in (described, particular))
    return bool(equal >= _EQUAL_FROM or alike >= _ALIKE_FROM)


def name(index: int) -> str:
    """Name the sections in order: A to Z, then AA, AB and so on."""
    rest, letter = divmod(index, len(ascii_uppercase))
    return (name(rest - 1) if rest else "") + ascii_uppercase[letter]


def labels(form: Sequence[Section]) -> list[str]:
    """Return the label of each window."""
    return [section.label for section in form for _ in range(section.start, section.stop)]


def of_labels(found: Sequence[str]) -> tuple[Section, ...]:
    """Return the sections of windows whose labels are known: `labels` the other way round, neighbours joined."""
    starts = [index for index in range(len(found)) if index == 0 or found[index] != found[index - 1]]
    bounds = [*starts, len(found)]
    return tuple(Section(start, stop, found[start]) for start, stop in zip(starts, bounds[1:], strict=True))
