"""The notes of one role as columns of simultaneous onsets, which edits change in place."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from score.grid import Grid
from score.quantization import codec
from score.quantization.note_table import EncodedPart
from score.roles import Role

BarKey = tuple[tuple[int, int], ...]
"""What makes bars equal: the step and pitch of each onset."""


@dataclass(slots=True)
class ColumnNote:
    """A note of a column: end step, pitch, velocity."""

    end: int
    pitch: int
    velocity: int

    def copy(self) -> ColumnNote:
        """Return an equal note."""
        return ColumnNote(self.end, self.pitch, self.velocity)


class Part:
    """The notes of one role by onset step.

    Parameters
    ----------
    role : Role
    n_steps : int
    steps_per_bar : int
    columns : dict of int to list of ColumnNote
        The notes that begin at each step, the lowest first.
    """

    def __init__(self, role: Role, n_steps: int, steps_per_bar: int, columns: dict[int, list[ColumnNote]]) -> None:
        self.role, self.n_steps, self.steps_per_bar = role, n_steps, steps_per_bar
        self.columns = columns
        self.onsets = sorted(columns)

    @classmethod
    def from_grid(cls, grid: Grid, role: Role) -> Part:
        """Return a role of a piece."""
        columns: dict[int, list[ColumnNote]] = {}
        for onset, end, pitch, velocity in grid.notes(role).tolist():
            columns.setdefault(onset, []).append(ColumnNote(end, pitch, velocity))
        return cls(role, grid.n_steps, grid.steps_per_bar, columns)

    def encode(self) -> EncodedPart:
        """Return the events and velocities of the part."""
        rows = [
            (onset, min(note.end, self.n_steps), note.pitch, note.velocity)
            for onset in self.onsets
            for note in self.columns[onset]
        ]
        return codec.encode(self.role, np.array(rows, np.int32).reshape(-1, 4), self.n_steps)

    def copy(self, start: int = 0, stop: int | None = None) -> Part:
        """Return a copy of the columns from one step to another, all by default."""
        last = self.n_steps if stop is None else stop
        columns = {onset: [note.copy() for note in self.columns[onset]] for onset in self.onsets_between(start, last)}
        return Part(self.role, self.n_steps, self.steps_per_bar, columns)

    def onsets_between(self, start: int, stop: int) -> list[int]:
        """Return the onset steps from one step until before another."""
        return self.onsets[bisect_left(self.onsets, start) : bisect_left(self.onsets, stop)]

    def onset_before(self, step: int) -> int | None:
        """Return the last onset step before a step."""
        index = bisect_left(self.onsets, step)
        return self.onsets[index - 1] if index else None

    def onset_after(self, step: int) -> int | None:
        """Return the first onset step after a step."""
        index = bisect_left(self.onsets, step + 1)
        return self.onsets[index] if index < len(self.onsets) else None

    def has_onset(self, step: int) -> bool:
        """Return whether a note begins at a step."""
        return step in self.columns

    def is_empty(self, start: int, stop: int) -> bool:
        """Return whether no note begins from one step until before another."""
        return not self.onsets_between(start, stop)

    def sounding(self, step: int) -> list[ColumnNote]:
        """Return the notes that began before a step and sound at it; those of the last two bars are searched."""
        earlier = self.onsets_between(step - 2 * self.steps_per_bar, step)
        return [note for onset in earlier for note in self.columns[onset] if note.end > step]

    def ending(self, step: int) -> list[ColumnNote]:
        """Return the notes that end at a step; those of the last two bars are searched."""
        earlier = self.onsets_between(step - 2 * self.steps_per_bar, step)
        return [note for onset in earlier for note in self.columns[onset] if note.end == step]

    def bar_key(self, bar: int) -> BarKey:
        """Return what makes a bar equal to another one."""
        start = bar * self.steps_per_bar
        onsets = self.onsets_between(start, start + self.steps_per_bar)
        return tuple((onset - start, note.pitch) for onset in onsets for note in self.columns[onset])

    def add(self, step: int, notes: Iterable[ColumnNote]) -> None:
        """Add notes that begin at a step; where a pitch begins there already, it stays as it is."""
        column = self.columns.setdefault(step, [])
        pitches = {note.pitch for note in column}
        column += [note for note in notes if note.pitch not in pitches]
        column.sort(key=lambda note: note.pitch)
        index = bisect_left(self.onsets, step)
        if index == len(self.onsets) or self.onsets[index] != step:
            insort(self.onsets, step)

    def remove(self, step: int) -> list[ColumnNote]:
        """Remove the notes that begin at a step, and return them."""
        del self.onsets[bisect_left(self.onsets, step)]
        return self.columns.pop(step)

    def iter_notes(self, start: int, stop: int) -> Iterator[tuple[int, ColumnNote]]:
        """Yield the onset and the note of the columns from one step until before another."""
        for onset in self.onsets_between(start, stop):
            for note in self.columns[onset]:
                yield onset, note
