"""A blend in other note values sounds the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid, GridTempo
from score.model import Score
from score.tempo_map import TempoMap
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.expression.notation import write_in_values
from vae.expression.performance import perform
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import read_score


@pytest.fixture
def result(march: Grid, ballad: Grid) -> BlendResult:
    tempos = (GridTempo.at_bpm(0, 120.0), GridTempo.at_bpm(21, 90.0), GridTempo.at_bpm(40, 110.0))
    pieces = [read_score(grids.to_score(each)) for each in (replace(march, tempos=tempos), ballad)]
    context = build_phrase_context(pieces, BlendOptions(BlendWeights(0.5), key=(0, False)))
    return assemble_phrases(context, compose(context.plan), ())


def sounding(score: Score) -> list[list[float]]:
    tempo_map = TempoMap.from_score(score)
    return [
        [
            value
            for note in sorted(track.notes)
            for value in (tempo_map.seconds(note.onset_ticks), tempo_map.seconds(note.end_ticks), note.pitch)
        ]
        for track in score.tracks
    ]


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0])
def test_other_values_sound_the_same(result: BlendResult, factor: float) -> None:
    written = write_in_values(result, factor)
    assert written.grid.n_bars == result.grid.n_bars * factor
    assert written.grid.mean_bpm == pytest.approx(result.grid.mean_bpm * factor, rel=1e-3)
    for mine, theirs in zip(sounding(perform(written)), sounding(perform(result)), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=0.01)
    assert {len(bars) for bars in written.bar_sources.values()} == {written.grid.n_bars}
    assert len(written.source_bars) == written.sections[-1].stop == written.grid.n_bars


def test_the_same_values_are_the_same_blend(result: BlendResult) -> None:
    assert write_in_values(result, 1.0) is result
