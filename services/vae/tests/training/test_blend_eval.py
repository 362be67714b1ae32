"""The metrics and failures of whole blends, on blends with known ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from score.grid import Grid, GridTempo
from score.quantization.note_table import ONSET
from score.roles import Role
from vae.analysis.bar_notes import replace_notes
from vae.blending import fallback
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae_training.data.heldout import Key, PiecePair  # type: ignore[import-not-found]
from vae_training.evaluation import blend_eval  # type: ignore[import-not-found]
from vae_training.evaluation.blend_failures import (  # type: ignore[import-not-found]
    MetParents,
    PairBlend,
    count_empty_bars,
    count_overlong_notes,
    count_unmatched_notes,
)

LeadGrid = Callable[..., Grid]
PairOf = Callable[..., PiecePair]


def window_blend(pair: PiecePair, weight: float, result: BlendResult) -> PairBlend:
    return PairBlend.build(pair, BlendOptions(BlendWeights(weight)), result)


def test_a_last_note_longer_than_two_bars_is_endless_unless_a_parent_has_one(
    lead_grid: LeadGrid, pair_of: PairOf
) -> None:
    short, long = lead_grid(*[[40, 42, 44, 45]] * 5), lead_grid([40, 42, 44, 45], [50, 0, 0, 0], *[[0, 0, 0, 0]] * 3)
    parents = pair_of(short, short).pieces
    assert count_overlong_notes(long, parents) == (1, 0)
    assert count_overlong_notes(long, pair_of(short, long).pieces) == (0, 0)
    stuck = lead_grid([50, 0, 0, 0], *[[0, 0, 0, 0]] * 3, [40, 0, 0, 0])
    assert count_overlong_notes(stuck, parents) == (0, 1)


def test_a_bar_is_empty_without_need_if_both_parents_sound_there(lead_grid: LeadGrid, pair_of: PairOf) -> None:
    full = lead_grid(*[[40, 42, 44, 45]] * 4)
    gap = lead_grid([40, 42, 44, 45], [40, 42, 44, 45], [1, 0, 0, 0], [40, 42, 44, 45])
    options = BlendOptions(BlendWeights(0.5))
    assert count_empty_bars(gap, MetParents.of_windows(pair_of(full, full).pieces, options)) == (1, 1)
    assert count_empty_bars(full, MetParents.of_windows(pair_of(full, gap).pieces, options)) == (0, 0)


def test_the_bars_of_a_phrase_blend_are_those_that_its_plan_brings_together(
    lead_grid: LeadGrid, pair_of: PairOf
) -> None:
    slow = replace(lead_grid(*[[40, 42, 44, 45]] * 4), tempos=(GridTempo.at_bpm(0, 50.0),))
    fast = replace(lead_grid(*[[45, 47, 49, 50]] * 8), tempos=(GridTempo.at_bpm(0, 200.0),))
    pair, options = pair_of(slow, fast), BlendOptions(BlendWeights(0.5))
    context = build_phrase_context(pair.pieces, options)
    result = assemble_phrases(context, compose(context.plan), ())
    blend = PairBlend.build(pair, options, result)
    assert [parent.grid.n_bars for parent in blend.parents] == [piece.grid.n_bars for piece in context.pieces]
    assert blend.met.bars.tolist() == context.plan.source_bars.tolist()
    assert count_empty_bars(blend.grid, blend.met) == (0, 0)
    lead = result.grid.notes(Role.LEAD)
    gap = replace_notes(result.grid, {Role.LEAD: lead[lead[:, ONSET] >= 16]}, result.grid.n_bars)
    assert count_empty_bars(gap, blend.met) == (1, 1)


def test_notes_out_of_key_are_counted_over_the_parents(lead_grid: LeadGrid, pair_of: PairOf) -> None:
    # C D E F, and C D E F sharp.
    inside, outside = lead_grid([41, 43, 45, 46]), lead_grid([41, 43, 45, 47])
    blend = window_blend(pair_of(inside, inside, key=Key(0, False)), 0.5, BlendResult(outside, ()))
    assert blend_eval.out_of_key_percent([blend]) == {"blends": 25.0, "parents": 0.0, "points_more": 25.0}


def test_fallback_windows_are_read_from_the_notices(lead_grid: LeadGrid, pair_of: PairOf) -> None:
    grid = lead_grid(*[[40, 42, 44, 45]] * 8)
    notice = fallback.fallback_notice(Role.LEAD, 1, 4)
    blend = window_blend(pair_of(grid, grid), 0.5, BlendResult(grid, (notice,)))
    assert blend_eval.fallback_share([blend]) == {"lead": 0.25}


def test_a_blend_s_file_ends_every_note_it_begins(lead_grid: LeadGrid) -> None:
    assert count_unmatched_notes(BlendResult(lead_grid(*[[40, 42, 44, 45]] * 4), ())) == 0
