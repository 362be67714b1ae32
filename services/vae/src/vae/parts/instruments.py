"""Which parent's instrument plays each role, for the whole piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from score.arrays import F64
from score.grid import DEFAULT_PROGRAMS, Grid
from score.roles import PITCHED_ROLES, Role

_ROLE_WEIGHTS = {Role.LEAD: 1.6, Role.HARMONY: 1.3, Role.BASS: 1.0}
_MIN_SHARE_FOR_OWN = 0.2
"""A parent with this share of the sound gives at least one program that the others lack, if it has one."""

_MISSING_COST, _ROLE_COST = 10.0, 0.01


def choose_programs(grids: Sequence[Grid], roles: Sequence[Role], shares: Mapping[Role, F64]) -> dict[Role, int]:
    """Choose a parent's program for each role.

    The pitched roles with a parent's program come as near to its share as possible; the drums have the kit of the
    parent with the largest share.

    Parameters
    ----------
    grids : sequence of Grid
        The parents.
    roles : sequence of Role
        The roles of the blend.
    shares : mapping of Role to ndarray, shape (n_parents,), float64
        The parents' shares of the sound of each role.

    Returns
    -------
    dict of Role to int
        General MIDI programs.
    """
    pitched = [role for role in PITCHED_ROLES if role in roles]
    best: tuple[float, dict[Role, int]] = (float("inf"), {})
    for sides in product(range(len(grids)), repeat=len(pitched)):
        chosen = {role: _program(grids, role, side) for role, side in zip(pitched, sides, strict=True)}
        best = min(best, (_cost(grids, chosen, shares), chosen), key=lambda each: each[0])
    programs = best[1]
    if Role.DRUMS in roles:
        programs[Role.DRUMS] = _program(grids, Role.DRUMS, int(np.argmax(shares[Role.DRUMS])))
    return programs


def _cost(grids: Sequence[Grid], chosen: Mapping[Role, int], shares: Mapping[Role, F64]) -> float:
    """Return how far the parts of the parents are from their shares, and which parents are missing."""
    if not chosen:
        return 0.0
    total = sum(_ROLE_WEIGHTS[role] for role in chosen)
    given = {role: _given_shares(grids, role, program, shares[role]) for role, program in chosen.items()}
    difference = sum(_ROLE_WEIGHTS[role] * (given[role] - shares[role]) for role in chosen)
    cost = float(np.abs(difference).sum()) / (2.0 * total)
    cost += _ROLE_COST * sum(_ROLE_WEIGHTS[role] * float(1.0 - given[role] @ shares[role]) for role in chosen)
    mean_shares = np.mean([shares[role] for role in chosen], axis=0)
    for side, programs in enumerate(_exclusive_programs(grids)):
        is_missing = programs and not programs & set(chosen.values())
        cost += _MISSING_COST * (mean_shares[side] >= _MIN_SHARE_FOR_OWN and bool(is_missing))
    return cost


def _exclusive_programs(grids: Sequence[Grid]) -> list[set[int]]:
    """Return, for each parent, its programs of pitched roles that the others lack."""
    programs = [{grid.programs[role] for role in PITCHED_ROLES if role in grid.programs} for grid in grids]
    return [
        own - set().union(*(other for at, other in enumerate(programs) if at != side))
        for side, own in enumerate(programs)
    ]


def _program(grids: Sequence[Grid], role: Role, side: int) -> int:
    """Return a parent's program of a role, else another one's, else the default."""
    known = [grid.programs[role] for grid in (grids[side], *grids) if role in grid.programs]
    return known[0] if known else DEFAULT_PROGRAMS[role]


def _given_shares(grids: Sequence[Grid], role: Role, program: int, shares: F64) -> F64:
    """Return what a program gives to each parent: one that several of them have is divided by their shares."""
    has_program = np.array([grid.programs.get(role) == program for grid in grids], np.float64)
    given = has_program * np.maximum(shares, 1e-9)
    return np.asarray(given / given.sum() if given.any() else shares)
