"""Application of attribute sliders to a finished piece.

The notes are edited, not the latents: each slider moves along a sequence of small edits by musical rules, towards fewer
or more notes, lower or higher, less or more syncopated, thinner or fuller. The measured attribute is a linear function
of the position, as far as whole notes allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.arrays import F64, Bool
from score.grid import Grid
from score.key_profiles import KRUMHANSL_KESSLER, correlate
from score.keys import relative_major
from score.roles import Role

from vae.attributes.attribute import ATTRIBUTES_BY_ROLE, Attribute, AttributeSlider, slider_value
from vae.attributes.edit_sequence import Candidates, EditSequence, build_chain, merge_chains
from vae.attributes.part import Part
from vae.attributes.reach import choose_reaches
from vae.attributes.rules.chord_density import chord_insertions, chord_removals, stroke_insertions, stroke_removals
from vae.attributes.rules.line_density import line_insertions, line_removals
from vae.attributes.rules.polyphony import added_strokes, added_voices, removed_strokes, removed_voices
from vae.attributes.rules.register import register_chains
from vae.attributes.rules.syncopation import anticipations, resolutions
from vae.attributes.surroundings import (
    BarClass,
    Surroundings,
    classify_bars,
    derive_chord_tones,
    describe_surroundings,
    major_scale,
)

_ORDER = (Attribute.DENSITY, Attribute.SYNCOPATION, Attribute.POLYPHONY, Attribute.REGISTER)
"""Onsets first, then what begins at them, then their pitches."""

_CANDIDATES: dict[tuple[Role, Attribute], tuple[Candidates, Candidates]] = {
    (Role.LEAD, Attribute.DENSITY): (line_removals, line_insertions),
    (Role.BASS, Attribute.DENSITY): (line_removals, line_insertions),
    (Role.HARMONY, Attribute.DENSITY): (chord_removals, chord_insertions),
    (Role.DRUMS, Attribute.DENSITY): (stroke_removals, stroke_insertions),
    **{(role, Attribute.SYNCOPATION): (resolutions, anticipations) for role in ATTRIBUTES_BY_ROLE},
    (Role.HARMONY, Attribute.POLYPHONY): (removed_voices, added_voices),
    (Role.DRUMS, Attribute.POLYPHONY): (removed_strokes, added_strokes),
}
"""What takes from an attribute, and what adds to it."""

_MAX_EDITS_PER_ONSET = {Attribute.DENSITY: 0.75, Attribute.SYNCOPATION: 1.0, Attribute.POLYPHONY: 2.0}
"""Edits of a bar by the number of its onsets."""

_TOLERANCE = 0.05
"""How far a position may be from its place on the line for equal bars to stay equal, in tenths of its reach."""


@dataclass(frozen=True)
class SliderContext:
    """What is known about a piece besides its notes.

    Attributes
    ----------
    major_tonic : int or None
        Tonic of the major key with the piece's signature, 0 to 11; None to find it.
    chord_tones : ndarray, shape (n_steps, 12), bool, or None
        The pitch classes of the chord at each step; None to find them in harmony and bass.
    parents : tuple of Grid
        The pieces that were blended: onsets are preferably added where they have some.
    """

    major_tonic: int | None = None
    chord_tones: Bool | None = None
    parents: tuple[Grid, ...] = ()


def apply_sliders(grid: Grid, sliders: Sequence[AttributeSlider], context: SliderContext) -> Grid:
    """Return a piece with its attributes moved.

    Parameters
    ----------
    grid : Grid
    sliders : sequence of AttributeSlider
        With all of them at 0 the grid itself is returned.
    context : SliderContext
    """
    for role in grid.roles:
        for attribute in _ORDER:
            value = slider_value(sliders, role, attribute)
            if value:
                grid = SliderTravel.plan(grid, role, attribute, context).move_to(value)
    return grid


@dataclass(frozen=True)
class SliderTravel:
    """All positions of one slider of a piece.

    Attributes
    ----------
    grid : Grid
        The piece at 0.
    part : Part
        The role that is moved.
    down, up : EditSequence
    down_reach, up_reach : float
        By how much the attribute's total changes at -1 and 1.
    """

    grid: Grid
    part: Part
    down: EditSequence
    up: EditSequence
    down_reach: float
    up_reach: float

    @classmethod
    def plan(cls, grid: Grid, role: Role, attribute: Attribute, context: SliderContext) -> SliderTravel:
        """Find the edits towards both ends, and how far the slider reaches.

        Parameters
        ----------
        grid : Grid
        role : Role
            The grid has it.
        attribute : Attribute
            The role has it.
        context : SliderContext
        """
        part = Part.from_grid(grid, role)
        scale = major_scale(_find_major_tonic(grid) if context.major_tonic is None else context.major_tonic)
        chord_tones = derive_chord_tones(grid) if context.chord_tones is None else context.chord_tones
        surroundings = describe_surroundings(grid, part, scale, chord_tones, context.parents)
        down, up = (_sequence(part, surroundings, attribute, sign) for sign in (-1, 1))
        return cls(grid, part, down, up, *choose_reaches(part, attribute, down.reach, up.reach))

    def move_to(self, value: float) -> Grid:
        """Return the piece at a position of the slider, -1 to 1."""
        sequence, reach = (self.up, self.up_reach) if value > 0 else (self.down, self.down_reach)
        if not value or not reach:
            return self.grid
        encoded = sequence.apply(self.part, abs(value) * reach, _TOLERANCE * reach / 10).encode()
        role = self.part.role
        return replace(
            self.grid,
            events={**self.grid.events, role: encoded.events},
            velocities={**self.grid.velocities, role: encoded.velocities},
        )


def _sequence(part: Part, surroundings: Surroundings, attribute: Attribute, sign: int) -> EditSequence:
    """Return the edits towards one end of a slider."""
    if not part.onsets:
        return merge_chains(part, attribute, sign, [])
    bars = range(part.onsets[0] // part.steps_per_bar, part.onsets[-1] // part.steps_per_bar + 1)
    if attribute is Attribute.REGISTER:
        chains = register_chains(part, classify_bars(part, surroundings, bars), sign)
    else:
        # The last bar is the cadence: its rhythm and its chords stay.
        classes = classify_bars(part, surroundings, bars if part.role is Role.DRUMS else bars[:-1])
        candidates = _CANDIDATES[part.role, attribute][sign > 0]
        chains = [build_chain(part, each, candidates, _max_edits(each, attribute)) for each in classes]
    return merge_chains(part, attribute, sign, chains)


def _max_edits(bar_class: BarClass, attribute: Attribute) -> int:
    n_onsets = len({step for step, _ in bar_class.key})
    return max(1, round(_MAX_EDITS_PER_ONSET[attribute] * n_onsets))


def _find_major_tonic(grid: Grid) -> int:
    """Return the tonic of the major key with the piece's signature: from its key signature, or else from its notes."""
    if grid.keys:
        return grid.keys[0].fifths * 7 % 12
    histogram: F64 = np.zeros(12)
    for role in grid.roles:
        if role is not Role.DRUMS:
            for onset, end, pitch, _ in grid.notes(role).tolist():
                histogram[pitch % 12] += end - onset
    mode, tonic = np.unravel_index(correlate(histogram, KRUMHANSL_KESSLER).argmax(), (2, 12))
    return relative_major(int(tonic), is_minor=bool(mode))
