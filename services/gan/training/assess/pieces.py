"""A piece as the evaluation sees it, and files of pieces: samples of several generators can be compared.

pieces.save(path, made)        pieces.load(path)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from score import grid
from score.encoding import HOLD, N_VOICES, OFF, STEPS_PER_BAR
from score.roles import PITCHED_ROLES, ROLES, Role

Events = npt.NDArray[np.int16]
Notes = npt.NDArray[np.int32]
"""Rows of onset step, end step (the first at which it no longer sounds) and MIDI pitch, by onset: shape (n, 3)."""

ONSET, END, PITCH = range(3)
UNKNOWN_GROUP = -1


@dataclass(frozen=True, eq=False)
class Piece:
    """So many bars of music, real or made.

    Attributes
    ----------
    style : str
        Style id.
    is_minor : bool
        The key is A minor, else C major.
    meter : str
        ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    synthetic : bool
        Whether its reference is a machine's arrangement.
    group : int
        Index in the corpus of the piece that it was cut from, or was made like; `UNKNOWN_GROUP` where nobody knows.
    events : mapping of Role to ndarray, int16
        As `score.grid.Grid.events`: whole bars, all roles of one length.
    """

    style: str
    is_minor: bool
    meter: str
    synthetic: bool
    group: int
    events: Mapping[Role, Events]

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
    def notes(self) -> dict[Role, Notes]:
        """The notes of each role; the pitch of a drum is the first of its class."""
        made = grid.from_events(self.meter, self.events)
        return {role: np.asarray(made.notes(role)[:, :3], np.int32) for role in self.roles}

    def restricted(self, roles: Sequence[Role]) -> Piece:
        """Leave out other roles; one of these that it lacks is silent."""
        kept = {role: self.events[role] if role in self.events else silence(role, self.steps) for role in roles}
        return replace(self, events=kept)

    def cut(self, bars: int) -> Piece:
        """Keep the first bars."""
        return replace(self, events={role: events[: bars * self.bar] for role, events in self.events.items()})


def silence(role: Role, steps: int) -> Events:
    """Write a role that never plays."""
    events = np.full((steps, N_VOICES) if role is Role.HARMONY else steps, HOLD, np.int16)
    if role is not Role.DRUMS:
        events[0] = OFF
    return events


def save(path: Path, pieces: Sequence[Piece]) -> None:
    """Write pieces to one ``npz``.

    Arrays over pieces: ``style`` and ``meter`` (text), ``is_minor``, ``synthetic``, ``group``, ``steps`` and ``roles``
    (n, 4). Under each role's name the events of all pieces that have it, end to end.
    """
    arrays: dict[str, npt.NDArray[Any]] = {
        "style": np.array([piece.style for piece in pieces], np.str_),
        "meter": np.array([piece.meter for piece in pieces], np.str_),
        "is_minor": np.array([piece.is_minor for piece in pieces], np.bool_),
        "synthetic": np.array([piece.synthetic for piece in pieces], np.bool_),
        "group": np.array([piece.group for piece in pieces], np.int64),
        "steps": np.array([piece.steps for piece in pieces], np.int64),
        "roles": np.array([[role in piece.events for role in ROLES] for piece in pieces], np.bool_).reshape(-1, 4),
    }
    for role in ROLES:
        known = [np.asarray(piece.events[role], np.int16) for piece in pieces if role in piece.events]
        arrays[role.value] = np.concatenate([silence(role, 1)[:0], *known])
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # its stub takes the arrays for flags


def load(path: Path) -> list[Piece]:
    """Read what `save` wrote."""
    with np.load(path) as arrays:
        table = {name: arrays[name] for name in arrays.files}
    events: list[dict[Role, Events]] = [{} for _ in table["steps"]]
    for column, role in enumerate(ROLES):
        known = np.flatnonzero(table["roles"][:, column])
        parts = np.split(table[role.value], np.cumsum(table["steps"][known])[:-1])
        for index, part in zip(known, parts, strict=False):
            events[index][role] = part
    return [
        Piece(
            style=str(table["style"][index]),
            is_minor=bool(table["is_minor"][index]),
            meter=str(table["meter"][index]),
            synthetic=bool(table["synthetic"][index]),
            group=int(table["group"][index]),
            events=known,
        )
        for index, known in enumerate(events)
    ]
