"""Accuracy of detected local keys on pieces with known modulations.

::

    python services/transposer/bench/local_keys.py [--corpus DIR] [--pieces 200] [--seed 1] [--part test]

From a corpus, pieces of 24 to 200 bars of the test split whose key is sure are taken and combined into modulating
pieces (`transposer.evaluation.synthetic_modulations`). In *departing* ones the middle third is transposed to a near
key; *following* ones are two pieces one after the other; *plain* ones are unchanged and may contain real modulations.
The baseline scores each bar with its neighbors by Albrecht and Shanahan's profiles and decodes them with the same
hidden Markov model. Without a corpus, synthetic pieces of scales over cadences are used.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from score import midi
from score.key_profiles import ALBRECHT_SHANAHAN, correlate
from score.model import Note, Score, Track
from transposer.evaluation.labelled_corpus import read_corpus
from transposer.evaluation.synthetic_modulations import (
    ModulatingPiece,
    concatenate_pieces,
    modulate_middle,
    score_segments,
)
from transposer.key_detection.beat_chords import extract_beat_pitches
from transposer.key_detection.key import N_KEYS, Key
from transposer.key_detection.local_keys import (
    KeySegment,
    TransitionModel,
    decode_keys,
    detect_key_segments,
    runs,
)
from transposer.key_detection.pitched_notes import PitchedNotes, extract_pitched_notes

MIN_BARS, MAX_BARS = 24, 200
_PROFILE_MODEL = TransitionModel(bar_weight=4.0)
"""Correlations differ less than log-likelihoods. Of the weights 1, 2, 4 and 8, 4 was best on the development split."""

Detector = Callable[[PitchedNotes], list[KeySegment]]


def detect_by_profiles(notes: PitchedNotes) -> list[KeySegment]:
    """Detect local keys by Albrecht and Shanahan's profiles of each bar and its neighbors."""
    chroma = np.add.reduceat(extract_beat_pitches(notes).chroma, notes.beat_grid.first_beats, axis=0)
    padded = np.pad(chroma, ((2, 2), (0, 0)))
    weights = (0.25, 0.5, 1.0, 0.5, 0.25)
    smoothed = sum(weight * padded[at : at + len(chroma)] for at, weight in enumerate(weights))
    correlations = correlate(np.asarray(smoothed), ALBRECHT_SHANAHAN).reshape(-1, N_KEYS)
    path = decode_keys(_PROFILE_MODEL.bar_weight * correlations, _PROFILE_MODEL)
    return [KeySegment(first, stop - first, Key.from_class_index(int(path[first])), 0.0) for first, stop in runs(path)]


def read_sure_pieces(corpus: Path, split: str, n_pieces: int, seed: int) -> list[tuple[PitchedNotes, Key]]:
    """Read pieces whose key is sure, in a random order.

    Parameters
    ----------
    corpus : Path
        A folder with an ``index.csv``.
    split : str
        ``"training"``, ``"development"`` or ``"test"``.
    n_pieces : int
        Maximum number of pieces.
    seed : int
        Seed of the order.
    """
    sure = [piece for piece in read_corpus(corpus) if piece.split == split and piece.is_sure]
    np.random.default_rng(seed).shuffle(sure)  # type: ignore[arg-type]
    pieces: list[tuple[PitchedNotes, Key]] = []
    for piece in sure:
        notes = extract_pitched_notes(midi.parse(piece.path.read_bytes()))
        if MIN_BARS <= notes.beat_grid.n_bars <= MAX_BARS:
            pieces.append((notes, piece.key))
        if len(pieces) == n_pieces:
            break
    return pieces


def synthetic_pieces() -> list[tuple[PitchedNotes, Key]]:
    """Build a piece of 24 bars in every major key: scales over cadences."""
    pieces = []
    for tonic in range(12):
        notes = []
        for bar in range(0, 24, 2):
            scale, bass = (0, 2, 4, 5, 7, 9, 11, 12), (0, 5, 7, 0)
            notes += [Note((4 * bar + at) * 480, 480, 60 + tonic + degree, 80) for at, degree in enumerate(scale)]
            notes += [Note((4 * bar + 2 * at) * 480, 960, 36 + tonic + degree, 80) for at, degree in enumerate(bass)]
        score = Score(tracks=(Track(notes=tuple(sorted(notes))),))
        pieces.append((extract_pitched_notes(score), Key(tonic, False)))
    return pieces


def build_sets(pieces: list[tuple[PitchedNotes, Key]], seed: int) -> dict[str, list[ModulatingPiece]]:
    """Build modulating pieces of every kind."""
    rng = np.random.default_rng(seed)
    pairs = zip(pieces, [*pieces[1:], *pieces[:1]], strict=True)
    return {
        "departing": _not_none(modulate_middle(notes, key, rng) for notes, key in pieces),
        "following": _not_none(concatenate_pieces(first, second, rng) for first, second in pairs),
        "plain": [ModulatingPiece(notes, np.full(notes.beat_grid.n_bars, key.class_index)) for notes, key in pieces],
    }


def print_set(name: str, pieces: list[ModulatingPiece], detectors: dict[str, Detector]) -> None:
    """Print the scores of all detectors on one set.

    Parameters
    ----------
    name : str
        Name of the set.
    pieces : list of ModulatingPiece
    detectors : dict of str to callable
    """
    for detector, detect in detectors.items():
        scores = [score_segments(detect(piece.notes), piece.keys) for piece in pieces]
        n_found, n_missed = sum(each.n_found for each in scores), sum(each.n_missed for each in scores)
        recall = f"{100 * n_found / (n_found + n_missed):.0f}" if n_found + n_missed else "-"
        bar_accuracy = 100 * statistics.fmean(each.bar_accuracy for each in scores)
        n_false = sum(each.n_false for each in scores) / len(scores)
        print(f"| {name} | {len(pieces)} | {detector} | {bar_accuracy:.1f} | {recall} | {n_false:.2f} |")


def _not_none(pieces: Iterable[ModulatingPiece | None]) -> list[ModulatingPiece]:
    return [piece for piece in pieces if piece]


def main() -> None:
    """Compare the detectors and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="test")
    arguments = parser.parse_args()
    if arguments.corpus:
        pieces = read_sure_pieces(arguments.corpus, arguments.part, arguments.pieces, arguments.seed)
    else:
        pieces = synthetic_pieces()
    print("| pieces | number | finder | bars right % | changes found within a bar % | false changes a piece |")
    print("|---|---|---|---|---|---|")
    for name, modulating in build_sets(pieces, arguments.seed).items():
        print_set(name, modulating, {"ours": detect_key_segments, "profiles": detect_by_profiles})


if __name__ == "__main__":
    main()
