"""Edits: small changes to the notes of a bar, which are applied alike to all bars that are equal.

Steps are counted from the bar's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from score.encoding import N_VOICES
from score.roles import Role

from vae.attributes.part import ColumnNote, Part

_INSERTED_VELOCITY_RATIO = 0.85
_MAX_GAP_NOTE_STEPS = 2
"""Length of a note that is inserted into a rest."""


class Operation(Protocol):
    """A change to one place of a bar."""

    def apply(self, part: Part, start: int) -> None:
        """Change a part in place.

        Parameters
        ----------
        part : Part
        start : int
            First step of the bar.
        """


@dataclass(frozen=True)
class Edit:
    """A change to a bar.

    Attributes
    ----------
    cost : float
        How much the music loses by it. The cheapest edits come first.
    operations : tuple of Operation
    """

    cost: float
    operations: tuple[Operation, ...]

    def apply(self, part: Part, start: int) -> None:
        """Apply all operations to the bar that begins at a step."""
        for operation in self.operations:
            operation.apply(part, start)


@dataclass(frozen=True)
class RemoveColumn:
    """Leave out all notes of a step. What led up to them without a gap is sustained in their place."""

    step: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        step = start + self.step
        if not part.has_onset(step):
            return
        removed = part.remove(step)
        end = max(note.end for note in removed)
        classes = {note.pitch % 12 for note in removed}
        for note in part.ending(step):
            if part.role is not Role.HARMONY or len(removed) == 1 or note.pitch % 12 in classes:
                note.end = end


@dataclass(frozen=True)
class InsertNote:
    """Begin one note at a step, dividing the note of a line that sounds there or filling a rest."""

    step: int
    pitch: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        step = start + self.step
        if part.has_onset(step):
            return
        following = part.onset_after(step)
        limit = part.n_steps if following is None else following
        before = part.onset_before(step)
        velocity = round(_INSERTED_VELOCITY_RATIO * _mean_velocity(part, before if before is not None else following))
        hosts = part.sounding(step)
        if part.role is Role.DRUMS:
            end = step + 1
        elif part.role is Role.HARMONY:
            hosts = [note for note in hosts if note.pitch == self.pitch] or hosts[-1:]
            end = max([note.end for note in hosts], default=min(limit, step + _MAX_GAP_NOTE_STEPS))
        else:
            end = min([limit, *(note.end for note in hosts)] if hosts else [limit, step + _MAX_GAP_NOTE_STEPS])
        if part.role in (Role.LEAD, Role.BASS) or (hosts and len(part.sounding(step)) >= N_VOICES):
            for note in hosts:
                note.end = step
        for note in hosts:
            if note.pitch == self.pitch:
                note.end = min(note.end, step)
        part.add(step, [ColumnNote(max(end, step + 1), self.pitch, velocity)])


@dataclass(frozen=True)
class Restrike:
    """Begin the notes of a chord again that sound at a step, or else those of the step before."""

    step: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        step = start + self.step
        before = part.onset_before(step)
        if part.has_onset(step) or before is None:
            return
        hosts = part.sounding(step)
        n_rest_steps = 0 if hosts else step - before
        following = part.onset_after(step)
        limit = part.n_steps if following is None else following
        notes = [
            ColumnNote(
                note.end if hosts else min(note.end + n_rest_steps, limit),
                note.pitch,
                max(1, round(_INSERTED_VELOCITY_RATIO * note.velocity)),
            )
            for note in hosts or part.columns[before]
        ]
        for note in hosts:
            note.end = step
        part.add(step, notes)


@dataclass(frozen=True)
class MoveColumn:
    """Move all notes of a step to an empty one."""

    step: int
    to_step: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        step, to_step = start + self.step, start + self.to_step
        if not part.has_onset(step) or part.has_onset(to_step):
            return
        for note in part.ending(step):
            note.end = to_step
        notes = part.remove(step)
        if part.role in (Role.LEAD, Role.BASS):
            for note in part.sounding(to_step):
                note.end = to_step
        for note in notes:
            note.end = to_step + 1 if part.role is Role.DRUMS else max(note.end, to_step + 1)
        part.add(to_step, notes)


@dataclass(frozen=True)
class AddNote:
    """Add a note to those that begin at a step."""

    step: int
    pitch: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        step = start + self.step
        if part.has_onset(step):
            column = part.columns[step]
            velocity = round(sum(note.velocity for note in column) / len(column))
            part.add(step, [ColumnNote(max(note.end for note in column), self.pitch, velocity)])


@dataclass(frozen=True)
class RemoveNote:
    """Leave out one of several notes that begin at a step."""

    step: int
    pitch: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        column = part.columns.get(start + self.step, [])
        if len(column) > 1:
            column[:] = [note for note in column if note.pitch != self.pitch]


@dataclass(frozen=True)
class ChangePitch:
    """Give another pitch to a note."""

    step: int
    pitch: int
    to_pitch: int

    def apply(self, part: Part, start: int) -> None:
        """Change a part: see `Operation`."""
        column = part.columns.get(start + self.step, [])
        for note in column:
            if note.pitch == self.pitch:
                note.pitch = self.to_pitch
        column.sort(key=lambda note: note.pitch)


def _mean_velocity(part: Part, step: int | None) -> float:
    """Return the mean velocity of a column; 90 if there is none."""
    column = [] if step is None else part.columns[step]
    return sum(note.velocity for note in column) / len(column) if column else 90.0
