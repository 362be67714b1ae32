"""Exact search for passages that music shares with training music, by a suffix array.

Manber and Myers, *Suffix Arrays: A New Method for On-Line String Searches*, SIAM Journal on Computing 22, 1993. What a
line and a passage are: see `gan.ranking.memorization`, whose index is smaller, and finds slightly longer passages.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gan.ranking.memorization import Line, SharedPassage, extract_lines, informative_notes, shared_passage
from score.arrays import I16, I64, U64, Bool
from score.roles import Role

from ..data.corpus import Corpus
from ..data.dataset import join_windows

SYMBOL_BYTES = 4
NOTE_BYTES = 2 * SYMBOL_BYTES
"""A note is two symbols: its interval, and the ratio of its time to the one before."""

MAX_SORTED_NOTES = 512
"""Notes up to which suffixes are sorted; no line of sixteen bars has more."""


class HasEvents(Protocol):
    """Anything with the events of a grid."""

    @property
    def events(self) -> Mapping[Role, I16]: ...


def iter_events(corpus: Corpus, selected: Bool) -> Iterator[dict[Role, I16]]:
    """Yield the events of each selected piece."""
    for piece in np.flatnonzero(selected):
        start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
        yield join_windows(corpus, int(piece), start, count)


def training_lines(corpus: Corpus) -> list[Line]:
    """Return all lines of all training pieces."""
    is_training = ~corpus.pieces["held_out"].astype(np.bool_)
    lines = (line for events in iter_events(corpus, is_training) for line in extract_lines(events).values())
    return [line for line in lines if len(line) > 1]


def to_symbols(line: Line) -> npt.NDArray[np.uint32]:
    """Return a line as interval, ratio, interval, ratio, ..., interval: (2 * notes - 3,), none of them 0."""
    symbols = np.empty(2 * len(line) - 3, np.uint32)
    symbols[::2], symbols[1::2] = line.intervals, line.ratios
    return symbols


class SuffixArray:
    """The suffixes of all training lines that begin at a note, sorted.

    Parameters
    ----------
    lines : sequence of Line
        Of two notes or more each.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        # A 0 after each line equals no symbol, so no passage runs from one line into the next.
        text = np.concatenate([np.append(to_symbols(line), np.uint32(0)) for line in lines])
        self._text: bytes = text.astype(">u4").tobytes()
        self._order = _sort_suffixes(text.reshape(-1, 2).astype(np.uint64))

    def longest(self, events: Mapping[Role, I16]) -> SharedPassage | None:
        """Return the shared passage with the most informative notes; None if no line has two notes."""
        found = [self._longest(role, line) for role, line in extract_lines(events).items() if len(line) > 1]
        return max(found, key=_length, default=None)

    def _longest(self, role: Role, line: Line) -> SharedPassage:
        is_informative = informative_notes(line)
        text = to_symbols(line).astype(">u4").tobytes()
        # Which notes are informative depends on the line alone: the longest match from a note is also its best.
        shared = (
            shared_passage(role, line, is_informative, first, self._count_matching(text, first))
            for first in range(len(line) - 1)
        )
        return max(shared, key=_length)

    def _count_matching(self, text: bytes, first: int) -> int:
        """Return how many notes, from number ``first``, some training line shares; at least one."""
        query = text[first * NOTE_BYTES : (first + MAX_SORTED_NOTES) * NOTE_BYTES]
        at = bisect.bisect_left(self._order, query, key=lambda suffix: self._suffix(int(suffix), len(query)))
        neighbors = self._order[max(at - 1, 0) : at + 1]
        n_symbols = max(_count_common(query, self._suffix(int(suffix), len(query))) for suffix in neighbors)
        return 1 + (n_symbols + 1) // 2

    def _suffix(self, note: int, length: int) -> bytes:
        return self._text[note * NOTE_BYTES : note * NOTE_BYTES + length]


def _length(passage: SharedPassage) -> tuple[int, int]:
    return passage.n_informative, passage.n_notes


def _sort_suffixes(notes: U64) -> I64:
    """Return the order of the suffixes, by prefix doubling up to `MAX_SORTED_NOTES`: (notes, 2) to (notes,)."""
    rank = np.unique(notes[:, 0] << np.uint64(32) | notes[:, 1], return_inverse=True)[1].astype(np.int64) + 1
    length = 1
    while length < MAX_SORTED_NOTES:
        following = np.append(rank[length:], np.zeros(min(length, len(rank)), np.int64))
        rank = np.unique(rank * (len(rank) + 1) + following, return_inverse=True)[1].astype(np.int64) + 1
        length *= 2
    return np.argsort(rank, kind="stable")


def _count_common(one: bytes, other: bytes) -> int:
    """Return the length in symbols of the common prefix of two texts."""
    size = min(len(one), len(other)) // SYMBOL_BYTES
    differs = np.frombuffer(one, ">u4", size) != np.frombuffer(other, ">u4", size)
    return int(differs.argmax()) if differs.any() else size


def longest_shared(pieces: Sequence[HasEvents], corpus: Corpus) -> list[float]:
    """Return the informative notes of the longest passage that each piece shares with training music, or 0."""
    suffixes = SuffixArray(training_lines(corpus))
    found = (suffixes.longest(piece.events) for piece in pieces)
    return [float(one.n_informative) if one is not None else 0.0 for one in found]
