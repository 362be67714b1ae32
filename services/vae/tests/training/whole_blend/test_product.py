"""Blends through the service's code: the requests that are tried, and what is counted as a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.quantization.note_table import ONSET
from score.roles import Role
from vae.analysis.bar_notes import replace_notes
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import read_midi
from vae_training.whole_blend import pairs  # type: ignore[import-not-found]
from vae_training.whole_blend.product import (  # type: ignore[import-not-found]
    cases,
    examples,
    failures,
    stress,
)

Files = Sequence[bytes]
HALF = BlendOptions(BlendWeights(0.5))


@pytest.fixture
def files(scale_piece: Callable[..., Grid]) -> Files:
    return [midi.write(grids.to_score(scale_piece(seed, 0))) for seed in (1, 2)]


def composed(files: Files) -> Grid:
    """Return the blend of two pieces without drums, which no model decodes."""
    context = build_phrase_context([read_midi(data) for data in files], HALF)
    return assemble_phrases(context, compose(context.plan), ()).grid


def count(files: Files, blend: Grid) -> failures.CaseFailures:
    return failures.find_failures(files, HALF, midi.write(grids.to_score(blend)))


def test_the_cases_are_valid_and_of_all_kinds(corpus: Path) -> None:
    chosen = list(islice(cases.iter_cases([corpus], 3), 28))
    lengths = []
    for case in chosen:
        case.options.weights.validate(len(case.files))
        lengths += [read_midi(data).grid.n_bars for data in case.files]
        assert case.options.key is not None
    assert {kind for kind in cases.SETTERS if any(kind in case.name for case in chosen)} == set(cases.SETTERS)
    assert {case.options.weights.weight for case in chosen[::2]} == set(cases.WEIGHTS)
    assert (min(lengths) < 5, max(lengths)) == (True, 16)
    again = list(islice(cases.iter_cases([corpus], 3), 28))
    assert again == chosen


def test_a_finished_blend_has_no_failures(files: Files) -> None:
    found = count(files, composed(files))
    assert not found
    assert found == failures.CaseFailures(0, 0, 0, 0, 0, 0)


def test_silence_is_counted_where_all_parents_sound(files: Files) -> None:
    blend = composed(files)
    steps = blend.steps_per_bar

    def without_second_bar(roles: tuple[Role, ...]) -> Grid:
        tables = {role: blend.notes(role) for role in blend.roles}
        silent = {role: table[table[:, ONSET] // steps != 1] for role, table in tables.items() if role in roles}
        return replace_notes(blend, tables | silent, blend.n_bars)

    assert count(files, without_second_bar((Role.LEAD,))).silent_lead_bars == 1
    assert count(files, without_second_bar((Role.LEAD,))).empty_bars == 0
    assert count(files, without_second_bar(blend.roles)).empty_bars == 1


def test_lost_roles_and_notes_far_from_the_parents_are_counted(files: Files) -> None:
    blend = composed(files)
    without_bass = replace(blend, events={role: blend.events[role] for role in blend.roles if role is not Role.BASS})
    assert str(count(files, without_bass)) == "lost_roles 1"
    lead = blend.notes(Role.LEAD)
    lead[0, 2] = 100
    tables = {role: blend.notes(role) for role in blend.roles} | {Role.LEAD: lead}
    assert count(files, replace_notes(blend, tables, blend.n_bars)).notes_out_of_range == 1


def test_the_cases_are_blended_and_exceptions_are_listed(corpus: Path, models: Path, tmp_path: Path) -> None:
    registry = ModelRegistry.load(models, tmp_path)
    report = stress.StressReport()
    for case in islice(cases.iter_cases([corpus], 3), 2):
        report.add(registry, case)
    report.add(registry, cases.BlendCase("no music", [b"", b""], HALF))
    assert report.n_blends == 2
    assert list(report.raised) == ["no music"]
    assert report.totals()["exceptions"] == 1
    assert "MidiUnreadable" in report.format()
    (pair,), _ = pairs.choose_pairs([corpus], 1, 0, 25, held_out=False)
    examples.write_example(registry, pair, HALF, tmp_path / "00")
    written = {path.name: path for path in tmp_path.glob("00-*")}
    assert set(written) == {"00-a.mid", "00-b.mid", "00-blend.mid", "00-roll.png"}
    assert not failures.find_failures(pair.files, HALF, written["00-blend.mid"].read_bytes())
