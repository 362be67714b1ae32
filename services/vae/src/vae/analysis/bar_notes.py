"""Notes by bar: what all parts of a blend are read from and written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from score.arrays import Bool
from score.grid import Grid
from score.quantization import codec
from score.quantization.note_table import END, ONSET, NoteTable
from score.roles import ROLES, Role


class BarNote(NamedTuple):
    """A note: onset in steps from its bar line, duration in steps (it may cross the next bar line), pitch, velocity."""

    onset: int
    duration: int
    pitch: int
    velocity: int


Bar = tuple[BarNote, ...]
Bars = list[Bar]

CHORD_STEPS: Mapping[str, tuple[int, int]] = {"4/4": (0, 8), "3/4": (0, 8), "6/8": (0, 6)}
"""By meter, the steps of a bar at which a chord may change."""

STRONG_STEPS = CHORD_STEPS
"""By meter, the strong beats: those at which a chord may change."""


def notes_by_bar(grid: Grid, role: Role) -> Bars:
    """Return a role's notes by the bar in which they begin; all bars are empty if the piece has no such role."""
    bars: list[list[BarNote]] = [[] for _ in range(grid.n_bars)]
    if role in grid.events:
        for onset, end, pitch, velocity in grid.notes(role).tolist():
            bar, step = divmod(onset, grid.steps_per_bar)
            bars[bar].append(BarNote(step, end - onset, pitch, velocity))
    return [tuple(bar) for bar in bars]


def to_note_table(bars: Iterable[Bar], steps_per_bar: int) -> NoteTable:
    """Return the note table of consecutive bars, an int32 array (n, 4)."""
    rows = [
        (
            index * steps_per_bar + note.onset,
            index * steps_per_bar + note.onset + note.duration,
            note.pitch,
            note.velocity,
        )
        for index, bar in enumerate(bars)
        for note in bar
    ]
    return np.array(rows, np.int32).reshape(-1, 4)


def onset_pitches(bar: Bar) -> tuple[tuple[int, int], ...]:
    """Return what makes two bars equal: the onsets and pitches of their notes."""
    return tuple((note.onset, note.pitch) for note in bar)


def sounding_bars(bars: Sequence[Bar], steps_per_bar: int) -> Bool:
    """Return in which bars anything sounds, notes that are held over included."""
    is_sounding = np.zeros(len(bars), bool)
    for index, bar in enumerate(bars):
        for note in bar:
            is_sounding[index : index + 1 + (note.onset + note.duration - 1) // steps_per_bar] = True
    return is_sounding


def clip_to_next_onset(bars: Sequence[Bar], steps_per_bar: int) -> Bars:
    """Shorten the notes of a monophonic line so that they end at the next onset or the end of the piece."""
    onsets = sorted({index * steps_per_bar + note.onset for index, bar in enumerate(bars) for note in bar})
    next_onset = dict(zip(onsets, [*onsets[1:], len(bars) * steps_per_bar], strict=False))

    def clip(index: int, note: BarNote) -> BarNote:
        onset = index * steps_per_bar + note.onset
        return note._replace(duration=max(1, min(note.duration, next_onset[onset] - onset)))

    return [tuple(clip(index, note) for note in bar) for index, bar in enumerate(bars)]


def distinct_notes(notes: Iterable[BarNote]) -> Bar:
    """Return a bar without notes of equal onset and pitch, sorted; the last of equal ones is retained."""
    return tuple(sorted({(note.onset, note.pitch): note for note in notes}.values()))


def replace_notes(grid: Grid, tables: Mapping[Role, NoteTable], n_bars: int) -> Grid:
    """Return a grid with other notes; roles without notes are left out.

    Parameters
    ----------
    grid : Grid
        Gives the meter, the tempos and the programs.
    tables : mapping of Role to ndarray, shape (n, 4), int32
        Note tables; notes that begin after the end are left out, others end with it.
    n_bars : int
        Length of the result.
    """
    n_steps = n_bars * grid.steps_per_bar
    parts = {}
    for role in (role for role in ROLES if role in tables):
        table = tables[role][tables[role][:, ONSET] < n_steps]
        if len(table):
            table[:, END] = np.minimum(table[:, END], n_steps)
            parts[role] = codec.encode(role, table, n_steps)
    return replace(
        grid,
        n_bars=n_bars,
        events={role: part.events for role, part in parts.items()},
        velocities={role: part.velocities for role, part in parts.items()},
        programs={role: grid.programs.get(role, 0) for role in parts},
        program_changes={},
        keys=(),
        sources=(),
    )
