"""Measure on held-out pieces how often roles are right, and how true their confidence is.

    python -m training.evaluate --corpus DIR --corpus DIR2 [--split development]

Run in the folder of the library. Names and programs are removed, unless ``--named``. The lead is right if exactly the
labelled track is the lead. The calibration error is the mean difference between confidence and share of right roles,
over ten bins of confidence, weighted by their number of tracks (Guo et al., ICML 2017). Where the bass of a kind of
music is not labelled, the other tracks count only if they are taken for the lead.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score import midi
from score.model import Score
from score.roles import Role, assign
from servicekit.faults import Fault

from .labelled_parts import DEVELOPMENT, TEST, UNKNOWN, is_labelled_track, label, split_of_group

_N_BINS = 10


class Outcome(NamedTuple):
    """The roles of one piece: whether the lead is right, and confidence and truth of each pitched track."""

    source: str
    is_lead_right: bool
    confidences: list[float]
    are_right: list[bool]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--split", choices=(DEVELOPMENT, TEST), default=TEST)
    parser.add_argument("--named", action="store_true")
    arguments = parser.parse_args()
    outcomes = [
        outcome
        for corpus in arguments.corpus
        for outcome in evaluate(corpus, arguments.split, is_named=arguments.named)
    ]
    print(json.dumps(figures(outcomes), indent=2))


def evaluate(corpus: Path, split: str, *, is_named: bool) -> Iterator[Outcome]:
    """Yield the outcome of each labelled piece of a split.

    Parameters
    ----------
    corpus : Path
    split : str
    is_named : bool
        Whether names and programs stay.
    """
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["roles"] != "drums"]
    for row in rows:
        if split_of_group(row["group"]) != split:
            continue
        try:
            score = midi.parse((corpus / row["path"]).read_bytes())
        except Fault:
            continue
        outcome = assess(score, row["source"], is_named=is_named)
        if outcome is not None:
            yield outcome


def assess(score: Score, source: str, *, is_named: bool) -> Outcome | None:
    """Return the outcome of a piece, or None if its lead is not known.

    Parameters
    ----------
    score : Score
    source : str
        Source of the piece, which says what kind it is.
    is_named : bool
        Whether names and programs stay.
    """
    piece = label(score, source, "", "")
    if piece is None:
        return None
    tracks = [index for index, track in enumerate(score.tracks) if is_labelled_track(track)]
    lead = tracks[piece.lead]
    bass = tracks[piece.bass] if piece.bass >= 0 else piece.bass
    bare = tuple(track if is_named else replace(track, name="", program=0) for track in score.tracks)
    guesses = assign(replace(score, tracks=bare, title=""))
    confidences, are_right = [], []
    for index in tracks:
        guess = guesses[index]
        truth = Role.LEAD if index == lead else Role.BASS if index == bass else Role.HARMONY
        if bass == UNKNOWN and Role.LEAD not in (truth, guess.role):
            continue
        are_right.append(guess.role is truth)
        confidences.append(guess.confidence)
    leads = [guess.track for guess in guesses if guess.role is Role.LEAD]
    return Outcome(source, leads == [lead], confidences, are_right)


def figures(outcomes: list[Outcome]) -> dict[str, object]:
    """Return the share of right leads by source, and the calibration error of all roles."""
    by_source: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        by_source[outcome.source.split("-")[0] if outcome.source.startswith("arr") else outcome.source].append(
            outcome.is_lead_right
        )
    confidences = np.array([value for outcome in outcomes for value in outcome.confidences])
    are_right = np.array([value for outcome in outcomes for value in outcome.are_right])
    return {
        "lead_right_percent": {name: round(100 * float(np.mean(right)), 1) for name, right in by_source.items()},
        "pieces": {name: len(right) for name, right in by_source.items()},
        "roles_right_percent": round(100 * float(are_right.mean()), 1),
        "calibration_error": round(calibration_error(confidences, are_right), 4),
    }


def calibration_error(
    confidences: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    are_right: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> float:
    """Return the expected calibration error over ten bins of equal width.

    Examples
    --------
    >>> round(calibration_error(np.array([0.75, 0.75]), np.array([True, False])), 3)
    0.25
    """
    bins = np.minimum((confidences * _N_BINS).astype(np.int64), _N_BINS - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        error += inside.mean() * abs(confidences[inside].mean() - are_right[inside].mean())
    return float(error)


if __name__ == "__main__":
    main()
