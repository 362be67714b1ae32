"""A piece of music as the gateway describes it: key, tracks, sections and notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from contract.roles import RoleName

GridName = Literal["file", "found"]
"""Where beats, bars and tempo of a piece come from: its file, or its notes."""


@dataclass(frozen=True)
class Notice:
    """What a person should know about how a file was read or a result was made.

    Attributes
    ----------
    piece : str or None
        Of a result: title of the piece that the notice is about, if it is about one of several.
    file_id : str or None
        Id of that piece.
    first_bar, last_bar : int or None
        The bars that it is about, from 0; None for the whole piece.
    """

    reason: str
    message: str
    piece: str | None = None
    file_id: str | None = None
    first_bar: int | None = None
    last_bar: int | None = None


@dataclass(frozen=True)
class KeyCandidate:
    """A key that is less likely than the detected one."""

    name: str
    confidence: float


@dataclass(frozen=True)
class DetectedKey:
    """The most likely key of a piece, and its confidence, 0 to 1.

    Attributes
    ----------
    mode : str or None
        The church mode, where one is clear.
    runner_up : KeyCandidate or None
        The next likely key.
    """

    name: str
    confidence: float
    mode: str | None = None
    runner_up: KeyCandidate | None = None


@dataclass(frozen=True)
class LocalKey:
    """A stretch of whole bars in one key. Bar 0 is the first of the piece."""

    name: str
    confidence: float
    first_bar: int
    bars: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Track:
    """One track of a piece; `notes` counts its notes, and `roles` has all roles of a track that is divided."""

    track: int
    name: str
    program: int
    is_drum: bool
    notes: int
    role: RoleName | None
    role_confidence: float
    roles: list[RoleName] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PieceSummary:
    """What the transposer finds out about a piece.

    Attributes
    ----------
    bars : int
        Length in bars.
    seconds : float
        Length in seconds.
    tempo_bpm : float
        Quarter notes a minute.
    local_keys : list of LocalKey
        Empty if the piece stays in one key.
    grid : "file" or "found"
        Where beats, bars and tempo come from.
    grid_confidence : float
        Confidence, 0 to 1, that this is the right source; 1 if a user chose it.
    """

    bars: int
    seconds: float
    tempo_bpm: float
    meter: str
    key: DetectedKey | None
    local_keys: list[LocalKey] = field(default_factory=list)
    tracks: list[Track]
    grid: GridName = "file"
    grid_confidence: float = 1.0


@dataclass(frozen=True)
class Section:
    """A section of a piece: a stretch of whole bars with a label. Sections that sound alike share a label."""

    label: str
    first_bar: int
    bars: int
    start_s: float
    end_s: float
