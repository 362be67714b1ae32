"""Held-out whole pieces: sampled evenly over styles, and paired in one key as the product blends them.

`training.data.dataset.split_by_work` defines the held-out works. The index gives the key of a piece; if it names none,
the key is found by correlation with the profiles of Krumhansl and Kessler.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score import grid as grids
from score import midi
from score.arrays import F64
from score.key_profiles import KRUMHANSL_KESSLER, correlate
from score.keys import semitones_between_signatures, signature_of_key
from score.model import DRUM_CHANNEL, Score, Track
from servicekit.faults import Fault
from vae.pieces.piece import Piece, from_grid

from .dataset import HELD_OUT_ONE_IN
from .prepare import read_index

_MODE_FIFTHS = {"major": 0, "minor": -3, "dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1}
"""The signature of each mode on C, in fifths."""

_LETTER_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_FIFTHS_PER_ACCIDENTAL = 7
_MINOR_MODES = ("minor", "phrygian")


class Key(NamedTuple):
    """A key signature in fifths (sharps are positive, flats negative), and whether the mode is minor."""

    fifths: int
    is_minor: bool


@dataclass(frozen=True)
class HeldOutPiece:
    """A held-out piece as listed in an `index.csv`."""

    path: Path
    style: str
    key: str
    n_bars: int


@dataclass(frozen=True)
class PiecePair:
    """Two pieces in one key; the second is transposed to the first.

    Attributes
    ----------
    names : tuple of str
        File names.
    styles : tuple of str
    pieces : tuple of Piece
    key : Key or None
        The key of both; None if neither has pitches.
    """

    names: tuple[str, str]
    styles: tuple[str, str]
    pieces: tuple[Piece, Piece]
    key: Key | None


def list_held_out(folders: Sequence[Path], max_bars: int) -> list[HeldOutPiece]:
    """List the held-out pieces of folders with an `index.csv` that have at most `max_bars` bars."""
    held_out = []
    for folder in folders:
        hashes = {row.path: row.group_hash for row in read_index(folder)}
        with (folder / "index.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                path, n_bars = folder / row["path"], int(row["n_bars"] or 0)
                if hashes[path] % HELD_OUT_ONE_IN == 0 and n_bars <= max_bars:
                    held_out.append(HeldOutPiece(path, row["style"], row["key"], n_bars))
    return held_out


def iter_by_style(held_out: Sequence[HeldOutPiece], rng: np.random.Generator) -> Iterator[HeldOutPiece]:
    """Yield pieces without end: every style once in each round, the pieces of a style in random order."""
    by_style: dict[str, list[HeldOutPiece]] = defaultdict(list)
    for piece in held_out:
        by_style[piece.style].append(piece)
    queues: dict[str, list[HeldOutPiece]] = {}
    while True:
        for style in rng.permutation(sorted(by_style)).tolist():
            if not queues.get(style):
                queues[style] = [by_style[style][index] for index in rng.permutation(len(by_style[style]))]
            yield queues[style].pop()


def iter_pairs(held_out: Sequence[HeldOutPiece], seed: int) -> Iterator[PiecePair]:
    """Yield pairs of pieces of different styles without end, skipping files that cannot be read."""
    pieces = iter_by_style(held_out, np.random.default_rng(seed))
    while True:
        (first, first_score), (second, second_score) = _next_readable(pieces), _next_readable(pieces)
        key, second_key = find_key(first.key, first_score), find_key(second.key, second_score)
        if key is not None and second_key is not None:
            second_score = transpose_score(second_score, semitones_between_signatures(second_key.fifths, key.fifths))
        yield PiecePair(
            (first.path.name, second.path.name),
            (first.style, second.style),
            (_to_piece(first_score), _to_piece(second_score)),
            key or second_key,
        )


def _to_piece(score: Score) -> Piece:
    return from_grid(score, grids.from_score(score))


def _next_readable(pieces: Iterator[HeldOutPiece]) -> tuple[HeldOutPiece, Score]:
    for piece in pieces:
        try:
            score = midi.parse(piece.path.read_bytes())
            grids.from_score(score)
        except Fault:
            continue
        return piece, score
    raise AssertionError("the iterator has no end")


def find_key(name: str, score: Score) -> Key | None:
    """Return the key of a piece by its name ("G minor", "Bb major"), or else by its notes; None without pitches."""
    tonic, _, mode = name.partition(" ")
    if tonic[:1] in _LETTER_FIFTHS and mode in _MODE_FIFTHS:
        n_sharps = tonic.count("#") - tonic[1:].count("b") - tonic.count("-")
        fifths = _LETTER_FIFTHS[tonic[0]] + _FIFTHS_PER_ACCIDENTAL * n_sharps + _MODE_FIFTHS[mode]
        return Key(fifths, mode in _MINOR_MODES)
    histogram = pitch_class_histogram(score)
    return detect_key(histogram) if histogram.any() else None


def pitch_class_histogram(score: Score) -> F64:
    """Return how long each pitch class sounds, in ticks, without drums: shape (12,)."""
    histogram = np.zeros(12)
    for track in score.tracks:
        if track.channel != DRUM_CHANNEL:
            for note in track.notes:
                histogram[note.pitch % 12] += note.duration_ticks
    return histogram


def detect_key(histogram: F64) -> Key:
    """Return the key whose profile correlates best with a pitch-class histogram, shape (12,).

    Notes
    -----
    Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, ch. 4.
    """
    by_tonic = correlate(histogram, KRUMHANSL_KESSLER).T
    tonic, mode = np.unravel_index(by_tonic.argmax(), by_tonic.shape)
    is_minor = bool(mode)
    return Key(signature_of_key(int(tonic), is_minor=is_minor), is_minor)


def transpose_score(score: Score, semitones: int) -> Score:
    """Transpose all pitched tracks; notes that would leave the MIDI range are moved back by an octave."""
    return replace(score, tracks=tuple(_transpose_track(track, semitones) for track in score.tracks))


def _transpose_track(track: Track, semitones: int) -> Track:
    if track.channel == DRUM_CHANNEL or semitones == 0:
        return track
    notes = (note._replace(pitch=_fold_octave(note.pitch + semitones)) for note in track.notes)
    return replace(track, notes=tuple(sorted(notes, key=lambda note: (note.onset_ticks, note.pitch, note[1]))))


def _fold_octave(pitch: int) -> int:
    if pitch < 0:
        return pitch + 12
    return pitch - 12 if pitch > 127 else pitch
