"""How well changes of key are found, on pieces that were made to change.

::

    python services/transposer/bench/local_keys.py [--corpus DIR] [--pieces 200] [--seed 1] [--part test]

The pieces are those of `transposer.evaluation.synthetic_modulations`. Of a corpus, pieces of 24 to 200 bars of the
test part whose key is sure are taken. In *departing* ones the middle third is moved to a near key; *following* ones
are two pieces one after the other; *plain* ones are as they are, and may truly modulate. Beside ours stands what the
profiles of Albrecht and Shanahan say of each bar and its neighbours, through the same hidden Markov model. Without a
corpus, scales over cadences made here are joined.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from score import midi
from score.model import Note, Score, Track
from transposer.evaluation.labelled_corpus import read_corpus
from transposer.evaluation.synthetic_modulations import Joined, Marks, departing, following, mark
from transposer.key_detection.detector import Key
from transposer.key_detection.key_features import beats_of
from transposer.key_detection.local_keys import Course, Passage, decode, passages
from transposer.key_detection.pitched_notes import Pitches, gather
from transposer.profiles import ALBRECHT_SHANAHAN, correlate

SHORTEST_BARS, LONGEST_BARS = 24, 200
_PROFILE_COURSE = Course(trust=4.0)
"""Correlations differ less than log-likelihoods do; of 1, 2, 4 and 8 this was best on the development part."""


def profiles(pitches: Pitches) -> list[Passage]:
    """Find keys by Albrecht and Shanahan's profiles of each bar and its neighbours."""
    bars = np.add.reduceat(beats_of(pitches).chroma, pitches.pulse.bars, axis=0)
    padded = np.pad(bars, ((2, 2), (0, 0)))
    weights = (0.25, 0.5, 1.0, 0.5, 0.25)
    around = sum(weight * padded[at : at + len(bars)] for at, weight in enumerate(weights))
    scores = _PROFILE_COURSE.trust * correlate(np.asarray(around), ALBRECHT_SHANAHAN).reshape(-1, 24)
    path = decode(scores, _PROFILE_COURSE)
    starts = [0, *(np.flatnonzero(path[1:] != path[:-1]) + 1).tolist(), len(path)]
    return [Passage(a, b - a, Key(int(path[a]) % 12, bool(path[a] >= 12)), 0.0) for a, b in pairwise(starts)]


def known(corpus: Path, part: str, n_pieces: int, seed: int) -> list[tuple[Pitches, Key]]:
    """Take pieces of sure keys."""
    sure = [each for each in read_corpus(corpus) if each.part == part and each.is_sure]
    np.random.default_rng(seed).shuffle(sure)  # type: ignore[arg-type]
    found: list[tuple[Pitches, Key]] = []
    for piece in sure:
        pitches = gather(midi.parse(piece.path.read_bytes()))
        if SHORTEST_BARS <= len(pitches.pulse.bars) <= LONGEST_BARS:
            found.append((pitches, piece.key))
        if len(found) == n_pieces:
            break
    return found


def made() -> list[tuple[Pitches, Key]]:
    """Make a piece of 24 bars in every major key: scales over cadences."""
    found = []
    for tonic in range(12):
        notes = []
        for bar in range(0, 24, 2):
            steps = (0, 2, 4, 5, 7, 9, 11, 12)
            notes += [Note((4 * bar + at) * 480, 480, 60 + tonic + step, 80) for at, step in enumerate(steps)]
            notes += [
                Note((4 * bar + 2 * at) * 480, 960, 36 + tonic + step, 80) for at, step in enumerate((0, 5, 7, 0))
            ]
        found.append((gather(Score(tracks=(Track(notes=tuple(sorted(notes))),))), Key(tonic, False)))
    return found


def sets(pieces: list[tuple[Pitches, Key]], seed: int) -> dict[str, list[Joined]]:
    """Join pieces in every way."""
    chance = np.random.default_rng(seed)
    pairs = zip(pieces, [*pieces[1:], *pieces[:1]], strict=True)
    return {
        "departing": _there(departing(pitches, key, chance) for pitches, key in pieces),
        "following": _there(following(first, second, chance) for first, second in pairs),
        "plain": [Joined(each, np.full(len(each.pulse.bars), key.tonic + 12 * key.is_minor)) for each, key in pieces],
    }


def print_set(name: str, joined: list[Joined], finders: dict[str, Callable[[Pitches], list[Passage]]]) -> None:
    """Print what each finder makes of one set."""
    for finder, find in finders.items():
        marks: list[Marks] = [mark(find(each.pitches), each.keys) for each in joined]
        found, missed = sum(each.found for each in marks), sum(each.missed for each in marks)
        share = f"{100 * found / (found + missed):.0f}" if found + missed else "-"
        bars = 100 * statistics.fmean(each.right for each in marks)
        false = sum(each.false for each in marks) / len(marks)
        print(f"| {name} | {len(joined)} | {finder} | {bars:.1f} | {share} | {false:.2f} |")


def _there(joined: Iterable[Joined | None]) -> list[Joined]:
    return [each for each in joined if each]


def main() -> None:
    """Compare and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--corpus", type=Path)
    arguments.add_argument("--pieces", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--part", default="test")
    given = arguments.parse_args()
    pieces = known(given.corpus, given.part, given.pieces, given.seed) if given.corpus else made()
    print("| pieces | number | finder | bars right % | changes found within a bar % | false changes a piece |")
    print("|---|---|---|---|---|---|")
    for name, joined in sets(pieces, given.seed).items():
        print_set(name, joined, {"ours": passages, "profiles": profiles})


if __name__ == "__main__":
    main()
