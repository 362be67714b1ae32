"""So many bars of music of one meter, its roles as notes: what is measured."""

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


@dataclass(frozen=True, eq=False)
class GridPiece:
    """Music in C major or A minor.

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
    def pitched(self) -> tuple[Role, ...]:
        """Its roles but the drums."""
        return tuple(role for role in PITCHED_ROLES if role in self.events)

    @property
    def bar(self) -> int:
        """Steps in a bar."""
        return STEPS_PER_BAR[self.meter]

    @property
    def steps(self) -> int:
        """Its length in steps."""
        return len(next(iter(self.events.values())))

    @property
    def bars(self) -> int:
        """Its length in bars."""
        return self.steps // self.bar

    @cached_property
    def notes(self) -> dict[Role, I32]:
        """The notes of each role; the pitch of a drum is the first of its class."""
        made = grid.from_events(self.meter, self.events)
        return {role: np.asarray(made.notes(role)[:, :3], np.int32) for role in self.roles}
