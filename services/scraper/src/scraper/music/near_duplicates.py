"""Near duplicates: how similar two pieces are by the smallest hashes of their shingles.

The smallest hashes of a set are a random sample of it, the same for equal sets; from those of two sets follows an
estimate of their Jaccard similarity (Broder, *On the resemblance and containment of documents*, 1997).
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_MINIMA = 128
"""Hashes stored of each piece."""
N_INDEXED = 24
"""Of these, the smallest ones by which candidates are looked up."""
MIN_SHARED = 2
"""Indexed hashes that a candidate shares."""
MIN_SIMILARITY = 0.42
"""Jaccard similarity from which two pieces are copies of each other."""


def similarity(left: Sequence[int], right: Sequence[int]) -> float:
    """Estimate the Jaccard similarity of two pieces from their smallest hashes, ascending.

    Examples
    --------
    >>> similarity([1, 2, 3, 4], [1, 2, 3, 5])
    0.6
    """
    if not left or not right:
        return 0.0
    limit = min(len(left), len(right)) if MAX_MINIMA in {len(left), len(right)} else len(left) + len(right)
    union = sorted({*left, *right})[:limit]
    shared = set(left) & set(right)
    return sum(1 for value in union if value in shared) / len(union)
