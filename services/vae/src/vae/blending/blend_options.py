"""Options, progress and result of a blend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from score.grid import Grid
from score.model import Notice
from score.quantization.played_notes import PlayedTable
from score.roles import Role

from vae.alignment.meter import MeterPolicy
from vae.attributes.attribute import AttributeSlider
from vae.blending.blend_weights import BlendWeights
from vae.expression.own_meters import OwnMeters
from vae.pieces.note_timing import NoteTiming
from vae.pieces.sections import Section
from vae.planning.ingredients import Ingredient
from vae.reconstruction.store import SamplingOptions


@dataclass(frozen=True)
class BlendOptions:
    """The options of a blend.

    Attributes
    ----------
    weights : BlendWeights
        Valid ones.
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    tempo_bpm : float or None
        Replaces the parents' tempos.
    key : tuple of (fifths, is_minor) or None
        The key signature to write.
    is_unconstrained : bool
        Whether to decode without pitch masks, chord bias, interval prior, fallback and distance floor, to measure the
        models alone.
    meter_policy : MeterPolicy
    sliders : tuple of AttributeSlider
        Applied to the notes of the finished blend.
    """

    weights: BlendWeights
    temperature: float = 0.0
    seed: int = 0
    tempo_bpm: float | None = None
    key: tuple[int, bool] | None = None
    is_unconstrained: bool = False
    meter_policy: MeterPolicy = MeterPolicy.CONVERT_REGULAR
    sliders: tuple[AttributeSlider, ...] = ()

    @property
    def sampling_options(self) -> SamplingOptions:
        """How tokens are sampled."""
        return SamplingOptions(self.temperature, self.seed, self.is_unconstrained)


@dataclass(frozen=True)
class Progress:
    """The progress of a blend: the share of the work that is done, 0 to 1, and the name of the current stage."""

    fraction: float
    stage: str


@dataclass(frozen=True)
class BlendResult:
    """A finished blend.

    Attributes
    ----------
    grid : Grid
    notices : tuple of Notice
    timing : mapping of Role to NoteTiming
        For `vae.expression.microtiming.apply_timing`.
    sections : tuple of Section
        In bars of the blend, by the labels of the first parent's sections.
    bar_sources : mapping of Ingredient to sequence of int
        The parent of each ingredient in each bar; -1 for none, the number of parents for what lies between them. Empty
        if the blend is a reconstruction.
    texture : mapping of Role to ndarray, shape (n, 6), int32
        Notes beside the grid, for `vae.expression.performance.perform`.
    own_meters : OwnMeters or None
        Those of a parent that is returned whole and changes its meter.
    has_own_tempos : bool
        Whether its tempos are that parent's.
    source_bars : sequence of sequence of int
        For each bar of the blend, the bars of the parents as they were read that meet there; empty if the blend is a
        reconstruction.
    """

    grid: Grid
    notices: tuple[Notice, ...]
    timing: Mapping[Role, NoteTiming] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    bar_sources: Mapping[Ingredient, Sequence[int]] = field(default_factory=dict)
    source_bars: Sequence[Sequence[int]] = ()
    texture: Mapping[Role, PlayedTable] = field(default_factory=dict)
    own_meters: OwnMeters | None = None
    has_own_tempos: bool = False
