"""The rows of the evaluation: what must be shown, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

COLUMNS = ("made", "N = 1", "baseline", "training")
"""The generator's, the same without choosing among candidates, a baseline's file, and training music in their place."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes
    ----------
    name : str
    anchor, must, aim : str
        As the project's goals say them; empty where they say nothing.
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
    """Write rows as a Markdown table."""
    columns = [column for column in COLUMNS if any(row.values.get(column) for row in rows)]
    head = ["", "anchor", "must", "aim", *columns, ""]
    lines = [head, ["---"] * len(head)]
    lines += [
        [row.name, row.anchor, row.must, row.aim, *(row.values.get(column, "") for column in columns), row.note]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: float) -> str:
    """Write a share: ``12.3 %``."""
    return f"{100 * value:.1f} %"
