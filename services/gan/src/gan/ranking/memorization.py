"""The memorization check: passages that a piece shares with the training music, in any key and at any tempo.

A *line* is the lead, the bass, or the top voice of the harmony. Two passages of consecutive notes are the same if their
intervals are equal, and the ratios of their inter-onset times; a rest therefore counts by the time that it takes. Drums
are left out: their patterns are loops, and common property.

The length of a passage is the number of its *informative* notes, see `informative_notes`: a scale, an evenly repeated
pitch, an oom-pah bass or the third round of a loop could be anybody's. What else music has in common is allowed for by
the limits, which are what held-out music of the style shares with the training music.

The index is a Bloom filter (Bloom, *Communications of the ACM* 13, 1970) of all n-grams of `NGRAM_NOTES` notes in the
training music. Two or more consecutive matches make a passage, as a single one may be a false positive. False positives
thus seldom lengthen a passage, by a note, and never hide one. A passage pieced together from several works counts as
one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from score.arrays import I16, I64, U8, U64, Bool
from score.encoding import FIRST_PITCH_EVENT
from score.roles import Role
from servicekit.faults import ModelMismatch

NGRAM_NOTES = 9

MIN_PASSAGE_NOTES = NGRAM_NOTES + 1
"""Notes of the shortest passage that is found: two n-grams."""

LINE_ROLES: tuple[Role, ...] = (Role.LEAD, Role.HARMONY, Role.BASS)
"""Roles whose lines are compared; of the harmony its top voice."""

MAX_LOOP_NOTES = 16
"""Longest figure whose repetition counts as a loop."""

MAX_SCALE_SEMITONES = 2
"""Largest step of a scale."""

N_HASHES = 8
"""Bits of the filter that an n-gram sets."""

MIN_INTERVAL = -128
_MIX_CONSTANTS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A melodic line, note after note.

    Attributes
    ----------
    onsets : ndarray, shape (notes,), int64
        Steps.
    pitches : ndarray, shape (notes,), int64
        In semitones from any origin.
    """

    onsets: I64
    pitches: I64

    def __len__(self) -> int:
        return len(self.onsets)

    @property
    def intervals(self) -> I64:
        """Semitones from each note to the next, counted from `MIN_INTERVAL` so that none is negative: (notes - 1,)."""
        intervals: I64 = np.diff(self.pitches) - MIN_INTERVAL
        return intervals

    @property
    def ratios(self) -> I64:
        """The ratio of each inter-onset time to the one before: (notes - 2,).

        In lowest terms, as numerator * 2**16 + denominator.
        """
        times = np.diff(self.onsets)
        common = np.gcd(times[1:], times[:-1])
        ratios: I64 = times[1:] // common << 16 | times[:-1] // common
        return ratios


def extract_lines(events: Mapping[Role, I16]) -> dict[Role, Line]:
    """Return the lines of a piece.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's: (steps,), harmony (steps, voices) with the highest voice first.
    """
    found = {}
    for role in LINE_ROLES:
        if role in events:
            voice = events[role] if events[role].ndim == 1 else events[role][:, 0]
            onsets = np.flatnonzero(voice >= FIRST_PITCH_EVENT)
            found[role] = Line(onsets.astype(np.int64), voice[onsets].astype(np.int64))
    return found


def informative_notes(line: Line) -> Bool:
    """Mark the notes of a line that do not follow from those before them: (notes,).

    The others continue a repeated pitch or a scale in even notes, or a loop of up to `MAX_LOOP_NOTES` notes from its
    third round on.
    """
    is_informative = np.ones(len(line), np.bool_)
    if len(line) < 3:
        return is_informative
    steps = line.intervals + MIN_INTERVAL
    is_even = line.ratios == (1 << 16 | 1)
    is_narrow = np.abs(steps) <= MAX_SCALE_SEMITONES
    continues = (np.sign(steps[1:]) == np.sign(steps[:-1])) & is_narrow[1:] & is_narrow[:-1]
    moves = line.intervals[1:] << 32 | line.ratios
    is_informative[2:] = ~((is_even & continues) | _loops(moves))
    return is_informative


def _loops(moves: I64) -> Bool:
    """Mark the moves that complete the second round of a loop, and those that continue it."""
    found = np.zeros(len(moves), np.bool_)
    for period in range(1, min(MAX_LOOP_NOTES, len(moves) // 2) + 1):
        same = np.concatenate(([0], np.cumsum(moves[period:] == moves[:-period])))
        found[2 * period - 1 :] |= same[period:] - same[:-period] == period
    return found


def ngram_hashes(line: Line) -> U64:
    """Return the hash of every n-gram: (notes - NGRAM_NOTES + 1,), empty for a shorter line."""
    count = len(line) - NGRAM_NOTES + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    intervals, ratios = line.intervals.astype(np.uint64), line.ratios.astype(np.uint64)
    hashes = _mix(intervals[:count])
    for offset in range(1, NGRAM_NOTES - 1):
        move = intervals[offset : offset + count] << np.uint64(32) | ratios[offset - 1 : offset - 1 + count]
        hashes = _mix(hashes ^ move)
    return hashes


def _mix(values: U64) -> U64:
    """Mix bits as SplitMix64 does (Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + _MIX_CONSTANTS[0]
    values = (values ^ values >> np.uint64(30)) * _MIX_CONSTANTS[1]
    values = (values ^ values >> np.uint64(27)) * _MIX_CONSTANTS[2]
    return values ^ values >> np.uint64(31)


def filter_bits(hashes: U64, n_bits: int) -> I64:
    """Return the bits of a filter that each n-gram sets: (n-grams, N_HASHES).

    By double hashing (Kirsch and Mitzenmacher, 2006).
    """
    first, step = hashes >> np.uint64(32), hashes & np.uint64(0xFFFFFFFF) | np.uint64(1)
    bits = first[:, None] + step[:, None] * np.arange(N_HASHES, dtype=np.uint64)
    return (bits % np.uint64(n_bits)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage that the training music has too.

    Attributes
    ----------
    role : Role
    first_step : int
        Onset of its first note, from the beginning of the piece.
    n_steps : int
        From there to the onset of its last note.
    n_notes : int
    n_informative : int
        How many of its notes are informative: its length.
    """

    role: Role
    first_step: int
    n_steps: int
    n_notes: int
    n_informative: int


def shared_passage(role: Role, line: Line, is_informative: Bool, first: int, n_notes: int) -> SharedPassage:
    """Describe a passage of a line.

    Parameters
    ----------
    role : Role
    line : Line
    is_informative : ndarray, shape (notes,), bool
        As `informative_notes` returns it.
    first : int
        Index of its first note.
    n_notes : int
        How many it has.
    """
    begin, end = int(line.onsets[first]), int(line.onsets[first + n_notes - 1])
    return SharedPassage(role, begin, end - begin, n_notes, int(is_informative[first : first + n_notes].sum()))


class TrainingIndex:
    """The n-grams of the training music, and how much of them a piece may share. Immutable; safe to share.

    Parameters
    ----------
    bits : ndarray, uint8
        The filter, eight bits a byte, the highest first.
    limits : mapping of str to mapping of Role to int
        By style id and role: the informative notes of the longest passage that held-out music of 16 bars shares.
    """

    def __init__(self, bits: U8, limits: Mapping[str, Mapping[Role, int]]) -> None:
        self.bits, self.limits = bits, limits

    @classmethod
    def from_bytes(cls, data: bytes) -> TrainingIndex:
        """Read the contents of a file that `save` wrote.

        Raises
        ------
        ModelMismatch
            If it holds n-grams of another length.
        """
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        if (int(arrays["order"]), int(arrays["probes"])) != (NGRAM_NOTES, N_HASHES):
            raise ModelMismatch("The training index was made for n-grams of another length.", model="gan")
        rows = zip(arrays["styles"].tolist(), arrays["limits"].tolist(), strict=True)
        return cls(arrays["bits"], {style: dict(zip(LINE_ROLES, row, strict=True)) for style, row in rows})

    def save(self, path: Path) -> str:
        """Write the index as an ``npz``, the same bytes for the same index, and return its sha256."""
        np.savez(
            path,
            bits=self.bits,
            order=np.int64(NGRAM_NOTES),
            probes=np.int64(N_HASHES),
            styles=np.array(list(self.limits), np.str_),
            limits=np.array([[row[role] for role in LINE_ROLES] for row in self.limits.values()], np.int16),
        )
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def contains(self, hashes: U64) -> Bool:
        """Return which n-grams are in the training music, with rare false positives: (n-grams,)."""
        bits = filter_bits(hashes, 8 * len(self.bits))
        return np.asarray((self.bits[bits >> 3] >> (7 - (bits & 7)) & 1).all(1), np.bool_)

    def passages(self, events: Mapping[Role, I16]) -> dict[Role, SharedPassage]:
        """Return the longest shared passage of each line, if it has `MIN_PASSAGE_NOTES` notes.

        Parameters
        ----------
        events : mapping of Role to ndarray, int16
            A grid's, in any key.
        """
        found = {}
        for role, line in extract_lines(events).items():
            is_informative = informative_notes(line)
            runs = _runs(self.contains(ngram_hashes(line)))
            shared = [
                shared_passage(role, line, is_informative, first, count + NGRAM_NOTES - 1)
                for first, count in runs
                if count > 1
            ]
            if shared:
                found[role] = max(shared, key=_length)
        return found

    def longest(self, events: Mapping[Role, I16]) -> SharedPassage | None:
        """Return the longest shared passage of a piece, None if none has `MIN_PASSAGE_NOTES` notes."""
        return max(self.passages(events).values(), key=_length, default=None)

    def excess_overlap(self, events: Mapping[Role, I16], style_id: str) -> int:
        """Return by how many informative notes the worst passage exceeds the limit of its line; 0 if none does.

        ``events`` are a grid's, in any key.
        """
        limits = self.limits[style_id]
        return max((max(own.n_informative - limits[role], 0) for role, own in self.passages(events).items()), default=0)

    def is_copied(self, events: Mapping[Role, I16], style_id: str) -> bool:
        """Return whether a piece shares more than held-out music of its style usually does."""
        return self.excess_overlap(events, style_id) > 0


def _length(passage: SharedPassage) -> tuple[int, int]:
    return passage.n_informative, passage.n_notes


def _runs(hits: Bool) -> list[tuple[int, int]]:
    """Return the index and length of each run of hits."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], hits, [False])).astype(np.int8)))
    return [(int(first), int(last - first)) for first, last in edges.reshape(-1, 2)]
