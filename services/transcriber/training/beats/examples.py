"""Training examples of the beat tracker: excerpts of pieces, played freely, with the beats in their onset groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F32, F64
from score.rhythm.features import onset_features
from score.rhythm.network import BARS, N_PERIODS, PERIODS_S

from training.beats.arrangement import PLAIN_SHARE, arrange_plainly
from training.beats.performance import Performance, Performer
from training.beats.written_rhythm import Piece, WrittenRhythm

MAX_BEATS, MAX_GROUPS = 90, 208
MIN_GROUPS = 12
RECORDING_SHARE = 0.25
ON_BEAT_QUARTERS = 0.06


class Example(NamedTuple):
    """One excerpt.

    Attributes
    ----------
    features : ndarray, shape (groups, features), float32
    beat, downbeat : ndarray, shape (groups,), float32
        1 where a beat, or a bar, begins with the group.
    periods : ndarray, shape (groups, N_PERIODS), float32
        The length of the beat around the group, divided between the two nearest classes.
    compound : float
        1 if the beat is a dotted quarter.
    bar : int
        Index of the number of beats in a bar.
    """

    features: F32
    beat: F32
    downbeat: F32
    periods: F32
    compound: float
    bar: int


def sampling_weights(pieces: Sequence[Piece]) -> F64:
    """Return the probability of each piece: styles with many pieces are drawn less often than in proportion."""
    counts: dict[str, int] = {}
    for piece in pieces:
        counts[piece.row.style] = counts.get(piece.row.style, 0) + 1
    weights = np.array([counts[piece.row.style] ** -0.45 for piece in pieces])
    return np.asarray(weights / weights.sum())


def draw_example(piece: WrittenRhythm, rng: np.random.Generator) -> Example | None:
    """Play an excerpt of a piece and describe it; None if it has too few notes."""
    excerpt = cut_excerpt(piece, rng)
    if excerpt is None:
        return None
    if rng.random() < PLAIN_SHARE:
        excerpt = arrange_plainly(excerpt, rng)
    performance = Performer(rng, is_recording=bool(rng.random() < RECORDING_SHARE)).play(excerpt)
    return label(performance, piece.beats_per_bar)


def cut_excerpt(piece: WrittenRhythm, rng: np.random.Generator) -> WrittenRhythm | None:
    """Cut at most `MAX_BEATS` beats out of a piece, from its beginning or from any beat."""
    n = len(piece.beats)
    length = min(n, MAX_BEATS)
    first = 0 if rng.random() < 0.35 else int(rng.integers(0, n - length + 1))
    beats = piece.beats[first : first + length]
    begin = beats[0] if first else -1e9
    inside = (piece.notes[:, 0] >= begin - 1e-6) & (piece.notes[:, 0] < beats[-1] - 1e-6)
    if inside.sum() < MIN_GROUPS:
        return None
    return piece._replace(
        notes=piece.notes[inside],
        tracks=piece.tracks[inside],
        is_drum=piece.is_drum[inside],
        beats=beats,
        is_downbeat=piece.is_downbeat[first : first + length],
        beats_s=piece.beats_s[first : first + length],
    )


def label(performance: Performance, beats_per_bar: int) -> Example | None:
    """Describe a performance and label its onset groups."""
    groups, features = onset_features(performance.notes)
    if len(groups.times_s) < MIN_GROUPS:
        return None
    distances = np.minimum.reduceat(np.nan_to_num(performance.on_beat, nan=9.0), groups.starts)
    beats_s = performance.beats_s
    nearest = np.clip(np.searchsorted(beats_s, groups.times_s), 1, len(beats_s) - 1)
    nearest -= groups.times_s - beats_s[nearest - 1] < beats_s[nearest] - groups.times_s
    on_beat = distances < ON_BEAT_QUARTERS
    on_downbeat = on_beat & performance.is_downbeat[nearest]
    intervals_s = np.diff(beats_s)
    smoothed_s = np.convolve(np.pad(intervals_s, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    local_s = np.interp(groups.times_s, (beats_s[1:] + beats_s[:-1]) / 2, smoothed_s)
    cut = slice(0, MAX_GROUPS)
    return Example(
        features[cut],
        on_beat[cut].astype(np.float32),
        on_downbeat[cut].astype(np.float32),
        _period_classes(local_s)[cut],
        float(performance.is_compound),
        BARS.index(beats_per_bar) if beats_per_bar in BARS else 0,
    )


def _period_classes(local_s: F64) -> F32:
    """Divide each period between the two nearest classes; shape (n, N_PERIODS)."""
    at = np.interp(np.log(local_s), np.log(PERIODS_S), np.arange(N_PERIODS))
    classes = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(N_PERIODS)))
    return np.asarray(classes, dtype=np.float32)
