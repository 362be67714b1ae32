"""Pieces whose lead and bass are known, read from a corpus, and divided into training, development and test splits.

A corpus is a folder of MIDI files with an ``index.csv`` with the columns path, source, roles and group. Which track
leads follows from the kind of the piece: the singer of a song, the soprano of a chorale, the first violin of a quartet,
the track named melody, the upper staff of a keyboard.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score import midi
from score.model import Score, Track
from score.roles.part_features import PartNotes, to_part_notes
from servicekit.faults import Fault

TRAINING, DEVELOPMENT, TEST = "training", "development", "test"
_SPLIT_OF_TENTH = (TRAINING,) * 8 + (DEVELOPMENT, TEST)
NONE, UNKNOWN = -1, -2
"""Labels of a piece without a lead or bass, and of one where it is not known."""

_MIN_NOTES = 4


class LabelledParts(NamedTuple):
    """The pitched parts of a piece with their labels.

    Attributes
    ----------
    parts : list of PartNotes
    lead, bass : int
        Index of a part, `NONE` or `UNKNOWN`.
    source : str
    split : str
    path : str
    """

    parts: list[PartNotes]
    lead: int
    bass: int
    source: str
    split: str
    path: str


def split_of_group(group: str) -> str:
    """Return the split of a group of pieces: eight tenths are for training, one for development, one for tests."""
    return _SPLIT_OF_TENTH[int(hashlib.sha256(group.encode()).hexdigest(), 16) % len(_SPLIT_OF_TENTH)]


def read_pieces(corpus: Path, splits: tuple[str, ...]) -> Iterator[LabelledParts]:
    """Yield the pieces of some splits whose lead is known, in the order of the index."""
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["roles"] != "drums"]
    for row in rows:
        split = split_of_group(row["group"])
        if split not in splits:
            continue
        try:
            score = midi.parse((corpus / row["path"]).read_bytes())
        except Fault:
            continue
        piece = label(score, row["source"], split, row["path"])
        if piece is not None:
            yield piece


def is_labelled_track(track: Track) -> bool:
    """Return whether a track is one of those that labels count: pitched, with some notes."""
    return len(track.notes) >= _MIN_NOTES and not track.is_drum


def label(score: Score, source: str, split: str, path: str) -> LabelledParts | None:
    """Return the pitched parts of a piece with their labels, or None if its lead is not known.

    Parameters
    ----------
    score : Score
    source : str
        Source of the piece in the index, which says what kind it is.
    split : str
    path : str
    """
    tracks = [track for track in score.tracks if is_labelled_track(track)]
    if len(tracks) < 2:
        return None
    lead, bass = _labels(tracks, source)
    if lead == UNKNOWN:
        return None
    parts = [to_part_notes(track.notes, score.ticks_per_quarter) for track in tracks]
    return LabelledParts(parts, lead, bass, source, split, path)


def _labels(tracks: list[Track], source: str) -> tuple[int, int]:
    names = [track.name.strip().lower() for track in tracks]
    if source.startswith("arr-") or source == "pop909":
        bass = names.index("bass") if "bass" in names else NONE
        return (names.index("melody") if "melody" in names else UNKNOWN), bass
    if source == "music21-bach":
        is_choir = sorted(names)[:4] == ["alto", "bass", "soprano", "tenor"] and len(names) == 4
        return (names.index("soprano"), names.index("bass")) if is_choir else (UNKNOWN, UNKNOWN)
    if source == "openscore-quartets":
        return (0, 3) if len(tracks) == 4 else (UNKNOWN, UNKNOWN)
    if source == "openscore-lieder":
        return _singer(names), UNKNOWN
    if source == "mutopia":
        return _upper_staff(tracks), UNKNOWN
    return UNKNOWN, UNKNOWN


def _singer(names: list[str]) -> int:
    """Return the singer of a song: the only part that no piano plays, or the soprano of a choir."""
    singers = [index for index, name in enumerate(names) if "staff" not in name]
    if len(singers) == 4 and names[singers[0]].startswith("soprano"):
        return singers[0]
    return singers[0] if len(singers) == 1 and len(names) <= 4 else UNKNOWN


def _upper_staff(tracks: list[Track]) -> int:
    """Return the first of two or three tracks, if it is the highest."""
    medians = [float(np.median([note.pitch for note in track.notes])) for track in tracks]
    return 0 if len(tracks) <= 3 and medians[0] > max(medians[1:]) + 3 else UNKNOWN
