"""The drums of a blend, and the delayed entry of a role that only the parent with the smaller share has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F64
from score.roles import Role

from vae.analysis.bar_notes import Bars
from vae.analysis.parent import Parent
from vae.planning.form import FormPlan


def take_drums(
    plan: FormPlan, parents: Sequence[Parent], sources: Sequence[int], shares: F64
) -> tuple[Bars, list[int]]:
    """Take the drums of each bar from its parent, or from another one if that has none.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of Parent
    sources : sequence of int
        The parent of each bar.
    shares : ndarray, shape (n_bars, n_parents), float64
        Shares of the groove.

    Returns
    -------
    bars : list of Bar
    bar_sources : list of int
        The parent of each bar; -1 if none has drums.
    """
    bars: Bars = []
    bar_sources: list[int] = []
    for slot, source, of_bar in zip(plan.slots, sources, shares, strict=True):
        side = role_owner(parents, Role.DRUMS, source, of_bar)
        bar_sources.append(side)
        bars.append(() if side < 0 else parents[side].bars[Role.DRUMS][slot.bars[side]])
    return bars, bar_sources


def take_decoded_drums(
    plan: FormPlan, parents: Sequence[Parent], own: tuple[Bars, list[int]], decoded: Bars, shares: F64
) -> tuple[Bars, list[int]]:
    """Take the drums that a model has decoded in all bars in which more than one parent with a share plays.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of Parent
    own : tuple of (list of Bar, list of int)
        From `take_drums`.
    decoded : list of Bar
    shares : ndarray, shape (n_bars, n_parents), float64
        Shares of the groove.

    Returns
    -------
    bars : list of Bar
    bar_sources : list of int
        As from `take_drums`; the number of parents in the decoded bars.
    """
    bars, bar_sources = list(own[0]), list(own[1])
    for index, slot in enumerate(plan.slots):
        players = [
            side
            for side, parent in enumerate(parents)
            if shares[index, side] > 0.0 and parent.sounding[Role.DRUMS][slot.bars[side]]
        ]
        if len(players) > 1 and decoded[index]:
            bars[index], bar_sources[index] = decoded[index], len(parents)
    return bars, bar_sources


def role_owner(parents: Sequence[Parent], role: Role, wanted: int, shares: F64) -> int:
    """Return the wanted parent of a role if it has it, else the one with the largest share that does.

    Parameters
    ----------
    parents : sequence of Parent
    role : Role
    wanted : int
    shares : ndarray, shape (n_parents,), float64

    Returns
    -------
    int
        -1 if no parent with a share has the role.
    """
    order = [wanted, *np.argsort(-shares, kind="stable").tolist()]
    return next((side for side in order if parents[side].has_role(role) and shares[side] > 0.0), -1)


def delay_entry(plan: FormPlan, bars: Bars, parents: Sequence[Parent], role: Role, shares: F64) -> Bars:
    """Delay a role that not all parents have.

    It rests at first and plays from a half phrase on: in as much of the piece as the share of the parents that have it.

    Parameters
    ----------
    plan : FormPlan
    bars : list of Bar
    parents : sequence of Parent
    role : Role
    shares : ndarray, shape (n_bars, n_parents), float64
    """
    own_shares = shares[:, [side for side, parent in enumerate(parents) if parent.has_role(role)]].sum(axis=1)
    delayed = list(bars)
    for half in plan.half_phrases:
        position = (half[0] + half[-1] + 1) / (2 * len(plan.slots))
        if position < 1.0 - float(own_shares[half].mean()):
            for bar in half:
                delayed[bar] = ()
    return delayed
