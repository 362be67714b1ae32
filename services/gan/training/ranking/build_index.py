"""Builds the index of training passages, and measures what held-out music shares with it: the limits of the check.

    python -m training.ranking.build_index --data DIR --out models/gan/novelty.npz

in `services/gan`. ``--data`` is the prepared corpus. Prints a table of the shared passages of held-out music, by style
and line. What a passage is: see `gan.ranking.memorization`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gan.network.dims import N_TRAINING_WINDOWS
from gan.ranking.memorization import (
    LINE_ROLES,
    MIN_PASSAGE_NOTES,
    Line,
    TrainingIndex,
    filter_bits,
    ngram_hashes,
)
from score.arrays import I16, U8
from score.roles import Role

from ..data.corpus import Corpus, load_corpus
from ..data.dataset import join_windows
from ..data.piece_windows import ARRANGED_PREFIX, STYLES
from .suffix_array import training_lines

FILTER_BYTES = 1_000_000
"""Size of the Bloom filter: about twelve bits for each n-gram of the corpus."""

LIMIT_PERCENTILE = 90
"""Percentile of held-out music that is the limit."""

TABLE_PERCENTILES = (50, 75, 90, 95)

MIN_EXCERPTS = 10
"""A style with fewer held-out excerpts takes the limits of its kind (all arranged styles, or all others) where they are
higher."""

HASHES_PER_PART = 100_000
"""N-grams whose bits are computed at a time."""

ALL_ARRANGED, ALL_OTHERS = "all arranged", "all others"

Lengths = dict[tuple[str, Role], list[int]]
"""Informative notes of the longest shared passage of each excerpt, by style (or kind) and line."""


def build_filter(lines: Sequence[Line], size: int = FILTER_BYTES) -> tuple[U8, int]:
    """Return the Bloom filter of all n-grams of some lines, (size,), and the number of distinct n-grams."""
    hashes = np.unique(np.concatenate([ngram_hashes(line) for line in lines]))
    bits = np.zeros(8 * size, np.bool_)
    for part in np.array_split(hashes, 1 + len(hashes) // HASHES_PER_PART):
        bits[filter_bits(part, len(bits)).ravel()] = True
    return np.packbits(bits), len(hashes)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Sixteen bars of a piece, or all of a shorter one."""

    style: str
    is_arranged: bool
    events: dict[Role, I16]


def cut_excerpts(corpus: Corpus) -> list[Excerpt]:
    """Cut held-out music into excerpts that do not overlap."""
    pieces = corpus.pieces
    excerpts = []
    for piece in np.flatnonzero(pieces["held_out"]):
        start, count = int(pieces["start"][piece]), int(pieces["count"][piece])
        style = corpus.styles[pieces["style"][piece]]
        for at in range(0, max(count - N_TRAINING_WINDOWS, 0) + 1, N_TRAINING_WINDOWS):
            events = join_windows(corpus, int(piece), start + at, min(N_TRAINING_WINDOWS, count))
            excerpts.append(Excerpt(style, bool(pieces["synthetic"][piece]), events))
    return excerpts


def measure_excerpts(index: TrainingIndex, excerpts: Sequence[Excerpt]) -> Lengths:
    """Measure the shared passages of excerpts, line by line; a line without one counts 0."""
    lengths: Lengths = {}
    for excerpt in excerpts:
        shared = index.passages(excerpt.events)
        for role in LINE_ROLES:
            if role in excerpt.events:
                length = shared[role].n_informative if role in shared else 0
                for name in (excerpt.style, ALL_ARRANGED if excerpt.is_arranged else ALL_OTHERS):
                    lengths.setdefault((name, role), []).append(length)
    return lengths


def compute_limits(
    lengths: Lengths, styles: Sequence[str], percentile: float = LIMIT_PERCENTILE
) -> dict[str, dict[Role, int]]:
    """Return the longest passage of each style and line that is not a copy; at least one note below the shortest.

    Parameters
    ----------
    lengths : dict
        Of held-out music.
    styles : sequence of str
        Style ids.
    percentile : float
        Of the lengths, 0 to 100.
    """
    arranged = {style for name, style in STYLES.items() if name.startswith(ARRANGED_PREFIX)}

    def limit(style: str, role: Role) -> int:
        own, kind = lengths.get((style, role), []), ALL_ARRANGED if style in arranged else ALL_OTHERS
        known = [own] if len(own) >= MIN_EXCERPTS else [own, lengths.get((kind, role), [])]
        return max([MIN_PASSAGE_NOTES - 1, *(int(np.percentile(values, percentile)) for values in known if values)])

    return {style: {role: limit(style, role) for role in LINE_ROLES} for style in styles}


def format_table(lengths: Lengths, styles: Sequence[str]) -> str:
    """Return a table of the shared passages by style and line: number of excerpts, percentiles of informative notes."""
    rows = [("style", "line", "excerpts", *(f"p{percentile}" for percentile in TABLE_PERCENTILES))]
    for name in (*styles, ALL_ARRANGED, ALL_OTHERS):
        for role in LINE_ROLES:
            if own := lengths.get((name, role)):
                percentiles = (f"{value:.0f}" for value in np.percentile(own, TABLE_PERCENTILES))
                rows.append((name, role.value, str(len(own)), *percentiles))
    return "\n".join("  ".join((f"{row[0]:16}", f"{row[1]:8}", *(f"{cell:>8}" for cell in row[2:]))) for row in rows)


def false_positive_rate(index: TrainingIndex, lines: Sequence[Line]) -> float:
    """Measure how often the filter contains an n-gram that no line has.

    They are n-grams of the lines in each of which one interval is changed.
    """
    known = np.unique(np.concatenate([ngram_hashes(line) for line in lines]))
    # The grid has 88 pitches: no line has an interval of 101 semitones.
    changed = [Line(line.onsets, line.pitches + 101 * (np.arange(len(line)) // 5)) for line in lines]
    unknown = np.unique(np.concatenate([ngram_hashes(line) for line in changed]))
    unknown = unknown[~np.isin(unknown, known)]
    parts = np.array_split(unknown, 1 + len(unknown) // HASHES_PER_PART)
    return float(sum(index.contains(part).sum() for part in parts) / len(unknown))


def build(corpus: Corpus, percentile: float = LIMIT_PERCENTILE) -> tuple[TrainingIndex, Lengths, str]:
    """Return the index of a corpus, what held-out music shares with it, and a line of figures."""
    lines = training_lines(corpus)
    bits, n_ngrams = build_filter(lines)
    lengths = measure_excerpts(TrainingIndex(bits, {}), cut_excerpts(corpus))
    index = TrainingIndex(bits, compute_limits(lengths, corpus.styles, percentile))
    rate = false_positive_rate(index, lines[:: 1 + len(lines) // 500])
    return index, lengths, f"{n_ngrams} n-grams of {len(lines)} lines, {100 * rate:.3f} % false positives"


def main() -> None:
    """Parse the command line, build the index, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--percentile", type=float, default=LIMIT_PERCENTILE, help="of held-out music, which is the limit"
    )
    options = parser.parse_args()
    corpus = load_corpus(options.data)
    index, lengths, figures = build(corpus, options.percentile)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    digest = index.save(options.out)
    print(format_table(lengths, corpus.styles))
    print(f"{figures}; {options.out.stat().st_size} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
