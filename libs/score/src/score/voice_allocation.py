"""Chords on steps <-> four voices, the highest first.

A voice keeps its note as long as it holds; what begins takes the free voices in the order of pitch. Of more than four
notes the highest and the lowest stay, then those that double no pitch class; a longer-held note gives way first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from score.encoding import N_VOICES
from score.monophonic import (
    END,
    ONSET,
    PITCH,
    EncodedPart,
    Events,
    NoteTable,
    Velocities,
    decode_monophonic,
    empty_table,
    write_notes,
)

_Row = list[int]


@dataclass(slots=True)
class _Voice:
    """What one voice has sung so far; the last row is the note it sings or has ended with."""

    notes: list[_Row] = field(default_factory=list)

    @property
    def pitch(self) -> int:
        return self.notes[-1][PITCH] if self.notes else -1

    @property
    def end(self) -> int:
        return self.notes[-1][END] if self.notes else -1

    def sing(self, row: _Row) -> None:
        self.stop(row[ONSET])
        self.notes.append(row)

    def stop(self, step: int) -> None:
        if self.end > step:
            self.notes[-1][END] = step


def encode_harmony(notes: NoteTable, n_steps: int) -> EncodedPart:
    """Draw chords as four voices.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        A note table, any order.
    n_steps : int
        Length; every note ends within it.

    Returns
    -------
    EncodedPart
        Shapes (n_steps, 4).
    """
    voices = [_Voice() for _ in range(N_VOICES)]
    order = np.lexsort((notes[:, END], -notes[:, PITCH], notes[:, ONSET]))
    for step, rows in groupby(notes[order].tolist(), key=lambda row: int(row[ONSET])):
        _begin_chord(voices, step, _one_a_pitch(list(rows)))
    events = np.zeros((n_steps, N_VOICES), dtype=np.int16)
    velocities = np.zeros((n_steps, N_VOICES), dtype=np.uint8)
    for index, voice in enumerate(voices):
        write_notes(events[:, index], velocities[:, index], voice.notes)
    return EncodedPart(events, velocities, len(notes) - sum(len(voice.notes) for voice in voices))


def decode_harmony(events: Events, velocities: Velocities) -> NoteTable:
    """Read the notes of all voices; two voices on one pitch are one note."""
    tables = [decode_monophonic(events[:, index], velocities[:, index]) for index in range(events.shape[1])]
    together = np.concatenate(tables) if tables else empty_table()
    order = np.lexsort((-together[:, END], together[:, ONSET], together[:, PITCH]))
    kept: list[_Row] = []
    for row in together[order].tolist():
        last = kept[-1] if kept else None
        if last and last[PITCH] == row[PITCH] and last[END] > row[ONSET]:
            if last[ONSET] == row[ONSET]:
                continue
            last[END] = row[ONSET]
        kept.append(row)
    kept.sort(key=lambda row: (row[ONSET], row[PITCH]))
    return np.array(kept, dtype=np.int32).reshape(-1, 4)


def _one_a_pitch(rows: list[_Row]) -> list[_Row]:
    """Of notes on one pitch keep the longest; highest pitch first."""
    return list({row[PITCH]: row for row in rows}.values())


def _begin_chord(voices: list[_Voice], step: int, rows: list[_Row]) -> None:
    """Let the notes of one step begin."""
    new = []
    taken: set[int] = set()
    for row in rows:
        again = next((i for i, voice in enumerate(voices) if voice.pitch == row[PITCH] and voice.end >= step), None)
        if again is None:
            new.append(row)
        else:
            voices[again].sing(row)
            taken.add(again)
    new = _thin(new, N_VOICES - len(taken))
    _make_room(voices, step, taken, len(new))
    for row in new:
        index = _place(voices, step, taken, row[PITCH])
        voices[index].sing(row)
        taken.add(index)


def _thin(rows: list[_Row], limit: int) -> list[_Row]:
    """Keep at most ``limit`` notes: the outer ones, then new pitch classes from above."""
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


def _make_room(voices: list[_Voice], step: int, taken: set[int], n_needed: int) -> None:
    """Stop the notes held longest until enough voices are free."""
    held = [i for i, voice in enumerate(voices) if i not in taken and voice.end > step]
    n_free = N_VOICES - len(taken) - len(held)
    held.sort(key=lambda i: voices[i].notes[-1][ONSET])
    for index in held[: max(n_needed - n_free, 0)]:
        voices[index].stop(step)


def _place(voices: list[_Voice], step: int, taken: set[int], pitch: int) -> int:
    """Choose a free voice that keeps the voices in the order of pitch, else the first free one."""
    active = {i for i, voice in enumerate(voices) if i in taken or voice.end > step}
    free = [i for i in range(N_VOICES) if i not in active]
    above = max((i for i in active if voices[i].pitch > pitch), default=-1)
    below = min((i for i in active if voices[i].pitch < pitch), default=N_VOICES)
    return next((i for i in free if above < i < below), free[0])
