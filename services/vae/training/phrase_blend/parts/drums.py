"""The drums of a blend, and the delayed entry of a role that only the parent with the smaller share has."""

from __future__ import annotations

from collections.abc import Sequence

from score.roles import Role

from ..analysis.bar_notes import Bars
from ..analysis.parent import Parent
from ..planning.form import FormPlan


def take_drums(plan: FormPlan, parents: Sequence[Parent], sources: Sequence[int]) -> tuple[Bars, list[int]]:
    """Take the drums of each phrase from its parent, or from the other one if that has none.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of two Parent
    sources : sequence of int
        The parent of each phrase.

    Returns
    -------
    bars : list of Bar
    bar_sources : list of int
        The parent of each bar; -1 if neither has drums.
    """
    bars: Bars = []
    bar_sources: list[int] = []
    for slot in plan.slots:
        wanted = sources[slot.phrase]
        side = next((side for side in (wanted, 1 - wanted) if parents[side].has_role(Role.DRUMS)), -1)
        bar_sources.append(side)
        bars.append(() if side < 0 else parents[side].bars[Role.DRUMS][slot.bars[side]])
    return bars, bar_sources


def delay_entry(plan: FormPlan, bars: Bars, parents: Sequence[Parent], role: Role, share: float) -> Bars:
    """Delay a role that only one parent has, if that parent's share is below 0.5.

    It rests at first, and plays from a phrase on, in twice its parent's share of the phrases.

    Parameters
    ----------
    plan : FormPlan
    bars : list of Bar
    parents : sequence of two Parent
    role : Role
    share : float
        The second parent's share.
    """
    owners = [side for side in (0, 1) if parents[side].has_role(role)]
    own_share = (1.0 - share, share)[owners[0]] if len(owners) == 1 else 1.0
    if own_share >= 0.5:
        return bars
    n_phrases = len(plan.phrases)
    return [
        bar if (slot.phrase + 0.5) / n_phrases > 1.0 - 2.0 * own_share else ()
        for bar, slot in zip(bars, plan.slots, strict=True)
    ]
