"""The composition of a blend by phrases, on the grid: from the parents' plan to the notes of every role.

1. The form's leader gives the phrases; each meets bars of the other parents (`vae.planning.form`).
2. A parent is assigned to each ingredient by class of phrase (`vae.planning.sources`).
3. One chord progression is searched through all parents' chords (`vae.parts.progression`); it ends with a cadence.
4. Harmony and bass are one parent's bars on these chords (`vae.parts.voicing`), drums are one parent's bars.
5. The lead has one parent's rhythm and another's contour (`vae.parts.lead`).
6. What would be silent although a parent plays is filled (`vae.phrases.silence`).
7. Dissonances between the roles on the beats are removed (`vae.parts.dissonance_rules`).

Passages that are wholly one parent's stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F64, I64
from score.grid import Grid
from score.keys import relative_major
from score.quantization.note_table import END, ONSET
from score.roles import ROLES, Role

from vae.analysis.bar_notes import Bars, clip_to_next_onset, replace_notes, sounding_bars, to_note_table
from vae.analysis.parent import Parent
from vae.parts.cadence import add_cadence, end_on_tonic
from vae.parts.dissonance_rules import RuleContext, apply_rules
from vae.parts.drums import delay_entry, take_decoded_drums, take_drums
from vae.parts.lead import BetweenLead, compose_lead
from vae.parts.progression import choose_progression
from vae.parts.voicing import revoice, split_at_bar_lines
from vae.phrases.silence import INGREDIENT_OF_ACCOMPANIMENT, fill_silence
from vae.phrases.variety import measure_repetition_gain
from vae.planning.form import FormPlan, plan_form, split_classes
from vae.planning.ingredients import Ingredient, IngredientShares
from vae.planning.sources import Sources, assign_sources


@dataclass(frozen=True)
class BlendPlan:
    """What is decided before any note is written.

    Attributes
    ----------
    parents : sequence of Parent
    form : FormPlan
    shares : IngredientShares
        By bar of the blend.
    sources : Sources
    chords, chord_sources : ndarray, shape (2 * n_bars,), int64
        The chord of each half bar, and the parent that it is taken from.
    tonic : int
        Of the blend, 0 to 11.
    is_minor : bool
    """

    parents: Sequence[Parent]
    form: FormPlan
    shares: IngredientShares
    sources: Sources
    chords: I64
    chord_sources: I64
    tonic: int
    is_minor: bool

    @property
    def n_bars(self) -> int:
        """Number of bars of the blend."""
        return len(self.form.slots)

    @property
    def steps_per_bar(self) -> int:
        """Steps of a bar."""
        return self.parents[0].steps_per_bar

    @property
    def source_bars(self) -> I64:
        """The bar of each parent that meets at each bar of the blend, shape (n_bars, n_parents)."""
        return np.array([slot.bars for slot in self.form.slots], np.int64)


@dataclass(frozen=True)
class ComposedParts:
    """The notes of a blend by role and bar, and where they come from.

    Attributes
    ----------
    bars : mapping of Role to list of Bar
        Roles that never sound are left out.
    bar_sources : mapping of Ingredient to list of int
        The parent of each ingredient in each bar; -1 for none.
    """

    bars: Mapping[Role, Bars]
    bar_sources: Mapping[Ingredient, list[int]]


@dataclass(frozen=True)
class BlendShares:
    """The shares of a blend before its length is known.

    Attributes
    ----------
    form : ndarray, shape (n_parents,), float64
        Shares of the form.
    is_uniform : bool
        Whether the shares are the same in the whole piece.
    by_bar : callable
        Returns the shares of all ingredients, given the first parent's bar at each bar of the blend.
    """

    form: F64
    is_uniform: bool
    by_bar: Callable[[Sequence[int]], IngredientShares]


def plan_blend(
    parents: Sequence[Parent], shares: BlendShares, seed: int = 0, key: tuple[int, bool] | None = None
) -> BlendPlan:
    """Plan the blend of two or more pieces.

    Parameters
    ----------
    parents : sequence of Parent
        In one meter and one key signature.
    shares : BlendShares
    seed : int
        Other seeds give other blends with the same shares.
    key : tuple of (tonic, is_minor), optional
        The key in which the blend ends; the first parent's by default.
    """
    tonic, is_minor = key or (parents[0].tonic, parents[0].is_minor)
    gain = measure_repetition_gain(parents, int(np.argmax(shares.form)), seed) if shares.is_uniform else 0.0
    form = plan_form(parents, shares.form, seed, keeps_repetition=not shares.is_uniform, repetition_gain=gain)
    by_bar = shares.by_bar([slot.bars[0] for slot in form.slots])
    form = split_classes(form, by_bar)
    sources = assign_sources(form, parents, by_bar, seed)
    chords, chord_sources = choose_progression(form, parents, sources.chord_contour, by_bar[Ingredient.HARMONY])
    if by_bar.sole_parent(form.phrases[-1]) is None:
        chords = add_cadence(chords, tonic, is_minor=is_minor)
    return BlendPlan(parents, form, by_bar, sources, chords, chord_sources, tonic, is_minor)


def compose(
    plan: BlendPlan, decoded: Mapping[Role, Bars] | None = None, between: BetweenLead | None = None
) -> ComposedParts:
    """Write the notes of a planned blend.

    Parameters
    ----------
    plan : BlendPlan
    decoded : mapping of Role to list of Bar, optional
        What a model has decoded between the parents, by bar: drums, which replace those of one parent where more than
        one parent plays.
    between : BetweenLead, optional
        What models have decoded between the parents' leads.
    """
    parents, form, shares = plan.parents, plan.form, plan.shares
    accompaniment, bar_sources = _accompaniment(plan, decoded or {})
    line = compose_lead(form, parents, plan.sources, plan.chords, shares.lead(), between)
    entered = {
        role: delay_entry(form, bars, parents, role, shares[INGREDIENT_OF_ACCOMPANIMENT[role]])
        for role, bars in accompaniment.items()
    }
    parts = fill_silence(form, parents, shares, {**entered, Role.LEAD: line.bars}, accompaniment)
    if shares.sole_parent(form.phrases[-1]) is None:
        for role in (Role.LEAD, Role.BASS):
            parts[role] = end_on_tonic(parts[role], plan.tonic, plan.steps_per_bar, is_lead=role is Role.LEAD)
    major_tonic = relative_major(plan.tonic, is_minor=plan.is_minor)
    context = RuleContext(form, parents, plan.chords.tolist(), major_tonic)
    sounding = {role: bars for role, bars in parts.items() if any(bars)}
    if shares.sole_parent() is None:
        sounding = apply_rules(context, sounding)
    for role, ingredient in INGREDIENT_OF_ACCOMPANIMENT.items():
        plays = sounding_bars(parts[role], plan.steps_per_bar).tolist()
        bar_sources[ingredient] = [
            side if sounds else -1 for side, sounds in zip(bar_sources[ingredient], plays, strict=True)
        ]
    bar_sources |= {
        Ingredient.RHYTHM: line.rhythm,
        Ingredient.CONTOUR: line.contour,
        Ingredient.HARMONY: plan.chord_sources[::2].tolist(),
        Ingredient.FORM: [form.leader] * plan.n_bars,
    }
    return ComposedParts(sounding, bar_sources)


def _accompaniment(
    plan: BlendPlan, decoded: Mapping[Role, Bars]
) -> tuple[dict[Role, Bars], dict[Ingredient, list[int]]]:
    """Return harmony, bass and drums as they play once they have entered, and their sources by bar."""
    form, parents, shares, sources = plan.form, plan.parents, plan.shares, plan.sources
    harmony, texture = revoice(form, parents, Role.HARMONY, sources.texture, shares[Ingredient.TEXTURE], plan.chords)
    bass, bass_sources = revoice(form, parents, Role.BASS, sources.bass, shares[Ingredient.BASS], plan.chords)
    drums, groove = take_drums(form, parents, sources.groove, shares[Ingredient.GROOVE])
    if Role.DRUMS in decoded:
        drums, groove = take_decoded_drums(
            form, parents, (drums, groove), decoded[Role.DRUMS], shares[Ingredient.GROOVE]
        )
    bass = clip_to_next_onset(bass, plan.steps_per_bar)
    parts = {Role.HARMONY: harmony, Role.BASS: bass, Role.DRUMS: drums}
    return parts, {Ingredient.TEXTURE: texture, Ingredient.BASS: bass_sources, Ingredient.GROOVE: groove}


def to_grid(plan: BlendPlan, parts: Mapping[Role, Bars]) -> Grid:
    """Return the parts as a grid, with the first parent's tempo and programs."""
    tables = {}
    for role in ROLES:
        table = to_note_table(parts.get(role, []), plan.steps_per_bar)
        table[:, END] = np.minimum(table[:, END], table[:, ONSET] + _max_duration(plan, role))
        tables[role] = table
    return replace_notes(plan.parents[0].grid, tables, plan.n_bars)


def _max_duration(plan: BlendPlan, role: Role) -> int:
    """Return the longest duration of a note: that of the role in the parents, of any role if none has it."""
    roles = [role] if any(parent.has_role(role) for parent in plan.parents) else list(Role)
    bars = [bar for parent in plan.parents for each in roles for bar in parent.bars[each]]
    return max((note.duration for bar in bars for note in bar), default=plan.steps_per_bar)


def arrange_parent(
    plan: BlendPlan, side: int, bars: Sequence[int] | None = None, roles: Sequence[Role] = ROLES
) -> Grid:
    """Return a parent alone, its bars in the order in which the blend uses them.

    Parameters
    ----------
    plan : BlendPlan
    side : int
        The parent's index.
    bars : sequence of int, optional
        Bars of the blend; all by default.
    roles : sequence of Role, optional
        The roles to lay out; all by default.
    """
    parent = plan.parents[side]
    slots = [plan.form.slots[bar] for bar in (range(plan.n_bars) if bars is None else bars)]
    tables = {}
    for role in (role for role in parent.grid.roles if role in roles):
        own = parent.bars[role] if role is Role.DRUMS else split_at_bar_lines(parent, role)
        tables[role] = to_note_table([own[slot.bars[side]] for slot in slots], parent.steps_per_bar)
    return replace_notes(parent.grid, tables, len(slots))
