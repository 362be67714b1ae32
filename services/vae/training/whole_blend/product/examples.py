r"""Write blends of held-out pairs over styles, halfway, with their parents and piano rolls, to listen to and look at.

    python -m training.whole_blend.product.examples --corpus DIR --corpus DIR2 --models ../../models --cache CACHE \
        --out EXAMPLES

writes, for each pair, `00-a.mid` and `00-b.mid` (in one key), `00-blend.mid` and `00-roll.png`, and `examples.json`
with their names and styles. `tests/bench/render_folder.py` renders the files of a folder to audio.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.phrases.composition import arrange_parent
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import read_midi
from vae.planning.ingredients import Ingredient
from vae.settings import Settings

from ..pairs import WholePair, choose_pairs
from ..report.parent_plots import plot_pair
from .midi_blend import blend_files

_TEMPERATURE: float = Settings.model_fields["temperature"].default


def write_example(registry: ModelRegistry, pair: WholePair, options: BlendOptions, stem: Path) -> None:
    """Blend a pair, and write its files.

    Parameters
    ----------
    registry : ModelRegistry
    pair : WholePair
    options : BlendOptions
        Of a blend by phrases.
    stem : Path
        The beginning of all paths.
    """
    blended = blend_files(registry, pair.files, options)
    for name, data in zip(("a", "b", "blend"), (*pair.files, blended.data), strict=True):
        stem.with_name(f"{stem.name}-{name}.mid").write_bytes(data)
    plan = build_phrase_context([read_midi(data) for data in pair.files], options).plan
    sources = blended.result.bar_sources
    lead_sources = (sources[Ingredient.RHYTHM], sources[Ingredient.CONTOUR])
    parents = (arrange_parent(plan, 0), arrange_parent(plan, 1))
    plot_pair(pair, blended.result.grid, parents, lead_sources, stem.with_name(f"{stem.name}-roll.png"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--pair-seed", type=int, default=90, help="another seed takes other pairs")
    parser.add_argument("--development", action="store_true", help="pairs of works that training has seen")
    parser.add_argument("--weight", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    registry = ModelRegistry.load(options.models, options.cache)
    pairs, _ = choose_pairs(options.corpus, options.pairs, 0, options.pair_seed, held_out=not options.development)
    options.out.mkdir(parents=True, exist_ok=True)
    index = []
    for number, pair in enumerate(pairs):
        key = (pair.keys[0].fifths, pair.keys[0].is_minor)
        blend_options = BlendOptions(BlendWeights(options.weight), _TEMPERATURE, seed=options.seed, key=key)
        write_example(registry, pair, blend_options, options.out / f"{number:02d}")
        index.append({"names": pair.names, "styles": pair.styles})
        print(f"{number:02d}: {pair.names[0]} ({pair.styles[0]}) and {pair.names[1]} ({pair.styles[1]})")
    (options.out / "examples.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main()
