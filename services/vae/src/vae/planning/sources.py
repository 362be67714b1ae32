"""Which parent each ingredient is taken from: phrase by phrase, they change from one parent to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from score.arrays import F64
from score.roles import Role

from vae.analysis.parent import Parent
from vae.planning.form import BarSlot, FormPlan
from vae.planning.ingredients import Ingredient, IngredientShares, pick_parent

Cell = tuple[int, int]
"""A class of phrases, and its first (0) or second half (1)."""

_MAX_CLASS_SHARE = 0.6
"""A class of phrases with more than this share of the bars is divided between its halves."""

_MIN_SOUNDING_SHARE = 0.5
"""A parent whose role sounds in a smaller share of a phrase's bars yields to another if that one plays more."""

_GOLDEN_RATIO = 0.6180339887
_CHANGE_RANGE = 0.375
"""The range of shares in which the contours change one after the other; so do the rhythms. The ranges overlap."""

_QUOTED_ONE_IN = 5
"""Of so many cells, one is a motif of one parent whole: its rhythm with its contour."""

_BETWEEN_RANGE = 0.06
"""So near its change from one of two parents to the other, what a cell takes lies between them."""


@dataclass(frozen=True)
class Sources:
    """The index of the parent of each ingredient: those of the lead by cell, the others by bar of the blend.

    Attributes
    ----------
    rhythm, contour : dict of Cell to int
    chord_contour : dict of Cell to int
        The contour that the chords are chosen for: that of the lead if it had the shares of the harmony. So the chords
        stay when the weight of the lead alone changes.
    bass, texture, groove : list of int
    rhythm_between, contour_between : dict of Cell to ndarray, shape (n_parents,), float64
        The cells in which a model decodes the rhythm or the contour between the parents, with the shares that it takes:
        those that are about to change from one parent to the other.
    """

    rhythm: dict[Cell, int]
    contour: dict[Cell, int]
    chord_contour: dict[Cell, int]
    bass: list[int]
    texture: list[int]
    groove: list[int]
    rhythm_between: dict[Cell, F64] = field(default_factory=dict)
    contour_between: dict[Cell, F64] = field(default_factory=dict)


def cell_of(slot: BarSlot) -> Cell:
    """Return the cell of a bar."""
    return slot.phrase_class, int(slot.is_second_half)


def assign_sources(plan: FormPlan, parents: Sequence[Parent], shares: IngredientShares, seed: int) -> Sources:
    """Assign a parent to each ingredient.

    At 0.5 each phrase has the rhythm of one parent and the contour of the other; in about half of the bars the first
    parent gives the rhythm. On the way there, one cell after another changes its parent. Texture and groove change
    from the last phrase to the first, the bass from the first to the last: so at 0.5 both parents accompany all the
    time.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of Parent
    shares : IngredientShares
    seed : int
        Other seeds change the cells in another order.
    """
    lead = _lead_sources(plan, shares[Ingredient.RHYTHM], shares[Ingredient.CONTOUR], seed)
    harmony = shares[Ingredient.HARMONY]
    chord_contour = _lead_sources(plan, harmony, harmony, seed).contour
    accompaniment = {
        ingredient: _bar_sources(plan, parents, role, shares[ingredient], is_reversed=is_reversed)
        for role, ingredient, is_reversed in (
            (Role.BASS, Ingredient.BASS, False),
            (Role.HARMONY, Ingredient.TEXTURE, True),
            (Role.DRUMS, Ingredient.GROOVE, True),
        )
    }
    return Sources(
        lead.rhythm,
        lead.contour,
        chord_contour,
        accompaniment[Ingredient.BASS],
        accompaniment[Ingredient.TEXTURE],
        accompaniment[Ingredient.GROOVE],
        lead.rhythm_between,
        lead.contour_between,
    )


@dataclass(frozen=True)
class _LeadSources:
    """The sources of the lead by cell: see `Sources`."""

    rhythm: dict[Cell, int] = field(default_factory=dict)
    contour: dict[Cell, int] = field(default_factory=dict)
    rhythm_between: dict[Cell, F64] = field(default_factory=dict)
    contour_between: dict[Cell, F64] = field(default_factory=dict)


def _bar_sources(plan: FormPlan, parents: Sequence[Parent], role: Role, shares: F64, *, is_reversed: bool) -> list[int]:
    """Return the parent of a role in each bar; the cells change one after the other, or in reverse order."""
    sources = [0] * len(plan.slots)
    n_before = 0
    for bars in _bars_by_cell(plan).values():
        position = (n_before + 0.5 * len(bars)) / len(plan.slots)
        n_before += len(bars)
        of_bars = shares[bars].mean(axis=0)
        wanted = pick_parent(of_bars, 1.0 - position if is_reversed else position)
        source = _sounding_parent(plan, parents, role, bars, wanted, of_bars)
        for bar in bars:
            sources[bar] = source
    return sources


def _bars_by_cell(plan: FormPlan) -> dict[Cell, list[int]]:
    """Return the bars of each cell, in order of appearance."""
    bars: dict[Cell, list[int]] = {}
    for bar, slot in enumerate(plan.slots):
        bars.setdefault(cell_of(slot), []).append(bar)
    return bars


def _lead_sources(plan: FormPlan, rhythm_shares: F64, contour_shares: F64, seed: int) -> _LeadSources:
    """Return the sources of rhythm and contour by cell.

    The parent with the smaller share is recognized by its contour, so near both ends that one is present for longer.
    """
    bars_of = _bars_by_cell(plan)
    first_gives_rhythm = _rhythm_of_first(plan, seed)
    quoted = set(list(bars_of)[_QUOTED_ONE_IN // 2 :: _QUOTED_ONE_IN])
    sources = _LeadSources()
    for of_first in (True, False):
        alike = [cell for cell in bars_of if first_gives_rhythm[cell] == of_first]
        sizes = [len(bars_of[cell]) for cell in alike]
        for cell, position in zip(alike, _spread_positions(sizes, seed), strict=True):
            of_rhythm, of_contour = (each[bars_of[cell]].mean(axis=0) for each in (rhythm_shares, contour_shares))
            if len(of_rhythm) > 2:
                early, late = position, (position + 0.5) % 1.0
            elif np.allclose(of_rhythm, of_contour):
                early, late = _change_points(position, first_gives_rhythm=of_first)
            else:
                early, late = 0.5 * position, 0.5 + 0.5 * position
            changes = (early, late) if of_first else (late, early)
            if cell in quoted:
                changes = (changes[0], changes[0])
            sources.contour[cell] = pick_parent(of_contour, changes[0])
            sources.rhythm[cell] = pick_parent(of_rhythm, changes[1])
            _add_between(sources.contour_between, cell, of_contour, changes[0])
            _add_between(sources.rhythm_between, cell, of_rhythm, changes[1])
    return sources


def _add_between(between: dict[Cell, F64], cell: Cell, shares: F64, change: float) -> None:
    """Add a cell if its share is near a change from the first to the second parent, with shares that pass between them.

    Parameters
    ----------
    between : dict of Cell to ndarray
        Is added to.
    cell : Cell
    shares : ndarray, shape (n_parents,), float64
    change : float
        The share from which on the second parent is taken.
    """
    if len(shares) == 2 and 0.0 < shares[1] < 1.0 and abs(shares[1] - change) < _BETWEEN_RANGE:
        second = 0.5 + (shares[1] - change) / (2.0 * _BETWEEN_RANGE)
        between[cell] = np.array([1.0 - second, second])


def _change_points(position: float, *, first_gives_rhythm: bool) -> tuple[float, float]:
    """Return the shares at which the two ingredients of a cell change to the second parent, the earlier one first."""
    if first_gives_rhythm:
        return _CHANGE_RANGE * position, 0.5 + _CHANGE_RANGE * position
    return 0.5 - _CHANGE_RANGE * (1.0 - position), 1.0 - _CHANGE_RANGE * (1.0 - position)


def _rhythm_of_first(plan: FormPlan, seed: int) -> dict[Cell, bool]:
    """Return in which cells the first parent gives the rhythm at 0.5: in about half of all bars."""
    sizes = Counter(slot.phrase_class for slot in plan.slots)
    is_first: dict[Cell, bool] = {}
    balance = 0
    for rank, (phrase_class, size) in enumerate(sorted(sizes.items(), key=lambda each: (-each[1], each[0]))):
        if size > _MAX_CLASS_SHARE * len(plan.slots):
            is_first[phrase_class, 0], is_first[phrase_class, 1] = seed % 2 == 0, seed % 2 == 1
            continue
        takes_first = balance < 0 if balance else (rank + seed) % 2 == 0
        balance += size if takes_first else -size
        is_first[phrase_class, 0] = is_first[phrase_class, 1] = takes_first
    return is_first


def _sounding_parent(
    plan: FormPlan, parents: Sequence[Parent], role: Role, bars: Sequence[int], wanted: int, shares: F64
) -> int:
    """Return the wanted parent of a role in a phrase, unless it mostly rests there while another one plays."""
    counts = np.array(
        [
            sum(bool(parent.sounding[role][plan.slots[bar].bars[side]]) for bar in bars) if shares[side] > 0 else 0
            for side, parent in enumerate(parents)
        ]
    )
    best = int(np.argmax(counts))
    rests = counts[wanted] < _MIN_SOUNDING_SHARE * len(bars) and counts[best] > counts[wanted]
    return best if rests else wanted


def _spread_positions(sizes: Sequence[int], seed: int) -> list[float]:
    """Return positions from 0 to 1, in proportion to sizes, in the order of the multiples of the golden ratio."""
    order = sorted(range(len(sizes)), key=lambda index: ((index + 1 + seed) * _GOLDEN_RATIO) % 1.0)
    positions = [0.0] * len(sizes)
    n_before = 0
    for index in order:
        positions[index] = (n_before + 0.5 * sizes[index]) / sum(sizes)
        n_before += sizes[index]
    return positions
