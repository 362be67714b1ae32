"""Which parent's instrument plays each role, for the whole piece."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from score.grid import DEFAULT_PROGRAMS
from score.roles import PITCHED_ROLES, Role

from ..analysis.parent import Parent

_ROLE_WEIGHTS = {Role.LEAD: 1.6, Role.HARMONY: 1.3, Role.BASS: 1.0}
_MIN_SHARE_FOR_BOTH = 0.2
_MISSING_COST = 10.0


def choose_programs(parents: Sequence[Parent], roles: Sequence[Role], share: float) -> dict[Role, int]:
    """Choose a parent's program for each pitched role.

    The roles with the second parent's program come as near to its share as possible. From 0.2 to 0.8, each parent
    gives at least one program that the other lacks, if both have one.

    Parameters
    ----------
    parents : sequence of two Parent
    roles : sequence of Role
        The roles of the blend.
    share : float
        The second parent's share of the sound.

    Returns
    -------
    dict of Role to int
        General MIDI programs.
    """
    pitched = [role for role in PITCHED_ROLES if role in roles]
    exclusive = _exclusive_programs(parents)
    best: tuple[float, dict[Role, int]] = (float("inf"), {})
    total = sum(_ROLE_WEIGHTS[role] for role in pitched) or 1.0
    for sides in product((0, 1), repeat=len(pitched)):
        chosen = {role: _program(parents, role, side) for role, side in zip(pitched, sides, strict=True)}
        second = sum(_ROLE_WEIGHTS[role] * _second_share(parents, role, chosen[role], share) for role in pitched)
        cost = abs(second / total - share)
        if _MIN_SHARE_FOR_BOTH <= share <= 1.0 - _MIN_SHARE_FOR_BOTH and all(exclusive):
            cost += _MISSING_COST * sum(not (programs & set(chosen.values())) for programs in exclusive)
        best = min(best, (cost, chosen), key=lambda each: each[0])
    return best[1]


def _exclusive_programs(parents: Sequence[Parent]) -> list[set[int]]:
    """Return, for each parent, its programs of pitched roles that the other one lacks."""
    first, second = (
        {parent.grid.programs[role] for role in PITCHED_ROLES if role in parent.grid.programs} for parent in parents
    )
    return [first - second, second - first]


def _program(parents: Sequence[Parent], role: Role, side: int) -> int:
    """Return a parent's program of a role, else the other's, else the default."""
    other = parents[1 - side].grid.programs.get(role, DEFAULT_PROGRAMS[role])
    return parents[side].grid.programs.get(role, other)


def _second_share(parents: Sequence[Parent], role: Role, program: int, share: float) -> float:
    """Return 1 for the second parent's own program, 0 for the first's, and the share itself if they are the same."""
    first, second = (parent.grid.programs.get(role) for parent in parents)
    if first == second:
        return share
    return float(program == second)
