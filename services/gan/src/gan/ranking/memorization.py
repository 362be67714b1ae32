"""How much of a piece is copied: passages that it shares with the music learnt from, whatever their key and tempo.

A *line* is the lead, the bass, or the top voice of the harmony. Two passages of consecutive notes are the same if
their intervals agree, and the ratios of the times from onset to onset; so rests count by the time they take. Drums are
not looked at: grooves are loops by nature, and everybody's.

A passage is as long as the notes in it that *tell* something (see `informative_notes`): a scale, one pitch struck
evenly, an oom-pah of two pitches or the third round of a loop are nobody's. What is common property beyond that is
allowed for by the limits, which are what held-out music of the style shares with the music learnt from.

The index is a Bloom filter (Bloom, *Communications of the ACM* 13, 1970) of all stretches of `NGRAM_NOTES` notes in the
training music. Two or more that are found one after another make a passage: one alone may be an error of the filter.
So errors seldom make a passage longer by a note, and never hide one; and what is patched together from several works
is measured as one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from score.arrays import I16, I64, U8, U64, Bool
from score.roles import Role
from servicekit.faults import ModelMismatch, NotReady

from gan.measures.events import FIRST_NOTE

NGRAM_NOTES = 9
"""Notes of a stretch."""

MIN_PASSAGE_NOTES = NGRAM_NOTES + 1
"""Notes of the shortest passage that is found: two stretches."""

LINE_ROLES: tuple[Role, ...] = (Role.LEAD, Role.HARMONY, Role.BASS)
"""Roles whose lines are looked at; of the harmony its top voice."""

LONGEST_LOOP = 16
"""A figure of so many notes or fewer that is played on and on tells nothing from its third round."""

WIDEST_STEP = 2
"""Semitones; motion by no more, in one direction and in even notes, is a scale."""

N_HASHES = 8
"""Bits that a stretch sets in the filter."""

LOWEST_INTERVAL = -128
_PRIMES = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The notes of one line, one after another: onset step and pitch of each, (notes,) int64."""

    onsets: I64
    pitches: I64

    def __len__(self) -> int:
        return len(self.onsets)

    @property
    def intervals(self) -> I64:
        """Semitones from each note to the next, from 0 for -128: (notes - 1,)."""
        intervals: I64 = np.diff(self.pitches) - LOWEST_INTERVAL
        return intervals

    @property
    def ratios(self) -> I64:
        """Each time between onsets over the one before, in lowest terms as numerator * 2**16 + denominator.

        Shape (notes - 2,).
        """
        times = np.diff(self.onsets)
        common = np.gcd(times[1:], times[:-1])
        ratios: I64 = times[1:] // common << 16 | times[:-1] // common
        return ratios


def extract_lines(events: Mapping[Role, I16]) -> dict[Role, Line]:
    """Take the lines out of a piece.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        As a grid's: (steps,), harmony (steps, voices), highest first.
    """
    found = {}
    for role in LINE_ROLES:
        if role in events:
            voice = events[role] if events[role].ndim == 1 else events[role][:, 0]
            onsets = np.flatnonzero(voice >= FIRST_NOTE)
            found[role] = Line(onsets.astype(np.int64), voice[onsets].astype(np.int64))
    return found


def informative_notes(line: Line) -> Bool:
    """Tell which notes of a line say something that those before them did not.

    Not so are notes that go on evenly with a repeated pitch or with a scale, and those that go on with a loop of up to
    `LONGEST_LOOP` notes that has been heard twice.

    Returns
    -------
    ndarray, shape (notes,), bool
    """
    tells = np.ones(len(line), np.bool_)
    if len(line) < 3:
        return tells
    steps = line.intervals + LOWEST_INTERVAL
    is_even = line.ratios == (1 << 16 | 1)
    is_narrow = np.abs(steps) <= WIDEST_STEP
    goes_on = (np.sign(steps[1:]) == np.sign(steps[:-1])) & is_narrow[1:] & is_narrow[:-1]
    moves = line.intervals[1:] << 32 | line.ratios
    tells[2:] = ~((is_even & goes_on) | _loops(moves))
    return tells


def _loops(moves: I64) -> Bool:
    """Mark the moves by which a second round of a loop is complete, and those that go on with it."""
    found = np.zeros(len(moves), np.bool_)
    for period in range(1, min(LONGEST_LOOP, len(moves) // 2) + 1):
        same = np.concatenate(([0], np.cumsum(moves[period:] == moves[:-period])))
        found[2 * period - 1 :] |= same[period:] - same[:-period] == period
    return found


def ngram_hashes(line: Line) -> U64:
    """Hash every stretch of `NGRAM_NOTES` notes: shape (notes - NGRAM_NOTES + 1,), or empty where there are fewer."""
    count = len(line) - NGRAM_NOTES + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    intervals, ratios = line.intervals.astype(np.uint64), line.ratios.astype(np.uint64)
    mixed = _mix(intervals[:count])
    for at in range(1, NGRAM_NOTES - 1):
        said = intervals[at : at + count] << np.uint64(32) | ratios[at - 1 : at - 1 + count]
        mixed = _mix(mixed ^ said)
    return mixed


def _mix(values: U64) -> U64:
    """Mix bits as SplitMix64 does (Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + _PRIMES[0]
    values = (values ^ values >> np.uint64(30)) * _PRIMES[1]
    values = (values ^ values >> np.uint64(27)) * _PRIMES[2]
    return values ^ values >> np.uint64(31)


def filter_bits(hashes: U64, bits: int) -> I64:
    """List the bits of a filter that each stretch sets: (n, N_HASHES), double hashing (Kirsch, Mitzenmacher 2006)."""
    first, step = hashes >> np.uint64(32), hashes & np.uint64(0xFFFFFFFF) | np.uint64(1)
    spread = first[:, None] + step[:, None] * np.arange(N_HASHES, dtype=np.uint64)
    return (spread % np.uint64(bits)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage that music learnt from has too.

    Attributes
    ----------
    role : Role
    first_step : int
        Onset of its first note, from the piece's beginning.
    steps : int
        From there to the onset of its last note.
    notes : int
        All its notes.
    telling : int
        Those that tell something: its length.
    """

    role: Role
    first_step: int
    steps: int
    notes: int
    telling: int


def shared_passage(role: Role, line: Line, tells: Bool, first: int, notes: int) -> SharedPassage:
    """Describe ``notes`` notes of a line from number ``first``."""
    own = slice(first, first + notes)
    begin, end = int(line.onsets[first]), int(line.onsets[first + notes - 1])
    return SharedPassage(role, begin, end - begin, notes, int(tells[own].sum()))


class TrainingIndex:
    """What the generator learnt from, as far as it takes to recognise a copy. Never changes; safe to share.

    Parameters
    ----------
    bits : ndarray, uint8
        The filter, eight bits a byte, the highest first.
    limits : mapping of str to mapping of Role to int
        By style id: the telling notes that held-out music of 16 bars seldom shares more than.
    """

    def __init__(self, bits: U8, limits: Mapping[str, Mapping[Role, int]]) -> None:
        self.bits, self.limits = bits, limits

    @classmethod
    def load(cls, path: Path, sha256: str) -> TrainingIndex:
        """Read what `save` wrote.

        Raises
        ------
        NotReady
            If there is no such file.
        ModelMismatch
            If it is another than the digest says.
        """
        model = path.parent.name
        if not path.is_file():
            raise NotReady(f"The model {model} is not installed: {path.name} is missing.", model=model)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ModelMismatch(f"{model}/{path.name} is not the file that its manifest names.", model=model)
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        if (int(arrays["order"]), int(arrays["probes"])) != (NGRAM_NOTES, N_HASHES):
            raise ModelMismatch(f"{model}/{path.name} was made for stretches of another length.", model=model)
        rows = zip(arrays["styles"].tolist(), arrays["limits"].tolist(), strict=True)
        return cls(arrays["bits"], {style: dict(zip(LINE_ROLES, row, strict=True)) for style, row in rows})

    def save(self, path: Path) -> str:
        """Write the index, the same bytes for the same index; give its sha256."""
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
        """Tell which stretches are in the training music (or, rarely, seem to be): shape (n,)."""
        at = filter_bits(hashes, 8 * len(self.bits))
        return np.asarray((self.bits[at >> 3] >> (7 - (at & 7)) & 1).all(1), np.bool_)

    def passages(self, events: Mapping[Role, I16]) -> dict[Role, SharedPassage]:
        """Find each line's longest shared passage; lines without one of `MIN_PASSAGE_NOTES` notes are left out.

        Parameters
        ----------
        events : mapping of Role to ndarray, int16
            As a grid's, in any key.
        """
        found = {}
        for role, line in extract_lines(events).items():
            tells = informative_notes(line)
            runs = _runs(self.contains(ngram_hashes(line)))
            shared = [
                shared_passage(role, line, tells, first, count + NGRAM_NOTES - 1) for first, count in runs if count > 1
            ]
            if shared:
                found[role] = max(shared, key=_length)
        return found

    def longest(self, events: Mapping[Role, I16]) -> SharedPassage | None:
        """Find a piece's longest shared passage, by telling notes; None where none has `MIN_PASSAGE_NOTES` notes."""
        return max(self.passages(events).values(), key=_length, default=None)

    def excess_overlap(self, events: Mapping[Role, I16], style: str) -> int:
        """Count the telling notes by which a piece's worst passage goes beyond its line's limit; 0 is within all.

        Parameters
        ----------
        events : mapping of Role to ndarray, int16
        style : str
            Style id.
        """
        limits = self.limits[style]
        return max((max(own.telling - limits[role], 0) for role, own in self.passages(events).items()), default=0)

    def is_copied(self, events: Mapping[Role, I16], style: str) -> bool:
        """Tell whether a piece shares more than held-out music of its style typically does."""
        return self.excess_overlap(events, style) > 0


def _length(found: SharedPassage) -> tuple[int, int]:
    return found.telling, found.notes


def _runs(hits: Bool) -> list[tuple[int, int]]:
    """List the first and the count of each run of hits."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], hits, [False])).astype(np.int8)))
    return [(int(first), int(last - first)) for first, last in edges.reshape(-1, 2)]
