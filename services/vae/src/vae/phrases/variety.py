"""How much of a blend has to repeat for its melody to be as varied as its parents' melodies.

Figures of two parents that are mixed are more varied, or less, than those of each. So a lead is drafted halfway between
the parents, and the repetition of the form is corrected by what it shows. The parents count twice: as they are, and as
the form arranges their bars, where one parent's bars return with the phrases of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from score.roles import Role

from vae.analysis.bar_notes import Bars
from vae.analysis.parent import Parent
from vae.parts.lead import compose_lead
from vae.parts.progression import choose_progression
from vae.planning.form import FormPlan, plan_form
from vae.planning.ingredients import Ingredient, IngredientShares
from vae.planning.repetition import repetition_rate
from vae.planning.sources import assign_sources

_MAX_DRAFTS = 3
_ARRANGED_WEIGHT = 0.75
"""How much the parents count as the form arranges them; the rest, as they are."""

_MAX_DISTANCE = 0.04
"""A draft whose variety is nearer to the parents' mean is good enough."""


def measure_repetition_gain(parents: Sequence[Parent], leader: int, seed: int) -> float:
    """Return how much more has to repeat halfway between the parents than in their mean.

    Parameters
    ----------
    parents : sequence of Parent
    leader : int
        Index of the parent that leads the form.
    seed : int

    Returns
    -------
    float
        To be added to the share of the bars that repeat; negative where less should.
    """
    of_parents = float(np.mean([variety(parent.bars[Role.LEAD], parent.steps_per_bar) for parent in parents]))
    mean_rate = float(
        np.mean([repetition_rate(parent, [(phrase, 0) for phrase in parent.phrases]) for parent in parents])
    )
    best_distance, best_gain, gain = float("inf"), 0.0, 0.0
    forms: list[FormPlan] = []
    for _ in range(_MAX_DRAFTS):
        form = plan_form(parents, np.full(len(parents), 1.0 / len(parents)), seed, leader=leader, repetition_gain=gain)
        if form in forms:
            break
        forms.append(form)
        own = draft_variety(form, parents, seed)
        wanted = of_parents + _ARRANGED_WEIGHT * (arranged_variety(form, parents) - of_parents)
        if min(own, wanted) <= 0.0:
            return 0.0
        distance = abs(own / wanted - 1.0)
        if distance < best_distance:
            best_distance, best_gain = distance, gain
        if distance < _MAX_DISTANCE:
            break
        gain = 1.0 - (1.0 - mean_rate - gain) * wanted / own - mean_rate
    return best_gain


def variety(bars: Bars, steps_per_bar: int) -> float:
    """Return the share of different figures among all figures of two moves of a melody; 0 if it has none.

    A move is an interval in semitones and an inter-onset interval in steps.

    Parameters
    ----------
    bars : list of Bar
    steps_per_bar : int
    """
    line = [(index * steps_per_bar + note.onset, note.pitch) for index, bar in enumerate(bars) for note in bar]
    moves = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(line)]
    figures = list(pairwise(moves))
    return len(set(figures)) / len(figures) if figures else 0.0


def arranged_variety(form: FormPlan, parents: Sequence[Parent]) -> float:
    """Return the mean variety of the parents' leads, their bars in the order of a form.

    Parameters
    ----------
    form : FormPlan
    parents : sequence of Parent
    """
    return float(
        np.mean(
            [
                variety([parent.bars[Role.LEAD][slot.bars[side]] for slot in form.slots], parent.steps_per_bar)
                for side, parent in enumerate(parents)
            ]
        )
    )


def draft_variety(form: FormPlan, parents: Sequence[Parent], seed: int) -> float:
    """Return the variety of a lead halfway between the parents.

    Parameters
    ----------
    form : FormPlan
    parents : sequence of Parent
    seed : int
    """
    equal = np.full((len(form.slots), len(parents)), 1.0 / len(parents))
    shares = IngredientShares.build(lambda _: equal)
    sources = assign_sources(form, parents, shares, seed)
    chords, _ = choose_progression(form, parents, sources.chord_contour, shares[Ingredient.HARMONY])
    return variety(compose_lead(form, parents, sources, chords, shares.lead()).bars, parents[0].steps_per_bar)
