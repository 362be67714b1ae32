"""Style recognition: how often a classifier trained on training music alone recognizes the style of generated pieces.

Pieces are reduced to the roles that all styles have, so that drums do not reveal a style, and the meter is not given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from gan.measures import features
from gan.measures.features import FeatureValues
from score.arrays import F32
from score.roles import ROLES, Role
from sklearn.ensemble import ExtraTreesClassifier  # type: ignore[import-untyped]

from ..pieces import Piece

N_TREES = 300
MIN_ROLE_SHARE = 0.5
"""Share of a style's pieces that must have a role for the style to have it."""

MISSING = -9.0
"""In place of a feature that a piece lacks: below all others."""


def common_roles(training: Sequence[Piece]) -> tuple[Role, ...]:
    """Return the roles that all styles have."""
    by_style: dict[str, list[Piece]] = {}
    for piece in training:
        by_style.setdefault(piece.style, []).append(piece)
    return tuple(
        role
        for role in ROLES
        if all(np.mean([role in piece.events for piece in own]) >= MIN_ROLE_SHARE for own in by_style.values())
    )


class StyleClassifier:
    """A forest of extremely randomized trees on standard features.

    Parameters
    ----------
    styles : sequence of str
        Of the pieces that it is fitted to.
    measured : sequence of mapping of str to float
        Their features.
    seed : int
    """

    def __init__(self, styles: Sequence[str], measured: Sequence[FeatureValues], seed: int = 1) -> None:
        self.feature_names, values = features.tabulate(measured)
        self._forest = ExtraTreesClassifier(N_TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed)
        self._forest.fit(_fill_missing(values), list(styles))

    def accuracy(self, styles: Sequence[str], measured: Sequence[FeatureValues]) -> float:
        """Return the share of pieces whose style is recognized."""
        table = [[row.get(name, np.nan) for name in self.feature_names] for row in measured]
        predicted = self._forest.predict(_fill_missing(np.array(table, np.float32)))
        return float(np.mean(predicted == np.array(styles)))


def _fill_missing(values: F32) -> F32:
    return np.nan_to_num(values, nan=MISSING)


def guess_accuracies(held_out: Sequence[Piece]) -> tuple[float, float]:
    """Return the expected accuracy of a random guess, and of always guessing the most frequent style."""
    styles = Counter(piece.style for piece in held_out)
    return 1 / len(styles), max(styles.values()) / len(held_out)
