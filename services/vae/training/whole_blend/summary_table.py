"""The figures of several blenders side by side, as a Markdown table with the required and the desired values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .blend_path import PATH_MEASURES
from .pair_figures import FigureTable

Cell = Callable[[FigureTable], str]


@dataclass(frozen=True)
class _Row:
    label: str
    cell: Cell
    parents: Cell
    required: str = ""
    desired: str = ""


def _no_parents(_: FigureTable) -> str:
    return ""


def _numbers(label: str, name: str, required: str = "", desired: str = "", digits: int = 3) -> _Row:
    """Return a row of means with a number of decimal digits."""

    def cell(table: FigureTable) -> str:
        return f"{table.mean(name):.{digits}f}"

    def parents(table: FigureTable) -> str:
        return f"{table.parents_mean(name):.{digits}f}"

    return _Row(label, cell, parents, required, desired)


def _percentages(label: str, name: str, required: str = "", desired: str = "") -> _Row:
    """Return a row of means in percent."""

    def parents(table: FigureTable) -> str:
        return f"{table.parents_mean(name):.1%}" if name in table.parent_values else ""

    return _Row(label, lambda table: f"{table.mean(name):.1%}", parents, required, desired)


def _ratios(label: str, name: str, required: str, desired: str) -> _Row:
    """Return a row of means with their ratio to the parents' mean."""
    return replace(
        _numbers(label, name, required, desired), cell=lambda table: f"{table.mean(name):.3f} ({table.ratio(name):.2f})"
    )


def _distances(table: FigureTable) -> str:
    of_means = abs(table.ratio("distinct figures") - 1.0)
    return (
        f"{table.mean('distinct figures'):.3f} ({of_means:.1%}; by pair {table.mean('distinct figures, distance'):.1%})"
    )


def _over_other_tunes(weight: str) -> Cell:
    def cell(table: FigureTable) -> str:
        others = table.mean(f"other tunes' contours at {weight}") or float("nan")
        own = table.mean(f"minor parent's contours at {weight}")
        return f"{own / others:.2f}"

    return cell


def _contours(table: FigureTable) -> str:
    names = ("contours of A", "contours of B", "contours of other tunes")
    return ", ".join(f"{table.mean(name):.3f}" for name in names)


def _silence(table: FigureTable) -> str:
    if not table.values.get("bars of one lead"):
        return "-"
    return f"{table.total('silent lead bars'):.0f} of {table.total('bars of one lead'):.0f}"


def _path(name: str) -> _Row:
    def cell(table: FigureTable) -> str:
        return f"{table.mean(f'{name}, largest step'):.2f}, {table.mean(f'{name}, Spearman'):.3f}"

    return _Row(f"way by {name}: largest step over the mean, Spearman", cell, _no_parents, "2.0, .95", "1.5, .98")


def _near_end(weight: str) -> _Row:
    label = f"minor parent's contours at {weight}, times other tunes'"
    return _Row(label, _over_other_tunes(weight), _no_parents, "2", "4")


_ROWS = (
    _ratios("lead bars that repeat (of the parents' mean)", "repeated lead bars", ".8", ".95"),
    _ratios("whole bars that repeat (of the parents' mean)", "repeated whole bars", ".6", ".85"),
    replace(_numbers("distinct figures (distance)", "distinct figures", "15 %", "5 %"), cell=_distances),
    _percentages("both parents among the ten nearest, by figures", "both nearest by figures"),
    _percentages("the same, by any of three ways", "both nearest by any", "50 %", "70 %"),
    _percentages("lead bars that are a parent's own", "parents' own bars", "at most 40 %", "25 %"),
    _Row("contours of A, of B, of other tunes", _contours, _no_parents),
    _near_end("0.25"),
    _near_end("0.75"),
    _numbers("semitone clashes on quarters", "lead clashes", "+.01", "0", digits=4),
    _numbers("minor seconds on strong beats", "strong seconds", "+.01", "0", digits=4),
    _numbers("the same at 0.25", "strong seconds at 0.25", "+.01", "0", digits=4),
    _numbers("the same at 0.75", "strong seconds at 0.75", "+.01", "0", digits=4),
    _percentages("lead ends on the tonic", "lead ends on tonic", "70 %", "85 %"),
    _percentages("bass ends on the tonic", "bass ends on tonic", "80 %", "90 %"),
    _Row("silent lead where one parent's sounds alone", _silence, _no_parents, "10 %", "2 %"),
    _percentages("each parent gives an instrument", "programs of both", "80 %", "100 %"),
    _numbers("leaps", "leaps", "+.02", "+.005"),
    _percentages("out of key", "out of key", "+2 points", "0"),
    replace(
        _numbers("cost under a 5-gram model, of the parents' mean", "relative cost"),
        parents=_no_parents,
        required=".95 to 1.05",
        desired=".97 to 1.03",
    ),
    *(_path(name) for name in PATH_MEASURES),
    _numbers("bars", "bars", digits=1),
    _Row("empty bars", lambda table: f"{table.total('empty bars'):.0f}", _no_parents, "0", "0"),
    replace(_numbers("seconds for a blend", "seconds", "1", ".5", digits=2), parents=_no_parents),
)


def format_table(tables: Mapping[str, FigureTable]) -> str:
    """Return a Markdown table with a column for each blender; figures that were not measured are left out."""
    first = next(iter(tables.values()))
    lines = [["at weight .5 unless given", "parents", *tables, "required", "desired"]]
    lines.append(["---"] * len(lines[0]))
    for row in _ROWS:
        cells = [row.cell(table) for table in tables.values()]
        if not all(cell == "-" or "nan" in cell for cell in cells):
            lines.append([row.label, row.parents(first), *cells, row.required, row.desired])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
