"""A piece on the grid, its roles also as note tables: what the measurements of this package take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from score import grid
from score.arrays import I16, I32
from score.encoding import STEPS_PER_BAR
from score.roles import PITCHED_ROLES, ROLES, Role

ONSET, END, PITCH = range(3)
"""Columns of a note table."""

N_PITCHES = 128
"""MIDI pitches."""


@dataclass(frozen=True, eq=False)
class GridPiece:
    """Music in C major or A minor, in whole bars of one meter.

    Attributes
    ----------
    is_minor : bool
        The key is A minor, else C major.
    meter : str
        ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    events : mapping of Role to ndarray, int16
        As `score.grid.Grid.events`: whole bars, all roles of one length.
    """

    is_minor: bool
    meter: str
    events: Mapping[Role, I16]

    @property
    def roles(self) -> tuple[Role, ...]:
        """Its roles, in the order of `ROLES`."""
        return tuple(role for role in ROLES if role in self.events)

    @property
    def pitched_roles(self) -> tuple[Role, ...]:
        """Its roles other than drums."""
        return tuple(role for role in PITCHED_ROLES if role in self.events)

    @property
    def bar_steps(self) -> int:
        """Steps in a bar."""
        return STEPS_PER_BAR[self.meter]

    @property
    def n_steps(self) -> int:
        """Its length in steps."""
        return len(next(iter(self.events.values())))

    @property
    def n_bars(self) -> int:
        """Its length in bars."""
        return self.n_steps // self.bar_steps

    @cached_property
    def notes(self) -> dict[Role, I32]:
        """The note table of each role: (notes, 3), columns `ONSET`, `END` (the step after the last) and `PITCH`.

        Sorted by onset. The pitch of a drum is the first of its class.
        """
        score_grid = grid.from_events(self.meter, self.events)
        return {role: np.asarray(score_grid.notes(role)[:, :3], np.int32) for role in self.roles}
