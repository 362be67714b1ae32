"""Conversion of quantized notes to another meter.

Beats stay beats, and the notes of a beat keep their rhythm:

- 3/4 to 4/4: the three quarters of a bar are the first three; the last one lasts for two.
- 6/8 to 4/4: each dotted beat begins half a bar; its last eighth lasts for two.
- 4/4 to 6/8: each quarter becomes a dotted beat, so one bar becomes two; two eighths become a quarter and an eighth.
- 4/4 to 3/4: one quarter of each bar is left out, the one whose notes the piece misses least.

Where a beat lasts for two, it is repeated; the lead holds its last note instead, unless it runs in eighths or faster.
All bars are converted alike, so what repeats goes on repeating.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from score.arrays import I64
from score.encoding import STEPS_PER_QUARTER
from score.meter_map import STEP_MAPS
from score.quantization.note_table import END, N_COLUMNS, ONSET, PITCH, NoteTable
from score.roles import Role

_SWUNG_QUARTER = (0, 2, 4, 5, 6)
"""Where the sixteenths of a quarter, and its end, are in a dotted beat."""

_REPEATED_STEPS = {"3/4": 4, "6/8": 2}
"""The length of what is repeated where it lasts for two: a quarter of 3/4, an eighth of 6/8."""

_EIGHTH_STEPS = STEPS_PER_QUARTER // 2

_DROPPED_QUARTERS = (2, 3, 1)
"""The quarters of a bar of 4/4 that may be left out, the first among equals: without the third, one bass note and three
chords become one and two."""


@dataclass(frozen=True)
class MeterConversion:
    """A conversion of steps, the same for every unit of them.

    Attributes
    ----------
    steps : tuple of int
        The new step of each step of the unit, a beat, half bar or bar, and of its end. Never falling.
    repeated_steps : int
        Number of steps at the end of the unit that are repeated where they were lengthened, 0 for none.
    tempo_factor : float
        Ratio of the new tempo to the old one with which a beat lasts as long as before.
    """

    steps: tuple[int, ...]
    repeated_steps: int = 0
    tempo_factor: float = 1.0

    def convert_step(self, step: int) -> int:
        """Return the new step of a step, or of the end of a note.

        Examples
        --------
        >>> conversion = MeterConversion((0, 2, 4, 5, 6))
        >>> [conversion.convert_step(step) for step in (0, 2, 4, 9)]
        [0, 4, 6, 14]
        """
        unit, rest = divmod(step, len(self.steps) - 1)
        return unit * self.steps[-1] + self.steps[rest]

    def convert_notes(self, role: Role, notes: NoteTable) -> NoteTable:
        """Return converted notes, without those that lie in steps that are left out.

        Parameters
        ----------
        role : Role
        notes : ndarray, shape (n, 4), int32

        Returns
        -------
        ndarray, shape (m, 4), int32
            Sorted by onset and pitch.
        """
        converted = notes.copy()
        converted[:, ONSET], converted[:, END] = (
            self._convert_steps(notes[:, ONSET]),
            self._convert_steps(notes[:, END]),
        )
        repeated = self._repeat(notes, converted, only_runs=role is Role.LEAD)
        both = np.concatenate([converted[converted[:, END] > converted[:, ONSET]], repeated])
        ordered: NoteTable = both[np.lexsort((both[:, PITCH], both[:, ONSET]))]
        return ordered

    def convert_played(self, role: Role, played: NoteTable) -> NoteTable:
        """Return played notes on their converted steps, an array of the same columns: their offsets are lost."""
        converted = self.convert_notes(role, played[:, :N_COLUMNS])
        return np.pad(converted, ((0, 0), (0, played.shape[1] - N_COLUMNS)))

    def count_left_out(self, notes: NoteTable) -> int:
        """Return the number of notes that lie in steps that are left out."""
        return int((self._convert_steps(notes[:, END]) <= self._convert_steps(notes[:, ONSET])).sum())

    def _convert_steps(self, steps: NoteTable) -> I64:
        unit, rest = np.divmod(steps, len(self.steps) - 1)
        converted: I64 = unit * self.steps[-1] + np.array(self.steps)[rest]
        return converted

    def _repeat(self, notes: NoteTable, converted: NoteTable, *, only_runs: bool) -> NoteTable:
        """Return the notes in the last steps of each unit again; end the given ones, in place, where those begin."""
        n_unit = len(self.steps) - 1
        unit, rest = np.divmod(notes[:, ONSET], n_unit)
        is_repeated = (rest >= n_unit - self.repeated_steps) & (notes[:, END] <= (unit + 1) * n_unit)
        if only_runs:
            is_repeated &= np.isin(unit, _running_units(notes[:, ONSET], n_unit))
        repeated: NoteTable = converted[is_repeated].copy()
        ends = repeated[:, ONSET] + notes[is_repeated, END] - notes[is_repeated, ONSET]
        converted[is_repeated, END] = ends
        repeated[:, ONSET] += self.repeated_steps
        repeated[:, END] = ends + self.repeated_steps
        return repeated


def _running_units(onsets: NoteTable, n_unit: int) -> NoteTable:
    """Return the units at the end of which two notes follow each other within an eighth, and the last one is as short.

    `onsets` is one column of a note table, sorted, and `n_unit` the number of steps of a unit.
    """
    unit, rest = np.divmod(onsets, n_unit)
    is_end = np.append(np.diff(unit) > 0, True)
    is_after_short = np.append(False, (np.diff(onsets) <= _EIGHTH_STEPS) & (np.diff(unit) == 0))
    running: NoteTable = unit[is_end & is_after_short & (rest >= n_unit - _EIGHTH_STEPS)]
    return running


def choose_conversion(notes: Mapping[Role, NoteTable], meter: str, new_meter: str) -> MeterConversion:
    """Return the conversion of a piece from one meter to another, whose bars have another length.

    Parameters
    ----------
    notes : mapping of Role to ndarray
        The note tables of the piece.
    meter, new_meter : str
        Meters of a grid.

    Examples
    --------
    >>> choose_conversion({}, "6/8", "4/4").steps
    (0, 1, 2, 3, 4, 5, 8)
    """
    if (meter, new_meter) == ("4/4", "6/8"):
        return MeterConversion(_SWUNG_QUARTER, tempo_factor=1.5)
    if (meter, new_meter) == ("4/4", "3/4"):
        return min(map(_without_quarter, _DROPPED_QUARTERS), key=lambda conversion: _loss(conversion, notes))
    return MeterConversion(STEP_MAPS[meter, new_meter], _REPEATED_STEPS[meter])


def _without_quarter(quarter: int) -> MeterConversion:
    start, n_steps = quarter * STEPS_PER_QUARTER, 4 * STEPS_PER_QUARTER
    end = start + STEPS_PER_QUARTER
    return MeterConversion(
        tuple(min(step, start) if step < end else step - STEPS_PER_QUARTER for step in range(n_steps + 1))
    )


def _loss(conversion: MeterConversion, notes: Mapping[Role, NoteTable]) -> float:
    """Return the sum of the shares of each role's notes that a conversion leaves out."""
    return sum(conversion.count_left_out(table) / max(len(table), 1) for table in notes.values())
