"""The view of a score as it sounds; see the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from score.arrays import I64
from score.midi.smf import CONTROLLER, PITCH_BEND
from score.model import Event, Score, Track
from score.sounding.controls import OF_PITCH, OF_SOUND, Part, group_parts
from score.sounding.note_array import END, RELEASE, TRACK, read_notes, split_by_index, to_notes
from score.sounding.notices import sounding_notices
from score.sounding.playing import PlayedNotes, play_parts
from score.sounding.programs import is_program_change, program_at_first_note
from score.sounding.restrike import cut_restruck
from score.sounding.volume import scale_velocities


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
    return _view(score, RELEASE)


def keyed(score: Score) -> Score:
    """Return the same music, with notes that last as long as their keys are held: no pedal lengthens them.

    Lines are told apart by the keys: under a pedal, all notes of a melody sound together. The notes are those of
    `sounding`, one for one.
    """
    return _view(score, END)


def _view(score: Score, end_column: int) -> Score:
    parts = group_parts(score)
    notes = read_notes(score)
    cut = cut_restruck(notes)
    if not parts and cut is notes:
        return score
    played = play_parts(score, parts, cut)
    audible = _audible_notes(played)
    rows = split_by_index(audible, audible[:, TRACK], len(score.tracks))
    tracks = tuple(
        replace(
            track,
            program=program_at_first_note(track, events),
            notes=to_notes(rows[index], end_column=end_column),
            others=others,
        )
        for index, (track, events, others) in enumerate(_events(score, parts, played.bent_parts))
    )
    return replace(score, tracks=tracks, notices=(*score.notices, *sounding_notices(score, played)))


def _audible_notes(played: PlayedNotes) -> I64:
    """Return the notes that are audible, as loud as they are; all notes, if all are silent."""
    if played.is_silent.all():
        return cut_restruck(played.notes)
    audible, levels = played.notes[~played.is_silent], played.levels[~played.is_silent]
    if (levels != 1.0).any():
        scale_velocities(audible, levels)
    return cut_restruck(audible)


def _events(
    score: Score, parts: Sequence[Part], bent_parts: Sequence[Part]
) -> Iterator[tuple[Track, Sequence[Event], tuple[Event, ...]]]:
    """Yield each track, the messages of its instrument, and its own events that the view does not contain."""
    messages = {index: part.events for part in parts for index in part.tracks}
    bent_tracks = {index for part in bent_parts for index in part.tracks}
    bent_channels = {score.tracks[index].channel for index in bent_tracks}
    for index, track in enumerate(score.tracks):
        is_bent = index in bent_tracks if track.notes else track.channel in bent_channels
        yield track, messages.get(index, ()), _remaining_events(track, is_bent=is_bent)


def _remaining_events(track: Track, *, is_bent: bool) -> tuple[Event, ...]:
    """Return the events of a track that the view does not contain."""
    first_tick = track.notes[0].onset_ticks if track.notes else -1
    return tuple(event for event in track.others if not _is_contained(event, first_tick, is_bent=is_bent))


def _is_contained(event: Event, first_tick: int, *, is_bent: bool) -> bool:
    kind = event.data[0] & 0xF0
    if kind == CONTROLLER:
        return event.data[1] in OF_SOUND or (is_bent and event.data[1] in OF_PITCH)
    return (kind == PITCH_BEND and is_bent) or (is_program_change(event) and event.tick <= first_tick)
