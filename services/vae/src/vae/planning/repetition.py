"""How much of the leader's form repeats: phrases are repeated or varied until it lies between the parents' rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from score.roles import Role

from vae.analysis.parent import Parent, Phrase

Form = list[tuple[Phrase, int]]
"""Phrases of the leader in the order of the blend, each with the number of its variation; 0 is the phrase itself."""

_MAX_RATE = 0.95
_MIN_IMPROVEMENT = 0.01

_MAX_PHRASES_BACK = 12
"""No phrase is replaced by one that is farther back: that would be a return of another section."""


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
    tally = _Tally(leader, form)
    candidates = _repeated_phrases if tally.rate < target else _varied_phrases
    for _ in range(len(form)):
        nearer = abs(tally.rate - target) - _MIN_IMPROVEMENT
        # Stable: of equal costs, the first one is taken.
        for _, index, entry in sorted(candidates(form, other), key=lambda each: each[0]):
            if abs(tally.rate_with(form[index], entry) - target) < nearer:
                tally.replace(form[index], entry)
                form = [*form[:index], entry, *form[index + 1 :]]
                break
        else:
            break
    return form


def repetition_rate(parent: Parent, form: Sequence[tuple[Phrase, int]]) -> float:
    """Return the share of the bars with lead onsets that repeat an earlier bar."""
    return _Tally(parent, form).rate


class _Tally:
    """How often each bar with lead onsets occurs in a form, so that the change of a phrase is counted by itself."""

    def __init__(self, parent: Parent, form: Iterable[tuple[Phrase, int]]) -> None:
        self._parent = parent
        self._counts = Counter(key for entry in form for key in self._keys(entry))

    def _keys(self, entry: tuple[Phrase, int]) -> list[tuple[int, int]]:
        """Return the class and the variation of each bar of a phrase that has lead onsets."""
        phrase, variation = entry
        classes, lead = self._parent.bar_class_ids, self._parent.bars[Role.LEAD]
        return [(classes[bar], variation) for bar in range(phrase.start, phrase.stop) if lead[bar]]

    @property
    def rate(self) -> float:
        """The share of bars that repeat an earlier one."""
        return _rate(len(self._counts), self._counts.total())

    def rate_with(self, old: tuple[Phrase, int], new: tuple[Phrase, int]) -> float:
        """Return the rate after one phrase is replaced by another."""
        change = Counter(self._keys(new))
        change.subtract(self._keys(old))
        n_more = sum(
            (self._counts[key] + difference > 0) - (self._counts[key] > 0) for key, difference in change.items()
        )
        return _rate(len(self._counts) + n_more, self._counts.total() + change.total())

    def replace(self, old: tuple[Phrase, int], new: tuple[Phrase, int]) -> None:
        """Count one phrase in place of another."""
        self._counts.update(self._keys(new))
        self._counts.subtract(self._keys(old))
        self._counts += Counter()  # without those that no longer occur


def _rate(n_distinct: int, n_bars: int) -> float:
    return 1.0 - n_distinct / n_bars if n_bars else 0.0


def _phrase_at(other: Parent, index: int, n_phrases: int) -> Phrase:
    """Return the other's phrase at the same relative position."""
    return other.phrases[min(int((index + 0.5) / n_phrases * len(other.phrases)), len(other.phrases) - 1)]


def _other_repeats(other: Parent, earlier: int, later: int, n_phrases: int) -> bool:
    return _phrase_at(other, earlier, n_phrases).label == _phrase_at(other, later, n_phrases).label


def _repeated_phrases(form: Form, other: Parent) -> list[tuple[float, int, tuple[Phrase, int]]]:
    """Return which phrase may be replaced by which earlier one, and at what cost; first and last phrase stay.

    A shorter phrase is replaced by the beginning of a longer one.
    """
    candidates = []
    n_phrases = len(form)
    usual_distance = 1 if n_phrases <= 4 else 2
    labels = [_phrase_at(other, index, n_phrases).label for index in range(n_phrases)]
    for later in range(1, n_phrases - 1):
        for earlier in range(max(later - _MAX_PHRASES_BACK, 0), later):
            phrase, variation = form[earlier]
            n_bars = len(form[later][0])
            if len(phrase) < n_bars or form[earlier] == form[later]:
                continue
            cost = 2.0 * (labels[earlier] != labels[later])
            cost += 0.3 * abs(later - earlier - usual_distance) + 0.01 * later
            beginning = replace(phrase, stop=phrase.start + n_bars)
            candidates.append((cost, later, (beginning, variation)))
    return candidates


def _varied_phrases(form: Form, other: Parent) -> list[tuple[float, int, tuple[Phrase, int]]]:
    """Return which repeated phrases may be varied, and at what cost; first and last phrase stay.

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
        candidates.append((-0.01 * later, later, (phrase, new_variation)))
    return candidates
