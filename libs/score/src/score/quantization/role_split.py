"""From tracks to the notes of each role, dividing a track that plays several roles at once.

A piano that plays alone is lead (its highest line), bass (its lowest line, where that is well below) and harmony (the
rest). A track that a person gave a role, or that is named as a role, is never divided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from score.arrays import Bool
from score.model import Score
from score.quantization.note_table import ONSET, PITCH, NoteTable
from score.roles import PITCHED_ROLES, Role, RoleGuess, describe

_HIGHEST_BASS_PITCH = 53
_DEEP_PITCH = 43
_BASS_GAP_SEMITONES = 4
_SMALLEST_SHARE = 0.04
_OCTAVE = 12


class NoteSubset(StrEnum):
    """Which of a track's notes a role took."""

    WHOLE = "whole"
    TOP = "top"
    BOTTOM = "bottom"
    REST = "rest"


class RoleSource(NamedTuple):
    """Where a role's notes come from: a track of the score, and which of its notes."""

    role: Role
    track: int
    share: NoteSubset
    name: str
    program: int
    n_notes: int


_Shares = dict[int, dict[Role, tuple[NoteSubset, NoteTable]]]


class RoleParts(NamedTuple):
    """The notes of each role that has any, and where they come from."""

    notes: dict[Role, NoteTable]
    sources: tuple[RoleSource, ...]


def split_by_role(
    score: Score, guesses: Sequence[RoleGuess], tables: Mapping[int, NoteTable], given: set[int]
) -> RoleParts:
    """Gather each role's notes.

    Parameters
    ----------
    score : Score
    guesses : sequence of RoleGuess
        One a track.
    tables : mapping
        Track index to its note table, on steps.
    given : set of int
        Tracks whose role a person chose.
    """
    # A person may give a role to a track without notes, which has no table.
    shares: _Shares = {
        guess.track: {guess.role: (NoteSubset.WHOLE, tables[guess.track])}
        for guess in guesses
        if guess.role and guess.track in tables
    }
    present = {role for roles in shares.values() for role in roles}
    divisible = [guess.track for guess in guesses if _is_divisible(score, guess, given)]
    for index in divisible:
        shares[index] = {Role.HARMONY: (NoteSubset.WHOLE, tables[index])}
        if guesses[index].role is Role.LEAD:
            _claim(shares[index], Role.LEAD, NoteSubset.TOP, _skyline(tables[index]))
        if guesses[index].role is Role.BASS:
            _claim(shares[index], Role.BASS, NoteSubset.BOTTOM, _baseline(tables[index], of_chords=False))
    if divisible and Role.LEAD not in present:
        index = max(divisible, key=lambda track: float(np.median(tables[track][:, PITCH])))
        _claim(shares[index], Role.LEAD, NoteSubset.TOP, _skyline(shares[index][Role.HARMONY][1]))
    if divisible and Role.BASS not in present:
        index = min(divisible, key=lambda track: float(np.median(tables[track][:, PITCH])))
        pool = shares[index][Role.HARMONY][1]
        _claim(shares[index], Role.BASS, NoteSubset.BOTTOM, _baseline(pool, of_chords=True))
    return _gather(score, shares)


def _gather(score: Score, shares: _Shares) -> RoleParts:
    notes: dict[Role, list[NoteTable]] = {}
    sources = []
    for index, roles in shares.items():
        track = score.tracks[index]
        for role, (share, table) in roles.items():
            if len(table):
                notes.setdefault(role, []).append(table)
                sources.append(RoleSource(role, index, share, track.name, track.program, len(table)))
    return RoleParts({role: np.concatenate(notes[role]) for role in Role if role in notes}, tuple(sources))


def _is_divisible(score: Score, guess: RoleGuess, given: set[int]) -> bool:
    track = score.tracks[guess.track]
    if guess.track in given or guess.role not in PITCHED_ROLES or track.name.strip().lower() in set(Role):
        return False
    return not describe(track, score.ticks_per_quarter).is_line


def _claim(roles: dict[Role, tuple[NoteSubset, NoteTable]], role: Role, share: NoteSubset, chosen: Bool) -> None:
    """Give some of a track's harmony notes to another role, unless they are too few to be a line."""
    pool = roles[Role.HARMONY][1]
    if len(pool) == 0 or chosen.mean() < _SMALLEST_SHARE:
        return
    roles[role] = (share, pool[chosen])
    roles[Role.HARMONY] = (NoteSubset.REST, pool[~chosen])


def _skyline(notes: NoteTable) -> Bool:
    """Mark the notes that begin above everything that sounds, but for the gaps where only accompaniment is heard."""
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


def _baseline(notes: NoteTable, *, of_chords: bool) -> Bool:
    """Mark the notes that begin below everything that sounds; in chords those that are low, and well below the next."""
    chosen = np.zeros(len(notes), dtype=np.bool_)
    order = np.lexsort((notes[:, PITCH], notes[:, ONSET])).tolist()
    rows = notes[order].tolist()
    held_pitch, held_end, last_onset = 128, -1, -1
    for place, (index, (onset, end, pitch, _)) in enumerate(zip(order, rows, strict=True)):
        if onset == last_onset:
            continue
        last_onset = onset
        if held_pitch < pitch and held_end > onset + 1:
            continue
        if of_chords and not _is_apart(pitch, rows[place + 1 : place + 2], onset):
            continue
        chosen[index] = True
        held_pitch, held_end = pitch, end
    return chosen


def _is_apart(pitch: int, above: list[list[int]], onset: int) -> bool:
    """Whether a chord's lowest note is a bass note: deep, or low and well below the next that begins with it."""
    if pitch <= _DEEP_PITCH:
        return True
    gap = above[0][PITCH] - pitch if above and above[0][ONSET] == onset else _BASS_GAP_SEMITONES
    return pitch <= _HIGHEST_BASS_PITCH and gap >= _BASS_GAP_SEMITONES
