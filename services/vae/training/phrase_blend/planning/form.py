"""The form of a blend: the leader's phrases, left out or repeated, and the bars of the other parent that they meet.

What repeats in the leader meets the same bars of the other each time, so that it repeats in the blend too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from ..analysis.parent import Parent, Phrase
from .partners import choose_partners, partner_bar
from .repetition import Form, adjust_repetition


@dataclass(frozen=True)
class BarSlot:
    """A bar of the blend.

    Attributes
    ----------
    bars : tuple of int
        The bar of the first and of the second parent that meet here.
    phrase : int
        Index of its phrase in the blend.
    position, n_phrase_bars : int
        Its position in the phrase, and the phrase's length.
    bar_class : hashable
        Bars of one class become the same music.
    phrase_class : int
        Index of the class of its phrase.
    """

    bars: tuple[int, int]
    phrase: int
    position: int
    n_phrase_bars: int
    bar_class: Hashable
    phrase_class: int

    @property
    def is_last(self) -> bool:
        """Whether it ends its phrase."""
        return self.position == self.n_phrase_bars - 1


@dataclass(frozen=True)
class FormPlan:
    """The bars of a blend, and which parent leads its form (0 or 1)."""

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


def plan_form(parents: Sequence[Parent], share: float, seed: int = 0) -> FormPlan:
    """Plan the bars of a blend.

    Parameters
    ----------
    parents : sequence of two Parent
    share : float
        The second parent's share of the form: it leads above 0.5. The length, in whole phrases, lies between the
        parents' lengths by this share.
    seed : int
        Other seeds may pair the phrases differently.
    """
    leader = int(share > 0.5)
    leading, other = parents[leader], parents[1 - leader]
    n_bars = (1.0 - share) * parents[0].n_bars + share * parents[1].n_bars
    form = _fit_length(leading.phrases, n_bars)
    form = adjust_repetition(leading, other, form, share if leader == 0 else 1.0 - share)
    slots: list[BarSlot] = []
    met_bars: dict[Hashable, int] = {}
    classes: dict[Hashable, int] = {}
    partners = choose_partners(leading, other, form, seed)
    for index, ((phrase, variation), partner) in enumerate(zip(form, partners, strict=True)):
        phrase_class = classes.setdefault((phrase.label, variation), len(classes))
        for position in range(len(phrase)):
            bar = phrase.start + position
            bar_class = (leading.bar_class(bar), variation)
            met = met_bars.setdefault(bar_class, partner_bar(partner, position, len(phrase)))
            bars = (bar, met) if leader == 0 else (met, bar)
            slots.append(BarSlot(bars, index, position, len(phrase), bar_class, phrase_class))
    return FormPlan(leader, tuple(slots))


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
    """Remove phrases, later ones first, so that as much repeats as before; never the first or the last one."""
    repeated = _repeated_share(phrases)

    def change(index: int) -> tuple[float, int]:
        return (round(abs(_repeated_share(phrases[:index] + phrases[index + 1 :]) - repeated), 6), -index)

    while len(phrases) > 2:
        index = min(range(1, len(phrases) - 1), key=change)
        if surplus < len(phrases[index]) / 2:
            break
        surplus -= len(phrases.pop(index))
    return phrases


def _repeated_share(phrases: Sequence[Phrase]) -> float:
    """Return the share of phrases that repeat an earlier one."""
    return 1.0 - len({phrase.label for phrase in phrases}) / len(phrases)
