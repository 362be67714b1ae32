"""From parts and bars to a score: seconds become ticks along the beats, and the tempo map follows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from score.model import Meter, Note, Score, Tempo, Track
from score.roles import Role

from transcriber.constants import Floats
from transcriber.notation.role_separation import Part
from transcriber.note_detection.note_decoding import HeardNote
from transcriber.rhythm.downbeat_tracking import Bars

TICKS_PER_QUARTER = 480
SHORTEST_TICKS = 30
EARLY_BEATS = 0.3
"""A note that begins so little before a bar belongs to it."""
NEW_TEMPO = 0.004
"""A tempo is written where it differs from the last one by more than this share."""

PROGRAMS = {Role.LEAD: 0, Role.HARMONY: 0, Role.BASS: 33}
NAMES = {Role.LEAD: "Lead", Role.HARMONY: "Harmony", Role.BASS: "Bass"}


def trimmed(bars: Bars, first_onset_s: float) -> Bars:
    """Leave out the bars before the one in which the first note begins."""
    at = float(np.interp(first_onset_s, bars.beats_s, np.arange(len(bars.beats_s)))) + EARLY_BEATS
    return bars._replace(beats_s=bars.beats_s[int(at // bars.quarters) * bars.quarters :])


def assemble(
    parts: Sequence[Part], bars: Bars, *, is_constant: bool, title: str, provenance: Mapping[str, object]
) -> Score:
    """Write the parts down.

    Parameters
    ----------
    parts : sequence of Part
        Each becomes a track, named after its role.
    bars : Bars
        Trimmed: its first beat is tick 0.
    is_constant : bool
        One tempo holds from beginning to end.
    title : str
    provenance : mapping
        Where the piece comes from.
    """
    tracks = tuple(_track(part, bars.beats_s, channel) for channel, part in enumerate(parts))
    return Score(
        ticks_per_quarter=TICKS_PER_QUARTER,
        tempos=_tempos(bars.beats_s, is_constant=is_constant),
        meters=(Meter(0, bars.numerator, bars.denominator),),
        tracks=tracks,
        title=title,
        provenance=provenance,
    )


def _tempos(beats_s: Floats, *, is_constant: bool) -> tuple[Tempo, ...]:
    intervals_s = np.diff(beats_s)
    if is_constant:
        return (Tempo(0, _microseconds(float(np.median(intervals_s)))),)
    tempos = [Tempo(0, _microseconds(float(intervals_s[0])))]
    for index, interval_s in enumerate(intervals_s):
        microseconds = _microseconds(float(interval_s))
        if abs(microseconds / tempos[-1].microseconds_per_quarter - 1) > NEW_TEMPO:
            tempos.append(Tempo(index * TICKS_PER_QUARTER, microseconds))
    return tuple({tempo.tick: tempo for tempo in tempos}.values())


def _microseconds(interval_s: float) -> int:
    return int(np.clip(round(interval_s * 1e6), 50_000, 16_000_000))


def _track(part: Part, beats_s: Floats, channel: int) -> Track:
    notes = part.notes if part.role is Role.HARMONY else _in_line(part.notes)
    index = np.arange(len(beats_s))
    onsets = np.interp([note.onset_s for note in notes], beats_s, index) * TICKS_PER_QUARTER
    ends = np.interp([note.end_s for note in notes], beats_s, index) * TICKS_PER_QUARTER
    written = {}
    for note, onset, end in zip(notes, onsets.round().astype(int), ends.round().astype(int), strict=True):
        written[onset, note.pitch] = Note(int(onset), max(int(end - onset), SHORTEST_TICKS), note.pitch, note.velocity)
    return Track(NAMES[part.role], PROGRAMS[part.role], channel, tuple(sorted(written.values())))


def _in_line(notes: Sequence[HeardNote]) -> list[HeardNote]:
    """End each note of a line where the next one begins: a room's echo is no second voice."""
    cut = [
        one._replace(end_s=min(one.end_s, max(following.onset_s, one.onset_s))) for one, following in pairwise(notes)
    ]
    return [*cut, *notes[-1:]]
