"""Discriminators of whole pieces, fitted again and again to real pieces and the latest rollouts.

For each role, and for all roles together, gradient boosting and logistic regression on standard features
(`gan.measures.features`); for each role also a logistic regression on n-grams, which gives credit to single notes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from gan.measures.ngrams import NoteNgrams, extract_ngrams
from gan.network.dims import N_ROLES
from gan.ranking.reranker import NgramClassifier
from score.arrays import F32, I64
from score.roles import ROLES, Role
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from ..evaluation.pieces import Piece
from ..ranking import ngram_classifier
from .rollouts import FinetuneConfig, RolloutPlanner

ALL_ROLES = "band"
"""Name of the discriminator of all features in metrics."""


class Discriminator:
    """Scores how real pieces are by some of their features.

    Parameters
    ----------
    columns : ndarray of int
        Columns of the table of features.
    """

    MAX_LOG_ODDS = 4.0
    MAX_STANDARD_SCORE = 4.0

    def __init__(self, columns: I64) -> None:
        self.columns = columns
        self._mean = self._deviation = np.zeros(len(columns))
        self._trees = HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=60, max_leaf_nodes=8, max_bins=64, l2_regularization=1.0, random_state=1
        )
        self._regression = LogisticRegression(C=0.05, max_iter=200)

    def fit(self, real: F32, generated: F32) -> None:
        """Fit both classifiers from scratch to tables of features."""
        values = np.concatenate([real, generated])[:, self.columns]
        is_real = np.repeat([1, 0], [len(real), len(generated)])
        self._mean, self._deviation = np.nanmean(values, axis=0), np.maximum(np.nanstd(values, axis=0), 1e-3)
        self._trees.fit(values, is_real)
        self._regression.fit(self._standardize(values), is_real)

    def score(self, table: F32) -> F32:
        """Return the mean of both classifiers' log odds that a piece is real: (n_pieces, n_features) to (n_pieces,)."""
        own = table[:, self.columns]
        both = self._trees.decision_function(own), self._regression.decision_function(self._standardize(own))
        clipped = [np.clip(one, -self.MAX_LOG_ODDS, self.MAX_LOG_ODDS) for one in both]
        return np.asarray(np.mean(clipped, axis=0), np.float32)

    def _standardize(self, values: F32) -> F32:
        scores = np.nan_to_num((values - self._mean) / self._deviation)
        return np.clip(scores, -self.MAX_STANDARD_SCORE, self.MAX_STANDARD_SCORE)


def build_discriminators(feature_names: Sequence[str]) -> list[Discriminator]:
    """Return a discriminator of each role, by its features and those it shares with others, and one of all features."""
    subjects = [name.split(".")[0].split("-") for name in feature_names]
    by_role = [[role.value in subject for subject in subjects] for role in ROLES]
    masks = [*by_role, [True] * len(feature_names)]
    return [Discriminator(np.flatnonzero(mask)) for mask in masks]


def note_credit(
    classifiers: Mapping[Role, NgramClassifier],
    ngrams: Sequence[Mapping[Role, NoteNgrams]],
    n_steps: int,
    discount: float,
) -> F32:
    """Return what the choices at each step contribute to the n-gram classifiers' scores, discounted over later notes.

    The credit of a note is relative to the other notes of its line, so that the number of notes is not rewarded.

    Parameters
    ----------
    classifiers : mapping of Role to NgramClassifier
    ngrams : sequence of mapping of Role to NoteNgrams
        Of each piece.
    n_steps : int
        Steps of a piece.
    discount : float
        Of later notes, per step, 0 to 1.

    Returns
    -------
    ndarray, shape (n_pieces, n_steps, N_ROLES), float32
        Of RMS 1 for each role.
    """
    credit = np.zeros((len(ngrams), n_steps, N_ROLES), np.float32)
    for index, role in enumerate(ROLES):
        lines = [at for at, own in enumerate(ngrams) if role in own and len(own[role].onsets)]
        for at in lines:
            of_notes = classifiers[role].attribute(ngrams[at][role])
            np.add.at(credit[at, :, index], ngrams[at][role].onsets, of_notes - of_notes.mean())
        for step in reversed(range(n_steps - 1)):
            credit[:, step, index] += discount * credit[:, step + 1, index]
        if lines:
            credit[..., index] /= max(float(np.sqrt((credit[lines, :, index] ** 2).mean())), 1e-3)
    return credit


class Scores(NamedTuple):
    """Scores of rollouts.

    Attributes
    ----------
    pieces : ndarray, shape (n_pieces, N_ROLES + 1), float32
        Of the discriminators of each role and of all roles; without columns before the warm-up has ended.
    credit : ndarray, shape (n_pieces, n_steps, N_ROLES), float32
        See `note_credit`; empty before the warm-up has ended.
    metrics : dict of str to float
        For the log.
    """

    pieces: F32
    credit: F32
    metrics: dict[str, float]


class DiscriminatorEnsemble:
    """All discriminators, and the latest rollouts, to which they are fitted.

    Parameters
    ----------
    planner : RolloutPlanner
        Holds the real pieces.
    config : FinetuneConfig
    """

    def __init__(self, planner: RolloutPlanner, config: FinetuneConfig) -> None:
        self._planner, self._config = planner, config
        self.discriminators = build_discriminators(planner.feature_names)
        self.ngram_classifiers = {role: ngram_classifier.untrained() for role in ROLES}
        self._tables: deque[F32] = deque(maxlen=config.n_recent_pieces)
        self._ngrams: deque[dict[Role, NoteNgrams]] = deque(maxlen=config.n_ngram_pieces)

    @property
    def is_warm(self) -> bool:
        """Whether enough rollouts were added to fit the discriminators."""
        return len(self._tables) >= self._config.n_warm_up_pieces

    def score(self, pieces: Sequence[Piece], *, refit: bool) -> Scores:
        """Score rollouts, and add them to the latest ones.

        With ``refit``, the discriminators of features are fitted first, these rollouts included, and the n-gram
        classifiers to the rollouts before.
        """
        table, ngrams = self._planner.tabulate(pieces), [extract_ngrams(piece) for piece in pieces]
        self._tables.extend(table)
        if refit and self.is_warm:
            self._fit()
        self._ngrams.extend(ngrams)
        if not self.is_warm:
            return Scores(np.zeros((len(pieces), 0), np.float32), np.zeros(0, np.float32), {})
        scores = np.stack([discriminator.score(table) for discriminator in self.discriminators], axis=1)
        credit = note_credit(self.ngram_classifiers, ngrams, pieces[0].n_steps, self._config.credit_discount)
        return Scores(scores, credit, self._metrics(scores, ngrams))

    def _fit(self) -> None:
        for discriminator in self.discriminators:
            discriminator.fit(self._planner.real_table, np.stack(self._tables))
        for role in ROLES:
            real, generated = (
                [own[role] for own in side if role in own] for side in (self._planner.real_ngrams, self._ngrams)
            )
            self.ngram_classifiers[role] = ngram_classifier.fit(real, generated)

    def _metrics(self, scores: F32, ngrams: Sequence[Mapping[Role, NoteNgrams]]) -> dict[str, float]:
        names = [*(role.value for role in ROLES), ALL_ROLES]
        metrics = {f"real_{name}": float(score) for name, score in zip(names, scores.mean(0), strict=True)}
        for role, classifier in self.ngram_classifiers.items():
            own = [classifier.score(one[role]) for one in ngrams if role in one]
            metrics[f"read_{role.value}"] = float(np.mean(own)) if own else 0.0
        return metrics
