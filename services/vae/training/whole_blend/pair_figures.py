"""The figures of a blended pair, each beside the mean of its parents where it has one.

Parents count twice: whole, and as the blend lays their bars, where it has such a plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from score.grid import Grid
from score.roles import Role

from .key_estimation import EstimatedKey
from .measures import consonance, coverage, repetition
from .measures.recognition import TuneIndex, contour_share, contours

_N_NEAREST = 10


@dataclass
class FigureTable:
    """Figures by name over all pairs.

    Attributes
    ----------
    values : dict of str to list of float
        Of the blends.
    parent_values : dict of str to list of float
        Means of the parents.
    arranged_values : dict of str to list of float
        Means of the parents as the blend lays their bars.
    """

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    parent_values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    arranged_values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self,
        name: str,
        value: float | None,
        parents: Sequence[float | None] = (),
        arranged: Sequence[float | None] = (),
    ) -> None:
        """Add a pair's figure.

        Parameters
        ----------
        name : str
        value : float or None
            Of the blend; None is left out.
        parents, arranged : sequence of float or None
            Of the parents, and of the parents as the blend lays their bars; their mean is stored.
        """
        if value is not None:
            self.values[name].append(float(value))
        for values, table in ((parents, self.parent_values), (arranged, self.arranged_values)):
            known = [each for each in values if each is not None]
            if known:
                table[name].append(float(np.mean(known)))

    def mean(self, name: str) -> float:
        """Return the mean over the pairs; NaN without any."""
        return _mean(self.values.get(name))

    def parents_mean(self, name: str, *, arranged: bool = False) -> float:
        """Return the parents' mean, or that of the parents as the blend lays them; NaN without any.

        Parameters
        ----------
        name : str
        arranged : bool
        """
        return _mean((self.arranged_values if arranged else self.parent_values).get(name))

    def excess(self, name: str, *, arranged: bool = False) -> float:
        """Return the mean minus the parents' mean: see `parents_mean`."""
        return self.mean(name) - self.parents_mean(name, arranged=arranged)

    def ratio(self, name: str, *, arranged: bool = False) -> float:
        """Return the mean over the parents' mean, NaN if that is 0: see `parents_mean`."""
        return self.mean(name) / (self.parents_mean(name, arranged=arranged) or float("nan"))

    def total(self, name: str) -> float:
        """Return the sum over the pairs."""
        return float(sum(self.values.get(name, ())))


def _mean(values: Sequence[float] | None) -> float:
    return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True)
class BlendedPair:
    """A blend and its parents on the grid, in the blend's meter.

    Attributes
    ----------
    blend : Grid
    parents : tuple of Grid
    keys : tuple of EstimatedKey
        Of the parents; the blend is in the key of the first.
    arranged : tuple of Grid, or None
        The parents with one bar for each bar of the blend, if it has such a plan.
    """

    blend: Grid
    parents: tuple[Grid, Grid]
    keys: tuple[EstimatedKey, EstimatedKey]
    arranged: tuple[Grid, Grid] | None = None

    def add(self, table: FigureTable, name: str, measure: Callable[[Grid], float | None]) -> None:
        """Add a figure of the blend, of its parents, and of its parents as it lays them.

        Parameters
        ----------
        table : FigureTable
            Is added to.
        name : str
        measure : callable
        """
        table.add(
            name, measure(self.blend), *([measure(grid) for grid in of] for of in (self.parents, self.arranged or ()))
        )

    def add_in_key(self, table: FigureTable, name: str, measure: Callable[[Grid, EstimatedKey], float | None]) -> None:
        """Add a figure that depends on the key: see `add`.

        Parameters
        ----------
        table : FigureTable
        name : str
        measure : callable
        """
        by_parents = (
            [measure(grid, key) for grid, key in zip(of, self.keys, strict=False)]
            for of in (self.parents, self.arranged or ())
        )
        table.add(name, measure(self.blend, self.keys[0]), *by_parents)


def measure_music(blended: BlendedPair, table: FigureTable) -> None:
    """Add the figures of a blend as a piece of music: repetition, consonance, endings, instruments, silence.

    Parameters
    ----------
    blended : BlendedPair
    table : FigureTable
        Is added to.
    """
    _add_repetition(blended, table)
    _add_consonance(blended, table)
    add_minor_seconds(blended, "strong seconds", table)
    blend, parents = blended.blend, blended.parents
    table.add("programs of both", coverage.has_programs_of_both(blend, parents))
    table.add("bars", blend.n_bars, [parent.n_bars for parent in parents])
    if blended.arranged is not None:
        n_silent, n_bars = coverage.count_silent_lead_bars(blend, blended.arranged)
        table.add("silent lead bars", n_silent)
        table.add("bars of one lead", n_bars)
        table.add("empty bars", coverage.count_empty_bars(blend, blended.arranged))


def _add_repetition(blended: BlendedPair, table: FigureTable) -> None:
    blended.add(table, "repeated lead bars", lambda grid: repetition.repeated_lead_bars(grid) or 0.0)
    blended.add(table, "repeated whole bars", lambda grid: repetition.repeated_whole_bars(grid) or 0.0)
    blended.add(table, "distinct figures", _distinct_figures)
    own, shares = _distinct_figures(blended.blend), [_distinct_figures(parent) for parent in blended.parents]
    known = [share for share in shares if share is not None]
    if known:
        table.add("distinct figures, distance", abs((own or 0.0) / float(np.mean(known)) - 1.0))


def _distinct_figures(grid: Grid) -> float | None:
    return repetition.distinct_figure_share(repetition.lead_notes(grid))


def measure_recognition(blended: BlendedPair, names: Sequence[str], index: TuneIndex, table: FigureTable) -> None:
    """Add how well both parents are recognized.

    Parameters
    ----------
    blended : BlendedPair
    names : sequence of str
        Of the parents in the index.
    index : TuneIndex
    table : FigureTable
        Is added to.
    """
    lead = repetition.lead_notes(blended.blend)
    ranks = index.ranks(lead, names)
    table.add("both nearest by figures", max(ranks["figures"]) <= _N_NEAREST)
    best = [min(by_kind[side] for by_kind in ranks.values()) for side in (0, 1)]
    table.add("both nearest by any", max(best) <= _N_NEAREST)
    known_grids = (*blended.parents, *(blended.arranged or ()))
    is_own = np.any([coverage.is_parent_bar(blended.blend, parent) for parent in known_grids], axis=0)
    table.add("parents' own bars", is_own.mean() if len(is_own) else 0.0)
    for side, name in enumerate("AB"):
        known = set(contours(repetition.lead_notes(blended.parents[side])))
        table.add(f"contours of {name}", contour_share(lead, known))
    table.add("contours of other tunes", index.mean_shared_contours(lead, names))


def _add_consonance(blended: BlendedPair, table: FigureTable) -> None:
    if all(Role.HARMONY in parent.events for parent in blended.parents):
        blended.add(table, "lead clashes", lambda grid: _share(consonance.count_lead_clashes(grid)))
    for role in (Role.LEAD, Role.BASS):
        blended.add_in_key(table, f"{role.value} ends on tonic", _end_on_tonic(role))
    blended.add(table, "leaps", lambda grid: consonance.leap_share(repetition.lead_notes(grid)))
    blended.add_in_key(table, "out of key", _out_of_key)


def _out_of_key(grid: Grid, key: EstimatedKey) -> float | None:
    return consonance.out_of_key_share(grid, key.tonic, is_minor=key.is_minor)


def _end_on_tonic(role: Role) -> Callable[[Grid, EstimatedKey], float | None]:
    return lambda grid, key: consonance.ends_on_tonic(grid, role, key.tonic)


def add_minor_seconds(blended: BlendedPair, name: str, table: FigureTable) -> None:
    """Add the minor seconds of a blend on strong beats.

    Parameters
    ----------
    blended : BlendedPair
    name : str
        Name of the figure.
    table : FigureTable
        Is added to.
    """
    blended.add(table, name, lambda grid: _share(consonance.count_minor_seconds(grid)))


def _share(counts: tuple[int, int]) -> float | None:
    return counts[0] / counts[1] if counts[1] else None


def measure_near_end(
    blended: BlendedPair, names: Sequence[str], weight: float, index: TuneIndex, table: FigureTable
) -> None:
    """Add the figures of a blend near one parent: whether the other one is still recognized.

    Parameters
    ----------
    blended : BlendedPair
    names : sequence of str
        Of the parents in the index.
    weight : float
        The second parent's share.
    index : TuneIndex
    table : FigureTable
        Is added to.
    """
    lead = repetition.lead_notes(blended.blend)
    minor_parent = blended.parents[1 if weight < 0.5 else 0]
    known = set(contours(repetition.lead_notes(minor_parent)))
    table.add(f"minor parent's contours at {weight:g}", contour_share(lead, known))
    table.add(f"other tunes' contours at {weight:g}", index.mean_shared_contours(lead, names))
    add_minor_seconds(blended, f"strong seconds at {weight:g}", table)
