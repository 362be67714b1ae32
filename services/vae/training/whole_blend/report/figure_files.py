"""Files of the figures of several blenders, so that blenders are measured in several runs on the same pairs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..pair_figures import FigureTable

PairNames = Sequence[tuple[str, str]]


def write(path: Path, names: PairNames, tables: Mapping[str, FigureTable]) -> None:
    """Write the figures of blenders.

    Parameters
    ----------
    path : Path
    names : sequence of (str, str)
        Names of the pairs that were blended.
    tables : mapping of str to FigureTable
        By name of the blender.
    """
    blenders = {
        name: {"blends": table.values, "parents": table.parent_values, "arranged parents": table.arranged_values}
        for name, table in tables.items()
    }
    path.write_text(json.dumps({"pairs": [list(pair) for pair in names], "blenders": blenders}, indent=2) + "\n")


def read(path: Path, names: PairNames) -> dict[str, FigureTable]:
    """Return the figures of a file.

    Parameters
    ----------
    path : Path
    names : sequence of (str, str)
        Names of the pairs that the figures must be about.

    Raises
    ------
    ValueError
        If they are about other pairs.
    """
    content = json.loads(path.read_text())
    if [tuple(pair) for pair in content["pairs"]] != [tuple(pair) for pair in names]:
        raise ValueError(f"{path} is about other pairs: take the same corpora, number of pairs and pair seed.")
    return {
        name: FigureTable(*(defaultdict(list, values[kind]) for kind in ("blends", "parents", "arranged parents")))
        for name, values in content["blenders"].items()
    }
