"""How much of the leader's form repeats: phrases are repeated or varied until it lies between the parents' rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from score.roles import Role

from vae.analysis.parent import Parent, Phrase

Form = list[tuple[Phrase, int]]
"""Phrases of the leader in the order of the blend, each with the number of its variation; 0 is the phrase itself."""

_MAX_RATE = 0.95
_MIN_IMPROVEMENT = 0.01


def adjust_repetition(leader: Parent, other: Parent, form: Form, share: float, gain: float = 0.0) -> Form:
    """Repeat or vary phrases until as much repeats as between the parents.

    Where too little repeats, a phrase is replaced by an earlier one, first where the other parent's phrase repeats
    too; where too much does, a repeated phrase is varied where the other parent has a new one.

    Parameters
    ----------
    leader, other : Parent
    form : list of (Phrase, int)
    share : float
        The other's share of the form, 0 to 0.5.
    gain : float
        How much more is to repeat halfway between the parents than in their mean.
    """
    target = (1.0 - share) * repetition_rate(leader, [(phrase, 0) for phrase in leader.phrases])
    target += share * repetition_rate(other, [(phrase, 0) for phrase in other.phrases])
    target = min(max(target + 4.0 * share * (1.0 - share) * gain, 0.0), _MAX_RATE)
    rate = repetition_rate(leader, form)
    candidates = _repeated_forms if rate < target else _varied_forms
    for _ in range(len(form)):
        better = [
            (cost, candidate)
            for cost, candidate in candidates(form, other)
            if abs(repetition_rate(leader, candidate) - target) < abs(rate - target) - _MIN_IMPROVEMENT
        ]
        if not better:
            break
        form = min(better, key=lambda each: each[0])[1]
        rate = repetition_rate(leader, form)
    return form


def repetition_rate(parent: Parent, form: Sequence[tuple[Phrase, int]]) -> float:
    """Return the share of the bars with lead onsets that repeat an earlier bar."""
    classes = [
        (parent.bar_class(bar), variation)
        for phrase, variation in form
        for bar in range(phrase.start, phrase.stop)
        if parent.bars[Role.LEAD][bar]
    ]
    return 1.0 - len(set(classes)) / len(classes) if classes else 0.0


def _phrase_at(other: Parent, index: int, n_phrases: int) -> Phrase:
    """Return the other's phrase at the same relative position."""
    return other.phrases[min(int((index + 0.5) / n_phrases * len(other.phrases)), len(other.phrases) - 1)]


def _other_repeats(other: Parent, earlier: int, later: int, n_phrases: int) -> bool:
    return _phrase_at(other, earlier, n_phrases).label == _phrase_at(other, later, n_phrases).label


def _repeated_forms(form: Form, other: Parent) -> list[tuple[float, Form]]:
    """Return the forms with one phrase replaced by an earlier one, with their costs; first and last phrase stay.

    A shorter phrase is replaced by the beginning of a longer one.
    """
    candidates = []
    n_phrases = len(form)
    usual_distance = 1 if n_phrases <= 4 else 2
    for later in range(1, n_phrases - 1):
        for earlier in range(later):
            phrase, variation = form[earlier]
            n_bars = len(form[later][0])
            if len(phrase) < n_bars or form[earlier] == form[later]:
                continue
            cost = 2.0 * (not _other_repeats(other, earlier, later, n_phrases))
            cost += 0.3 * abs(later - earlier - usual_distance) + 0.01 * later
            beginning = replace(phrase, stop=phrase.start + n_bars)
            candidates.append((cost, [*form[:later], (beginning, variation), *form[later + 1 :]]))
    return candidates


def _varied_forms(form: Form, other: Parent) -> list[tuple[float, Form]]:
    """Return the forms with one repeated phrase varied, with their costs; first and last phrase stay.

    What repeats in both parents is not varied.
    """
    candidates = []
    new_variation = 1 + max(variation for _, variation in form)
    for later in range(1, len(form) - 1):
        phrase, variation = form[later]
        same = (at for at in range(later) if form[at][0].label == phrase.label and form[at][1] == variation)
        earlier = next(same, None)
        if earlier is None or _other_repeats(other, earlier, later, len(form)):
            continue
        candidates.append((-0.01 * later, [*form[:later], (phrase, new_variation), *form[later + 1 :]]))
    return candidates
