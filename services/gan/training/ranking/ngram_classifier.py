"""Fits `NgramClassifier` to tell what real pieces play in a role from what is generated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gan.measures.ngrams import N_BUCKETS, NoteNgrams
from gan.ranking.reranker import NgramClassifier
from scipy import sparse
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

FEWEST = 8
"""Texts that have a word that is learnt."""

STRENGTH = 3.0
"""How far weights may go from nought: the inverse of the penalty."""


def teach(real: Sequence[NoteNgrams], made: Sequence[NoteNgrams]) -> NgramClassifier:
    """Teach a reader by texts of one role, real and made; those without notes say nothing."""
    sides = [[text for text in side if len(text.onsets)] for side in (real, made)]
    texts = [text for side in sides for text in side]
    if not all(sides):
        return unread()
    rows = [text.count()[:2] for text in texts]
    known = np.bincount(np.concatenate([ids for ids, _ in rows]), minlength=N_BUCKETS)
    rarity = np.where(known >= FEWEST, np.log(len(texts) / np.maximum(known, 1)) + 1, 0).astype(np.float32)
    values = [(1 + np.log(counts)) * rarity[ids] for ids, counts in rows]
    unit = [own / max(float(np.sqrt((own**2).sum())), 1e-6) for own in values]
    ends = np.cumsum([0, *map(len, unit)])
    table = sparse.csr_matrix(
        (np.concatenate(unit), np.concatenate([ids for ids, _ in rows]), ends), shape=(len(texts), N_BUCKETS)
    )
    line = LogisticRegression(C=STRENGTH, max_iter=100, class_weight="balanced")
    line.fit(table, np.repeat([1, 0], [len(side) for side in sides]))
    return NgramClassifier(line.coef_[0].astype(np.float32), rarity, float(line.intercept_[0]))


def unread() -> NgramClassifier:
    """Make a reader that knows no word."""
    nothing = np.zeros(N_BUCKETS, np.float32)
    return NgramClassifier(nothing, nothing, 0.0)
