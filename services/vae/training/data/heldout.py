"""Held-out whole pieces, as the product blends them: spread over styles, each pair in one key.

`training.data.dataset.split` chooses the held-out works. The key is the index's; where it says none, the best of the
rotated profiles of Krumhansl and Kessler (Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, ch. 4).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from score import grid as grids
from score import midi
from score.model import DRUM_CHANNEL, Score, Track
from servicekit.faults import Fault
from vae.pieces.piece import Piece, from_grid

from . import prepare
from .dataset import HELD_OUT_ONE_IN

_PROFILES = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
_MODES = {"major": 0, "minor": -3, "dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1}
_LETTERS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_FIFTHS_PER_ACCIDENTAL = 7


class Key(NamedTuple):
    """A key signature: sharps (positive) or flats, and whether its mode is minor."""

    fifths: int
    is_minor: bool


@dataclass(frozen=True)
class Row:
    """A held-out piece of an index."""

    path: Path
    style: str
    key: str
    n_bars: int


@dataclass(frozen=True)
class Pair:
    """Two pieces in one key, B moved to A's.

    Attributes
    ----------
    files : tuple of bytes
        Both as MIDI.
    key : Key or None
        Of both; None if neither has pitches.
    """

    names: tuple[str, str]
    styles: tuple[str, str]
    pieces: tuple[Piece, Piece]
    files: tuple[bytes, bytes]
    key: Key | None


def held_out(folders: Sequence[Path], longest_bars: int) -> list[Row]:
    """List the held-out pieces of folders with an `index.csv`, of at most so many bars."""
    rows = []
    for folder in folders:
        hashes = {piece.path: piece.group_hash for piece in prepare.read_index(folder)}
        with (folder / "index.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                path = folder / row["path"]
                if hashes[path] % HELD_OUT_ONE_IN == 0 and int(row["n_bars"] or 0) <= longest_bars:
                    rows.append(Row(path, row["style"], row["key"], int(row["n_bars"] or 0)))
    return rows


def spread(rows: Sequence[Row], rng: np.random.Generator) -> Iterator[Row]:
    """Yield pieces for ever, a style after the other, each style's pieces in an order of chance."""
    by_style: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_style[row.style].append(row)
    queues: dict[str, list[Row]] = {}
    while True:
        for style in rng.permutation(sorted(by_style)).tolist():
            if not queues.get(style):
                queues[style] = [by_style[style][index] for index in rng.permutation(len(by_style[style]))]
            yield queues[style].pop()


def pairs(rows: Sequence[Row], seed: int) -> Iterator[Pair]:
    """Yield pairs of pieces of different styles for ever; what cannot be read is passed over."""
    source = spread(rows, np.random.default_rng(seed))
    while True:
        (first, score), (second, other) = _next_readable(source), _next_readable(source)
        key, second_key = key_of(first.key, score), key_of(second.key, other)
        if key is not None and second_key is not None:
            other = transposed(other, semitones_to(key, second_key))
        scores = (score, other)
        yield Pair(
            (first.path.name, second.path.name),
            (first.style, second.style),
            (of_score(score), of_score(other)),
            (midi.write(scores[0]), midi.write(scores[1])),
            key or second_key,
        )


def of_score(score: Score) -> Piece:
    """Cut a score into a piece."""
    return from_grid(score, grids.from_score(score))


def _next_readable(source: Iterator[Row]) -> tuple[Row, Score]:
    for row in source:
        try:
            score = midi.parse(row.path.read_bytes())
            grids.from_score(score)
        except Fault:
            continue
        return row, score
    raise AssertionError("the source has no end")


def key_of(name: str, score: Score) -> Key | None:
    """Return the key that an index names ("G minor", "Bb major"), else the likeliest; None without pitches."""
    tonic, _, mode = name.partition(" ")
    if tonic[:1] in _LETTERS and mode in _MODES:
        accidentals = tonic.count("#") - tonic[1:].count("b") - tonic.count("-")
        fifths = _LETTERS[tonic[0]] + _FIFTHS_PER_ACCIDENTAL * accidentals + _MODES[mode]
        return Key(fifths, mode in ("minor", "phrygian"))
    histogram = pitch_classes(score)
    return likeliest(histogram) if histogram.any() else None


def pitch_classes(score: Score) -> npt.NDArray[np.float64]:
    """Return how long each pitch class sounds, in ticks, drums apart: shape (12,)."""
    histogram = np.zeros(12)
    for track in score.tracks:
        if track.channel != DRUM_CHANNEL:
            for note in track.notes:
                histogram[note.pitch % 12] += note.duration_ticks
    return histogram


def likeliest(histogram: npt.NDArray[np.float64]) -> Key:
    """Return the key whose profile correlates best with a histogram of pitch classes."""
    found = {
        (tonic, is_minor): float(np.corrcoef(histogram, np.roll(_PROFILES[is_minor], tonic))[0, 1])
        for tonic in range(12)
        for is_minor in (0, 1)
    }
    tonic, is_minor = max(found, key=lambda each: found[each])
    major_tonic = (tonic + 3 * is_minor) % 12
    fifths = (major_tonic * 7) % 12
    return Key(fifths - 12 if fifths > 6 else fifths, bool(is_minor))


def semitones_to(wanted: Key, own: Key) -> int:
    """Return the smallest shift that gives a piece another key signature: -6 to 5."""
    return ((wanted.fifths - own.fifths) * 7 + 6) % 12 - 6


def transposed(score: Score, semitones: int) -> Score:
    """Move all pitched tracks; notes that would leave MIDI's range stay in it by an octave."""
    return replace(score, tracks=tuple(_moved(track, semitones) for track in score.tracks))


def _moved(track: Track, semitones: int) -> Track:
    if track.channel == DRUM_CHANNEL or semitones == 0:
        return track
    moved = (note._replace(pitch=_within(note.pitch + semitones)) for note in track.notes)
    return replace(track, notes=tuple(sorted(moved, key=lambda note: (note.onset_ticks, note.pitch, note[1]))))


def _within(pitch: int) -> int:
    if pitch < 0:
        return pitch + 12
    return pitch - 12 if pitch > 127 else pitch
