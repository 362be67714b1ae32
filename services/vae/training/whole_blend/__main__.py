r"""Compare blends of held-out pairs of whole pieces: a table of all figures, a column for each blender.

    python -m training.whole_blend --corpus DIR --corpus DIR2 --models ../../models --cache CACHE --out figures.json

`--pairs 3 --library 20` is a smoke run. `--path` measures the way from one parent to the other (needs `smg-metrics`),
`--rolls DIR` draws the piano rolls of ten pairs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from . import blend_path, likelihood, parent_plots
from .blenders import BLENDERS, Blender, build_blender
from .measures.recognition import TuneIndex
from .pair_figures import BlendedPair, FigureTable, measure_halfway, measure_near_end, measure_silence
from .pairs import WholePair, choose_pairs
from .summary_table import format_table

_HALFWAY, _NEAR_ENDS = 0.5, (0.25, 0.75)


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
    for pair in pairs:
        begin_s = time.perf_counter()
        halfway = blender.blend(pair, _HALFWAY, seed)
        table.add("seconds", time.perf_counter() - begin_s)
        measure_halfway(BlendedPair(pair, halfway, pair.parents(halfway.meter)), index, table)
        aligned = blender.align_parents(pair, _HALFWAY, seed)
        if aligned is not None:
            measure_silence(halfway, aligned, table)
        if models:
            table.add("relative cost", likelihood.relative_cost(models, pair, halfway))
        for weight in _NEAR_ENDS:
            grid = blender.blend(pair, weight, seed)
            measure_near_end(BlendedPair(pair, grid, pair.parents(grid.meter)), weight, index, table)
    return table


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
    parser.add_argument("--pair-seed", type=int, default=25, help="another seed takes other pairs")
    parser.add_argument("--development", action="store_true", help="pairs of works that training has seen")
    parser.add_argument("--language-pieces", type=int, default=0, help="pieces of the 5-gram model; 0 leaves it out")
    parser.add_argument("--path", action="store_true", help="measure the way in eight steps, by smg-metrics")
    parser.add_argument("--rolls", type=Path, help="draw piano rolls into this folder")
    parser.add_argument("--rolls-pairs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write all values as JSON")
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    measures = blend_path.load_measures() if options.path else {}
    pairs, tunes = choose_pairs(
        options.corpus, options.pairs, options.library, options.pair_seed, held_out=not options.development
    )
    index = TuneIndex(tunes)
    models = likelihood.fit_models(options.corpus, options.language_pieces, options.pair_seed)
    tables = {}
    for name in options.blender or BLENDERS:
        blender = build_blender(name, options.models, options.cache)
        tables[name] = evaluate(blender, pairs, index, models, options.seed)
        if measures:
            for pair in pairs:
                blend_path.measure_path(pair, blender, options.seed, measures, tables[name])
        if options.rolls:
            draw_rolls(name, blender, pairs[: options.rolls_pairs], options.seed, options.rolls)
    print(f"{len(pairs)} pairs, {sum(pair.is_one_meter for pair in pairs)} in one meter, {len(tunes)} tunes\n")
    print(format_table(tables))
    if options.out:
        values = {name: {"blends": table.values, "parents": table.parent_values} for name, table in tables.items()}
        options.out.write_text(json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    main()
