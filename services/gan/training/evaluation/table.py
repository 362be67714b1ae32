"""Rows of the evaluation's table: a figure, what is required of it, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

COLUMNS = ("generated", "N = 1", "baseline", "training")
"""The generator, the same without ranking of candidates, the baseline, and training music in place of generated."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes
    ----------
    name : str
    anchor, must, aim : str
        What is known of others, what is required, and what is aimed at; empty where there is none.
    values : dict of str to str
        By `COLUMNS`.
    note : str
    """

    name: str
    anchor: str = ""
    must: str = ""
    aim: str = ""
    values: dict[str, str] = field(default_factory=dict)
    note: str = ""


def render(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table, without columns that are empty."""
    columns = [column for column in COLUMNS if any(row.values.get(column) for row in rows)]
    head = ["", "anchor", "must", "aim", *columns, ""]
    lines = [head, ["---"] * len(head)]
    lines += [
        [row.name, row.anchor, row.must, row.aim, *(row.values.get(column, "") for column in columns), row.note]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: float) -> str:
    """Format a share as a percentage.

    Examples
    --------
    >>> percent(0.123)
    '12.3 %'
    """
    return f"{100 * value:.1f} %"
