"""Bars in which nothing would sound although a parent plays: a role that rests there at first enters at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from score.arrays import F64
from score.roles import Role

from vae.analysis.bar_notes import Bar, Bars, clip_to_next_onset, sounding_bars
from vae.analysis.parent import Parent
from vae.planning.form import FormPlan
from vae.planning.ingredients import Ingredient, IngredientShares

INGREDIENT_OF_ACCOMPANIMENT: Mapping[Role, Ingredient] = {
    Role.HARMONY: Ingredient.TEXTURE,
    Role.BASS: Ingredient.BASS,
    Role.DRUMS: Ingredient.GROOVE,
}
"""The ingredient whose shares decide when a role enters."""

_TOLERANCE = 1e-6


def fill_silence(
    form: FormPlan,
    parents: Sequence[Parent],
    shares: IngredientShares,
    parts: Mapping[Role, Bars],
    accompaniment: Mapping[Role, Bars],
) -> dict[Role, Bars]:
    """Return the parts of a blend without bars in which nothing sounds although a parent with a share plays.

    There the accompaniment plays whose parents have the largest share of it or, where none plays, a parent's lead.

    Parameters
    ----------
    form : FormPlan
    parents : sequence of Parent
    shares : IngredientShares
    parts : mapping of Role to list of Bar
        All roles.
    accompaniment : mapping of Role to list of Bar
        Harmony, bass and drums as they play once they have entered.
    """
    steps = parents[0].steps_per_bar
    is_sounding = np.any([sounding_bars(bars, steps) for bars in parts.values()], axis=0)
    filled = {role: list(bars) for role, bars in parts.items()}
    for bar in np.flatnonzero(~is_sounding).tolist():
        own_shares = {
            role: _share_of_players(parents, role, shares[ingredient][bar])
            for role, ingredient in INGREDIENT_OF_ACCOMPANIMENT.items()
            if accompaniment[role][bar]
        }
        for role, share in own_shares.items():
            if share >= max(own_shares.values()) - _TOLERANCE:
                filled[role][bar] = accompaniment[role][bar]
        if not own_shares:
            filled[Role.LEAD][bar] = _lead_bar(parents, form.slots[bar].bars, shares.lead()[bar])
    if filled[Role.LEAD] != parts[Role.LEAD]:
        filled[Role.LEAD] = clip_to_next_onset(filled[Role.LEAD], steps)
    return filled


def _share_of_players(parents: Sequence[Parent], role: Role, shares: F64) -> float:
    """Return the sum of the shares of the parents that have a role."""
    return float(sum(share for parent, share in zip(parents, shares, strict=True) if parent.has_role(role)))


def _lead_bar(parents: Sequence[Parent], bars: Sequence[int], shares: F64) -> Bar:
    """Return the lead's bar of the parent with the largest share of those whose lead has notes; else nothing.

    Parameters
    ----------
    parents : sequence of Parent
    bars : sequence of int
        The bar of each parent.
    shares : ndarray, shape (n_parents,), float64
    """
    for side in np.argsort(-shares, kind="stable").tolist():
        notes: Bar = parents[side].bars[Role.LEAD][bars[side]]
        if notes and shares[side] > 0.0:
            return notes
    return ()
