"""Which parent each ingredient is taken from: phrase by phrase, they change from the first parent to the second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from score.roles import Role

from ..analysis.parent import Parent
from ..ingredients import Ingredients
from .form import BarSlot, FormPlan

Cell = tuple[int, int]
"""A class of phrases, and its first (0) or second half (1)."""

_MAX_CLASS_SHARE = 0.6
"""A class of phrases with more than this share of the bars is divided between its halves."""

_MIN_SOUNDING_SHARE = 0.5
"""A parent whose role sounds in a smaller share of a phrase's bars yields to the other if that one plays more."""

_GOLDEN_RATIO = 0.6180339887
_RANK_OFFSET = 0.4


@dataclass(frozen=True)
class Sources:
    """The parent (0 or 1) of each ingredient: rhythm and contour by cell, the others by phrase of the blend."""

    rhythm: dict[Cell, int]
    contour: dict[Cell, int]
    bass: list[int]
    texture: list[int]
    groove: list[int]


def cell_of(slot: BarSlot) -> Cell:
    """Return the cell of a bar."""
    return slot.phrase_class, int(2 * slot.position >= slot.n_phrase_bars)


def assign_sources(plan: FormPlan, parents: Sequence[Parent], shares: Ingredients, seed: int) -> Sources:
    """Assign a parent to each ingredient.

    At 0.5 each phrase has the rhythm of one parent and the contour of the other; in about half of the bars the first
    parent gives the rhythm. On the way there, one cell after another changes its parent. Texture and groove change
    from the last phrase to the first, the bass from the first to the last: so at 0.5 both parents accompany all the
    time.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of two Parent
    shares : Ingredients
    seed : int
        Other seeds change the cells in another order.
    """
    rhythm, contour = _lead_sources(plan, shares, seed)
    positions = [(index + 0.5) / len(plan.phrases) for index in range(len(plan.phrases))]
    wanted = {
        Role.BASS: [int(shares.bass > position) for position in positions],
        Role.HARMONY: [int(shares.texture > 1.0 - position) for position in positions],
        Role.DRUMS: [int(shares.groove > 1.0 - position) for position in positions],
    }
    sounding = {
        role: [
            _sounding_parent(plan, parents, role, bars, parent)
            for bars, parent in zip(plan.phrases, by_phrase, strict=True)
        ]
        for role, by_phrase in wanted.items()
    }
    return Sources(rhythm, contour, sounding[Role.BASS], sounding[Role.HARMONY], sounding[Role.DRUMS])


def _lead_sources(plan: FormPlan, shares: Ingredients, seed: int) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """Return the parents of rhythm and contour by cell.

    The parent with the smaller share is recognized by its contour, so near both ends that one is present for longer.
    """
    cells = list(dict.fromkeys(cell_of(slot) for slot in plan.slots))
    first_gives_rhythm = _rhythm_of_first(plan, seed)
    rhythm, contour = {}, {}
    for of_first in (True, False):
        alike = [cell for cell in cells if first_gives_rhythm[cell] == of_first]
        for cell, position in zip(alike, _spread_positions(len(alike), seed), strict=True):
            if shares.rhythm == shares.contour:
                early, late = _change_points(position, first_gives_rhythm=of_first)
            else:
                early, late = 0.5 * position, 0.5 + 0.5 * position
            contour[cell] = int(shares.contour > (early if of_first else late))
            rhythm[cell] = int(shares.rhythm > (late if of_first else early))
    return rhythm, contour


def _change_points(position: float, *, first_gives_rhythm: bool) -> tuple[float, float]:
    """Return the shares at which the two ingredients of a cell change to the second parent, the earlier one first."""
    if first_gives_rhythm:
        return 0.25 * position, 0.5 + 0.25 * position
    return 0.25 + 0.25 * position, 0.75 + 0.25 * position


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


def _sounding_parent(plan: FormPlan, parents: Sequence[Parent], role: Role, bars: Sequence[int], wanted: int) -> int:
    """Return the wanted parent of a role in a phrase, unless it mostly rests there while the other one plays."""
    counts = [
        sum(bool(parent.sounding[role][plan.slots[bar].bars[side]]) for bar in bars)
        for side, parent in enumerate(parents)
    ]
    rests = counts[wanted] < _MIN_SOUNDING_SHARE * len(bars) and counts[1 - wanted] > counts[wanted]
    return 1 - wanted if rests else wanted


def _spread_positions(count: int, seed: int) -> list[float]:
    """Return positions from 0 to 1 in an order that spreads them evenly: the ranks of multiples of the golden ratio."""
    keys = [((index + 1 + seed) * _GOLDEN_RATIO) % 1.0 for index in range(count)]
    positions = [0.0] * count
    for rank, index in enumerate(sorted(range(count), key=lambda each: keys[each])):
        positions[index] = (rank + _RANK_OFFSET) / count
    return positions
