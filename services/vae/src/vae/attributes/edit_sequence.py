"""Sequences of edits: from the grid as it is towards one end of a slider, in steps as small as possible.

Each class of equal bars has a chain of edits, each one made after those before it. The chains are merged, the cheapest
edit first, and every edit is applied to all bars of its class, one bar after the other. A position of a slider is a
place in this sequence: all edits before it are made. So at most one class of bars is between two states, everything
else that repeats still repeats, and moving a slider further only adds to what it has done.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from score.roles import Role

from vae.attributes.attribute import Attribute
from vae.attributes.edits import Edit, Operation
from vae.attributes.part import Part
from vae.attributes.surroundings import BEAT_LEVEL, BarClass

Candidates = Callable[[Part, int, BarClass], Iterable[Edit]]
"""Returns the possible next edits of a class, given a part in which the earlier ones are made, and the first step of
the bar that stands for all bars of the class."""

_SPREAD_COST = 5.0
"""What the next edit of a bar costs more if all of its notes are edited already: edits are spread over the piece."""

_TINY = 1e-9


@dataclass(frozen=True)
class Chain:
    """Successive edits of the bars of a class."""

    bars: tuple[int, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class BarEdit:
    """An operation on one bar."""

    bar: int
    operation: Operation


@dataclass(frozen=True)
class EditSequence:
    """The edits of all bars in order.

    Attributes
    ----------
    edits : tuple of BarEdit
    totals : tuple of float
        By how much the attribute's total has changed after each number of edits: one more than edits, the first 0,
        never falling.
    whole : tuple of int
        The numbers of edits after which all bars of each class are equal.
    """

    edits: tuple[BarEdit, ...]
    totals: tuple[float, ...]
    whole: tuple[int, ...]

    @property
    def reach(self) -> float:
        """The change by all edits."""
        return self.totals[-1]

    def apply(self, part: Part, total: float, tolerance: float) -> Part:
        """Return an edited copy of a part.

        Parameters
        ----------
        part : Part
        total : float
            The wanted change of the attribute's total, 0 or more.
        tolerance : float
            How far from it the change may be for all bars of each class to be equal.
        """
        n_edits = self._nearest(self.whole, total)
        if abs(self.totals[n_edits] - total) > tolerance:
            n_edits = self._nearest(range(len(self.totals)), total)
        edited = part.copy()
        for each in self.edits[:n_edits]:
            each.operation.apply(edited, each.bar * part.steps_per_bar)
        return edited

    def _nearest(self, counts: Iterable[int], total: float) -> int:
        """Return the number of edits whose total is nearest to a given one."""
        return min(counts, key=lambda count: (abs(self.totals[count] - total), count))


def build_chain(part: Part, bar_class: BarClass, candidates: Candidates, max_edits: int) -> Chain:
    """Return the chain of a class: again and again the cheapest edit, until there is none.

    Parameters
    ----------
    part : Part
    bar_class : BarClass
    candidates : Candidates
    max_edits : int
    """
    start = bar_class.bars[0] * part.steps_per_bar
    excerpt = part.copy(start - 2 * part.steps_per_bar, start + 2 * part.steps_per_bar)
    edits: list[Edit] = []
    n_onsets = len({step for step, _ in bar_class.key})
    while len(edits) < max_edits:
        ranked = sorted(candidates(excerpt, start, bar_class), key=lambda edit: edit.cost)
        best = next((edit for edit in ranked if _is_consonant(edit, excerpt, start, bar_class)), None)
        if best is None:
            break
        best.apply(excerpt, start)
        edits.append(Edit(best.cost + _SPREAD_COST * len(edits) / n_onsets, best.operations))
    return Chain(bar_class.bars, tuple(edits))


def _is_consonant(edit: Edit, part: Part, start: int, bar_class: BarClass) -> bool:
    """Return whether an edit adds no minor second with other roles on the strong beats of a bar."""
    if part.role is Role.DRUMS:
        return True
    edited = part.copy()
    edit.apply(edited, start)
    return _strong_clashes(edited, start, bar_class) <= _strong_clashes(part, start, bar_class) + _TINY


def _strong_clashes(part: Part, start: int, bar_class: BarClass) -> float:
    """Return how many notes on strong beats are a semitone from other roles, in the mean of the bars of a class."""
    around = bar_class.surroundings
    strong = [step for step, level in enumerate(around.levels) if level >= BEAT_LEVEL]
    return float(
        sum(
            around.clash_share[step, note.pitch % 12]
            for step in strong
            for note in [*part.sounding(start + step), *part.columns.get(start + step, ())]
        )
    )


def merge_chains(part: Part, attribute: Attribute, sign: int, chains: Sequence[Chain]) -> EditSequence:
    """Merge chains into one sequence.

    Parameters
    ----------
    part : Part
        Is not changed.
    attribute : Attribute
        What is measured.
    sign : int
        1 if the edits add to the attribute, -1 if they take from it.
    chains : sequence of Chain
    """
    queue = [(chain.edits[0].cost, index, 0) for index, chain in enumerate(chains) if chain.edits]
    heapq.heapify(queue)
    edited = part.copy()
    sequence: list[BarEdit] = []
    totals, whole = [0.0], [0]
    while queue:
        cost, index, position = heapq.heappop(queue)
        chain = chains[index]
        for bar in reversed(chain.bars):
            for operation in chain.edits[position].operations:
                change = sign * _apply_measured(edited, attribute, bar, operation)
                sequence.append(BarEdit(bar, operation))
                totals.append(totals[-1] + change)
        whole.append(len(sequence))
        if position + 1 < len(chain.edits):
            heapq.heappush(queue, (max(cost, chain.edits[position + 1].cost), index, position + 1))
    return EditSequence(tuple(sequence), tuple(totals), tuple(whole))


def _apply_measured(part: Part, attribute: Attribute, bar: int, operation: Operation) -> float:
    """Apply an operation to a bar and return by how much the attribute's total has changed."""
    start = bar * part.steps_per_bar
    before = _total(part, attribute, start)
    operation.apply(part, start)
    return _total(part, attribute, start) - before


def _total(part: Part, attribute: Attribute, start: int) -> float:
    """Return the total of an attribute in a bar and up to a beat before it: of what edits of the bar can change."""
    onsets = part.onsets_between(start - 4, start + part.steps_per_bar)
    if attribute is Attribute.DENSITY:
        return len(onsets)
    if attribute is Attribute.SYNCOPATION:
        return sum(is_syncopated(part, onset) for onset in onsets)
    if attribute is Attribute.POLYPHONY:
        return sum(len(part.columns[onset]) for onset in onsets)
    return sum(note.pitch for onset in onsets for note in part.columns[onset])


def is_syncopated(part: Part, step: int) -> bool:
    """Return whether what begins at a step is syncopated, as `measure_attribute` counts it."""
    if step % 2:
        return step + 1 < part.n_steps and not part.has_onset(step + 1)
    return step % 4 == 2 and step + 2 < part.n_steps and part.is_empty(step + 1, step + 3)
