"""Encoded music as the trainer reads it: chunks of eight bars, drawn evenly over styles.

`prepare` writes the windows, `encode` their latents; both are arrays over all windows of all pieces, one piece after
the other. A chunk is `POSITIONS` windows of one piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.network import PLACE_SIZE, Conditions, LatentSpace, Sequences
from gan.shapes import BEATS, FEATURE_COUNT, LATENT_SIZE, POSITIONS, ROLE_COUNT
from score.roles import ROLES

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

MIN_IN_KEY = 0.82
"""Share of a chunk's beats and pitch classes that must be white keys: the rest modulates, or its key is wrong."""

WHITE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float32)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All windows and pieces.

    Attributes
    ----------
    windows : dict of ndarray
        ``lead``, ``harmony``, ``bass``, ``drums`` (n, 32[, 4]) int16, ``sounding`` (n, 4) bool,
        ``heard`` (n, 4, PROBE_SIZE) float16, ``letter`` (n,) int32.
    pieces : dict of ndarray
        ``start``, ``count``, ``length`` (before it was cut short), ``style``, ``mode``, ``meter`` int,
        ``tempo`` float32, ``roles`` (p, 4) bool, ``held_out``, ``synthetic`` bool.
    styles : list of str
        Style ids, in the order of the embedding.
    """

    windows: dict[str, npt.NDArray[Any]]
    pieces: dict[str, npt.NDArray[Any]]
    styles: list[str]


def load_corpus(folder: Path) -> Corpus:
    """Read what `prepare` wrote."""
    arrays = np.load(folder / "windows.npz")
    names = json.loads((folder / "styles.json").read_text())
    windows = {name[2:]: arrays[name] for name in arrays.files if name.startswith("w_")}
    pieces = {name[2:]: arrays[name] for name in arrays.files if name.startswith("p_")}
    return Corpus(windows, pieces, [style["id"] for style in names])


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where each chunk begins, how long it is, its piece, and its features before they are standardised."""

    start: IntArray
    count: IntArray
    piece: IntArray
    features: FloatArray

    def take(self, chosen: npt.NDArray[Any]) -> Chunks:
        """Select chunks by index or mask."""
        return Chunks(self.start[chosen], self.count[chosen], self.piece[chosen], self.features[chosen])


def cut(corpus: Corpus, length: int = POSITIONS) -> Chunks:
    """Cut pieces into overlapping chunks of so many windows, leaving out those out of their key or hardly sounding."""
    rows: list[tuple[int, int, int]] = []
    for piece, (start, count) in enumerate(zip(corpus.pieces["start"], corpus.pieces["count"], strict=True)):
        if count < length:
            continue
        offsets = {*range(0, int(count) - length + 1, 2), int(count) - length}
        rows.extend((int(start) + offset, length, piece) for offset in sorted(offsets))
    table = np.array(rows, np.int64)
    kept = np.array([_is_clean(corpus, *row) for row in rows])
    features = np.stack([_features(corpus, *row) for row in rows])
    return Chunks(table[:, 0], table[:, 1], table[:, 2], features).take(kept)


def _is_clean(corpus: Corpus, start: int, count: int, piece: int) -> bool:
    known = corpus.pieces["roles"][piece]
    sounding = corpus.windows["sounding"][start : start + count][:, known].mean(0)
    heard = corpus.windows["heard"][start : start + count, :3, : 12 * BEATS].astype(np.float32)
    chroma = heard.reshape(-1, 12).sum(0)
    in_key = (chroma * WHITE).sum() / max(chroma.sum(), 1.0)
    return bool(in_key >= MIN_IN_KEY and sounding.min() >= 0.5 and sounding.mean() >= 0.7)


def _features(corpus: Corpus, start: int, count: int, piece: int) -> FloatArray:
    heard = corpus.windows["heard"][start : start + count].astype(np.float32)
    sounding = corpus.windows["sounding"][start : start + count].astype(np.float32)
    known = corpus.pieces["roles"][piece].astype(np.float32)
    values = raw_features(torch.from_numpy(heard)[None], torch.from_numpy(sounding * known)[None])
    return np.asarray(values[0].numpy(), np.float32)


def raw_features(heard: torch.Tensor, sounding: torch.Tensor) -> torch.Tensor:
    """Measure the features of `gan.shapes.FEATURES` on what is heard of sequences.

    Parameters
    ----------
    heard : Tensor, shape (batch, windows, roles, PROBE_SIZE)
    sounding : Tensor, shape (batch, windows, roles)
        0 where a role is silent, missing, or the window is padded.

    Returns
    -------
    Tensor, shape (batch, FEATURE_COUNT)
        Onset shares of the lead and of the other roles, the lead's mean pitch in octaves from middle C.
    """
    onsets = heard[..., 12 * BEATS : -1].mean(-1) * sounding
    windows = sounding.amax(-1).sum(1).clamp_min(1.0)
    lead = sounding[..., 0].sum(1).clamp_min(1.0)
    others = sounding[..., 1:].amax(1).sum(-1).clamp_min(1.0)
    register = (heard[..., 0, -1] * sounding[..., 0]).sum(1) / lead
    return torch.stack([onsets[..., 0].sum(1) / lead, onsets[..., 1:].sum((1, 2)) / windows / others, register], dim=1)


@dataclass(frozen=True, slots=True)
class FeatureScale:
    """Mean and deviation of each feature within each style: (styles, FEATURE_COUNT) each."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def standardise(self, features: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Turn raw features into standard scores, cut at 2.5."""
        return ((features - self.mean[style]) / self.deviation[style]).clamp(-2.5, 2.5)


def measure_features(corpus: Corpus, chunks: Chunks) -> FeatureScale:
    """Measure the scale of features over chunks."""
    styles = corpus.pieces["style"][chunks.piece]
    mean = np.zeros((len(corpus.styles), FEATURE_COUNT), np.float32)
    deviation = np.ones_like(mean)
    for style in np.unique(styles):
        rows = chunks.features[styles == style]
        mean[style], deviation[style] = rows.mean(0), np.maximum(rows.std(0), 0.01)
    return FeatureScale(torch.from_numpy(mean), torch.from_numpy(deviation))


@dataclass(frozen=True, slots=True)
class Batch:
    """Real sequences, their conditions, and the letters of their windows (batch, windows)."""

    real: Sequences
    conditions: Conditions
    letters: torch.Tensor


class Encoded:
    """Chunks as the networks see them.

    Parameters
    ----------
    corpus : Corpus
    chunks : Chunks
    points : Tensor, shape (windows, roles, components)
        Every window of the corpus in the GAN's space.
    scale : FeatureScale
    """

    def __init__(self, corpus: Corpus, chunks: Chunks, points: torch.Tensor, scale: FeatureScale) -> None:
        self.corpus, self.chunks, self.points, self.scale = corpus, chunks, points, scale
        self._style = corpus.pieces["style"][chunks.piece]
        sizes = np.bincount(self._style, minlength=len(corpus.styles))
        piece_size = np.bincount(chunks.piece, minlength=len(corpus.pieces["start"]))
        # Styles count by the fourth root of their size, and pieces of a style alike however long they are.
        chance = sizes[self._style] ** 0.25 / piece_size[chunks.piece]
        per_style = np.bincount(self._style, weights=1 / piece_size[chunks.piece], minlength=len(corpus.styles))
        chance = chance / per_style[self._style]
        self._chance = chance / chance.sum()

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Draw batches without end."""
        while True:
            yield self.batch(rng.choice(len(self._chance), size, p=self._chance))

    def batch(self, chosen: IntArray) -> Batch:
        """Gather the chunks with these indices."""
        chunks, pieces = self.chunks.take(chosen), self.corpus.pieces
        offsets = np.minimum(np.arange(POSITIONS)[None], chunks.count[:, None] - 1)
        rows = chunks.start[:, None] + offsets
        present = np.arange(POSITIONS)[None] < chunks.count[:, None]
        style = torch.from_numpy(pieces["style"][chunks.piece].astype(np.int64))
        conditions = Conditions(
            style=style,
            mode=torch.from_numpy(pieces["mode"][chunks.piece].astype(np.int64)),
            meter=torch.from_numpy(pieces["meter"][chunks.piece].astype(np.int64)),
            features=self.scale.standardise(torch.from_numpy(chunks.features), style),
            place=torch.from_numpy(self._place(rows, chunks.piece)),
            present=torch.from_numpy(present.astype(np.float32)),
            roles=torch.from_numpy(pieces["roles"][chunks.piece].astype(np.float32)),
        )
        sounding = self.corpus.windows["sounding"][rows].astype(np.float32) * present[..., None]
        real = Sequences(self.points[torch.from_numpy(rows)], torch.from_numpy(sounding))
        return Batch(real, conditions, torch.from_numpy(_relabel(self.corpus.windows["letter"][rows])))

    def _place(self, rows: IntArray, piece: IntArray) -> FloatArray:
        start = self.corpus.pieces["start"][piece][:, None]
        return place(rows - start, self.corpus.pieces["length"][piece][:, None])


def place(at: npt.NDArray[Any], count: npt.NDArray[Any] | int) -> FloatArray:
    """Say where windows stand: (..., PLACE_SIZE) from their index and their piece's length."""
    out = np.zeros((*at.shape, PLACE_SIZE), np.float32)
    out[..., 0], out[..., 1] = at == 0, at == count - 1
    out[..., 2] = at / np.maximum(count - 1, 1)
    return out


def _relabel(letters: npt.NDArray[Any]) -> IntArray:
    """Count letters from 0 in each row, by first appearance."""
    same = letters[:, :, None] == letters[:, None, :]
    return np.asarray(same.argmax(2), np.int64)


def fit_space(latents: npt.NDArray[np.float16], sounding: npt.NDArray[np.bool_], components: int) -> LatentSpace:
    """Find the principal components of each role's latents.

    Parameters
    ----------
    latents : ndarray, shape (n, roles, LATENT_SIZE)
    sounding : ndarray, shape (n, roles)
    components : int
    """
    space = LatentSpace(components)
    for role in range(ROLE_COUNT):
        known = sounding[:, role] & (latents[:, role] != 0).any(1)
        rows = latents[known, role].astype(np.float64)
        if not len(rows):
            raise ValueError(f"no window of {ROLES[role]}")
        rows = rows[:: max(1, len(rows) // 40_000)]
        mean = rows.mean(0)
        variances, directions = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
        leading = directions[:, ::-1][:, :components]
        spread = np.sqrt(variances[::-1][:components].mean())
        space.mean[role] = torch.from_numpy(mean)
        space.basis[role] = torch.from_numpy(np.ascontiguousarray(leading))
        space.scale[role] = float(spread)
    assert space.mean.shape == (ROLE_COUNT, LATENT_SIZE)
    return space
