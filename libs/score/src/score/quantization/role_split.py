"""Role split: the notes of each role, where one track may have to be divided into several roles.

A solo piano becomes lead (its skyline, the highest line), bass (its lowest line, where that is well below the rest) and
harmony (the rest). A track whose role the user has set, or whose name is that of a role, is never divided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from score.arrays import Bool
from score.model import Score, Track
from score.quantization.note_table import END, N_COLUMNS, ONSET, PITCH, NoteTable
from score.roles import PITCHED_ROLES, Role, RoleGuess, track_features

_MAX_BASS_PITCH = 53
_ALWAYS_BASS_PITCH = 43
_MIN_BASS_GAP_SEMITONES = 4
_MIN_SHARE = 0.04
"""Smaller shares of a track's notes are not a line of their own."""
_OCTAVE = 12


class NoteSubset(StrEnum):
    """Which of a track's notes a role has."""

    WHOLE = "whole"
    TOP = "top"
    BOTTOM = "bottom"
    REST = "rest"


class RoleSource(NamedTuple):
    """Where the notes of a role come from: a track of the score, and which of its notes."""

    role: Role
    track: int
    subset: NoteSubset
    name: str
    program: int
    n_notes: int


NoteRoles = Mapping[tuple[int, int], Role]
"""The role of each note of a track, by onset in ticks and pitch."""


class RoleReading(NamedTuple):
    """What was found of a score's tracks: the role of each, and of each note of the tracks that are divided."""

    guesses: tuple[RoleGuess, ...]
    note_roles: Mapping[int, NoteRoles]


_RoleNotes = dict[Role, tuple[NoteSubset, NoteTable]]
"""The notes of one track by role."""


class RoleParts(NamedTuple):
    """The notes of each role that has any, and the tracks that they come from."""

    notes: dict[Role, NoteTable]
    sources: tuple[RoleSource, ...]

    def from_step(self, start: int) -> RoleParts:
        """Return the parts with their steps counted from another one, without what begins before it."""
        tables = {role: table[table[:, ONSET] >= start] for role, table in self.notes.items()}
        for table in tables.values():
            table[:, : END + 1] -= start
        return self._replace(notes={role: table for role, table in tables.items() if len(table)})

    def note_roles(self, tables: Mapping[int, NoteTable], tracks: Sequence[Track]) -> dict[int, NoteRoles]:
        """Return the roles of the notes of each track that is divided into several.

        Parameters
        ----------
        tables : mapping of int to ndarray
            Note table of each track, with a row for each of its notes, of which the roles have theirs.
        tracks : sequence of Track
        """
        by_row: dict[int, dict[tuple[int, ...], Role]] = {}
        starts = dict.fromkeys(self.notes, 0)
        n_roles = Counter(source.track for source in self.sources)
        for source in self.sources:
            start = starts[source.role]
            starts[source.role] += source.n_notes
            if n_roles[source.track] == 1:
                continue
            rows = self.notes[source.role][start : start + source.n_notes].tolist()
            by_row.setdefault(source.track, {}).update({tuple(row): source.role for row in rows})
        return {
            index: {
                (note.onset_ticks, note.pitch): roles[tuple(row)]
                for note, row in zip(tracks[index].notes, tables[index].tolist(), strict=True)
            }
            for index, roles in by_row.items()
            if len(set(roles.values())) > 1
        }


def split_by_role(
    score: Score, guesses: Sequence[RoleGuess], tables: Mapping[int, NoteTable], overridden: set[int]
) -> RoleParts:
    """Collect the notes of each role.

    Parameters
    ----------
    score : Score
    guesses : sequence of RoleGuess
        One for each track.
    tables : mapping of int to ndarray, shape (n, 4), int32
        Note table of each track that has notes, by track index.
    overridden : set of int
        Tracks whose role the user has set.
    """
    # The user may set the role of a track without notes, which has no table.
    by_track: dict[int, _RoleNotes] = {
        guess.track: {guess.role: (NoteSubset.WHOLE, tables[guess.track])}
        for guess in guesses
        if guess.role and guess.track in tables
    }
    present = {role for roles in by_track.values() for role in roles}
    divisible = [guess.track for guess in guesses if _is_divisible(score, guess, overridden)]
    for index in divisible:
        by_track[index] = {Role.HARMONY: (NoteSubset.WHOLE, tables[index])}
        if guesses[index].role is Role.LEAD:
            _assign(by_track[index], Role.LEAD, NoteSubset.TOP, _skyline(tables[index]))
        if guesses[index].role is Role.BASS:
            _assign(by_track[index], Role.BASS, NoteSubset.BOTTOM, _bass_line(tables[index], of_chords=False))
    if divisible and Role.LEAD not in present:
        index = max(divisible, key=lambda track: float(np.median(tables[track][:, PITCH])))
        _assign(by_track[index], Role.LEAD, NoteSubset.TOP, _skyline(by_track[index][Role.HARMONY][1]))
    if divisible and Role.BASS not in present:
        index = min(divisible, key=lambda track: float(np.median(tables[track][:, PITCH])))
        pool = by_track[index][Role.HARMONY][1]
        _assign(by_track[index], Role.BASS, NoteSubset.BOTTOM, _bass_line(pool, of_chords=True))
    return _collect(score, by_track)


def _collect(score: Score, by_track: Mapping[int, _RoleNotes]) -> RoleParts:
    notes: dict[Role, list[NoteTable]] = {}
    sources = []
    for index, roles in by_track.items():
        track = score.tracks[index]
        for role, (subset, table) in roles.items():
            if len(table):
                notes.setdefault(role, []).append(table)
                sources.append(RoleSource(role, index, subset, track.name, track.program, len(table)))
    return RoleParts({role: np.concatenate(notes[role]) for role in Role if role in notes}, tuple(sources))


def _is_divisible(score: Score, guess: RoleGuess, overridden: set[int]) -> bool:
    track = score.tracks[guess.track]
    if guess.track in overridden or guess.role not in PITCHED_ROLES or track.name.strip().lower() in set(Role):
        return False
    return not track_features(track, score.ticks_per_quarter).is_monophonic


def _assign(roles: _RoleNotes, role: Role, subset: NoteSubset, chosen: Bool) -> None:
    """Move some of a track's harmony notes to another role, unless they are too few to be a line."""
    pool = roles[Role.HARMONY][1]
    if len(pool) == 0 or chosen.mean() < _MIN_SHARE:
        return
    roles[role] = (subset, pool[chosen])
    roles[Role.HARMONY] = (NoteSubset.REST, pool[~chosen])


def _skyline(notes: NoteTable) -> Bool:
    """Mark the notes that begin above everything that sounds, except where only the accompaniment plays.

    Uitdenbogerd and Zobel, *Melodic matching techniques for large music databases*, ACM Multimedia, 1999.
    """
    chosen = np.zeros(len(notes), dtype=np.bool_)
    held_pitch, held_end, last_onset = -1, -1, -1
    for index in np.lexsort((-notes[:, PITCH], notes[:, ONSET])).tolist():
        onset, end, pitch = notes[index, :3].tolist()
        if onset == last_onset:
            continue
        last_onset = onset
        if held_pitch > pitch and held_end > onset + 1:
            continue
        chosen[index] = True
        held_pitch, held_end = pitch, end
    if chosen.any():
        chosen &= notes[:, PITCH] > np.median(notes[chosen, PITCH]) - _OCTAVE
    return chosen


def _bass_line(notes: NoteTable, *, of_chords: bool) -> Bool:
    """Mark the notes that begin below everything that sounds; within chords only those that `_is_bass_note`."""
    chosen = np.zeros(len(notes), dtype=np.bool_)
    order = np.lexsort((notes[:, PITCH], notes[:, ONSET])).tolist()
    rows = notes[order, :N_COLUMNS].tolist()
    held_pitch, held_end, last_onset = 128, -1, -1
    for place, (index, (onset, end, pitch, _)) in enumerate(zip(order, rows, strict=True)):
        if onset == last_onset:
            continue
        last_onset = onset
        if held_pitch < pitch and held_end > onset + 1:
            continue
        if of_chords and not _is_bass_note(pitch, rows[place + 1 : place + 2], onset):
            continue
        chosen[index] = True
        held_pitch, held_end = pitch, end
    return chosen


def _is_bass_note(pitch: int, above: list[list[int]], onset: int) -> bool:
    """Return whether the lowest note of a chord is a bass note: very low, or low and well below the next chord note."""
    if pitch <= _ALWAYS_BASS_PITCH:
        return True
    gap = above[0][PITCH] - pitch if above and above[0][ONSET] == onset else _MIN_BASS_GAP_SEMITONES
    return pitch <= _MAX_BASS_PITCH and gap >= _MIN_BASS_GAP_SEMITONES
