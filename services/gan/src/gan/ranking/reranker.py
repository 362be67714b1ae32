"""The reranker: learned classifiers that score how real a candidate is, from features of sixteen bars.

The critic scores eight bars at a time; the reranker adds gradient-boosted trees on the standard features of sixteen
(`gan.measures.features`), and for each role a logistic regression on n-grams of notes (`gan.measures.ngrams`). All were
fitted by `training.ranking.train_reranker` to tell real music from generated music.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from score.arrays import F32, F64, I16, I64, Bool
from score.encoding import STEPS_PER_BAR
from score.roles import ROLES, Role

from gan.measures.features import measure
from gan.measures.grid_piece import GridPiece
from gan.measures.ngrams import NoteNgrams, extract_ngrams

PASSAGE_BARS = 16
"""Bars of the passages that the classifiers were fitted to."""

MIN_LAST_PASSAGE_BARS = 8
"""Bars left over at the end of a piece from which they count, as part of a last passage that overlaps."""

_STORED_NAMES: Mapping[str, str] = {
    "feature": "column",
    "threshold": "limit",
    "is_nan_left": "lacks_left",
    "left": "left",
    "right": "right",
    "log_odds": "value",
    "base": "base",
}
"""Names of the trees' arrays in the released file."""


@dataclass(frozen=True, slots=True)
class GradientBoostedTrees:
    """Gradient-boosted regression trees as arrays (trees, nodes). Node 0 is the root; a leaf is its own child.

    Attributes
    ----------
    feature : ndarray of int64
        The feature that a node tests.
    threshold : ndarray of float64
        Values up to it go left.
    is_nan_left : ndarray of bool
        Whether a missing feature goes left.
    left, right : ndarray of int64
        Child nodes.
    log_odds : ndarray of float64
        What a leaf adds.
    base : float
        Log odds before any tree.
    """

    feature: I64
    threshold: F64
    is_nan_left: Bool
    left: I64
    right: I64
    log_odds: F64
    base: float

    def score(self, table: F64) -> F64:
        """Return the log odds that pieces are real: (pieces, features) to (pieces,)."""
        tree, row = np.arange(len(self.feature)), np.arange(len(table))[:, None]
        node: I64 = np.zeros((len(table), len(tree)), np.int64)
        # All trees of all pieces descend together, a level at a time, until every node is a leaf.
        while True:
            value = table[row, self.feature[tree, node]]
            goes_left = np.where(np.isnan(value), self.is_nan_left[tree, node], value <= self.threshold[tree, node])
            child = np.where(goes_left, self.left[tree, node], self.right[tree, node])
            if (child == node).all():
                return np.asarray(self.base + self.log_odds[tree, node].sum(1))
            node = child


@dataclass(frozen=True, slots=True)
class NgramClassifier:
    """A logistic regression on the tf-idf weights of a role's n-grams.

    Attributes
    ----------
    weights : ndarray, shape (N_BUCKETS,), float32
        Coefficients, in log odds.
    idf : ndarray, shape (N_BUCKETS,), float32
        Inverse document frequencies; 0 for n-grams that are unknown.
    base : float
        Log odds of a role of unknown n-grams.
    """

    weights: F32
    idf: F32
    base: float

    def attribute(self, ngrams: NoteNgrams) -> F32:
        """Return each note's share of the log odds: (notes,). Their sum and `base` are the score."""
        ids, counts, index = ngrams.count()
        values = (1 + np.log(counts)) * self.idf[ids]
        norm = max(float(np.sqrt((values**2).sum())), 1e-6)
        of_occurrence = values / counts * self.weights[ids] / norm
        return np.asarray(of_occurrence[index].sum(1), np.float32)

    def score(self, ngrams: NoteNgrams) -> float:
        """Return the log odds that a role is real."""
        return self.base + float(self.attribute(ngrams).sum())


@dataclass(frozen=True, slots=True)
class Reranker:
    """The trees and the n-gram classifiers together.

    Attributes
    ----------
    feature_names : tuple of str
        The features that the trees were fitted to, in order.
    trees : GradientBoostedTrees
    classifiers : mapping of Role to NgramClassifier
    scale : tuple of float
        Factors on the log odds of the trees, and on the sum of those of all classifiers: the sum of both has a standard
        deviation of one between candidates of one request.
    """

    feature_names: tuple[str, ...]
    trees: GradientBoostedTrees
    classifiers: Mapping[Role, NgramClassifier]
    scale: tuple[float, float]

    def score(self, events: Mapping[Role, I16], meter: str, *, is_minor: bool) -> float:
        """Return how real a piece is, the mean over its passages, in units of `scale`.

        Parameters
        ----------
        events : mapping of Role to ndarray, int16
            A grid's, in C major or A minor; whole bars.
        meter : str
        is_minor : bool
        """
        bar_steps = STEPS_PER_BAR[meter]
        n_bars = len(next(iter(events.values()))) // bar_steps
        slices = [slice(first * bar_steps, last * bar_steps) for first, last in split_passages(n_bars)]
        passages = [GridPiece(is_minor, meter, {role: own[steps] for role, own in events.items()}) for steps in slices]
        scores = zip(self.score_features(passages), self.score_ngrams(passages), strict=True)
        return float(np.mean([sum(both) for both in scores]))

    def score_features(self, pieces: Sequence[GridPiece]) -> F64:
        """Return the trees' scores: (pieces,), scaled."""
        found = [measure(piece) for piece in pieces]
        table = np.array([[one.get(name, np.nan) for name in self.feature_names] for one in found], np.float64)
        return self.score_table(table)

    def score_table(self, table: F64) -> F64:
        """Return the trees' scores of measured pieces: (pieces, features) to (pieces,), scaled."""
        return self.scale[0] * self.trees.score(table)

    def score_ngrams(self, pieces: Sequence[GridPiece]) -> F64:
        """Return the classifiers' scores: (pieces,), scaled."""
        return self.score_extracted([extract_ngrams(piece) for piece in pieces])

    def score_extracted(self, ngrams: Sequence[Mapping[Role, NoteNgrams]]) -> F64:
        """Return the classifiers' scores of pieces whose n-grams are extracted: (pieces,), scaled."""
        scores = [
            sum(self.classifiers[role].score(own) for role, own in piece.items() if len(own.onsets)) for piece in ngrams
        ]
        return self.scale[1] * np.array(scores)

    def save(self, path: Path) -> None:
        """Write an ``npz``."""
        arrays = {stored: getattr(self.trees, name) for name, stored in _STORED_NAMES.items()}
        for role, classifier in self.classifiers.items():
            arrays |= {
                f"{role.value}_weights": classifier.weights.astype(np.float16),
                f"{role.value}_rarity": classifier.idf.astype(np.float16),
                f"{role.value}_base": np.float64(classifier.base),
            }
        np.savez_compressed(path, names=np.array(self.feature_names, np.str_), scale=np.array(self.scale), **arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Reranker:
        """Read the contents of a file that `save` wrote."""
        with np.load(io.BytesIO(data)) as stored:
            arrays = {name: stored[name] for name in stored.files}
        of_trees = {name: arrays[stored] for name, stored in _STORED_NAMES.items() if name != "base"}
        trees = GradientBoostedTrees(**of_trees, base=float(arrays["base"]))
        classifiers = {
            role: NgramClassifier(
                arrays[f"{role.value}_weights"].astype(np.float32),
                arrays[f"{role.value}_rarity"].astype(np.float32),
                float(arrays[f"{role.value}_base"]),
            )
            for role in ROLES
        }
        first, second = arrays["scale"].tolist()
        return cls(tuple(arrays["names"].tolist()), trees, classifiers, (first, second))


def split_passages(n_bars: int) -> list[tuple[int, int]]:
    """Return the first bar, and the one after the last, of the passages of `PASSAGE_BARS` that a piece is split into.

    The last passage overlaps the one before it where at least `MIN_LAST_PASSAGE_BARS` are left; fewer are left out.
    """
    if n_bars <= PASSAGE_BARS:
        return [(0, n_bars)]
    starts = [*range(0, n_bars - PASSAGE_BARS + 1, PASSAGE_BARS)]
    if n_bars - starts[-1] - PASSAGE_BARS >= MIN_LAST_PASSAGE_BARS:
        starts.append(n_bars - PASSAGE_BARS)
    return [(start, start + PASSAGE_BARS) for start in starts]
