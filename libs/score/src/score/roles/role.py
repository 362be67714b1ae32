"""The four roles, and a guess of the role of a track."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What a part does in a piece."""

    LEAD = "lead"
    HARMONY = "harmony"
    BASS = "bass"
    DRUMS = "drums"


ROLES: tuple[Role, ...] = (Role.LEAD, Role.HARMONY, Role.BASS, Role.DRUMS)
PITCHED_ROLES: tuple[Role, ...] = ROLES[:3]


class RoleGuess(NamedTuple):
    """The role of one track.

    ``track`` is its index in the score, ``role`` is None if it is left out, ``confidence`` is the probability of the
    role, 0 to 1.
    """

    track: int
    role: Role | None
    confidence: float
