"""Is the style heard? A classifier that learnt styles from training music alone is asked about made pieces.

Pieces are reduced to the roles that all styles have, so that drums do not give a style away, and the classifier is
told nothing of the meter.
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

TREES = 300
ROLE_SHARE = 0.5
"""A style has a role that so many of its pieces have."""


def common_roles(training: Sequence[Piece]) -> tuple[Role, ...]:
    """Find the roles that all styles have."""
    by_style: dict[str, list[Piece]] = {}
    for piece in training:
        by_style.setdefault(piece.style, []).append(piece)
    return tuple(
        role
        for role in ROLES
        if all(np.mean([role in piece.events for piece in own]) >= ROLE_SHARE for own in by_style.values())
    )


class Recogniser:
    """A forest that names styles.

    Parameters
    ----------
    styles : sequence of str
        Of pieces learnt from.
    measured : sequence of mapping of str to float
        Their features.
    seed : int
    """

    def __init__(self, styles: Sequence[str], measured: Sequence[FeatureValues], seed: int = 1) -> None:
        self.names, values = features.tabulate(measured)
        self._forest = ExtraTreesClassifier(TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed)
        self._forest.fit(_filled(values), list(styles))

    def accuracy(self, styles: Sequence[str], measured: Sequence[FeatureValues]) -> float:
        """Return the share of pieces whose style is named right."""
        table = [[row.get(name, np.nan) for name in self.names] for row in measured]
        named = self._forest.predict(_filled(np.array(table, np.float32)))
        return float(np.mean(named == np.array(styles)))


def _filled(values: F32) -> F32:
    return np.nan_to_num(values, nan=-9.0)


def chance(held_out: Sequence[Piece]) -> tuple[float, float]:
    """Return how often guessing is right: any style that there is, and always the most frequent one."""
    styles = Counter(piece.style for piece in held_out)
    return 1 / len(styles), max(styles.values()) / len(held_out)
