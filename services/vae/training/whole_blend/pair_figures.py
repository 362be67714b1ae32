"""The figures of a blended pair, each beside the mean of its parents where it has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from score.grid import Grid
from score.roles import Role

from .measures import consonance, coverage, repetition
from .measures.recognition import TuneIndex, contour_share, contours
from .pairs import WholePair

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
    """

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    parent_values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float | None, parents: Sequence[float | None] = ()) -> None:
        """Add a pair's figure.

        Parameters
        ----------
        name : str
        value : float or None
            Of the blend; None is left out.
        parents : sequence of float or None
            Of the parents; their mean is stored.
        """
        if value is not None:
            self.values[name].append(float(value))
        known = [each for each in parents if each is not None]
        if known:
            self.parent_values[name].append(float(np.mean(known)))

    def mean(self, name: str) -> float:
        """Return the mean over the pairs; NaN without any."""
        return float(np.mean(self.values[name])) if self.values.get(name) else float("nan")

    def parents_mean(self, name: str) -> float:
        """Return the mean of the parents' means; NaN without any."""
        return float(np.mean(self.parent_values[name])) if self.parent_values.get(name) else float("nan")

    def ratio(self, name: str) -> float:
        """Return the mean over the parents' mean; NaN if that is 0."""
        return self.mean(name) / (self.parents_mean(name) or float("nan"))

    def total(self, name: str) -> float:
        """Return the sum over the pairs."""
        return float(sum(self.values.get(name, ())))


@dataclass(frozen=True)
class BlendedPair:
    """A blend and its parents on the grid, in the blend's meter.

    Attributes
    ----------
    pair : WholePair
    blend : Grid
    parents : tuple of Grid
    """

    pair: WholePair
    blend: Grid
    parents: tuple[Grid, Grid]


def measure_halfway(blended: BlendedPair, index: TuneIndex, table: FigureTable) -> None:
    """Add the figures of a blend at weight 0.5.

    Parameters
    ----------
    blended : BlendedPair
    index : TuneIndex
    table : FigureTable
        Is added to.
    """
    _add_repetition(blended, table)
    _add_recognition(blended, index, table)
    _add_consonance(blended, table)
    add_minor_seconds(blended, "strong seconds", table)
    blend, parents = blended.blend, blended.parents
    table.add("programs of both", coverage.has_programs_of_both(blend, parents))
    table.add("empty bars", coverage.count_empty_bars(blend))
    table.add("bars", blend.n_bars, [parent.n_bars for parent in parents])


def _add_repetition(blended: BlendedPair, table: FigureTable) -> None:
    blend, parents = blended.blend, blended.parents
    for name, measure in (
        ("repeated lead bars", repetition.repeated_lead_bars),
        ("repeated whole bars", repetition.repeated_whole_bars),
    ):
        table.add(name, measure(blend) or 0.0, [measure(parent) or 0.0 for parent in parents])
    own = repetition.distinct_figure_share(repetition.lead_notes(blend))
    shares = [repetition.distinct_figure_share(repetition.lead_notes(parent)) for parent in parents]
    table.add("distinct figures", own, shares)
    known = [share for share in shares if share is not None]
    if known:
        table.add("distinct figures, distance", abs((own or 0.0) / float(np.mean(known)) - 1.0))


def _add_recognition(blended: BlendedPair, index: TuneIndex, table: FigureTable) -> None:
    lead = repetition.lead_notes(blended.blend)
    ranks = index.ranks(lead, blended.pair.names)
    table.add("both nearest by figures", max(ranks["figures"]) <= _N_NEAREST)
    best = [min(by_kind[side] for by_kind in ranks.values()) for side in (0, 1)]
    table.add("both nearest by any", max(best) <= _N_NEAREST)
    is_own = np.any([coverage.is_parent_bar(blended.blend, parent) for parent in blended.parents], axis=0)
    table.add("parents' own bars", is_own.mean() if len(is_own) else 0.0)
    for side, name in enumerate("AB"):
        known = set(contours(repetition.lead_notes(blended.parents[side])))
        table.add(f"contours of {name}", contour_share(lead, known))
    table.add("contours of other tunes", index.mean_shared_contours(lead, blended.pair.names))


def _add_consonance(blended: BlendedPair, table: FigureTable) -> None:
    blend, parents, keys = blended.blend, blended.parents, blended.pair.keys
    n_clashes, n_notes = consonance.count_lead_clashes(blend)
    if n_notes and all(Role.HARMONY in parent.events for parent in parents):
        shares = [_share(consonance.count_lead_clashes(parent)) for parent in parents]
        table.add("lead clashes", n_clashes / n_notes, shares)
    for role in (Role.LEAD, Role.BASS):
        own = [consonance.ends_on_tonic(parent, role, key.tonic) for parent, key in zip(parents, keys, strict=True)]
        table.add(f"{role.value} ends on tonic", consonance.ends_on_tonic(blend, role, keys[0].tonic), own)
    leads = [repetition.lead_notes(grid) for grid in (blend, *parents)]
    table.add("leaps", consonance.leap_share(leads[0]), [consonance.leap_share(notes) for notes in leads[1:]])
    outside = [
        consonance.out_of_key_share(grid, key.tonic, is_minor=key.is_minor)
        for grid, key in zip((blend, *parents), (keys[0], *keys), strict=True)
    ]
    table.add("out of key", outside[0], outside[1:])


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
    shares = [_share(consonance.count_minor_seconds(grid)) for grid in (blended.blend, *blended.parents)]
    table.add(name, shares[0], shares[1:])


def _share(counts: tuple[int, int]) -> float | None:
    return counts[0] / counts[1] if counts[1] else None


def measure_silence(blend: Grid, aligned: tuple[Grid, Grid], table: FigureTable) -> None:
    """Add the bars in which a blend's lead rests though one parent's lead sounds alone.

    Parameters
    ----------
    blend : Grid
    aligned : tuple of Grid
        Both parents with one bar for each bar of the blend.
    table : FigureTable
        Is added to.
    """
    n_silent, n_bars = coverage.count_silent_lead_bars(blend, aligned)
    table.add("silent lead bars", n_silent)
    table.add("bars of one lead", n_bars)


def measure_near_end(blended: BlendedPair, weight: float, index: TuneIndex, table: FigureTable) -> None:
    """Add the figures of a blend near one parent: whether the other one is still recognized.

    Parameters
    ----------
    blended : BlendedPair
    weight : float
        The second parent's share.
    index : TuneIndex
    table : FigureTable
        Is added to.
    """
    lead = repetition.lead_notes(blended.blend)
    minor_parent = blended.pair.parents()[1 if weight < 0.5 else 0]
    known = set(contours(repetition.lead_notes(minor_parent)))
    table.add(f"minor parent's contours at {weight:g}", contour_share(lead, known))
    table.add(f"other tunes' contours at {weight:g}", index.mean_shared_contours(lead, blended.pair.names))
    add_minor_seconds(blended, f"strong seconds at {weight:g}", table)
