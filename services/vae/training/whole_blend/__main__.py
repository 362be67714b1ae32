r"""Compare blends of held-out pairs of whole pieces: a table of all figures, a column for each blender.

    python -m training.whole_blend --corpus DIR --corpus DIR2 --models ../../models --cache CACHE --out figures.json

`--pairs 3 --library 20` is a smoke run. `--path` measures Segue's way from one parent to the other (needs
`smg-metrics`), `--rolls DIR` draws the piano rolls of ten pairs. `--blender recombination` measures that one alone, and
`--with figures.json` adds the blenders that an earlier run has measured on the same pairs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import blend_path, likelihood
from .blenders import BLENDERS, SEGUE, Blender, build_blender
from .measures.recognition import TuneIndex
from .pair_figures import BlendedPair, FigureTable, measure_music, measure_near_end, measure_recognition
from .pairs import WholePair, choose_pairs
from .report import figure_files, parent_plots
from .report.summary_table import LEGEND, NEAR_ENDS, format_table

_HALFWAY = 0.5
_STARTED_S = time.monotonic()


def evaluate(
    blender: Blender, pairs: Sequence[WholePair], index: TuneIndex, models: likelihood.CostModels, seed: int
) -> FigureTable:
    """Return the figures of a blender.

    Parameters
    ----------
    blender : Blender
    pairs : sequence of WholePair
    index : TuneIndex
        Of a library that includes the pairs' tunes.
    models : dict of int to NgramModel
        From `likelihood.fit_models`; may be empty.
    seed : int
    """
    table = FigureTable()
    for number, pair in enumerate(pairs):
        _print_progress(f"{number} of {len(pairs)} pairs")
        begin_s = time.perf_counter()
        halfway = blender.blend(pair, _HALFWAY, seed)
        table.add("seconds", time.perf_counter() - begin_s)
        arranged = blender.align_parents(pair, _HALFWAY, seed)
        blended = BlendedPair(halfway, pair.parents(halfway.meter), pair.keys, arranged)
        measure_music(blended, table)
        measure_recognition(blended, pair.names, index, table)
        if models:
            table.add("relative cost", likelihood.relative_cost(models, pair, halfway))
        for weight in NEAR_ENDS:
            grid = blender.blend(pair, weight, seed)
            near_end = BlendedPair(grid, pair.parents(grid.meter), pair.keys)
            measure_near_end(near_end, pair.names, weight, index, table)
    return table


def _print_progress(message: str) -> None:
    print(f"{time.monotonic() - _STARTED_S:7.0f} s  {message}", file=sys.stderr, flush=True)


def draw_rolls(name: str, blender: Blender, pairs: Sequence[WholePair], seed: int, folder: Path) -> None:
    """Write the piano rolls of pairs, if the blender aligns its parents.

    Parameters
    ----------
    name : str
        Of the blender, for the file names.
    blender : Blender
    pairs : sequence of WholePair
    seed : int
    folder : Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, pair in enumerate(pairs):
        aligned = blender.align_parents(pair, _HALFWAY, seed)
        if aligned is not None:
            sources = blender.lead_sources(pair, _HALFWAY, seed)
            path = folder / f"{name.replace(' ', '-')}-{number:02d}.png"
            parent_plots.plot_pair(pair, blender.blend(pair, _HALFWAY, seed), aligned, sources, path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--blender", choices=BLENDERS, action="append", help="only these; all by default")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--library", type=int, default=265, help="tunes to recognize the parents among")
    parser.add_argument("--pair-seed", type=int, default=4711, help="another seed takes other pairs")
    parser.add_argument("--development", action="store_true", help="pairs of works that training has seen")
    parser.add_argument("--language-pieces", type=int, default=0, help="pieces of the 5-gram model; 0 leaves it out")
    parser.add_argument("--path", action="store_true", help="measure Segue's way in eight steps, by smg-metrics")
    parser.add_argument("--rolls", type=Path, help="draw piano rolls into this folder")
    parser.add_argument("--rolls-pairs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write all values as JSON")
    parser.add_argument("--with", type=Path, dest="earlier", help="values of other blenders on the same pairs, as JSON")
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    compare = blend_path.load_comparison() if options.path else None
    pairs, tunes = choose_pairs(
        options.corpus, options.pairs, options.library, options.pair_seed, held_out=not options.development
    )
    names = [pair.names for pair in pairs]
    tables = figure_files.read(options.earlier, names) if options.earlier else {}
    index = TuneIndex(tunes)
    _print_progress(f"{len(pairs)} pairs, {len(tunes)} tunes")
    groups = {group for pair in pairs for group in pair.groups}
    models = likelihood.fit_models(options.corpus, options.language_pieces, options.pair_seed, groups)
    for name in options.blender or [each for each in BLENDERS if each not in tables]:
        _print_progress(name)
        blender = build_blender(name, options.models, options.cache)
        tables[name] = evaluate(blender, pairs, index, models, options.seed)
        if compare is not None and name == SEGUE:
            for number, pair in enumerate(pairs):
                _print_progress(f"way of {number} of {len(pairs)} pairs")
                blend_path.measure_path(pair, blender, options.seed, compare, tables[name])
        if options.rolls:
            draw_rolls(name, blender, pairs[: options.rolls_pairs], options.seed, options.rolls)
    ordered = {name: tables[name] for name in BLENDERS if name in tables}
    print(
        f"{len(pairs)} pairs, {sum(pair.is_one_meter for pair in pairs)} in one meter, {len(tunes)} tunes. {LEGEND}\n"
    )
    print(format_table(ordered))
    if options.out:
        figure_files.write(options.out, names, ordered)


if __name__ == "__main__":
    main()
