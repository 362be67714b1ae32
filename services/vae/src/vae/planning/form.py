"""The form of a blend: the leader's phrases, left out or repeated, and the bars of the other parent that they meet.

What repeats in the leader meets the same bars of the other each time, so that it repeats in the blend too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.arrays import F64

from vae.analysis.parent import Parent, Phrase
from vae.planning.ingredients import IngredientShares
from vae.planning.partners import choose_partners, partner_bar
from vae.planning.repetition import Form, adjust_repetition


@dataclass(frozen=True)
class BarSlot:
    """A bar of the blend.

    Attributes
    ----------
    bars : tuple of int
        The bar of each parent that meets here.
    phrase : int
        Index of its phrase in the blend.
    position, n_phrase_bars : int
        Its position in the phrase, and the phrase's length.
    bar_class : hashable
        Bars of one class become the same music.
    phrase_class : int
        Index of the class of its phrase.
    """

    bars: tuple[int, ...]
    phrase: int
    position: int
    n_phrase_bars: int
    bar_class: Hashable
    phrase_class: int

    @property
    def is_second_half(self) -> bool:
        """Whether it is in the second half of its phrase."""
        return 2 * self.position >= self.n_phrase_bars

    @property
    def is_last(self) -> bool:
        """Whether it ends its phrase."""
        return self.position == self.n_phrase_bars - 1


@dataclass(frozen=True)
class FormPlan:
    """The bars of a blend, and the index of the parent that leads its form."""

    leader: int
    slots: tuple[BarSlot, ...]

    @property
    def phrases(self) -> list[list[int]]:
        """The indices of the bars of each phrase."""
        phrases: list[list[int]] = []
        for index, slot in enumerate(self.slots):
            if slot.phrase == len(phrases):
                phrases.append([])
            phrases[slot.phrase].append(index)
        return phrases

    @property
    def half_phrases(self) -> list[list[int]]:
        """The indices of the bars of each half of a phrase."""
        halves: list[list[int]] = []
        for bars in self.phrases:
            middle = (len(bars) + 1) // 2
            halves += [half for half in (bars[:middle], bars[middle:]) if half]
        return halves


def plan_form(
    parents: Sequence[Parent],
    shares: F64,
    seed: int = 0,
    *,
    keeps_repetition: bool = False,
    repetition_gain: float = 0.0,
    leader: int | None = None,
) -> FormPlan:
    """Plan the bars of a blend.

    Parameters
    ----------
    parents : sequence of Parent
    shares : ndarray, shape (n_parents,), float64
        Shares of the form: the parent with the largest one leads, the first one of equals. The length, in whole
        phrases, lies between the parents' lengths by these shares.
    seed : int
        Other seeds may pair the phrases differently.
    keeps_repetition : bool
        Whether what repeats in the leader repeats in the blend, and nothing else, however much repeats in the others.
    repetition_gain : float
        How much more of the bars is to repeat halfway between the parents than in their mean.
    leader : int, optional
        Leads instead of the parent with the largest share.
    """
    leader = int(np.argmax(shares)) if leader is None else leader
    leading = parents[leader]
    n_bars = float(np.dot(shares, [parent.n_bars for parent in parents]))
    form = _fit_length(leading.phrases, n_bars)
    others = [side for side in range(len(parents)) if side != leader]
    if others and not keeps_repetition:
        nearest = max(others, key=lambda side: float(shares[side]))
        form = adjust_repetition(leading, parents[nearest], form, float(1.0 - shares[leader]), repetition_gain)
    return FormPlan(leader, _build_slots(parents, leader, form, seed))


def _build_slots(parents: Sequence[Parent], leader: int, form: Form, seed: int) -> tuple[BarSlot, ...]:
    """Return the bars of a form, with the bars of the other parents that they meet."""
    leading, others = parents[leader], [side for side in range(len(parents)) if side != leader]
    partners = {side: choose_partners(leading, parents[side], form, seed) for side in others}
    slots: list[BarSlot] = []
    met_bars: dict[Hashable, dict[int, int]] = {}
    classes: dict[Hashable, int] = {}
    for index, (phrase, variation) in enumerate(form):
        phrase_class = classes.setdefault((phrase.label, variation), len(classes))
        for position in range(len(phrase)):
            bar = phrase.start + position
            bar_class = (leading.bar_class(bar), variation)
            met = met_bars.setdefault(
                bar_class, {side: partner_bar(partners[side][index], position, len(phrase)) for side in others}
            )
            bars = tuple(bar if side == leader else met[side] for side in range(len(parents)))
            slots.append(BarSlot(bars, index, position, len(phrase), bar_class, phrase_class))
    return tuple(slots)


def split_classes(plan: FormPlan, shares: IngredientShares) -> FormPlan:
    """Return a plan in which only bars with the same shares are of one class.

    Where the weight changes along the piece, what returns in the leader returns with other shares.
    """
    if shares.is_uniform:
        return plan
    classes: dict[Hashable, int] = {}
    slots = list(plan.slots)
    for bars in plan.phrases:
        phrase_key = shares.key(bars)
        for half in (False, True):
            key = shares.key([bar for bar in bars if slots[bar].is_second_half == half] or bars)
            for bar in (bar for bar in bars if slots[bar].is_second_half == half):
                slot = slots[bar]
                phrase_class = classes.setdefault((slot.phrase_class, phrase_key), len(classes))
                slots[bar] = replace(slot, bar_class=(slot.bar_class, key), phrase_class=phrase_class)
    return replace(plan, slots=tuple(slots))


def _fit_length(phrases: Sequence[Phrase], n_bars: float) -> Form:
    """Leave out or repeat phrases until they are about `n_bars` long; each round of repetition is a new variation."""
    total = sum(map(len, phrases))
    if n_bars < total:
        return [(phrase, 0) for phrase in _leave_out(list(phrases), total - n_bars)]
    form = [(phrase, 0) for phrase in phrases]
    variation = 0
    while True:
        variation += 1
        tail = _last_phrases(phrases, n_bars - sum(len(phrase) for phrase, _ in form))
        if not tail:
            return form
        form += [(phrase, variation) for phrase in tail]


def _last_phrases(phrases: Sequence[Phrase], n_bars: float) -> list[Phrase]:
    """Return the last phrases whose total length is nearest to a number of bars."""
    tail: list[Phrase] = []
    for phrase in reversed(phrases):
        if n_bars < len(phrase) / 2:
            break
        tail.insert(0, phrase)
        n_bars -= len(phrase)
    return tail


def _leave_out(phrases: list[Phrase], surplus: float) -> list[Phrase]:
    """Remove phrases before the last one, the latest first: what stays keeps its place, and the end stays the end."""
    while len(phrases) > 2 and surplus >= len(phrases[-2]) / 2:
        surplus -= len(phrases.pop(-2))
    return phrases
