"""What is compared: Segue's own blend in process, and the baselines.

Segue blends as its service does for a request of the gateway: with the common key, the default temperature, and
reconstructions cached between requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from score import grid as grids
from score import midi
from score.grid import Grid
from score.roles import ROLES, Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.pieces.piece import Piece, read_midi
from vae.planning.ingredients import Ingredient
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore
from vae.settings import Settings

from .baselines import BASELINES, Baseline
from .pairs import WholePair, read_grid

SEGUE = "segue"
BLENDERS = (SEGUE, *BASELINES)
_TEMPERATURE: float = Settings.model_fields["temperature"].default


class Blender(Protocol):
    """A way to blend a pair; every result has been written to MIDI and read again, as the product does it."""

    def blend(self, pair: WholePair, weight: float, seed: int) -> Grid:
        """Return the blend.

        Parameters
        ----------
        pair : WholePair
        weight : float
            The second piece's share, 0 to 1.
        seed : int
        """

    def align_parents(self, pair: WholePair, weight: float, seed: int) -> tuple[Grid, Grid] | None:
        """Return both parents with one bar for each bar of the blend; None if the blender has no alignment.

        Parameters
        ----------
        pair : WholePair
        weight : float
            The second piece's share, 0 to 1.
        seed : int
        """

    def lead_sources(self, pair: WholePair, weight: float, seed: int) -> tuple[list[int], list[int]] | None:
        """Return which parent (0, 1, -1 for none) gave the lead's rhythm and contour in each bar, if that is known.

        Parameters
        ----------
        pair : WholePair
        weight : float
            The second piece's share, 0 to 1.
        seed : int
        """


def write_and_read(grid: Grid) -> Grid:
    """Return a grid as it is after writing it to MIDI and reading that."""
    return read_grid(midi.write(grids.to_score(grid)))


@dataclass(frozen=True)
class BaselineBlender:
    """A baseline, in the first piece's meter."""

    baseline: Baseline

    def blend(self, pair: WholePair, weight: float, seed: int) -> Grid:
        """Return the blend: see `Blender`, with pair, weight and seed.

        Parameters
        ----------
        pair : WholePair
        weight : float
        seed : int
        """
        first, second = pair.parents()
        return write_and_read(self.baseline(first, second.to_meter(first.meter), weight, seed))

    def align_parents(self, pair: WholePair, weight: float, seed: int) -> None:  # a Blender
        """Return None: see `Blender`.

        Parameters
        ----------
        pair, weight, seed
            Without effect.
        """

    def lead_sources(self, pair: WholePair, weight: float, seed: int) -> None:  # a Blender
        """Return None: see `Blender`.

        Parameters
        ----------
        pair, weight, seed
            Without effect.
        """


class SegueBlender:
    """Segue's own blend, in process.

    Parameters
    ----------
    models : Path
        Folder of the shipped models.
    cache : Path
        Folder of converted checkpoints.
    """

    def __init__(self, models: Path, cache: Path) -> None:
        self._registry = ModelRegistry.load(models, cache)
        self._reconstructions = ReconstructionCache()
        self._blends: dict[tuple[tuple[str, str], float, int], BlendResult] = {}

    def blend(self, pair: WholePair, weight: float, seed: int) -> Grid:
        """Return the blend: see `Blender`.

        Parameters
        ----------
        pair : WholePair
        weight : float
        seed : int
        """
        return write_and_read(self._blend_at(pair, weight, seed).grid)

    def align_parents(self, pair: WholePair, weight: float, seed: int) -> tuple[Grid, Grid]:
        """Return the blend with all roles at weight 0 and at weight 1: see `Blender`.

        Parameters
        ----------
        pair : WholePair
        weight : float
            Decides the length.
        seed : int
        """
        by_role: list[Mapping[Role, float]] = [dict.fromkeys(ROLES, share) for share in (0.0, 1.0)]
        first, second = (
            write_and_read(self._blend(pair, BlendWeights(weight, role_weights), seed).grid) for role_weights in by_role
        )
        return first, second

    def lead_sources(self, pair: WholePair, weight: float, seed: int) -> tuple[list[int], list[int]] | None:
        """Return which parent gave the lead's rhythm and contour in each bar: see `Blender`.

        Parameters
        ----------
        pair : WholePair
        weight : float
        seed : int
        """
        sources = self._blend_at(pair, weight, seed).bar_sources
        if not sources:
            return None
        return list(sources[Ingredient.RHYTHM]), list(sources[Ingredient.CONTOUR])

    def _blend_at(self, pair: WholePair, weight: float, seed: int) -> BlendResult:
        """Return the blend at a weight; those of the last pair are known."""
        key = (pair.names, weight, seed)
        if key not in self._blends:
            self._blends = {known: blend for known, blend in self._blends.items() if known[0] == pair.names}
            self._blends[key] = self._blend(pair, BlendWeights(weight), seed)
        return self._blends[key]

    def _blend(self, pair: WholePair, weights: BlendWeights, seed: int) -> BlendResult:
        key = (pair.keys[0].fifths, pair.keys[0].is_minor)
        options = BlendOptions(weights, temperature=_TEMPERATURE, seed=seed, key=key)
        store = ReconstructionStore(self._registry, options.sampling_options, self._reconstructions)
        return run_to_end(blend(self._registry, _read_pair(pair), options, store=store))


@lru_cache(maxsize=4)
def _read_pair(pair: WholePair) -> tuple[Piece, Piece]:
    first, second = (read_midi(data) for data in pair.files)
    return first, second


def build_blender(name: str, models: Path, cache: Path) -> Blender:
    """Return a blender by its name in `BLENDERS`.

    Parameters
    ----------
    name : str
    models : Path
        Folder of the shipped models, for Segue's own blend.
    cache : Path
        Folder of converted checkpoints, for Segue's own blend.
    """
    if name == SEGUE:
        return SegueBlender(models, cache)
    return BaselineBlender(BASELINES[name])
