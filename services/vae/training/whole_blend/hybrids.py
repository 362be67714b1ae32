"""Hybrids as whole pieces beside the two generated pieces that they blend.

    python -m training.whole_blend.hybrids --hybrids DIR [--out FILE.json]

in `services/vae`. DIR holds MIDI files and their index, ``hybrids.json``, which ``tests/bench/hybrid.py`` generates.
The figures and their targets are those of `training.whole_blend`, without the ones that need a library of tunes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from score.grid import Grid

from .key_estimation import EstimatedKey
from .pair_figures import BlendedPair, FigureTable, measure_music
from .pairs import read_grid
from .report import figure_files
from .report.summary_table import LEGEND, format_table

PARENTS = ("transposed-1", "transposed-2")
ARRANGED = ("arranged-1", "arranged-2")
HYBRID = "hybrid"


def read_hybrid(folder: Path, entry: Mapping[str, Any]) -> BlendedPair:
    """Return a hybrid with its parents.

    Parameters
    ----------
    folder : Path
        Holds the MIDI files.
    entry : mapping
        Of the index: `files` by name, and `key`, a pitch class and whether it is minor.
    """
    files = entry["files"]

    def read(names: Sequence[str], meter: str) -> tuple[Grid, Grid]:
        first, second = (read_grid((folder / files[name]).read_bytes()).to_meter(meter) for name in names)
        return first, second

    blend = read_grid((folder / files[HYBRID]).read_bytes())
    tonic, is_minor = entry["key"]
    key = EstimatedKey(int(tonic), bool(is_minor))
    arranged = read(ARRANGED, blend.meter) if all(name in files for name in ARRANGED) else None
    return BlendedPair(blend, read(PARENTS, blend.meter), (key, key), arranged)


def main() -> None:
    """Parse the command line, measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hybrids", type=Path, required=True, help="folder with hybrids.json and MIDI files")
    parser.add_argument("--out", type=Path, help="write all values as JSON")
    options = parser.parse_args()
    entries = json.loads((options.hybrids / "hybrids.json").read_text())
    table = FigureTable()
    for entry in entries:
        measure_music(read_hybrid(options.hybrids, entry), table)
    print(f"\n{len(entries)} hybrids. {LEGEND}\n")
    print(format_table({"hybrids": table}))
    if options.out:
        names = [(entry["files"][PARENTS[0]], entry["files"][PARENTS[1]]) for entry in entries]
        figure_files.write(options.out, names, {"hybrids": table})


if __name__ == "__main__":
    main()
