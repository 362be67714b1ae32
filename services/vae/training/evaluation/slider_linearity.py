r"""Measure whether attribute sliders do what they say, on held-out pairs of whole pieces.

    python -m training.evaluation.slider_linearity --corpus DIR --corpus DIR2 --models ../../models --pairs 12

Each pair is blended, and each slider of each role is set to 21 positions from -1 to 1. Every result is written to MIDI
and read again before its attribute is measured over the whole piece. The table has two judgements of the attribute by
the position: of its mean over all pairs, and of each pair by itself, whose figures are averaged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from score import midi
from score.arrays import F64
from score.grid import Grid, to_score
from score.keys import relative_major
from score.roles import ROLES, Role
from vae.attributes.apply import SliderContext, SliderTravel
from vae.attributes.attribute import ATTRIBUTES_BY_ROLE, Attribute
from vae.attributes.measures import measure_attribute
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.pieces.piece import read_midi
from vae.settings import Settings

from ..whole_blend.pairs import WholePair, choose_pairs, read_grid

POSITIONS: F64 = np.round(np.linspace(-1.0, 1.0, 21), 2)
_TEMPERATURE: float = Settings.model_fields["temperature"].default
_LEAST_SPREAD = 1e-9


@dataclass
class SliderFigures:
    """What one slider did in all pieces: the attribute at each of `POSITIONS`, a row for each piece."""

    curves: list[F64] = field(default_factory=list)

    def mean_curve(self) -> F64:
        """Return the mean over the pieces: shape (21,)."""
        return np.asarray(np.mean(self.curves, axis=0))


def correlation(curve: F64) -> float:
    """Return Pearson's r of the positions with what was obtained; 0 if the slider did nothing."""
    return float(np.corrcoef(POSITIONS, curve)[0, 1]) if curve.std() > _LEAST_SPREAD else 0.0


def smallest_gain(curve: F64) -> float:
    """Return the smallest gain between neighboring positions, relative to the mean gain; 0 if the slider did nothing.

    Examples
    --------
    >>> smallest_gain(np.array([0.0, 1.0, 3.0]))
    0.6666666666666666
    """
    gains = np.diff(curve)
    return float(gains.min() / gains.mean()) if abs(gains.mean()) > _LEAST_SPREAD else 0.0


def slider_curve(grid: Grid, slider: tuple[Role, Attribute], context: SliderContext) -> F64:
    """Return an attribute of a piece at all positions of its slider: shape (21,).

    Parameters
    ----------
    grid : Grid
    slider : tuple of (Role, Attribute)
        The piece has the role.
    context : SliderContext
    """
    role, attribute = slider
    travel = SliderTravel.plan(grid, role, attribute, context)
    values = []
    for position in POSITIONS.tolist():
        events = read_grid(midi.write(to_score(travel.move_to(position)))).events[role]
        values.append(float(measure_attribute(attribute, role, events[None])[0]))
    return np.array(values)


def blend_pairs(
    registry: ModelRegistry, pairs: Sequence[WholePair], weight: float, seed: int
) -> Iterator[tuple[Grid, SliderContext]]:
    """Yield the blend of each pair, and what sliders know of it.

    Parameters
    ----------
    registry : ModelRegistry
    pairs : sequence of WholePair
    weight : float
        Of the second piece, 0 to 1.
    seed : int
    """
    for pair in pairs:
        pieces = [read_midi(data) for data in pair.files]
        options = BlendOptions(BlendWeights(weight), temperature=_TEMPERATURE, seed=seed)
        grid = run_to_end(blend(registry, pieces, options)).grid
        yield grid, SliderContext(_major_tonic(pair), parents=tuple(piece.grid for piece in pieces))


def _major_tonic(pair: WholePair) -> int:
    key = pair.keys[0]
    return relative_major(key.tonic, is_minor=key.is_minor)


def measure_sliders(blends: Iterator[tuple[Grid, SliderContext]]) -> dict[tuple[Role, Attribute], SliderFigures]:
    """Return the figures of every slider."""
    sliders = [(role, attribute) for role in ROLES for attribute in ATTRIBUTES_BY_ROLE[role]]
    figures = {slider: SliderFigures() for slider in sliders}
    for grid, context in blends:
        for slider in sliders:
            if slider[0] in grid.events:
                figures[slider].curves.append(slider_curve(grid, slider, context))
    return figures


def format_figures(figures: dict[tuple[Role, Attribute], SliderFigures]) -> str:
    """Return the table of all sliders that any piece has."""
    rows = [
        "| slider | pieces | at -1, 0, 1 | r; smallest gain of the mean | r; smallest gain, mean of the pieces |",
        "|---|---|---|---|---|",
    ]
    for (role, attribute), each in figures.items():
        if each.curves:
            mean = each.mean_curve()
            ends = ", ".join(f"{mean[index]:.3g}" for index in (0, len(mean) // 2, -1))
            by_piece = [np.mean([measure(curve) for curve in each.curves]) for measure in (correlation, smallest_gain)]
            rows.append(
                f"| {role.value} {attribute.value} | {len(each.curves)} | {ends} "
                f"| {correlation(mean):.3f}; {smallest_gain(mean):.2f} | {by_piece[0]:.3f}; {by_piece[1]:.2f} |"
            )
    return "\n".join(rows)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--pair-seed", type=int, default=4711, help="another seed takes other pairs")
    parser.add_argument("--development", action="store_true", help="pairs of works that training has seen")
    parser.add_argument("--weight", type=float, default=0.5, help="of the second piece")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    pairs, _ = choose_pairs(
        options.corpus, options.pairs, 2 * options.pairs, options.pair_seed, held_out=not options.development
    )
    registry = ModelRegistry.load(options.models, options.cache)
    print(format_figures(measure_sliders(blend_pairs(registry, pairs, options.weight, options.seed))))


if __name__ == "__main__":
    main()
