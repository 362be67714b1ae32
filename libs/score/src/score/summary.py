"""Summary of a piece for its user: length, tempo, meter and tracks; and its notes and bars in seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from servicekit.faults import NoNotes

from score.encoding import STEPS_PER_QUARTER
from score.grid import from_score
from score.meter_map import meter_segments
from score.model import Notice, Score, Track
from score.quantization.role_split import NoteRoles, RoleReading
from score.roles import ROLES, Role, apply_drum_overrides, assign
from score.sounding import keyed, sounding
from score.tempo_map import TempoMap, mean_bpm
from score.texts import display_text


class TimedNote(NamedTuple):
    """A note in seconds from the beginning of the piece; pitch and velocity are MIDI numbers.

    ``role`` is None unless the note's track is divided into several roles.
    """

    onset_s: float
    duration_s: float
    pitch: int
    velocity: int
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class TrackSummary:
    """One track.

    ``role`` is None if it has no notes or is left out; ``role_confidence`` is 0 to 1. ``note_roles`` has the role of
    each note, by onset in ticks and pitch, if the track is divided into several roles; otherwise it is empty.
    """

    track: int
    name: str
    program: int
    is_drum: bool
    n_notes: int
    role: Role | None
    role_confidence: float
    note_roles: NoteRoles = field(default_factory=dict)

    @property
    def roles(self) -> tuple[Role, ...]:
        """All roles that its notes have, in the order of `ROLES`."""
        present: set[Role | None] = {*self.note_roles.values()} or {self.role}
        return tuple(role for role in ROLES if role in present)


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of a piece.

    Attributes
    ----------
    n_bars : int
        Number of bars up to the end of the last note, in the piece's own meters.
    seconds : float
        Time from the beginning to the end of the last note.
    tempo_bpm : float
        Mean tempo in quarter notes per minute, weighted by time.
    meter : str
        The meter that lasts longest.
    """

    n_bars: int
    seconds: float
    tempo_bpm: float
    meter: str
    tracks: tuple[TrackSummary, ...]
    notices: tuple[Notice, ...]


def summarize(score: Score, overrides: Mapping[int, Role | None] | None = None) -> Summary:
    """Return the summary of what is heard of a score: its roles, and the notices of the score and its grid.

    Examples
    --------
    >>> from score.model import Note
    >>> found = summarize(Score(tracks=(Track("Lead", 0, 0, (Note(0, 960, 60, 80),)),)))
    >>> found.n_bars, found.seconds, found.tempo_bpm, found.meter
    (1, 1.0, 120.0, '4/4')
    """
    given = apply_drum_overrides(score, overrides)
    score = sounding(given)
    reading, notices = _read_grid(given, overrides)
    tracks = tuple(
        TrackSummary(
            track=index,
            name=display_text(track.name),
            program=track.program,
            is_drum=track.is_drum,
            n_notes=len(track.notes),
            role=guess.role,
            role_confidence=guess.confidence,
            note_roles=reading.note_roles.get(index, {}),
        )
        for index, (track, guess) in enumerate(zip(score.tracks, reading.guesses, strict=True))
    )
    return Summary(
        n_bars=len(bar_onset_ticks(score)),
        seconds=TempoMap.from_score(score).seconds(score.end_ticks),
        tempo_bpm=mean_bpm(score),
        meter=_main_meter(score),
        tracks=tracks,
        notices=notices,
    )


def _read_grid(score: Score, overrides: Mapping[int, Role | None] | None) -> tuple[RoleReading, tuple[Notice, ...]]:
    """Return roles and notices of the grid; a piece whose tracks are all left out has no grid but a summary."""
    try:
        grid = from_score(score, overrides)
    except NoNotes as fault:
        notices = (*sounding(score).notices, Notice(fault.reason, fault.message))
        return RoleReading(tuple(assign(keyed(score), overrides)), {}), notices
    assert grid.reading is not None
    return grid.reading, grid.notices


def timed_notes(score: Score, track: Track, note_roles: NoteRoles | None = None) -> list[TimedNote]:
    """Return a track's notes in seconds, in the order of their onsets.

    Parameters
    ----------
    score : Score
    track : Track
        One of its tracks.
    note_roles : mapping, optional
        The role of each note, by onset in ticks and pitch; see `TrackSummary`.

    Examples
    --------
    >>> from score.model import Note
    >>> track = Track(notes=(Note(480, 240, 60, 80),))
    >>> timed_notes(Score(tracks=(track,)), track)
    [TimedNote(onset_s=0.5, duration_s=0.25, pitch=60, velocity=80, role=None)]
    """
    if not track.notes:
        return []
    table = track.note_array
    onset_ticks, end_ticks = table[:, 0], table[:, 0] + table[:, 1]
    tempo_map = TempoMap.from_score(score)
    onsets_s = tempo_map.seconds_at(onset_ticks)
    durations_s = tempo_map.seconds_at(end_ticks) - onsets_s
    columns = [values.tolist() for values in (onsets_s, durations_s, table[:, 2], table[:, 3])]
    roles = [(note_roles or {}).get(key) for key in zip(onset_ticks.tolist(), columns[2], strict=True)]
    return [TimedNote(*row) for row in zip(*columns, roles, strict=True)]


def bar_onset_ticks(score: Score) -> list[int]:
    """Return the ticks at which bars begin, from the first one with a note to the last; a change of meter begins a bar.

    A note that ends less than half a sixteenth after a bar line does not sound in the next bar.

    Examples
    --------
    >>> from score.model import Meter, Note
    >>> track = Track(notes=(Note(0, 4000, 60, 80),))
    >>> bar_onset_ticks(Score(meters=(Meter(0, 3, 4), Meter(1440, 4, 4)), tracks=(track,)))
    [0, 1440, 3360]
    """
    onsets: list[int] = []
    for segment in meter_segments(score):
        ticks_per_bar = max(round(segment.meter.quarters * score.ticks_per_quarter), 1)
        onsets.extend(range(segment.start_ticks, segment.end_ticks, ticks_per_bar))
    notes = np.concatenate([np.empty((0, 4), dtype=np.int64), *(track.note_array for track in score.tracks)])
    if not len(notes):
        return onsets
    tolerance_ticks = score.ticks_per_quarter / (2 * STEPS_PER_QUARTER)
    first_ticks = float(notes[:, 0].min()) + tolerance_ticks
    last_ticks = float(np.maximum(notes[:, 0], notes[:, 0] + notes[:, 1] - tolerance_ticks).max())
    first = max(bisect_right(onsets, first_ticks) - 1, 0)
    return onsets[first : max(bisect_right(onsets, last_ticks), first + 1)]


def bar_onsets_s(score: Score) -> list[float]:
    """Return the times in seconds at which bars begin."""
    onsets: list[float] = TempoMap.from_score(score).seconds_at(bar_onset_ticks(score)).tolist()
    return onsets


def _main_meter(score: Score) -> str:
    lengths: dict[str, int] = {}
    for segment in meter_segments(score):
        name = segment.meter.name
        lengths[name] = lengths.get(name, 0) + segment.end_ticks - segment.start_ticks
    return max(lengths, key=lambda name: lengths[name])
