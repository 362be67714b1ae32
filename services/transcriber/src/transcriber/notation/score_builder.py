"""Building of a score from parts and bars: the tempo map follows the beats, and notes are placed along them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from score.arrays import F64
from score.model import DRUM_CHANNEL, Meter, Note, Score, Tempo, Track
from score.roles import Role

from transcriber.notation.bar_grid import BarGrid
from transcriber.notation.role_separation import TranscribedPart
from transcriber.note_detection.note_decoding import DetectedNote

TICKS_PER_QUARTER = 480
MIN_DURATION_TICKS = 30
ANTICIPATION_BEATS = 0.3
"""A note that begins at most this much before a bar belongs to it."""
MIN_TEMPO_CHANGE = 0.004
"""A tempo is written if it differs from the last one by more than this share."""
MIN_MICROSECONDS, MAX_MICROSECONDS = 50_000, 16_000_000

PROGRAMS = {Role.LEAD: 0, Role.HARMONY: 0, Role.BASS: 33, Role.DRUMS: 0}
TRACK_NAMES = {Role.LEAD: "Lead", Role.HARMONY: "Harmony", Role.BASS: "Bass", Role.DRUMS: "Drums"}
LINES = frozenset({Role.LEAD, Role.BASS})
"""Roles of which one note sounds at a time."""


def trim_leading_bars(bars: BarGrid, first_onset_s: float) -> BarGrid:
    """Remove the bars before the one in which the first note begins."""
    position = np.interp(first_onset_s, bars.beats_s, np.arange(len(bars.beats_s)))
    n_bars = int((float(position) + ANTICIPATION_BEATS) // bars.quarters_per_bar)
    return bars._replace(beats_s=bars.beats_s[n_bars * bars.quarters_per_bar :])


def build_score(
    parts: Sequence[TranscribedPart],
    bars: BarGrid,
    *,
    is_constant: bool,
    title: str,
    provenance: Mapping[str, object],
) -> Score:
    """Build a score.

    Parameters
    ----------
    parts : sequence of TranscribedPart
        Each becomes a track, named after its role.
    bars : BarGrid
        Trimmed: its first beat is tick 0.
    is_constant : bool
        Whether one tempo holds from beginning to end.
    title : str
        Title of the piece.
    provenance : mapping
        Origin of the piece; JSON values.
    """
    tracks = tuple(_build_track(part, bars.beats_s, channel) for channel, part in enumerate(parts))
    return Score(
        ticks_per_quarter=TICKS_PER_QUARTER,
        tempos=_tempos(bars.beats_s, is_constant=is_constant),
        meters=(Meter(0, bars.numerator, bars.denominator),),
        tracks=tracks,
        title=title,
        provenance=provenance,
    )


def _tempos(beats_s: F64, *, is_constant: bool) -> tuple[Tempo, ...]:
    intervals_s = np.diff(beats_s)
    if is_constant:
        return (Tempo(0, _microseconds(float(np.median(intervals_s)))),)
    tempos = [Tempo(0, _microseconds(float(intervals_s[0])))]
    for index, interval_s in enumerate(intervals_s):
        microseconds = _microseconds(float(interval_s))
        if abs(microseconds / tempos[-1].microseconds_per_quarter - 1) > MIN_TEMPO_CHANGE:
            tempos.append(Tempo(index * TICKS_PER_QUARTER, microseconds))
    return tuple({tempo.tick: tempo for tempo in tempos}.values())


def _microseconds(interval_s: float) -> int:
    return int(np.clip(round(interval_s * 1e6), MIN_MICROSECONDS, MAX_MICROSECONDS))


def _build_track(part: TranscribedPart, beats_s: F64, channel: int) -> Track:
    notes = _make_monophonic(part.notes) if part.role in LINES else part.notes
    index = np.arange(len(beats_s))
    onsets = np.interp([note.onset_s for note in notes], beats_s, index) * TICKS_PER_QUARTER
    ends = np.interp([note.end_s for note in notes], beats_s, index) * TICKS_PER_QUARTER
    # Of notes with the same onset and pitch the last one remains.
    by_place = {}
    for note, onset, end in zip(notes, onsets.round().astype(int), ends.round().astype(int), strict=True):
        duration = max(int(end - onset), MIN_DURATION_TICKS)
        by_place[onset, note.pitch] = Note(int(onset), duration, note.pitch, note.velocity)
    track_channel = DRUM_CHANNEL if part.role is Role.DRUMS else channel
    return Track(TRACK_NAMES[part.role], PROGRAMS[part.role], track_channel, tuple(sorted(by_place.values())))


def _make_monophonic(notes: Sequence[DetectedNote]) -> list[DetectedNote]:
    """End each note of a line where the next one begins: an overlap is reverberation, not a second voice."""
    truncated = [
        note._replace(end_s=min(note.end_s, max(following.onset_s, note.onset_s)))
        for note, following in pairwise(notes)
    ]
    return [*truncated, *notes[-1:]]
