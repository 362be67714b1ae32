"""Harmony: note tables <-> four voices, the highest first.

A voice keeps its note for as long as the note is held; new notes take the free voices in the order of pitch. Of more
than four notes that begin together the highest and the lowest are retained, then those that add a pitch class. Where a
new note needs a voice, the note that has been held longest ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from score.arrays import I16, U8
from score.encoding import N_VOICES
from score.quantization.monophonic import decode_monophonic
from score.quantization.note_table import END, ONSET, PITCH, EncodedPart, NoteTable, empty_table, write_notes

_Row = list[int]


@dataclass(slots=True)
class _Voice:
    """The notes of one voice so far; the last one sounds or was the last to sound."""

    notes: list[_Row] = field(default_factory=list)

    @property
    def pitch(self) -> int:
        return self.notes[-1][PITCH] if self.notes else -1

    @property
    def end(self) -> int:
        return self.notes[-1][END] if self.notes else -1

    def start_note(self, row: _Row) -> None:
        self.end_note(row[ONSET])
        self.notes.append(row)

    def end_note(self, step: int) -> None:
        if self.end > step:
            self.notes[-1][END] = step


def encode_harmony(notes: NoteTable, n_steps: int) -> EncodedPart:
    """Encode chords as four voices.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        A note table in any order.
    n_steps : int
        Length of the role; every note ends within it.

    Returns
    -------
    EncodedPart
        Arrays of shape (n_steps, 4).

    Examples
    --------
    >>> triad = np.array([[0, 4, 60, 80], [0, 4, 64, 80], [0, 4, 67, 80]], np.int32)
    >>> encode_harmony(triad, 4).events[0].tolist()
    [48, 45, 41, 1]
    """
    voices = [_Voice() for _ in range(N_VOICES)]
    order = np.lexsort((notes[:, END], -notes[:, PITCH], notes[:, ONSET]))
    for step, rows in groupby(notes[order].tolist(), key=lambda row: int(row[ONSET])):
        _start_chord(voices, step, _unique_pitches(list(rows)))
    events = np.zeros((n_steps, N_VOICES), dtype=np.int16)
    velocities = np.zeros((n_steps, N_VOICES), dtype=np.uint8)
    for index, voice in enumerate(voices):
        write_notes(events[:, index], velocities[:, index], voice.notes)
    return EncodedPart(events, velocities, len(notes) - sum(len(voice.notes) for voice in voices))


def decode_harmony(events: I16, velocities: U8) -> NoteTable:
    """Decode the notes of all voices; two voices on the same pitch are one note.

    Examples
    --------
    >>> events = np.array([[48, 41, 1, 1], [0, 0, 0, 0]], np.int16)
    >>> decode_harmony(events, np.zeros((2, 4), np.uint8)).tolist()
    [[0, 2, 60, 90], [0, 2, 67, 90]]
    """
    tables = [decode_monophonic(events[:, index], velocities[:, index]) for index in range(events.shape[1])]
    together = np.concatenate(tables) if tables else empty_table()
    order = np.lexsort((-together[:, END], together[:, ONSET], together[:, PITCH]))
    merged: list[_Row] = []
    for row in together[order].tolist():
        last = merged[-1] if merged else None
        if last and last[PITCH] == row[PITCH] and last[END] > row[ONSET]:
            if last[ONSET] == row[ONSET]:
                continue
            last[END] = row[ONSET]
        merged.append(row)
    merged.sort(key=lambda row: (row[ONSET], row[PITCH]))
    return np.array(merged, dtype=np.int32).reshape(-1, 4)


def _unique_pitches(rows: list[_Row]) -> list[_Row]:
    """Return the longest note of each pitch, the highest pitch first."""
    return list({row[PITCH]: row for row in rows}.values())


def _start_chord(voices: list[_Voice], step: int, rows: list[_Row]) -> None:
    """Start the notes of one step: repeated notes in the voices that have them, the others in free voices."""
    new = []
    taken: set[int] = set()
    for row in rows:
        same = next((i for i, voice in enumerate(voices) if voice.pitch == row[PITCH] and voice.end >= step), None)
        if same is None:
            new.append(row)
        else:
            voices[same].start_note(row)
            taken.add(same)
    new = _limit_polyphony(new, N_VOICES - len(taken))
    _free_voices(voices, step, taken, len(new))
    for row in new:
        index = _assign_voice(voices, step, taken, row[PITCH])
        voices[index].start_note(row)
        taken.add(index)


def _limit_polyphony(rows: list[_Row], limit: int) -> list[_Row]:
    """Return at most ``limit`` notes: the outer ones, then new pitch classes from the top down."""
    if len(rows) <= limit:
        return rows
    ranked = [rows[0], rows[-1]]
    classes = {row[PITCH] % 12 for row in ranked}
    for row in rows[1:-1]:
        if row[PITCH] % 12 not in classes:
            classes.add(row[PITCH] % 12)
            ranked.append(row)
    ranked += [row for row in rows[1:-1] if row not in ranked]
    return sorted(ranked[:limit], key=lambda row: -row[PITCH])


def _free_voices(voices: list[_Voice], step: int, taken: set[int], n_needed: int) -> None:
    """End the notes that have been held longest until enough voices are free."""
    held = [i for i, voice in enumerate(voices) if i not in taken and voice.end > step]
    n_free = N_VOICES - len(taken) - len(held)
    held.sort(key=lambda i: voices[i].notes[-1][ONSET])
    for index in held[: max(n_needed - n_free, 0)]:
        voices[index].end_note(step)


def _assign_voice(voices: list[_Voice], step: int, taken: set[int], pitch: int) -> int:
    """Return a free voice that keeps the voices in the order of pitch, else the first free one."""
    active = {i for i, voice in enumerate(voices) if i in taken or voice.end > step}
    free = [i for i in range(N_VOICES) if i not in active]
    above = max((i for i in active if voices[i].pitch > pitch), default=-1)
    below = min((i for i in active if voices[i].pitch < pitch), default=N_VOICES)
    return next((i for i in free if above < i < below), free[0])
