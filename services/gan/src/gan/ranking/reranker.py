"""How real a piece sounds to two who have seen much music and much of what the generator draws.

The critic hears eight bars. Boosted trees see a table of sixteen, standard measurements (`gan.measures.features`). For
each role a reader goes along its notes, by how often which runs of up to three occur (`gan.measures.ngrams`). All were
taught by `training.ranking.train_reranker`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from score.arrays import F32, F64, I16, I64, Bool
from score.encoding import STEPS_PER_BAR
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch, NotReady

from gan.measures.features import measure
from gan.measures.grid_piece import GridPiece
from gan.measures.ngrams import NoteNgrams, extract_ngrams

STRETCH_BARS = 16
"""Bars of which the trees were taught."""

FEWEST_BARS = 8
"""Bars at a piece's end that count when they fill no stretch."""


@dataclass(frozen=True, slots=True)
class GradientBoostedTrees:
    """Boosted trees as arrays, (trees, nodes) each; the first node is a tree's root, a leaf leads to itself.

    Attributes
    ----------
    column : ndarray of int
        Which measurement a node asks for.
    limit : ndarray of float
        What is not above it goes left.
    lacks_left : ndarray of bool
        Whether a piece without that measurement goes left.
    left, right : ndarray of int
        Nodes that are next.
    value : ndarray of float
        Log odds that a leaf adds.
    base : float
        Log odds before any tree.
    """

    column: I64
    limit: F64
    lacks_left: Bool
    left: I64
    right: I64
    value: F64
    base: float

    def score(self, table: F64) -> F64:
        """Add up what the trees say of pieces: (pieces, measurements) to (pieces,) log odds of being real."""
        tree, row = np.arange(len(self.column)), np.arange(len(table))[:, None]
        at: I64 = np.zeros((len(table), len(tree)), np.int64)
        while True:
            asked = table[row, self.column[tree, at]]
            goes_left = np.where(np.isnan(asked), self.lacks_left[tree, at], asked <= self.limit[tree, at])
            after = np.where(goes_left, self.left[tree, at], self.right[tree, at])
            if (after == at).all():
                return np.asarray(self.base + self.value[tree, at].sum(1))
            at = after


@dataclass(frozen=True, slots=True)
class NgramClassifier:
    """A logistic regression on the words of a role, each weighed by how rare it is; a word that weighs 0 is unknown.

    Attributes
    ----------
    weights : ndarray, shape (N_BUCKETS,), float32
        Log odds that a text of nothing but this word would have.
    rarity : ndarray, shape (N_BUCKETS,), float32
        Logarithm of how seldom texts have it.
    base : float
        Log odds of a text of unknown words.
    """

    weights: F32
    rarity: F32
    base: float

    def credit(self, text: NoteNgrams) -> F32:
        """Share out to notes what speaks for their being real: (notes,), log odds in sum with `base`."""
        ids, counts, which = text.count()
        values = (1 + np.log(counts)) * self.rarity[ids]
        size = max(float(np.sqrt((values**2).sum())), 1e-6)
        each = values / counts * self.weights[ids] / size
        return np.asarray(each[which].sum(1), np.float32)

    def score(self, text: NoteNgrams) -> float:
        """Say how real a role sounds: log odds."""
        return self.base + float(self.credit(text).sum())


@dataclass(frozen=True, slots=True)
class Reranker:
    """GradientBoostedTrees and readers together.

    Attributes
    ----------
    names : tuple of str
        The measurements that the trees know, in order.
    trees : GradientBoostedTrees
    readers : mapping of Role to NgramClassifier
    scale : tuple of float
        By which the log odds of trees, and of all readers together, are multiplied: so that their sum differs by one
        (standard deviation) between candidates of one brief.
    """

    names: tuple[str, ...]
    trees: GradientBoostedTrees
    readers: Mapping[Role, NgramClassifier]
    scale: tuple[float, float]

    def score(self, events: Mapping[Role, I16], meter: str, *, is_minor: bool) -> float:
        """Say how real a piece sounds, the mean over its stretches; of about unit spread within candidates of a brief.

        Parameters
        ----------
        events : mapping of Role to ndarray, int16
            As in a grid, in C major or A minor; whole bars.
        meter : str
        is_minor : bool
        """
        bar = STEPS_PER_BAR[meter]
        bars = len(next(iter(events.values()))) // bar
        parts = [
            GridPiece(is_minor, meter, {role: own[first * bar : last * bar] for role, own in events.items()})
            for first, last in split_passages(bars)
        ]
        return float(np.mean([sum(said) for said in zip(self.count(parts), self.read(parts), strict=True)]))

    def count(self, bands: Sequence[GridPiece]) -> F64:
        """Let the trees judge: (bands,), scaled."""
        found = [measure(band) for band in bands]
        return self.count_table(np.array([[one.get(name, np.nan) for name in self.names] for one in found], np.float64))

    def count_table(self, table: F64) -> F64:
        """Let the trees judge what was measured: (bands, measurements) to (bands,), scaled."""
        return self.scale[0] * self.trees.score(table)

    def read(self, bands: Sequence[GridPiece]) -> F64:
        """Let the readers judge: (bands,), scaled."""
        return self.read_texts([extract_ngrams(band) for band in bands])

    def read_texts(self, texts: Sequence[Mapping[Role, NoteNgrams]]) -> F64:
        """Let the readers judge what was spelt: (bands,), scaled."""
        said = [sum(self.readers[role].score(text) for role, text in own.items() if len(text.onset)) for own in texts]
        return self.scale[1] * np.array(said)

    def save(self, path: Path) -> None:
        """Write an ``npz``."""
        arrays = {name: getattr(self.trees, name) for name in GradientBoostedTrees.__slots__}
        for role, reader in self.readers.items():
            arrays |= {
                f"{role.value}_weights": reader.weights.astype(np.float16),
                f"{role.value}_rarity": reader.rarity.astype(np.float16),
                f"{role.value}_base": np.float64(reader.base),
            }
        np.savez_compressed(path, names=np.array(self.names, np.str_), scale=np.array(self.scale), **arrays)

    @classmethod
    def load(cls, path: Path, digest: str) -> Reranker:
        """Read what `save` wrote.

        Raises
        ------
        NotReady
            If the file is missing.
        ModelMismatch
            If its sha256 is another.
        """
        if not path.is_file():
            raise NotReady(f"The model gan is not installed: {path.name} is missing.", model="gan")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ModelMismatch(f"gan/{path.name} is not the file that its manifest names.", model="gan")
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        trees = GradientBoostedTrees(
            **{name: arrays[name] for name in GradientBoostedTrees.__slots__ if name != "base"},
            base=float(arrays["base"]),
        )
        readers = {
            role: NgramClassifier(
                arrays[f"{role.value}_weights"].astype(np.float32),
                arrays[f"{role.value}_rarity"].astype(np.float32),
                float(arrays[f"{role.value}_base"]),
            )
            for role in ROLES
        }
        first, second = arrays["scale"].tolist()
        return cls(tuple(arrays["names"].tolist()), trees, readers, (first, second))


def split_passages(bars: int) -> list[tuple[int, int]]:
    """Cut a piece into stretches of `STRETCH_BARS`; a long rest of bars counts with those before it."""
    if bars <= STRETCH_BARS:
        return [(0, bars)]
    starts = [*range(0, bars - STRETCH_BARS + 1, STRETCH_BARS)]
    if bars - starts[-1] - STRETCH_BARS >= FEWEST_BARS:
        starts.append(bars - STRETCH_BARS)
    return [(start, start + STRETCH_BARS) for start in starts]
