"""What is told about a piece when it comes in: its summary, its key, and its notes where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from score import summary
from score.model import Score
from score.roles import Role
from score.summary import HeardNote, Summary

from transposer.key import DetectedKey, detect_key, has_pitches


class Inspection(NamedTuple):
    """A piece described.

    ``key`` is None when only drums sound; ``notes`` has one list for each track, ``bar_onsets_s`` one moment for each
    bar, and both are empty unless they were asked for.
    """

    summary: Summary
    key: DetectedKey | None
    notes: list[list[HeardNote]]
    bar_onsets_s: list[float]


def inspect(score: Score, roles: Mapping[int, Role | None], *, include_notes: bool) -> Inspection:
    """Describe a piece.

    Raises
    ------
    InvalidInput
        If a role is given to a track that is not there.
    """
    return Inspection(
        summary=summary.of(score, roles),
        key=detect_key(score) if has_pitches(score) else None,
        notes=[summary.heard_notes(score, track) for track in score.tracks] if include_notes else [],
        bar_onsets_s=summary.bar_onsets_s(score) if include_notes else [],
    )
