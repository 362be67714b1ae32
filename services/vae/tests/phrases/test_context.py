"""The pieces of a phrase blend: one meter, nearby tempos, and the bars that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from score import grid as grids
from score.grid import Grid
from score.model import Note
from score.quantization.note_table import NoteTable
from score.roles import Role
from vae.analysis.tempo_octave import scale_score
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.expression.performance import perform
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import Piece, from_grid, read_score
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


@pytest.mark.parametrize("weight", [0.2, 0.4, 0.5, 0.7])
def test_no_note_of_a_blend_is_longer_than_its_parents_longest(march: Grid, ballad: Grid, weight: float) -> None:
    context = build_phrase_context([piece_of(march), piece_of(ballad)], options_of(weight))
    grid = assemble_phrases(context, compose(context.plan), ()).grid
    for role in grid.roles:
        lengths = [int((notes[:, 1] - notes[:, 0]).max()) for notes in _notes_of((grid, march, ballad), role)]
        assert lengths[0] <= max(lengths[1:])


def _notes_of(pieces: Sequence[Grid], role: Role) -> list[NoteTable]:
    return [piece.notes(role) for piece in pieces if role in piece.events]


def test_a_piece_in_halved_values_makes_the_same_blend(march: Grid, ballad: Grid) -> None:
    first, second = read_score(grids.to_score(march)), read_score(grids.to_score(ballad))
    halved = read_score(scale_score(second.score, 1))
    assert halved.grid.n_bars == 8
    expected, found = (build_phrase_context([first, other], options_of()) for other in (second, halved))
    assert (
        assemble_phrases(found, compose(found.plan), ()).grid
        == assemble_phrases(expected, compose(expected.plan), ()).grid
    )
    assert [notice.reason for notice in found.pieces[1].grid.notices][-1] == "TEMPO_OCTAVE"
    assert "counts it in halves, at 96 instead of 48 BPM" in found.pieces[1].grid.notices[-1].message


def test_the_texture_of_a_parent_sounds_in_its_bars_on_the_blends_chords(march: Grid, ballad: Grid) -> None:
    wide = [(48, 52, 55, 60, 64, 67)[index % 6] for index in range(6)]
    harmony = tuple(Note(1920 * bar, 1900, pitch + 12, 70) for bar in range(16) for pitch in wide)
    score = grids.to_score(march)
    full = replace(score, tracks=(score.tracks[0], replace(score.tracks[1], notes=harmony), score.tracks[2]))
    pieces = [read_score(full), read_score(grids.to_score(ballad))]
    assert len(pieces[0].grid.unheld(Role.HARMONY)) == 32
    context = build_phrase_context(pieces, options_of(0.3, texture=0.0))
    result = assemble_phrases(context, compose(context.plan), ())
    n_bars = sum(side == 0 for side in result.bar_sources[Ingredient.TEXTURE])
    texture = result.texture[Role.HARMONY]
    assert n_bars <= len(texture) <= 2 * n_bars
    written = perform(result).tracks[result.grid.roles.index(Role.HARMONY)].notes
    assert len(written) > len(result.grid.notes(Role.HARMONY))
