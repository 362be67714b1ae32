"""A piece as the evaluation compares it, and files of pieces, so that samples of several generators can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gan.measures.grid_piece import GridPiece
from score.arrays import I16
from score.encoding import HOLD, N_VOICES, OFF
from score.roles import ROLES, Role

UNKNOWN_GROUP = -1


@dataclass(frozen=True, eq=False)
class Piece(GridPiece):
    """Some bars of music, real or generated; see `gan.measures.grid_piece`.

    Attributes
    ----------
    style : str
        Style id.
    synthetic : bool
        Whether its reference is a machine-made arrangement.
    group : int
        Index in the corpus of the piece that it was cut from or generated like, or `UNKNOWN_GROUP`.
    """

    style: str
    synthetic: bool
    group: int

    def restricted(self, roles: Sequence[Role]) -> Piece:
        """Return the piece with these roles only; a role that it lacks is silent."""
        events = {role: self.events[role] if role in self.events else silence(role, self.n_steps) for role in roles}
        return replace(self, events=events)

    def cut(self, n_bars: int) -> Piece:
        """Return the first bars."""
        return replace(self, events={role: events[: n_bars * self.bar_steps] for role, events in self.events.items()})


def silence(role: Role, n_steps: int) -> I16:
    """Return the events of a role that never plays."""
    events = np.full((n_steps, N_VOICES) if role is Role.HARMONY else n_steps, HOLD, np.int16)
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
        "steps": np.array([piece.n_steps for piece in pieces], np.int64),
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
    events: list[dict[Role, I16]] = [{} for _ in table["steps"]]
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
