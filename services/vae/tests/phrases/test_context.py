"""The pieces of a phrase blend: one meter, nearby tempos, and the bars that they come from."""

from __future__ import annotations

import pytest
from score import grid as grids
from score.grid import Grid
from score.roles import Role
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import Piece, from_grid
from vae.planning.ingredients import Ingredient


def piece_of(grid: Grid) -> Piece:
    """Return a grid as a piece."""
    return from_grid(grids.to_score(grid), grid)


def options_of(weight: float = 0.5, **ingredients: float) -> BlendOptions:
    """Return the options of a blend in C major."""
    named = {Ingredient(name): value for name, value in ingredients.items()}
    return BlendOptions(BlendWeights(weight, ingredients=named).validate(2), key=(0, False))


def test_origins_are_bars_of_the_pieces_as_they_were_read(march: Grid, ballad: Grid) -> None:
    slow = grids.from_events(
        "4/4", {role: ballad.events[role] for role in (Role.LEAD, Role.BASS)}, programs={Role.LEAD: 40}, bpm=40.0
    )
    context = build_phrase_context([piece_of(march), piece_of(slow)], options_of())
    n_met = [piece.grid.n_bars for piece in context.pieces]
    assert n_met == [16, 32]
    assert context.pieces[1].grid.mean_bpm == pytest.approx(80.0)
    for origins, bars in zip(context.origins, context.plan.source_bars.tolist(), strict=True):
        assert origins == [bars[0], bars[1] // 2]
    assert {origins[1] for origins in context.origins} <= set(range(16))


def test_tempo_and_instruments_lie_between_the_parents(march: Grid, ballad: Grid) -> None:
    context = build_phrase_context([piece_of(march), piece_of(ballad)], options_of())
    result = assemble_phrases(context, compose(context.plan), ())
    assert result.grid.mean_bpm == pytest.approx((120 * 96) ** 0.5, rel=1e-3)
    programs = {result.grid.programs[role] for role in (Role.LEAD, Role.HARMONY, Role.BASS)}
    assert programs & {56, 0, 58}
    assert programs & {40, 16, 33}
    assert set(result.bar_sources) == set(Ingredient)
    assert set(result.bar_sources[Ingredient.SOUND]) == {2}


def test_an_ingredient_of_its_own_weight_comes_from_that_parent(march: Grid, ballad: Grid) -> None:
    context = build_phrase_context([piece_of(march), piece_of(ballad)], options_of(0.5, sound=1.0, feel=0.0, bass=1.0))
    result = assemble_phrases(context, compose(context.plan), ())
    assert result.grid.mean_bpm == pytest.approx(120.0, rel=1e-3)
    assert [result.grid.programs[role] for role in (Role.LEAD, Role.HARMONY, Role.BASS)] == [40, 16, 33]
    assert set(result.bar_sources[Ingredient.BASS]) == {1}
    assert set(result.bar_sources[Ingredient.SOUND]) == {1}
    assert set(result.bar_sources[Ingredient.FEEL]) == {0}


def test_the_key_is_that_of_the_request_or_of_the_first_piece(march: Grid, ballad: Grid) -> None:
    pieces = [piece_of(march), piece_of(ballad)]
    assert build_phrase_context(pieces, BlendOptions(BlendWeights(0.5))).plan.tonic == 0
    context = build_phrase_context(pieces, BlendOptions(BlendWeights(0.5), key=(0, True)))
    assert (context.plan.tonic, context.plan.is_minor) == (9, True)
