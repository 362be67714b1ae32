"""Assembly of a blend: the windows of all roles joined into a grid, with the parents' expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from score import grid as grids
from score import windows as score_windows
from score.arrays import I16, Bool
from score.encoding import BARS_PER_WINDOW
from score.grid import Grid, GridKey, GridTempo
from score.model import Notice
from score.roles import Role

from vae.blending.blend_context import BlendContext
from vae.blending.blend_options import BlendResult
from vae.expression.dynamics import interpolate_velocities
from vae.expression.exact_notes import exact_notes
from vae.expression.instruments import choose_parent, follow_programs
from vae.expression.microtiming import interpolate_timing
from vae.expression.note_ties import tie_mask
from vae.expression.own_meters import own_meters
from vae.expression.tempo import interpolate_tempos
from vae.pieces.sections import merge_labels


def assemble(context: BlendContext, windows: Mapping[Role, I16], notices: Sequence[Notice]) -> BlendResult:
    """Join the windows of all roles and add ties, velocities, programs, tempo, key and timing.

    Parameters
    ----------
    context : BlendContext
    windows : mapping of Role to ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The finished windows of each role.
    notices : sequence of Notice
    """
    pieces, alignment, options = context.pieces, context.alignment, context.options
    shares = {role: context.shares(role) for role in windows}
    ties: dict[Role, Bool] = {
        role: tie_mask(pieces, alignment, role, shares[role], of)
        for role, of in windows.items()
        if role is not Role.DRUMS
    }
    grid = grids.from_events(
        pieces[0].grid.meter,
        score_windows.join(windows, tied=ties),
        velocities={
            role: interpolate_velocities(pieces, alignment, role, shares[role], of) for role, of in windows.items()
        },
    )
    grid = _with_programs(grid, context, {role: choose_parent(pieces, role, shares[role]) for role in windows})
    keys = () if options.key is None else (GridKey(0, *options.key),)
    timing = {
        role: interpolate_timing(pieces, alignment, role, shares[role], context.steps_per_window) for role in windows
    }
    with_expression = replace(grid, tempos=_tempos(context), keys=keys)
    labels = [label for label in context.labels for _ in range(BARS_PER_WINDOW)][: grid.n_bars]
    return BlendResult(with_expression, tuple(notices), timing, merge_labels(labels))


def assemble_end(context: BlendContext, windows: Mapping[Role, I16], notices: Sequence[Notice]) -> BlendResult:
    """Join the windows of the one parent that an end of a blend is made of, with what of it no model reads.

    Parameters
    ----------
    context : BlendContext
        Of equal parents, or with all shares of one.
    windows : mapping of Role to ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The models' reconstruction.
    notices : sequence of Notice
    """
    result = assemble(context, windows, notices)
    side = int(context.shares(None).mean(axis=0).argmax())
    piece, aligned = context.pieces[side], context.alignment.source_windows[:, side]
    if not np.array_equal(aligned, np.arange(piece.n_windows)):
        return result
    is_one_file = all(each.score == piece.score for each in context.pieces)
    if not is_one_file and context.options.weights.sole_parent(len(context.pieces)) is None:
        texture = {role: piece.grid.unheld(role) for role in windows if role in piece.grid.events}
        return replace(result, texture=texture)
    return replace(
        result,
        texture={role: exact_notes(piece.grid, result.grid, role) for role in windows},
        own_meters=own_meters(piece.score, piece.grid.meter_map),
        has_own_tempos=context.options.tempo_bpm is None,
    )


def _with_programs(grid: Grid, context: BlendContext, sides: Mapping[Role, int | None]) -> Grid:
    """Return the blend with the instruments of a parent for each role."""
    known = {role: side for role, side in sides.items() if side is not None}
    parents = {role: context.pieces[side].grid for role, side in known.items()}
    sources = {role: context.alignment.source_windows[:, side] for role, side in known.items()}
    return follow_programs(grid, parents, sources, context.steps_per_window)


def _tempos(context: BlendContext) -> tuple[GridTempo, ...]:
    if context.options.tempo_bpm is not None:
        return (GridTempo.at_bpm(0, context.options.tempo_bpm),)
    return interpolate_tempos(context.pieces, context.alignment, context.shares(None), context.steps_per_window)
