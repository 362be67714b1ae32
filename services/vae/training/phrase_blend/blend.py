"""The blend of two pieces by phrases.

1. The form's leader gives the phrases; each meets bars of the other parent (`planning.form`).
2. A parent is assigned to each ingredient by class of phrase (`planning.sources`).
3. One chord progression is searched through both parents' chords (`parts.progression`); it ends with a cadence.
4. Harmony and bass are one parent's bars on these chords (`parts.voicing`), drums are one parent's bars.
5. The lead has one parent's rhythm and the other's contour (`parts.lead`).
6. Dissonances between the roles on the beats are removed (`parts.dissonance_rules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.arrays import I64
from score.grid import Grid, GridTempo
from score.keys import relative_major
from score.quantization.note_table import END, ONSET
from score.roles import ROLES, Role

from .analysis.bar_notes import Bars, clip_to_next_onset, replace_notes, to_note_table
from .analysis.parent import Parent
from .analysis.tempo_octave import match_tempos
from .ingredients import Ingredients
from .parts.cadence import add_cadence, end_on_tonic
from .parts.dissonance_rules import RuleContext, apply_rules
from .parts.drums import delay_entry, take_drums
from .parts.instruments import choose_programs
from .parts.lead import compose_lead
from .parts.progression import choose_progression
from .parts.voicing import move_bass, move_voice, revoice
from .planning.form import FormPlan, plan_form
from .planning.sources import Sources, assign_sources


@dataclass(frozen=True)
class PhraseBlend:
    """A blend with its plan.

    Attributes
    ----------
    grid : Grid
    plan : FormPlan
    bar_sources : dict of str to list of int
        By ingredient (rhythm, contour, harmony, bass, texture, groove), the parent of each bar; -1 for none.
    chords : ndarray, shape (2 * n_bars,), int64
        The chord of each half bar: see `analysis.chord_recognition`.
    """

    grid: Grid
    plan: FormPlan
    bar_sources: dict[str, list[int]]
    chords: I64


def read_parents(grids: Sequence[Grid], keys: Sequence[tuple[int, bool]]) -> tuple[Parent, Parent]:
    """Return two pieces of one key signature as parents, in the first one's meter.

    One of them is written in half or double time where that brings the tempos nearer. `keys` has their tonics, 0 to
    11, and whether they are in minor.
    """
    meter = grids[0].meter
    first, second = match_tempos(*(grid.to_meter(meter) for grid in grids))
    return Parent(first, *keys[0]), Parent(second, *keys[1])


def blend_at_weight(parents: Sequence[Parent], weight: float, seed: int = 0) -> Grid:
    """Return the blend at one weight for all ingredients; at 0 and 1 the parents themselves.

    Parameters
    ----------
    parents : sequence of two Parent
    weight : float
        The second parent's share, 0 to 1.
    seed : int
    """
    if weight <= 0.0 or weight >= 1.0:
        return parents[int(weight >= 1.0)].grid
    return blend_pair(parents, Ingredients.from_weight(weight), seed).grid


def blend_pair(parents: Sequence[Parent], shares: Ingredients, seed: int = 0) -> PhraseBlend:
    """Blend two pieces; the result is in the first one's key.

    Parameters
    ----------
    parents : sequence of two Parent
        In one meter and one key signature, as `read_parents` returns them.
    shares : Ingredients
    seed : int
        Other seeds give other blends with the same shares.
    """
    tonic, is_minor = parents[0].tonic, parents[0].is_minor
    plan = plan_form(parents, shares.form, seed)
    sources = assign_sources(plan, parents, shares, seed)
    chords, chord_sources = choose_progression(plan, parents, sources.contour, shares.harmony)
    chords = add_cadence(chords, tonic, is_minor=is_minor)
    parts, bar_sources = _accompaniment(plan, parents, sources, chords, shares)
    line = compose_lead(plan, parents, sources, chords, (shares.rhythm + shares.contour) / 2)
    parts[Role.LEAD] = line.bars
    steps = parents[0].steps_per_bar
    for role in (Role.LEAD, Role.BASS):
        parts[role] = end_on_tonic(parts[role], tonic, steps, is_lead=role is Role.LEAD)
    context = RuleContext(plan, parents, chords.tolist(), relative_major(tonic, is_minor=is_minor))
    parts = apply_rules(context, {role: bars for role, bars in parts.items() if any(bars)})
    bar_sources |= {"rhythm": line.rhythm, "contour": line.contour, "harmony": chord_sources[::2].tolist()}
    return PhraseBlend(_assemble(parents, parts, len(plan.slots), shares), plan, bar_sources, chords)


def _accompaniment(
    plan: FormPlan, parents: Sequence[Parent], sources: Sources, chords: I64, shares: Ingredients
) -> tuple[dict[Role, Bars], dict[str, list[int]]]:
    harmony, texture = revoice(plan, parents, Role.HARMONY, sources.texture, chords, move_voice)
    bass, bass_sources = revoice(plan, parents, Role.BASS, sources.bass, chords, move_bass)
    drums, groove = take_drums(plan, parents, sources.groove)
    bass = clip_to_next_onset(bass, parents[0].steps_per_bar)
    parts = {
        Role.HARMONY: delay_entry(plan, harmony, parents, Role.HARMONY, shares.texture),
        Role.BASS: delay_entry(plan, bass, parents, Role.BASS, shares.bass),
        Role.DRUMS: delay_entry(plan, drums, parents, Role.DRUMS, shares.groove),
    }
    return parts, {"texture": texture, "bass": bass_sources, "groove": groove}


def _max_duration(parents: Sequence[Parent], role: Role) -> int:
    """Return the longest duration of a note: the parents' longest one, at least two bars."""
    durations = [note.duration for parent in parents for bar in parent.bars[role] for note in bar]
    return max([2 * parents[0].steps_per_bar, *durations])


def _assemble(parents: Sequence[Parent], parts: dict[Role, Bars], n_bars: int, shares: Ingredients) -> Grid:
    """Return the parts as a grid with its instruments and tempo."""
    tables = {}
    for role in ROLES:
        table = to_note_table(parts.get(role, []), parents[0].steps_per_bar)
        table[:, END] = np.minimum(table[:, END], table[:, ONSET] + _max_duration(parents, role))
        tables[role] = table
    first, second = (parent.grid for parent in parents)
    grid = replace_notes(first, tables, n_bars)
    bpm = float(np.exp((1.0 - shares.feel) * np.log(first.mean_bpm) + shares.feel * np.log(second.mean_bpm)))
    programs = choose_programs(parents, grid.roles, shares.sound)
    if Role.DRUMS in grid.events:
        programs[Role.DRUMS] = parents[int(shares.groove > 0.5)].grid.programs.get(Role.DRUMS, 0)
    return replace(grid, programs=programs, tempos=(GridTempo.at_bpm(0, bpm),), title="", notices=())
