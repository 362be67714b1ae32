"""Classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017): how well generated and real pieces are distinguished.

Gradient boosting and a random forest on standard features (`gan.measures.features`), the same number of pieces of both
sets. Folds do not divide the work that passages are from, and a generated piece is in the fold of its reference. The
better classifier is reported.

The generator is trained against discriminators on those features, and its candidates are ranked by such. So two others
are beside them: logistic regression on n-grams (`ngram_features`), of which discriminators know some, and ridge
regression on random convolutions of the piano roll (`random_features`), with which nothing is trained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gan.measures import features
from score.arrays import F32, I64, Bool
from sklearn.base import clone  # type: ignore[import-untyped]
from sklearn.ensemble import (  # type: ignore[import-untyped]
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction import DictVectorizer  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfTransformer  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

from ..pieces import UNKNOWN_GROUP, Piece
from . import ngram_features, random_features

N_FOLDS = 5

N_DIVISIONS = 4
"""Divisions of the pieces into folds: the accuracies of two divisions of a thousand pieces may differ by 2 %."""

N_FOREST_TREES = 150
N_BOOSTED_TREES = 60

MIN_NGRAM_PIECES = 3
"""Training pieces that must have an n-gram for it to be used."""

N_LEADING_FEATURES = 12
"""Features whose importance is reported."""

MISSING = -9.0
"""In place of a feature that a piece lacks, for the forest: below all others."""

Fold = tuple[I64, I64]
"""Rows to train with, and rows to test."""


@dataclass(frozen=True, slots=True)
class TwoSampleResult:
    """How well two sets are distinguished.

    Attributes
    ----------
    accuracy : float
        Share of correct classifications over folds, of the better classifier; .5 is guessing.
    standard_error : float
        Of the accuracy, over the folds of one division.
    by_classifier : dict of str to float
        Accuracies.
    by_kind : dict of str to float
        Accuracies of the better classifier, for ``real`` and ``synthetic`` references.
    importance : dict of str to float
        Accuracy lost when a feature is shuffled, the largest first.
    medians : dict of str to tuple of float
        Of these features, in real and in generated pieces.
    ngram_accuracy : float
        Of logistic regression on `ngram_features`.
    random_accuracy : float
        Of ridge regression on `random_features`.
    n_pieces : int
        Of each set.
    """

    accuracy: float
    standard_error: float
    by_classifier: dict[str, float]
    by_kind: dict[str, float]
    importance: dict[str, float]
    medians: dict[str, tuple[float, float]]
    ngram_accuracy: float
    random_accuracy: float
    n_pieces: int


def evaluate(
    real: Sequence[Piece], generated: Sequence[Piece], seed: int = 1, *, n_jobs: int = 1
) -> TwoSampleResult | None:
    """Train and test classifiers by cross-validation; return None if there are too few pieces for folds.

    Parameters
    ----------
    real, generated : sequence of Piece
    seed : int
    n_jobs : int
        Threads of the forest.
    """
    count = min(len(real), len(generated))
    pieces = [piece for side in (real, generated) for piece in _sample(side, count, seed)]
    groups = _fold_groups(pieces)
    if count < 2 * N_FOLDS or len(np.unique(groups)) < N_FOLDS:
        return None
    names, values = features.table(pieces)
    labels = np.repeat([0, 1], count)
    folds = [
        fold
        for division in range(N_DIVISIONS)
        for fold in StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed + division).split(
            values, labels, groups
        )
    ]
    classifiers = _classifiers(seed, n_jobs)
    by_fold = {
        name: [_is_correct(clone(one), _fill_missing(values, name), labels, fold) for fold in folds]
        for name, one in classifiers.items()
    }
    correct = {name: np.concatenate(each) for name, each in by_fold.items()}
    best = max(correct, key=lambda name: float(correct[name].mean()))
    importance = _importance(classifiers["forest"], _fill_missing(values, "forest"), labels, folds[0], names)
    return TwoSampleResult(
        accuracy=float(correct[best].mean()),
        standard_error=float(np.std([each.mean() for each in by_fold[best]], ddof=1) / np.sqrt(N_FOLDS)),
        by_classifier={name: float(each.mean()) for name, each in correct.items()},
        by_kind=_by_kind(pieces, np.concatenate([test for _, test in folds]), correct[best]),
        importance=importance,
        medians={name: _medians(values[:, names.index(name)], labels) for name in importance},
        ngram_accuracy=_ngram_accuracy(pieces, labels, folds, seed),
        random_accuracy=_random_accuracy(pieces, labels, folds, seed),
        n_pieces=count,
    )


def _ngram_accuracy(pieces: Sequence[Piece], labels: I64, folds: Sequence[Fold], seed: int) -> float:
    """Classify pieces by their n-grams; those in fewer than `MIN_NGRAM_PIECES` training pieces are left out."""
    counted = [ngram_features.count_ngrams(piece) for piece in pieces]
    correct = []
    for train, test in folds:
        n_pieces = Counter(ngram for index in train for ngram in counted[index])
        common = [
            {ngram: count for ngram, count in own.items() if n_pieces[ngram] >= MIN_NGRAM_PIECES} for own in counted
        ]
        classifier = make_pipeline(
            DictVectorizer(), TfidfTransformer(sublinear_tf=True), LogisticRegression(C=10.0, random_state=seed)
        )
        classifier.fit([common[index] for index in train], labels[train])
        correct.append(classifier.predict([common[index] for index in test]) == labels[test])
    return float(np.concatenate(correct).mean())


def _random_accuracy(pieces: Sequence[Piece], labels: I64, folds: Sequence[Fold], seed: int) -> float:
    """Classify pieces by random convolutions."""
    values = random_features.describe(pieces, seed)
    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(1, 5, 9)))
    correct = [_is_correct(clone(ridge), values, labels, fold) for fold in folds]
    return float(np.concatenate(correct).mean())


def _by_kind(pieces: Sequence[Piece], tested: I64, correct: Bool) -> dict[str, float]:
    is_synthetic = np.array([pieces[index].synthetic for index in tested])
    kinds = {"real": ~is_synthetic, "synthetic": is_synthetic}
    return {kind: float(correct[members].mean()) for kind, members in kinds.items() if members.any()}


def _medians(values: F32, labels: I64) -> tuple[float, float]:
    known = [values[(labels == side) & np.isfinite(values)] for side in (0, 1)]
    real, generated = (float(np.median(own)) if len(own) else float("nan") for own in known)
    return real, generated


def _classifiers(seed: int, n_jobs: int) -> dict[str, Any]:
    return {
        "boosting": HistGradientBoostingClassifier(
            learning_rate=0.2, max_iter=N_BOOSTED_TREES, max_leaf_nodes=12, max_bins=64, random_state=seed
        ),
        "forest": RandomForestClassifier(N_FOREST_TREES, min_samples_leaf=2, n_jobs=n_jobs, random_state=seed),
    }


def _sample(pieces: Sequence[Piece], count: int, seed: int) -> list[Piece]:
    selected = np.random.default_rng(seed).choice(len(pieces), count, replace=False)
    return [pieces[index] for index in sorted(selected)]


def _fold_groups(pieces: Sequence[Piece]) -> I64:
    """Number the groups that folds do not divide; a piece without a known group is one of its own."""
    known = [piece.group if piece.group != UNKNOWN_GROUP else -2 - index for index, piece in enumerate(pieces)]
    return np.unique(known, return_inverse=True)[1]


def _fill_missing(values: F32, name: str) -> F32:
    """Replace missing features, except for boosting, which handles them."""
    return values if name == "boosting" else np.nan_to_num(values, nan=MISSING)


def _is_correct(classifier: Any, values: F32, labels: I64, fold: Fold) -> Bool:
    """Train with a fold, and return which of its test rows are classified correctly."""
    train, test = fold
    classifier.fit(values[train], labels[train])
    return np.asarray(classifier.predict(values[test]) == labels[test])


def _importance(forest: Any, values: F32, labels: I64, fold: Fold, names: Sequence[str]) -> dict[str, float]:
    """Return the permutation importance of the features by which the trees split most, the largest first."""
    train, test = fold
    forest.fit(values[train], labels[train])
    leading = np.argsort(-forest.feature_importances_)[: 2 * N_LEADING_FEATURES]
    lost = {names[column]: _lost_accuracy(forest, values[test], labels[test], int(column)) for column in leading}
    return dict(sorted(lost.items(), key=lambda item: -item[1])[:N_LEADING_FEATURES])


def _lost_accuracy(forest: Any, values: F32, labels: I64, column: int) -> float:
    """Return the accuracy that is lost when one feature is shuffled, the mean of three times."""
    before = float((forest.predict(values) == labels).mean())
    after = []
    for seed in range(3):
        shuffled = values.copy()
        shuffled[:, column] = np.random.default_rng(seed).permutation(shuffled[:, column])
        after.append(float((forest.predict(shuffled) == labels).mean()))
    return before - float(np.mean(after))
