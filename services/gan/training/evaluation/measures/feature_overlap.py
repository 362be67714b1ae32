"""Overlapping area of two sets' features (Yang and Lerch, *On the evaluation of generative models in music*, 2020).

Theirs: the distances of all pairs of real pieces (intra-set) and of all pairs of a made and a real one (inter-set), for
one feature; both distances' densities by Gaussian kernels of Scott's width; the area under both, 0 to 1. Distances are
Euclidean. Here the real set is held-out music; training music in the place of the made gives the ceiling. Also given,
plain: the area under the densities of the feature itself, for histograms the area under both mean histograms.

Features, each of one role: note count of a piece; pitch range in semitones; pitch-class histogram (12 numbers, shares
of sounded time); note length, and inter-onset interval, both the mean in steps. A set's figure is the mean over roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from gan.measures.grid_piece import PITCH
from gan.measures.pianoroll import chroma, inter_onset_intervals, note_lengths
from score.arrays import F64, I32
from score.roles import ROLES, Role

from ..pieces import Piece

FEATURES = ("note_count", "pitch_range", "pitch_classes", "note_length", "onset_interval")
UNPITCHED = ("note_count", "onset_interval")
"""What drums have."""

BINS = 512
MOST_PIECES = 400
"""Of a set whose pairs are compared: their number grows with the square."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The areas of one feature: Yang and Lerch's, and plain."""

    pairs: float
    plain: float


def compare(held_out: Sequence[Piece], made: Sequence[Piece]) -> dict[str, Overlap]:
    """Measure each feature's overlap, the mean over roles, and of each role: ``feature`` and ``feature.role``."""
    found: dict[str, Overlap] = {}
    for feature in FEATURES:
        of_roles = []
        for role in ROLES:
            sets = [_gather(pieces, role, feature) for pieces in (held_out, made)]
            if (role is Role.DRUMS and feature not in UNPITCHED) or min(map(len, sets)) < 4:
                continue
            found[f"{feature}.{role.value}"] = Overlap(between_sets(*sets), plain(*sets))
            of_roles.append(found[f"{feature}.{role.value}"])
        if of_roles:
            pairs, alone = ([getattr(each, name) for each in of_roles] for name in ("pairs", "plain"))
            found[feature] = Overlap(float(np.mean(pairs)), float(np.mean(alone)))
    return found


def _gather(pieces: Sequence[Piece], role: Role, feature: str) -> F64:
    """Measure a feature of all pieces that sound in a role: (n, numbers)."""
    rows = [
        measure(piece.notes[role], piece.n_steps)[feature] for piece in pieces if len(piece.notes.get(role, ())) > 1
    ]
    return np.array(rows)


def measure(notes: I32, steps: int) -> Mapping[str, F64]:
    """Measure all features of one role, which has two notes at least."""
    sounded = chroma(notes, steps, steps)[0]
    between = inter_onset_intervals(notes)
    return {
        "note_count": np.array([float(len(notes))]),
        "pitch_range": np.array([float(np.ptp(notes[:, PITCH]))]),
        "pitch_classes": sounded / sounded.sum(),
        "note_length": np.array([note_lengths(notes).mean()]),
        "onset_interval": np.array([between.mean() if len(between) else float(steps)]),
    }


def between_sets(held_out: F64, made: F64) -> float:
    """Return the area shared by intra-set distances of the held-out and their distances to the made.

    Parameters
    ----------
    held_out, made : ndarray, shape (n, numbers)
    """
    held_out, made = _thinned(held_out), _thinned(made)
    intra = _distances(held_out, held_out)[~np.eye(len(held_out), dtype=np.bool_)]
    return area(intra, _distances(held_out, made).ravel())


def _thinned(rows: F64) -> F64:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_PIECES)).astype(np.int64)]


def _distances(one: F64, other: F64) -> F64:
    return np.asarray(np.linalg.norm(one[:, None] - other[None], axis=2))


def plain(held_out: F64, made: F64) -> float:
    """Return the area shared by the feature itself."""
    if held_out.shape[1] > 1:
        return float(np.minimum(held_out.mean(0), made.mean(0)).sum())
    return area(held_out.ravel(), made.ravel())


def area(one: F64, other: F64) -> float:
    """Return the area under both densities, estimated by Gaussian kernels of Scott's width on a grid of `BINS`."""
    spreads = [max(float(values.std()) * len(values) ** -0.2, 1e-6) for values in (one, other)]
    if max(np.ptp(one), np.ptp(other)) < 1e-9:
        return float(abs(one[0] - other[0]) < 1e-9)
    reach = 4 * max(spreads)
    edges = np.linspace(min(one.min(), other.min()) - reach, max(one.max(), other.max()) + reach, BINS + 1)
    densities = [_density(values, spread, edges) for values, spread in zip((one, other), spreads, strict=True)]
    return float(np.minimum(*densities).sum())


def _density(values: F64, spread: float, edges: F64) -> F64:
    """Estimate the share of each bin: the histogram, smoothed."""
    counts = np.histogram(values, edges)[0] / len(values)
    width = edges[1] - edges[0]
    offsets = np.arange(-BINS + 1, BINS) * width
    kernel = np.exp(-0.5 * (offsets / max(spread, width / 2)) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), mode="valid")
    return np.asarray(smooth / smooth.sum())
