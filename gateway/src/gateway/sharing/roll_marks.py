"""The notes of a piece as marks on a unit square, each in the ink of the parent that it comes from.

The pictures of a shared piece are printed in two inks, as the page is: the first parent's and the second's. Where a
model decoded a bar between both, both inks lie on top of each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contract import roles
from contract.roles import RoleName
from segue.transposer.v1 import transposer_pb2

Ink = Literal["first", "second", "both"]
"""Which of the two inks a mark is printed in."""

INKS: tuple[Ink, ...] = ("first", "second", "both")

_INGREDIENTS: Mapping[RoleName, str] = {"lead": "contour", "harmony": "harmony", "bass": "bass", "drums": "groove"}
"""The ingredient of a blend that tells where a role's notes come from."""

_PLAIN_INKS: Mapping[RoleName, Ink] = {"lead": "first", "drums": "first", "harmony": "second", "bass": "second"}
"""Inks of a piece that is no blend."""

_MIN_PITCH_SPAN = 24
_DRUM_ROWS = 6
_DRUM_SHARE = 0.16
"""Part of the height that drums take, if there are any."""
_DRUM_GAP = 0.04
_DRUM_PITCHES: Sequence[frozenset[int]] = (
    frozenset({49, 51, 52, 53, 55, 57, 59}),
    frozenset({46, 67, 26}),
    frozenset({42, 44, 22, 54, 69, 70}),
    frozenset({41, 43, 45, 47, 48, 50}),
    frozenset({38, 40, 37, 39, 31}),
    frozenset({35, 36}),
)
"""General MIDI's cymbals, open hats, closed hats, toms, snares and bass drums, top to bottom."""


@dataclass(frozen=True)
class Mark:
    """A note on the unit square; the origin is at the top left. A drum note has no width."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink
    is_drum: bool


@dataclass(frozen=True)
class RollMarks:
    """All notes of a piece, and where its bars begin.

    Attributes
    ----------
    marks : list of Mark
        In order of their onsets.
    bars : list of float
        Onset of each bar, 0 to 1.
    duration_s : float
        Seconds that the width of the square stands for.
    """

    marks: list[Mark]
    bars: list[float]
    duration_s: float


def to_marks(inspection: transposer_pb2.InspectResponse, provenance: Mapping[str, Any]) -> RollMarks:
    """Convert the notes of an inspected piece.

    Parameters
    ----------
    inspection : InspectResponse
        The piece with its notes.
    provenance : mapping
        How the piece was made; the `sources` of a blend choose the inks.
    """
    duration_s = inspection.duration_s or 1.0
    bars_s = list(inspection.bar_onsets_s)
    sources: Mapping[str, Sequence[int]] = provenance.get("sources") or {}
    n_parents = len(provenance.get("parents") or [])
    rows = _Rows(inspection)
    marks = []
    for track in inspection.tracks:
        for note in track.notes:
            role = roles.name_or_none(note.role) or roles.name_or_none(track.role)
            bar = max(0, bisect_right(bars_s, note.onset_s + 1e-6) - 1)
            y, height = rows.place(note.pitch, track.is_drum)
            width = 0.0 if track.is_drum else note.duration_s / duration_s
            ink = _ink(role, bar, sources, n_parents)
            marks.append(Mark(note.onset_s / duration_s, y, width, height, ink, track.is_drum))
    marks.sort(key=lambda mark: mark.x)
    return RollMarks(marks, [bar_s / duration_s for bar_s in bars_s], duration_s)


class _Rows:
    """The rows of pitches, the highest at the top, and below them those of drums."""

    def __init__(self, inspection: transposer_pb2.InspectResponse) -> None:
        pitches = [note.pitch for track in inspection.tracks if not track.is_drum for note in track.notes]
        has_drums = any(track.is_drum and track.notes for track in inspection.tracks)
        low, high = (min(pitches), max(pitches)) if pitches else (48, 72)
        missing = max(0, _MIN_PITCH_SPAN - (high - low))
        self._high = high + missing // 2
        self._n_rows = high - low + missing + 1
        self._pitched_share = 1.0 - (_DRUM_SHARE + _DRUM_GAP if has_drums else 0.0)

    def place(self, pitch: int, is_drum: bool) -> tuple[float, float]:
        """Return the top and the height of a note's row."""
        if is_drum:
            row = next((row for row, pitches in enumerate(_DRUM_PITCHES) if pitch in pitches), 4)
            return 1.0 - _DRUM_SHARE + row * _DRUM_SHARE / _DRUM_ROWS, _DRUM_SHARE / _DRUM_ROWS
        height = self._pitched_share / self._n_rows
        return (self._high - pitch) * height, height


def _ink(role: RoleName | None, bar: int, sources: Mapping[str, Sequence[int]], n_parents: int) -> Ink:
    """Return the ink of a note.

    Parameters
    ----------
    role : str or None
        Role of the note.
    bar : int
        Its bar.
    sources : mapping of str to sequence of int
        Of a blend: the source of each ingredient in each bar, as its provenance has them.
    n_parents : int
        Number of the blend's parents.
    """
    if role is None:
        return "second"
    by_bar = sources.get(_INGREDIENTS[role], [])
    source = by_bar[bar] if bar < len(by_bar) else 0
    if not source:
        return _PLAIN_INKS[role]
    return "both" if source > n_parents else "first" if source == 1 else "second"
