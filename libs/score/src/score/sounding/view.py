"""The view of a score as it sounds; see the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from score.arrays import I64
from score.identity import SameScore
from score.midi.smf import CONTROLLER, PITCH_BEND
from score.model import Event, Note, Score, Track
from score.sounding.controls import OF_PITCH, OF_SOUND, Part, group_parts, is_channel_event
from score.sounding.note_array import END, RELEASE, TRACK, is_unchanged, read_notes, split_by_index, to_notes
from score.sounding.notices import sounding_notices
from score.sounding.playing import PlayedNotes, play_parts
from score.sounding.programs import common_changes, is_program_change, track_programs
from score.sounding.restrike import cut_restruck
from score.sounding.volume import scale_velocities

_N_RECENT_VIEWS = 2
"""The views of one score with and without pedals."""


def sounding(score: Score) -> Score:
    """Return the music that a synthesizer plays.

    Tracks keep their places. Notes last as long as they sound, at the pitches and with the loudness at which they
    sound; silent notes are left out; a track has the program of its first note. The controllers that say so are left
    out of the tracks' other events, and notices say which tracks are silent and how many notes were bent.

    Examples
    --------
    >>> from score.model import Note
    >>> pedal = (Event(0, bytes((0xB0, 64, 127))), Event(960, bytes((0xB0, 64, 0))))
    >>> sounding(Score(tracks=(Track(notes=(Note(0, 96, 60, 80),), others=pedal),))).tracks[0].notes
    (Note(onset_ticks=0, duration_ticks=960, pitch=60, velocity=80),)
    """
    return _recent_view(SameScore(score), RELEASE)


def keyed(score: Score) -> Score:
    """Return the same music, with notes that last as long as their keys are held: no pedal lengthens them.

    Lines are told apart by the keys: under a pedal, all notes of a melody sound together. The notes are those of
    `sounding`, one for one.
    """
    return _recent_view(SameScore(score), END)


@lru_cache(maxsize=_N_RECENT_VIEWS)
def _recent_view(same: SameScore, end_column: int) -> Score:
    """Return a view; one that was just computed is returned again, since roles, key and grid all read it."""
    return _view(same.score, end_column)


def _view(score: Score, end_column: int) -> Score:
    parts = group_parts(score)
    notes = read_notes(score)
    cut = cut_restruck(notes)
    if not parts and cut is notes:
        return score
    played = play_parts(score, parts, cut)
    audible = _audible_notes(played)
    rows = split_by_index(audible, audible[:, TRACK], len(score.tracks))
    bent, common = _bent_tracks(score, played.bent_parts), common_changes(score)
    before = split_by_index(notes, notes[:, TRACK], len(score.tracks))
    tracks = []
    for index, track in enumerate(score.tracks):
        is_same = is_unchanged(before[index], rows[index], end_column=end_column)
        audible_notes = track.notes if is_same else to_notes(rows[index], end_column=end_column)
        tracks.append(_track_view(track, audible_notes, common, is_bent=index in bent))
    return replace(score, tracks=tuple(tracks), notices=(*score.notices, *sounding_notices(score, played)))


def _track_view(
    track: Track, notes: tuple[Note, ...], common: Mapping[int, Sequence[Event]], *, is_bent: bool
) -> Track:
    """Return a track with what is heard of it.

    Parameters
    ----------
    track : Track
    notes : tuple of Note
        Its notes as they sound; a track of which none does acts on nothing.
    common : mapping of int to sequence of Event
        From `common_changes`.
    is_bent : bool
        Whether the notes contain its bends.
    """
    if track.notes and not notes:
        return replace(track, notes=(), others=tuple(event for event in track.others if not is_channel_event(event)))
    others = [event for event in track.others if not _is_contained(event, is_bent=is_bent)]
    if not track.notes:
        return replace(track, others=tuple(others))
    program, changes = track_programs(track, notes[0].onset_ticks, common)
    events = tuple(sorted([*others, *changes], key=_tick) if changes else others)
    if notes is track.notes and program == track.program and events == track.others:
        return track
    return replace(track, program=program, notes=notes, others=events)


def _audible_notes(played: PlayedNotes) -> I64:
    """Return the notes that are audible, as loud as they are; all notes, if all are silent."""
    if played.is_silent.all():
        return cut_restruck(played.notes)
    audible, levels = played.notes[~played.is_silent], played.levels[~played.is_silent]
    if (levels != 1.0).any():
        scale_velocities(audible, levels)
    return cut_restruck(audible)


def _bent_tracks(score: Score, bent_parts: Sequence[Part]) -> set[int]:
    """Return the tracks whose bends the view contains; those without notes by their channel."""
    bent = {index for part in bent_parts for index in part.tracks}
    channels = {score.tracks[index].channel for index in bent}
    return bent | {at for at, track in enumerate(score.tracks) if not track.notes and track.channel in channels}


def _is_contained(event: Event, *, is_bent: bool) -> bool:
    """Return whether the view contains what an event does; programs are placed again."""
    kind = event.data[0] & 0xF0
    if kind == CONTROLLER:
        return event.data[1] in OF_SOUND or (is_bent and event.data[1] in OF_PITCH)
    return (kind == PITCH_BEND and is_bent) or is_program_change(event)


def _tick(event: Event) -> int:
    return event.tick
