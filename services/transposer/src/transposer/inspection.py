"""Inspection of a piece: its summary, key, local keys, and its notes in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from score import summary
from score.model import Score
from score.roles import Role, apply_drum_overrides
from score.sounding import sounding
from score.summary import Summary, TimedNote
from score.tempo_map import TempoMap

from transposer.key_detection.detector import DetectedKey, detect_key_of_notes
from transposer.key_detection.key import Key
from transposer.key_detection.local_keys import detect_key_segments
from transposer.key_detection.pitched_notes import PitchedNotes, extract_pitched_notes, has_pitched_notes


class LocalKey(NamedTuple):
    """A segment of whole bars in one key, with its bounds in seconds and its confidence, 0 to 1."""

    first_bar: int
    n_bars: int
    onset_s: float
    end_s: float
    key: Key
    confidence: float


class Inspection(NamedTuple):
    """The description of a piece.

    Attributes
    ----------
    summary : Summary
    key : DetectedKey or None
        None if the piece has no notes but drums.
    notes : list of list of TimedNote
        One list for each track; empty if not requested.
    bar_onsets_s : list of float
        One onset for each bar; empty if notes were not requested.
    local_keys : list of LocalKey
        Empty if not requested.
    """

    summary: Summary
    key: DetectedKey | None
    notes: list[list[TimedNote]]
    bar_onsets_s: list[float]
    local_keys: list[LocalKey]


def inspect(
    score: Score, roles: Mapping[int, Role | None], *, include_notes: bool, include_local_keys: bool = False
) -> Inspection:
    """Describe a piece.

    Parameters
    ----------
    score : Score
        The piece.
    roles : mapping of int to Role or None
        Roles that a user has set, by track; None for a track without a role.
    include_notes : bool
        Whether to list the notes and bar onsets.
    include_local_keys : bool
        Whether to detect the local keys.

    Raises
    ------
    InvalidInput
        If `roles` names a track that does not exist.
    """
    score = apply_drum_overrides(score, roles)
    audible = sounding(score)
    notes = extract_pitched_notes(score) if has_pitched_notes(score) else None
    described = summary.summarize(score, roles)
    return Inspection(
        summary=described,
        key=detect_key_of_notes(notes) if notes else None,
        notes=_timed_notes(audible, described) if include_notes else [],
        bar_onsets_s=summary.bar_onsets_s(audible) if include_notes else [],
        local_keys=detect_local_keys(score, notes) if include_local_keys and notes else [],
    )


def _timed_notes(score: Score, described: Summary) -> list[list[TimedNote]]:
    return [
        summary.timed_notes(score, track, about.note_roles)
        for track, about in zip(score.tracks, described.tracks, strict=True)
    ]


def detect_local_keys(score: Score, notes: PitchedNotes) -> list[LocalKey]:
    """Detect the local keys of a score, whose pitched notes are `notes`, with their times."""
    segments = detect_key_segments(notes)
    edges = notes.beat_grid.bar_edges_quarters[[segment.first_bar for segment in segments] + [-1]]
    tempo_map = TempoMap.from_score(score)
    edges_s = [float(tempo_map.seconds(quarters * score.ticks_per_quarter)) for quarters in edges]
    return [
        LocalKey(segment.first_bar, segment.n_bars, onset_s, end_s, segment.key, segment.confidence)
        for segment, (onset_s, end_s) in zip(segments, pairwise(edges_s), strict=True)
    ]
