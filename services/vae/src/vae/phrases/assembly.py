"""Assembly of a phrase blend: its parts as a grid, with the parents' expression and instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from score.arrays import F32, I16
from score.grid import Grid, GridKey, GridTempo
from score.model import Notice
from score.roles import Role

from vae.blending.blend_options import BlendResult
from vae.expression.dynamics import interpolate_velocities
from vae.expression.instruments import follow_programs
from vae.expression.microtiming import bars_off_grid, interpolate_timing
from vae.expression.tempo import interpolate_tempos
from vae.parts.instruments import choose_programs
from vae.phrases.composition import ComposedParts, to_grid
from vae.phrases.context import PhraseContext
from vae.phrases.texture import ROLE_INGREDIENTS, take_texture
from vae.pieces.sections import merge_labels
from vae.planning.ingredients import Ingredient


def assemble_phrases(context: PhraseContext, parts: ComposedParts, notices: Sequence[Notice]) -> BlendResult:
    """Join the parts of a phrase blend and add velocities, programs, tempo, key and timing.

    Parameters
    ----------
    context : PhraseContext
    parts : ComposedParts
    notices : sequence of Notice
    """
    pieces, alignment, options = context.pieces, context.alignment, context.options
    grid = to_grid(context.plan, parts.bars)
    shares = {role: context.expression_shares(role) for role in grid.roles}
    n_steps = grid.steps_per_bar
    velocities = {
        role: interpolate_velocities(pieces, alignment, role, shares[role], _by_bar(grid, role)) for role in grid.roles
    }
    programs = choose_programs(
        [piece.grid for piece in pieces], grid.roles, {role: context.sound_shares(role) for role in Role}
    )
    with_expression = replace(
        _with_programs(grid, context, programs),
        velocities=velocities,
        tempos=_tempos(context),
        keys=() if options.key is None else (GridKey(0, *options.key),),
        title="",
        notices=(),
    )
    timing = {
        role: interpolate_timing(
            pieces, alignment, role, keep_divisions(context, role, shares[role], parts.bar_sources), n_steps
        )
        for role in grid.roles
    }
    return BlendResult(
        with_expression,
        tuple(notices),
        timing,
        merge_labels(context.labels),
        {**parts.bar_sources, **_whole_sources(context, programs)},
        context.origins,
        take_texture(context.plan, [piece.grid for piece in pieces], grid, parts.bar_sources),
    )


def keep_divisions(context: PhraseContext, role: Role, shares: F32, sources: Mapping[Ingredient, Sequence[int]]) -> F32:
    """Return the shares of a role's timing: all of its source's in bars where a parent divides beats into three.

    Parameters
    ----------
    context : PhraseContext
    role : Role
    shares : ndarray, shape (n_bars, n_parents), float32
    sources : mapping of Ingredient to sequence of int
        The parent of each ingredient in each bar.
    """
    steps, bars = context.plan.steps_per_bar, context.plan.source_bars
    divided = [bars_off_grid(piece, role, steps) for piece in context.pieces]
    retained = shares.copy()
    for bar, side in enumerate(sources[ROLE_INGREDIENTS[role]]):
        if 0 <= side < len(divided) and any(of[source] for of, source in zip(divided, bars[bar], strict=True)):
            retained[bar] = np.eye(len(divided), dtype=np.float32)[side]
    return retained


def _with_programs(grid: Grid, context: PhraseContext, programs: dict[Role, int]) -> Grid:
    """Return the blend with programs, and their changes as in the parent with the largest share that has them."""
    grids = [piece.grid for piece in context.pieces]
    sides: dict[Role, int] = {}
    for role, program in programs.items():
        shares = context.sound_shares(role)
        owners = [side for side, of in enumerate(grids) if of.programs.get(role) == program]
        if owners:
            sides[role] = max(owners, key=lambda side: float(shares[side]))
    parents = {role: grids[side] for role, side in sides.items()}
    sources = {role: context.plan.source_bars[:, side] for role, side in sides.items()}
    return follow_programs(replace(grid, programs=programs), parents, sources, grid.steps_per_bar)


def _whole_sources(context: PhraseContext, programs: Mapping[Role, int]) -> dict[Ingredient, list[int]]:
    """Return the parent of the instruments and of the feel in each bar; the number of parents where it is several."""
    n_parents = len(context.pieces)
    owners = {
        tuple(side for side, piece in enumerate(context.pieces) if piece.grid.programs.get(role) == program)
        for role, program in programs.items()
        if role is not Role.DRUMS
    }
    sole = [side for side in range(n_parents) if all(side in sides for sides in owners)]
    sound = sole[0] if len(sole) == 1 else n_parents
    feel = [
        int(shares.argmax()) if shares.max() >= 1.0 else n_parents for shares in context.plan.shares[Ingredient.FEEL]
    ]
    return {Ingredient.SOUND: [sound] * context.plan.n_bars, Ingredient.FEEL: feel}


def _by_bar(grid: Grid, role: Role) -> I16:
    """Return the events of a role by bar, shape (n_bars, steps_per_bar) or (n_bars, steps_per_bar, n_voices)."""
    events = grid.events[role]
    return events.reshape(grid.n_bars, grid.steps_per_bar, *events.shape[1:])


def _tempos(context: PhraseContext) -> tuple[GridTempo, ...]:
    if context.options.tempo_bpm is not None:
        return (GridTempo.at_bpm(0, context.options.tempo_bpm),)
    shares = context.plan.shares[Ingredient.FEEL].astype("float32")
    return interpolate_tempos(context.pieces, context.alignment, shares, context.plan.steps_per_bar)
