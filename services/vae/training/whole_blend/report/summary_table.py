"""The figures of several blenders side by side, as a Markdown table with the required and the desired values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Protocol

from ..blend_path import PATH_MEASURES
from ..pair_figures import FigureTable
from .targets import MARKS, Target, at_least, at_most, within

LEGEND = "✓✓ as desired, ✓ as required, ✗ neither; in brackets: beside the parents as the blend lays their bars."
NEAR_ENDS = (0.25, 0.75)

Cell = Callable[[FigureTable], str]


class Judged(Protocol):
    """Returns the values that a target is about, relative to parents, whole or as the blend arranges them."""

    def __call__(self, table: FigureTable, *, arranged: bool) -> Sequence[float]: ...


@dataclass(frozen=True)
class _Row:
    """A line of the table.

    Attributes
    ----------
    label : str
    cell, parents : callable
        Return the text for a blender and for the parents; empty if the figure was not measured.
    judged : Judged
    target : Target or None
    is_relative : bool
        Whether the figure is judged relative to the parents.
    """

    label: str
    cell: Cell
    parents: Cell
    judged: Judged
    target: Target | None = None
    is_relative: bool = False

    def cell_with_mark(self, table: FigureTable) -> str:
        """Return the text for a blender with the mark of its level."""
        text = self.cell(table)
        if not text or self.target is None:
            return text
        by_reference = (False, True) if self.is_relative else (False,)
        levels = [self.target.reached(self.judged(table, arranged=arranged)) for arranged in by_reference]
        marks = [MARKS[level] for level in levels if level is not None]
        return " ".join([text, *(f"({mark})" if place else mark for place, mark in enumerate(marks))])


def _text(value: float, as_text: str) -> str:
    return "" if isnan(value) else as_text.format(value)


def _no_parents(_: FigureTable) -> str:
    return ""


def _parents_of(name: str, as_text: str) -> Cell:
    def parents(table: FigureTable) -> str:
        arranged = _text(table.parents_mean(name, arranged=True), as_text)
        return _text(table.parents_mean(name), as_text) + (f" ({arranged})" if arranged else "")

    return parents


def _mean(label: str, name: str, target: Target | None = None, as_text: str = "{:.3f}") -> _Row:
    """Return a row of means that are judged themselves."""
    return _Row(
        label,
        lambda table: _text(table.mean(name), as_text),
        _parents_of(name, as_text),
        lambda table, *, arranged: [table.mean(name)],  # noqa: ARG005
        target,
    )


def _excess(label: str, name: str, target: Target, as_text: str = "{:.3f}") -> _Row:
    """Return a row of means that are judged by how far they are above the parents' mean."""
    return _Row(
        label,
        lambda table: _text(table.mean(name), as_text),
        _parents_of(name, as_text),
        lambda table, *, arranged: [table.excess(name, arranged=arranged)],
        target,
        is_relative=True,
    )


def _relative(label: str, name: str, value: Callable[[float], float], target: Target, as_text: str) -> _Row:
    """Return a row of means that are judged by a function of their ratio to the parents' mean."""

    def cell(table: FigureTable) -> str:
        values = [value(table.ratio(name, arranged=arranged)) for arranged in (False, True)]
        return _text(table.mean(name), "{:.3f}: ") + " ".join(
            f"({text})" if place else text for place, text in enumerate(_text(each, as_text) for each in values) if text
        )

    return _Row(
        label,
        lambda table: cell(table) if table.values.get(name) else "",
        _parents_of(name, "{:.3f}"),
        lambda table, *, arranged: [value(table.ratio(name, arranged=arranged))],
        target,
        is_relative=True,
    )


def _contours() -> _Row:
    names = ("contours of A", "contours of B", "contours of other tunes")
    return _Row(
        "contours of A, of B, of other tunes",
        lambda table: ", ".join(f"{table.mean(name):.3f}" for name in names if table.values.get(name)),
        _no_parents,
        lambda table, *, arranged: (),  # noqa: ARG005
    )


def _minor_parent(weight: float) -> _Row:
    def over_other_tunes(table: FigureTable) -> float:
        others = table.mean(f"other tunes' contours at {weight:g}") or float("nan")
        return table.mean(f"minor parent's contours at {weight:g}") / others

    return _Row(
        f"contours of the parent with the smaller share at {weight:g}, times other tunes'",
        lambda table: _text(over_other_tunes(table), "{:.2f}"),
        _no_parents,
        lambda table, *, arranged: [over_other_tunes(table)],  # noqa: ARG005
        at_least(2.0, 4.0),
    )


def _silence() -> _Row:
    def share(table: FigureTable) -> float:
        return table.total("silent lead bars") / (table.total("bars of one lead") or float("nan"))

    def cell(table: FigureTable) -> str:
        counts = f"{table.total('silent lead bars'):.0f} of {table.total('bars of one lead'):.0f}"
        return counts if "bars of one lead" in table.values else ""

    label = "silent lead in bars where one parent's lead sounds alone"
    target = at_most(0.1, 0.02, "{:.0%}")
    return _Row(label, cell, _no_parents, lambda table, *, arranged: [share(table)], target)  # noqa: ARG005


def _path(name: str) -> tuple[_Row, _Row]:
    return (
        _mean(f"way by {name}: largest step over the mean", f"{name}, largest step", at_most(2.0, 1.5), "{:.2f}"),
        _mean(f"way by {name}: Spearman's correlation with the weight", f"{name}, Spearman", at_least(0.95, 0.98)),
    )


_NO_MORE = at_most(0.01, 0.0, "{:+g}")
_ROWS = (
    _relative(
        "lead bars that repeat: of the parents' mean",
        "repeated lead bars",
        lambda ratio: ratio,
        at_least(0.8, 0.95),
        "{:.2f}",
    ),
    _relative(
        "whole bars that repeat: of the parents' mean",
        "repeated whole bars",
        lambda ratio: ratio,
        at_least(0.6, 0.85),
        "{:.2f}",
    ),
    _relative(
        "distinct figures of three moves: distance of the means",
        "distinct figures",
        lambda ratio: abs(ratio - 1.0),
        at_most(0.15, 0.05, "{:.0%}"),
        "{:.1%}",
    ),
    _mean("the same, pair by pair", "distinct figures, distance", at_most(0.15, 0.05, "{:.0%}"), "{:.1%}"),
    _mean("both parents among the ten nearest, by figures", "both nearest by figures", as_text="{:.1%}"),
    _mean("the same, each by the way it is known best", "both nearest by any", at_least(0.5, 0.7, "{:.0%}"), "{:.1%}"),
    _mean("lead bars that are a parent's own", "parents' own bars", at_most(0.4, 0.25, "{:.0%}"), "{:.1%}"),
    _contours(),
    *(_minor_parent(weight) for weight in NEAR_ENDS),
    _excess("lead notes on quarters a semitone from the chord", "lead clashes", _NO_MORE, "{:.4f}"),
    _excess("minor seconds between roles on strong beats", "strong seconds", _NO_MORE, "{:.4f}"),
    *(_excess(f"the same at {weight:g}", f"strong seconds at {weight:g}", _NO_MORE, "{:.4f}") for weight in NEAR_ENDS),
    _mean("lead ends on the tonic", "lead ends on tonic", at_least(0.7, 0.85, "{:.0%}"), "{:.1%}"),
    _mean("bass ends on the tonic", "bass ends on tonic", at_least(0.8, 0.9, "{:.0%}"), "{:.1%}"),
    _silence(),
    _mean("each parent gives an instrument", "programs of both", at_least(0.8, 1.0, "{:.0%}"), "{:.1%}"),
    _excess("leaps of more than a fifth", "leaps", at_most(0.02, 0.005, "{:+g}")),
    _excess("sounding time out of key", "out of key", at_most(0.02, 0.0, "{:+.0%}"), "{:.1%}"),
    _mean(
        "cost of the lead under a 5-gram model, of the parents'", "relative cost", within((0.95, 1.05), (0.97, 1.03))
    ),
    *(row for name in PATH_MEASURES for row in _path(name)),
    _mean("bars", "bars", as_text="{:.1f}"),
    _mean("empty bars of a piece where both parents sound", "empty bars", at_most(0.0, 0.0), "{:.2f}"),
    _mean("seconds for a blend", "seconds", as_text="{:.2f}"),
)


def format_table(tables: Mapping[str, FigureTable], rows: Sequence[_Row] = _ROWS) -> str:
    """Return a Markdown table with a column for each blender; figures that were not measured are left out.

    The parents are those of the first table that has them as the blend lays their bars, or else of the first table.

    Parameters
    ----------
    tables : mapping of str to FigureTable
    rows : sequence of rows, optional
    """
    with_parents = next((table for table in tables.values() if table.arranged_values), next(iter(tables.values())))
    lines = [["at weight .5 unless given", "parents", *tables, "required", "desired"]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        cells = [row.cell_with_mark(table) for table in tables.values()]
        if any(cells):
            limits = (row.target.required_text, row.target.desired_text) if row.target else ("", "")
            lines.append([row.label, row.parents(with_parents), *cells, *limits])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
