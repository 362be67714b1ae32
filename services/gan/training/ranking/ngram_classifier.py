"""Fits `gan.ranking.reranker.NgramClassifier` to distinguish a role of real pieces from that of generated ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gan.measures.ngrams import N_BUCKETS, NoteNgrams
from gan.ranking.reranker import NgramClassifier
from scipy import sparse
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

MIN_DOCUMENT_COUNT = 8
"""Pieces that must have an n-gram for it to be used."""

INVERSE_REGULARIZATION = 3.0


def fit(real: Sequence[NoteNgrams], generated: Sequence[NoteNgrams]) -> NgramClassifier:
    """Fit a logistic regression on unit-length tf-idf vectors; pieces without notes are left out."""
    sides = [[ngrams for ngrams in side if len(ngrams.onsets)] for side in (real, generated)]
    documents = [ngrams for side in sides for ngrams in side]
    if not all(sides):
        return untrained()
    rows = [ngrams.count()[:2] for ngrams in documents]
    document_count = np.bincount(np.concatenate([ids for ids, _ in rows]), minlength=N_BUCKETS)
    log_ratio = np.log(len(documents) / np.maximum(document_count, 1))
    idf = np.where(document_count >= MIN_DOCUMENT_COUNT, log_ratio + 1, 0).astype(np.float32)
    values = [(1 + np.log(counts)) * idf[ids] for ids, counts in rows]
    unit = [own / max(float(np.sqrt((own**2).sum())), 1e-6) for own in values]
    row_ends = np.cumsum([0, *map(len, unit)])
    table = sparse.csr_matrix(
        (np.concatenate(unit), np.concatenate([ids for ids, _ in rows]), row_ends), shape=(len(documents), N_BUCKETS)
    )
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=100, class_weight="balanced")
    regression.fit(table, np.repeat([1, 0], [len(side) for side in sides]))
    return NgramClassifier(regression.coef_[0].astype(np.float32), idf, float(regression.intercept_[0]))


def untrained() -> NgramClassifier:
    """Return a classifier that scores everything 0."""
    zeros = np.zeros(N_BUCKETS, np.float32)
    return NgramClassifier(zeros, zeros, 0.0)
