"""Overlapping area of features of two sets (Yang and Lerch, *On the Evaluation of Generative Models in Music*, 2020).

For one feature: the distances of all pairs of real pieces (intra-set), and of all pairs of a generated and a real piece
(inter-set); their densities, by Gaussian kernels of Scott's width; and the area under both, 0 to 1. Distances are
Euclidean. Here the real set is held-out music; training music in place of generated gives the ceiling. Also given,
plain: the area under the densities of the feature itself; for histograms that under both mean histograms.

Features of a role: note count of a piece; pitch range in semitones; pitch-class histogram (12 shares of the sounding
time); mean note length and mean inter-onset interval in steps. The figure of a set is the mean over roles.
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
DRUM_FEATURES = ("note_count", "onset_interval")

N_BINS = 512

MAX_PIECES = 400
"""Pieces of a set whose pairs are compared: the number of pairs grows with the square."""

MIN_PIECES = 4
"""Pieces of either set that must have a role for it to be compared."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The areas of one feature: by pairs, and plain."""

    pairs: float
    plain: float


def compare(held_out: Sequence[Piece], generated: Sequence[Piece]) -> dict[str, Overlap]:
    """Return the overlap of each feature, ``feature``, the mean over roles, and of each role, ``feature.role``."""
    found: dict[str, Overlap] = {}
    for feature in FEATURES:
        of_roles = []
        for role in ROLES:
            sets = [_gather(pieces, role, feature) for pieces in (held_out, generated)]
            if (role is Role.DRUMS and feature not in DRUM_FEATURES) or min(map(len, sets)) < MIN_PIECES:
                continue
            found[f"{feature}.{role.value}"] = Overlap(pair_overlap(*sets), plain_overlap(*sets))
            of_roles.append(found[f"{feature}.{role.value}"])
        if of_roles:
            pairs, alone = ([getattr(each, name) for each in of_roles] for name in ("pairs", "plain"))
            found[feature] = Overlap(float(np.mean(pairs)), float(np.mean(alone)))
    return found


def _gather(pieces: Sequence[Piece], role: Role, feature: str) -> F64:
    """Return a feature of all pieces with two notes in a role: (n, size)."""
    rows = [
        measure(piece.notes[role], piece.n_steps)[feature] for piece in pieces if len(piece.notes.get(role, ())) > 1
    ]
    return np.array(rows)


def measure(notes: I32, n_steps: int) -> Mapping[str, F64]:
    """Return all features of one role with at least two notes."""
    durations = chroma(notes, n_steps, n_steps)[0]
    intervals = inter_onset_intervals(notes)
    return {
        "note_count": np.array([float(len(notes))]),
        "pitch_range": np.array([float(np.ptp(notes[:, PITCH]))]),
        "pitch_classes": durations / durations.sum(),
        "note_length": np.array([note_lengths(notes).mean()]),
        "onset_interval": np.array([intervals.mean() if len(intervals) else float(n_steps)]),
    }


def pair_overlap(held_out: F64, generated: F64) -> float:
    """Return the overlap of the distances within held-out music and of those to generated music: (n, size) each."""
    held_out, generated = _subsample(held_out), _subsample(generated)
    intra = _distances(held_out, held_out)[~np.eye(len(held_out), dtype=np.bool_)]
    return overlapping_area(intra, _distances(held_out, generated).ravel())


def _subsample(rows: F64) -> F64:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_PIECES)).astype(np.int64)]


def _distances(one: F64, other: F64) -> F64:
    return np.asarray(np.linalg.norm(one[:, None] - other[None], axis=2))


def plain_overlap(held_out: F64, generated: F64) -> float:
    """Return the overlap of the feature itself: (n, size) each."""
    if held_out.shape[1] > 1:
        return float(np.minimum(held_out.mean(0), generated.mean(0)).sum())
    return overlapping_area(held_out.ravel(), generated.ravel())


def overlapping_area(one: F64, other: F64) -> float:
    """Return the area under both densities, estimated by Gaussian kernels of Scott's width on a grid of `N_BINS`."""
    widths = [max(float(values.std()) * len(values) ** -0.2, 1e-6) for values in (one, other)]
    if max(np.ptp(one), np.ptp(other)) < 1e-9:
        return float(abs(one[0] - other[0]) < 1e-9)
    margin = 4 * max(widths)
    edges = np.linspace(min(one.min(), other.min()) - margin, max(one.max(), other.max()) + margin, N_BINS + 1)
    densities = [_density(values, width, edges) for values, width in zip((one, other), widths, strict=True)]
    return float(np.minimum(*densities).sum())


def _density(values: F64, kernel_width: float, edges: F64) -> F64:
    """Return the share of each bin: the histogram, smoothed."""
    histogram = np.histogram(values, edges)[0] / len(values)
    bin_width = edges[1] - edges[0]
    offsets = np.arange(-N_BINS + 1, N_BINS) * bin_width
    kernel = np.exp(-0.5 * (offsets / max(kernel_width, bin_width / 2)) ** 2)
    smooth = np.convolve(histogram, kernel / kernel.sum(), mode="valid")
    return np.asarray(smooth / smooth.sum())
