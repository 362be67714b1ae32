"""What is told about a piece when it comes in: its summary, its key, and its notes where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from score import summary
from score.model import Score
from score.roles import Role
from score.summary import Summary, TimedNote
from score.tempo_map import TempoMap

from transposer.key_detection.detector import DetectedKey, Key, find_key
from transposer.key_detection.local_keys import passages
from transposer.key_detection.pitched_notes import Pitches, gather, has_pitches


class LocalKey(NamedTuple):
    """A stretch of whole bars in one key; its bounds in seconds, its confidence from 0 to 1."""

    first_bar: int
    n_bars: int
    onset_s: float
    end_s: float
    key: Key
    confidence: float


class Inspection(NamedTuple):
    """A piece described.

    ``key`` is None when only drums sound; ``notes`` has one list for each track, ``bar_onsets_s`` one moment for each
    bar; these and ``local_keys`` are empty unless they were asked for.
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

    Raises
    ------
    InvalidInput
        If a role is given to a track that is not there.
    """
    pitches = gather(score) if has_pitches(score) else None
    return Inspection(
        summary=summary.summarize(score, roles),
        key=find_key(pitches) if pitches else None,
        notes=[summary.timed_notes(score, track) for track in score.tracks] if include_notes else [],
        bar_onsets_s=summary.bar_onsets_s(score) if include_notes else [],
        local_keys=local_keys(score, pitches) if include_local_keys and pitches else [],
    )


def local_keys(score: Score, pitches: Pitches) -> list[LocalKey]:
    """Find the keys that a piece passes through, and when."""
    found = passages(pitches)
    edges = pitches.pulse.bar_edges[[each.first_bar for each in found] + [-1]]
    time = TempoMap.from_score(score)
    moments_s = [float(time.seconds(quarters * score.ticks_per_quarter)) for quarters in edges]
    return [
        LocalKey(each.first_bar, each.n_bars, onset_s, end_s, each.key, each.confidence)
        for each, (onset_s, end_s) in zip(found, pairwise(moments_s), strict=True)
    ]
