"""Recognition of a blend's parents: the ranks of their tunes among many by the melodic figures of the blend's lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from score.quantization.note_table import ONSET, PITCH, NoteTable

from .repetition import melodic_moves, ngrams

Terms = Counter[Hashable]
CONTOUR_INTERVALS = 4


def contours(notes: NoteTable) -> list[tuple[int, ...]]:
    """Return the contours of a melody: runs of four intervals."""
    return ngrams(np.diff(notes[:, PITCH]).tolist(), CONTOUR_INTERVALS)


TERM_KINDS: Mapping[str, Callable[[NoteTable], Sequence[Hashable]]] = {
    "figures": lambda notes: ngrams(melodic_moves(notes), 2),
    "contours": contours,
    "rhythms": lambda notes: ngrams(np.diff(notes[:, ONSET]).tolist(), 6),
}
"""What a tune is recognized by: figures of two moves, contours, or rhythms of six inter-onset intervals."""


class TuneIndex:
    """An index of tunes by tf-idf vectors of their terms, compared by the cosine.

    Parameters
    ----------
    tunes : mapping of str to ndarray, shape (n, 4), int32
        Note tables by name.
    """

    def __init__(self, tunes: Mapping[str, NoteTable]) -> None:
        self.names = list(tunes)
        self._contours = {name: set(contours(notes)) for name, notes in tunes.items()}
        self._idf: dict[str, dict[Hashable, float]] = {}
        self._vectors: dict[str, list[dict[Hashable, float]]] = {}
        for kind, terms in TERM_KINDS.items():
            counts: list[Terms] = [Counter(terms(notes)) for notes in tunes.values()]
            n_tunes_with = Counter(term for count in counts for term in count)
            self._idf[kind] = {term: float(np.log(len(tunes) / n)) for term, n in n_tunes_with.items()}
            self._vectors[kind] = [self._vector(count, kind) for count in counts]

    def _vector(self, counts: Terms, kind: str) -> dict[Hashable, float]:
        """Return the unit tf-idf vector of a tune; unknown terms are left out."""
        idf = self._idf[kind]
        vector = {term: n * idf[term] for term, n in counts.items() if term in idf}
        norm = float(np.sqrt(sum(value * value for value in vector.values()))) or 1.0
        return {term: value / norm for term, value in vector.items()}

    def ranks(self, notes: NoteTable, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Return the rank of each named tune by its similarity to a melody, by kind of term.

        The nearest tune has rank 1. Tunes of equal similarity have the worst rank of them, those without common
        terms the last rank.
        """
        ranks = {}
        for kind, terms in TERM_KINDS.items():
            query = self._vector(Counter(terms(notes)), kind)
            similarity = np.array(
                [sum(value * vector.get(term, 0.0) for term, value in query.items()) for vector in self._vectors[kind]]
            )
            wanted = [self.names.index(name) for name in names]
            ranks[kind] = tuple(
                int((similarity >= similarity[index]).sum()) if similarity[index] > 0 else len(similarity)
                for index in wanted
            )
        return ranks

    def mean_shared_contours(self, notes: NoteTable, excluded: Sequence[str]) -> float:
        """Return the share of a melody's contours that occur in a tune, as the mean over all tunes but the excluded."""
        shares = [contour_share(notes, known) for name, known in self._contours.items() if name not in excluded]
        return float(np.mean(shares)) if shares else 0.0


def contour_share(notes: NoteTable, known: set[tuple[int, ...]]) -> float:
    """Return the share of a melody's contours that are known ones; 0 if it has none."""
    own = contours(notes)
    return sum(contour in known for contour in own) / len(own) if own else 0.0
