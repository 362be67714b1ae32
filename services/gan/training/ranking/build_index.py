"""Indexes the music learnt from, and measures how much of it other music shares.

    python -m training.ranking.build_index --data DIR --out models/gan/novelty.npz

in `services/gan`. ``--data`` is what `prepare` wrote. Prints a table of what held-out music shares, by style and
line. What a passage is: see `gan.ranking.memorization`. `longest_shared` measures exactly, for evaluation: one passage
of one training line, found in a suffix array (Manber and Myers, *SIAM Journal on Computing* 22, 1993); the index
that ships is small, and measures a little more.
"""

from __future__ import annotations

import argparse
import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gan.network.dims import N_TRAINING_WINDOWS
from gan.ranking.memorization import (
    LINE_ROLES,
    MIN_PASSAGE_NOTES,
    Line,
    SharedPassage,
    TrainingIndex,
    extract_lines,
    filter_bits,
    informative_notes,
    ngram_hashes,
    shared_passage,
)
from score.arrays import I16, I64, U8, U64, Bool
from score.roles import Role

from ..data import dataset
from ..data.prepare import STYLES

FILTER_BYTES = 1_000_000
"""Size of the filter: about twelve bits for each stretch of the corpus."""

TYPICAL = 90
"""Percentile of held-out music that is the limit."""

PERCENTILES = (50, 75, 90, 95)

FEWEST = 10
"""A style with fewer held-out excerpts takes the limits of its kind (the arranged styles, or all others) where they are
higher."""

SYMBOL_BYTES = 4
NOTE_BYTES = 2 * SYMBOL_BYTES
LONGEST = 512
"""Notes up to which suffixes are put in order: more than any line of 16 bars has."""


class Music(Protocol):
    """A prepared corpus, as `training.data.dataset.Corpus` describes it."""

    @property
    def windows(self) -> dict[str, npt.NDArray[Any]]: ...
    @property
    def pieces(self) -> dict[str, npt.NDArray[Any]]: ...
    @property
    def styles(self) -> list[str]: ...


class Piece(Protocol):
    """Anything with events."""

    @property
    def events(self) -> Mapping[Role, I16]: ...


def pieces_of(corpus: Music, chosen: Bool) -> Iterator[dict[Role, I16]]:
    """Join the windows of each chosen piece."""
    known = dataset.Corpus(corpus.windows, corpus.pieces, corpus.styles)
    for piece in np.flatnonzero(chosen):
        start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
        yield dataset.events_of(known, int(piece), start, count)


def training_lines(corpus: Music) -> list[Line]:
    """List all lines of all pieces that are learnt from."""
    learnt = ~corpus.pieces["held_out"].astype(np.bool_)
    return [line for events in pieces_of(corpus, learnt) for line in extract_lines(events).values() if len(line) > 1]


def extract_ngrams(line: Line) -> npt.NDArray[np.uint32]:
    """Write a line as interval, ratio, interval, ratio, ..., interval: (2 * notes - 3,), none of them 0."""
    spelt = np.empty(2 * len(line) - 3, np.uint32)
    spelt[::2], spelt[1::2] = line.intervals, line.ratios
    return spelt


class Suffixes:
    """All training lines, and where they go on from each note, in alphabetical order.

    Parameters
    ----------
    music : sequence of Line
        Of two notes or more each.
    """

    def __init__(self, music: Sequence[Line]) -> None:
        # A 0 after each line agrees with nothing, so that no passage runs from one line into the next.
        text = np.concatenate([np.append(extract_ngrams(line), np.uint32(0)) for line in music])
        self._text: bytes = text.astype(">u4").tobytes()
        self._order = _sort(text.reshape(-1, 2).astype(np.uint64))

    def longest(self, events: Mapping[Role, I16]) -> SharedPassage | None:
        """Find the passage of most telling notes that some training line has, exactly; None where no line has two."""
        found = [self._longest(role, line) for role, line in extract_lines(events).items() if len(line) > 1]
        return max(found, key=lambda one: (one.n_informative, one.n_notes), default=None)

    def _longest(self, role: Role, line: Line) -> SharedPassage:
        tells = informative_notes(line)
        said = extract_ngrams(line).astype(">u4").tobytes()
        # What tells is a matter of the line alone, so that the longest match from a note is its best as well.
        shared = (shared_passage(role, line, tells, first, self._match(said, first)) for first in range(len(line) - 1))
        return max(shared, key=lambda one: (one.n_informative, one.n_notes))

    def _match(self, said: bytes, first: int) -> int:
        """Count the notes from number ``first`` that some line shares, one at least."""
        wanted = said[first * NOTE_BYTES : (first + LONGEST) * NOTE_BYTES]
        at = bisect.bisect_left(self._order, wanted, key=lambda suffix: self._suffix(int(suffix), len(wanted)))
        near = self._order[max(at - 1, 0) : at + 1]
        symbols = max(_common(wanted, self._suffix(int(suffix), len(wanted))) for suffix in near)
        return 1 + (symbols + 1) // 2

    def _suffix(self, note: int, length: int) -> bytes:
        return self._text[note * NOTE_BYTES : note * NOTE_BYTES + length]


def _sort(pairs: U64) -> I64:
    """Sort suffixes of whole notes by doubling, up to `LONGEST` notes: shape (notes,)."""
    rank = np.unique(pairs[:, 0] << np.uint64(32) | pairs[:, 1], return_inverse=True)[1].astype(np.int64) + 1
    length = 1
    while length < LONGEST:
        following = np.append(rank[length:], np.zeros(min(length, len(rank)), np.int64))
        rank = np.unique(rank * (len(rank) + 1) + following, return_inverse=True)[1].astype(np.int64) + 1
        length *= 2
    return np.argsort(rank, kind="stable")


def _common(one: bytes, other: bytes) -> int:
    """Count the symbols that two texts begin with alike."""
    size = min(len(one), len(other)) // SYMBOL_BYTES
    differs = np.frombuffer(one, ">u4", size) != np.frombuffer(other, ">u4", size)
    return int(differs.argmax()) if differs.any() else size


def longest_shared(pieces: Sequence[Piece], corpus: Music) -> list[float]:
    """Measure exactly the longest passage of each piece that music learnt from has too.

    Parameters
    ----------
    pieces : sequence
        With events as a grid's.
    corpus : Music

    Returns
    -------
    list of float
        Telling notes; 0 where no line has two notes.
    """
    suffixes = Suffixes(training_lines(corpus))
    found = (suffixes.longest(piece.events) for piece in pieces)
    return [float(one.n_informative) if one is not None else 0.0 for one in found]


def fill(music: Sequence[Line], size: int = FILTER_BYTES) -> tuple[U8, int]:
    """Make the filter of all stretches of some lines; and count the different ones."""
    known = np.unique(np.concatenate([ngram_hashes(line) for line in music]))
    bits = np.zeros(8 * size, np.bool_)
    for part in np.array_split(known, 1 + len(known) // 100_000):
        bits[filter_bits(part, len(bits)).ravel()] = True
    return np.packbits(bits), len(known)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Sixteen bars of a piece, or all of a shorter one."""

    style: str
    is_arranged: bool
    events: dict[Role, I16]


def excerpts(corpus: Music) -> list[Excerpt]:
    """Cut held-out music into excerpts that do not overlap."""
    known = dataset.Corpus(corpus.windows, corpus.pieces, corpus.styles)
    table = corpus.pieces
    found = []
    for piece in np.flatnonzero(table["held_out"]):
        start, count = int(table["start"][piece]), int(table["count"][piece])
        style = corpus.styles[table["style"][piece]]
        for at in range(0, max(count - N_TRAINING_WINDOWS, 0) + 1, N_TRAINING_WINDOWS):
            events = dataset.events_of(known, int(piece), start + at, min(N_TRAINING_WINDOWS, count))
            found.append(Excerpt(style, bool(table["synthetic"][piece]), events))
    return found


Lengths = dict[tuple[str, Role], list[int]]
"""Telling notes of the longest passage of each excerpt, by style (or kind) and line."""

ARRANGED, OTHERS = "all arranged", "all others"


def measure(index: TrainingIndex, music: Sequence[Excerpt]) -> Lengths:
    """Measure excerpts by the index, line by line; a line without a passage counts 0."""
    lengths: Lengths = {}
    for excerpt in music:
        shared = index.passages(excerpt.events)
        for role in LINE_ROLES:
            if role in excerpt.events:
                length = shared[role].n_informative if role in shared else 0
                for name in (excerpt.style, ARRANGED if excerpt.is_arranged else OTHERS):
                    lengths.setdefault((name, role), []).append(length)
    return lengths


def limits(lengths: Lengths, styles: Sequence[str], percentile: float = TYPICAL) -> dict[str, dict[Role, int]]:
    """Set the limit of each style and line: no passage below `MIN_PASSAGE_NOTES` telling notes is copied."""
    arranged = {style for name, style in STYLES.items() if name.startswith("arr-")}

    def limit(style: str, role: Role) -> int:
        own, kind = lengths.get((style, role), []), ARRANGED if style in arranged else OTHERS
        known = [own] if len(own) >= FEWEST else [own, lengths.get((kind, role), [])]
        return max([MIN_PASSAGE_NOTES - 1, *(int(np.percentile(values, percentile)) for values in known if values)])

    return {style: {role: limit(style, role) for role in LINE_ROLES} for style in styles}


def table(lengths: Lengths, styles: Sequence[str]) -> str:
    """Write what held-out music shares: by style and line, excerpts and percentiles of telling notes."""
    rows = [("style", "line", "excerpts", *(f"p{percentile}" for percentile in PERCENTILES))]
    for name in (*styles, ARRANGED, OTHERS):
        for role in LINE_ROLES:
            if own := lengths.get((name, role)):
                spread = (f"{value:.0f}" for value in np.percentile(own, PERCENTILES))
                rows.append((name, role.value, str(len(own)), *spread))
    return "\n".join("  ".join((f"{row[0]:16}", f"{row[1]:8}", *(f"{cell:>8}" for cell in row[2:]))) for row in rows)


def error_rate(index: TrainingIndex, music: Sequence[Line]) -> float:
    """Measure how often the filter knows a stretch that no line has: one interval of every real one is changed."""
    known = np.unique(np.concatenate([ngram_hashes(line) for line in music]))
    # An interval of 101 semitones is in no line of the grid's 88 pitches, so that these stretches are nobody's.
    strange = [Line(line.onsets, line.pitches + 101 * (np.arange(len(line)) // 5)) for line in music]
    asked = np.unique(np.concatenate([ngram_hashes(line) for line in strange]))
    asked = asked[~np.isin(asked, known)]
    hits = [index.contains(part).sum() for part in np.array_split(asked, 1 + len(asked) // 100_000)]
    return float(sum(hits) / len(asked))


def build(corpus: Music, percentile: float = TYPICAL) -> tuple[TrainingIndex, Lengths, str]:
    """TrainingIndex a corpus; give the index, what held-out music shares with it, and a line of figures."""
    music = training_lines(corpus)
    bits, count = fill(music)
    lengths = measure(TrainingIndex(bits, {}), excerpts(corpus))
    index = TrainingIndex(bits, limits(lengths, corpus.styles, percentile))
    errors = error_rate(index, music[:: 1 + len(music) // 500])
    return index, lengths, f"{count} stretches of {len(music)} lines, {100 * errors:.3f} % false positives"


def main() -> None:
    """Parse the command line, build the index, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--percentile", type=float, default=TYPICAL, help="of held-out music, that is the limit")
    options = parser.parse_args()
    corpus = dataset.load_corpus(options.data)
    index, lengths, figures = build(corpus, options.percentile)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    digest = index.save(options.out)
    print(table(lengths, corpus.styles))
    print(f"{figures}; {options.out.stat().st_size} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
