"""The classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017): how well generated and real pieces are told apart.

Gradient boosting and a random forest on the features of `features`, as many pieces of either set, folds by the piece
that a chunk comes from; a made piece is in the fold of its reference. The better of both is reported. The generator is
trained against judges that know those features, and its candidates are ranked by such; so there are two others beside
them: logistic regression on words of music (`grams`), of which judges know some, and ridge regression on random
convolutions of the piano roll (`kernels`), which nothing is trained for.
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

FOLDS = 5
DIVISIONS = 4
"""Times that pieces are divided into folds: of two divisions of the same thousand pieces one may tell 2 % more."""

FOREST_TREES = 150
BOOSTED_TREES = 60
MIN_PIECES = 3
TELLING = 12
"""Features that are named, and that the importance of single ones is measured for."""


@dataclass(frozen=True, slots=True)
class Told:
    """How well sets are told apart.

    Attributes
    ----------
    accuracy : float
        Share told right over folds, of the better classifier; .5 is chance.
    error : float
        Its standard error over the folds of one division.
    by_classifier : dict of str to float
    by_kind : dict of str to float
        Of the better one, over ``real`` and ``synthetic`` references apart.
    telling : dict of str to float
        Accuracy lost when one feature is shuffled, the most telling first.
    directions : dict of str to tuple of float
        The medians of the most telling ones: real, made.
    by_words : float
        Accuracy of logistic regression on `grams.words`.
    by_kernels : float
        Accuracy of ridge regression on `kernels.describe`.
    pieces : int
        Of each set.
    """

    accuracy: float
    error: float
    by_classifier: dict[str, float]
    by_kind: dict[str, float]
    telling: dict[str, float]
    directions: dict[str, tuple[float, float]]
    by_words: float
    by_kernels: float
    pieces: int


def tell(real: Sequence[Piece], made: Sequence[Piece], seed: int = 1, *, jobs: int = 1) -> Told | None:
    """Train classifiers to tell made pieces from real ones; None where there are too few for folds."""
    count = min(len(real), len(made))
    sets = [_draw(pieces, count, seed) for pieces in (real, made)]
    groups = _groups([*sets[0], *sets[1]])
    if count < 2 * FOLDS or len(np.unique(groups)) < FOLDS:
        return None
    names, values = features.table([*sets[0], *sets[1]])
    truth = np.repeat([0, 1], count)
    folds = [
        fold
        for division in range(DIVISIONS)
        for fold in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed + division).split(values, truth, groups)
    ]
    in_folds = {
        name: [_right(clone(one), _filled(values, name), truth, fold) for fold in folds]
        for name, one in _classifiers(seed, jobs).items()
    }
    right = {name: np.concatenate(each) for name, each in in_folds.items()}
    best = max(right, key=lambda name: float(right[name].mean()))
    tested = np.concatenate([test for _, test in folds])
    telling = _telling(_classifiers(seed, jobs)["forest"], _filled(values, "forest"), truth, folds[0], names)
    return Told(
        accuracy=float(right[best].mean()),
        error=float(np.std([each.mean() for each in in_folds[best]], ddof=1) / np.sqrt(FOLDS)),
        by_classifier={name: float(each.mean()) for name, each in right.items()},
        by_kind=_by_kind([*sets[0], *sets[1]], tested, right[best]),
        telling=telling,
        directions={name: _medians(values[:, names.index(name)], truth) for name in telling},
        by_words=_by_words([*sets[0], *sets[1]], truth, folds, seed),
        by_kernels=_by_kernels([*sets[0], *sets[1]], truth, folds, seed),
        pieces=count,
    )


def _by_words(pieces: Sequence[Piece], truth: I64, folds: Sequence[tuple[I64, I64]], seed: int) -> float:
    """Tell pieces apart by their words; those in fewer than three pieces that are learnt from do not count."""
    counted = [ngram_features.words(piece) for piece in pieces]
    right = []
    for learnt, asked in folds:
        known = Counter(word for index in learnt for word in counted[index])
        usual = [{word: one for word, one in words.items() if known[word] >= MIN_PIECES} for words in counted]
        reader = make_pipeline(
            DictVectorizer(), TfidfTransformer(sublinear_tf=True), LogisticRegression(C=10.0, random_state=seed)
        )
        reader.fit([usual[index] for index in learnt], truth[learnt])
        right.append(reader.predict([usual[index] for index in asked]) == truth[asked])
    return float(np.concatenate(right).mean())


def _by_kernels(pieces: Sequence[Piece], truth: I64, folds: Sequence[tuple[I64, I64]], seed: int) -> float:
    """Tell pieces apart by how random convolutions answer to them."""
    seen = random_features.describe(pieces, seed)
    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(1, 5, 9)))
    right = [_right(clone(ridge), seen, truth, fold) for fold in folds]
    return float(np.concatenate(right).mean())


def _by_kind(pieces: Sequence[Piece], tested: I64, right: Bool) -> dict[str, float]:
    synthetic = np.array([pieces[index].synthetic for index in tested])
    kinds = {"real": ~synthetic, "synthetic": synthetic}
    return {kind: float(right[members].mean()) for kind, members in kinds.items() if members.any()}


def _medians(values: F32, truth: I64) -> tuple[float, float]:
    known = [values[(truth == side) & np.isfinite(values)] for side in (0, 1)]
    real, made = (float(np.median(own)) if len(own) else float("nan") for own in known)
    return real, made


def _classifiers(seed: int, jobs: int) -> dict[str, Any]:
    return {
        "boosting": HistGradientBoostingClassifier(
            learning_rate=0.2, max_iter=BOOSTED_TREES, max_leaf_nodes=12, max_bins=64, random_state=seed
        ),
        "forest": RandomForestClassifier(FOREST_TREES, min_samples_leaf=2, n_jobs=jobs, random_state=seed),
    }


def _draw(pieces: Sequence[Piece], count: int, seed: int) -> list[Piece]:
    chosen = np.random.default_rng(seed).choice(len(pieces), count, replace=False)
    return [pieces[index] for index in sorted(chosen)]


def _groups(pieces: Sequence[Piece]) -> I64:
    """Number the folds' groups; a piece of which nothing is known is a group of its own."""
    known = [piece.group if piece.group != UNKNOWN_GROUP else -2 - index for index, piece in enumerate(pieces)]
    return np.unique(known, return_inverse=True)[1]


def _filled(values: F32, name: str) -> F32:
    """Boosting knows what to make of missing numbers; a forest gets one that is nowhere else."""
    return values if name == "boosting" else np.nan_to_num(values, nan=-9.0)


def _right(classifier: Any, values: F32, truth: I64, fold: Any) -> Bool:
    """Train on a fold's rest, and tell which of the fold's own are named right."""
    train, test = fold
    classifier.fit(values[train], truth[train])
    return np.asarray(classifier.predict(values[test]) == truth[test])


def _telling(classifier: Any, values: F32, truth: I64, fold: Any, names: list[str]) -> dict[str, float]:
    """Shuffle, in the test fold, those features by which the trees split most."""
    train, test = fold
    classifier.fit(values[train], truth[train])
    leading = np.argsort(-classifier.feature_importances_)[: 2 * TELLING]
    lost = {}
    for column in leading:
        lost[names[column]] = _lost(classifier, values[test], truth[test], int(column))
    return dict(sorted(lost.items(), key=lambda item: -item[1])[:TELLING])


def _lost(classifier: Any, values: F32, truth: I64, column: int) -> float:
    """Return the accuracy that is lost when one feature is shuffled, the mean of three times."""
    before = float((classifier.predict(values) == truth).mean())
    after = []
    for seed in range(3):
        shuffled = values.copy()
        shuffled[:, column] = np.random.default_rng(seed).permutation(shuffled[:, column])
        after.append(float((classifier.predict(shuffled) == truth).mean()))
    return before - float(np.mean(after))
