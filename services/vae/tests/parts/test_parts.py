"""The parts of a phrase blend: voicing, cadence, contour path, drums, instruments, dissonance rules."""

from __future__ import annotations

import numpy as np
import pytest
from score.arrays import F64
from score.grid import Grid
from score.roles import Role
from vae.analysis.bar_notes import BarNote, Bars
from vae.analysis.chord_recognition import CHORD_TONES
from vae.analysis.parent import Parent
from vae.parts import (
    cadence,
    contour_path,
    dissonance_rules,
    drums,
    instruments,
    voicing,
)
from vae.planning.form import plan_form

C, D_MINOR, F, G = 0, 14, 5, 7


def of_two(share: float) -> F64:
    """Return the shares of two parents from the second one's."""
    return np.array([1.0 - share, share])


def by_bar(share: float) -> F64:
    """Return the shares of two parents in 16 bars."""
    return np.tile(of_two(share), (16, 1))


@pytest.fixture(scope="module")
def parents(march: Grid, ballad: Grid) -> tuple[Parent, Parent]:
    """Return both pieces as parents."""
    return Parent(march, 0, False), Parent(ballad, 0, False)


@pytest.mark.parametrize("target", range(48))
def test_chord_tones_move_to_chord_tones(target: int) -> None:
    for is_bass in (False, True):
        moved = {voicing.move_pitch(pitch, C, target, 0, is_bass=is_bass) % 12 for pitch in (60, 64, 67)}
        assert moved <= set(CHORD_TONES[target])
    assert voicing.move_pitch(36, C, target, 0, is_bass=True) % 12 == target % 12


def test_voices_stay_on_the_same_chord_and_move_little() -> None:
    assert [voicing.move_pitch(pitch, C, C, 0, is_bass=False) for pitch in (60, 62, 67)] == [60, 62, 67]
    assert [voicing.move_pitch(pitch, C, G, 0, is_bass=False) for pitch in (60, 64, 67)] == [59, 62, 67]


def test_an_unchanged_progression_leaves_the_accompaniment_as_it_is(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.0))
    chords = np.array([parents[0].chord(slot.bars[0], half) for slot in plan.slots for half in (0, 1)])
    bars, sources = voicing.revoice(plan, parents, Role.HARMONY, [0] * 16, by_bar(0.0), chords)
    assert sources == [0] * 16
    assert bars == [tuple(sorted(parents[0].bars[Role.HARMONY][slot.bars[0]])) for slot in plan.slots]


def test_a_cadence_ends_on_the_tonic_after_a_dominant() -> None:
    assert cadence.add_cadence(np.array([C, F, D_MINOR + 2, F]), 0, is_minor=False).tolist()[-1] == C
    assert cadence.add_cadence(np.array([C, C, C, C]), 0, is_minor=False).tolist() == [C, G, C, C]
    assert cadence.add_cadence(np.array([C, C, 4, 21]), 9, is_minor=True).tolist() == [C, C, 4, 21]


def test_a_line_ends_on_the_tonic_without_a_leap() -> None:
    bars: Bars = [(BarNote(0, 4, 72, 80), BarNote(8, 2, 62, 80))]
    ended = cadence.end_on_tonic(bars, 0, 16, is_lead=True)
    assert ended == [(BarNote(0, 4, 60, 80), BarNote(8, 8, 60, 80))]
    assert cadence.end_on_tonic([()], 0, 16, is_lead=True) == [()]


def test_a_rhythm_of_as_many_notes_takes_the_contour_in_order() -> None:
    pitches = np.array([60, 62, 64, 65])
    free = [np.zeros((4, 4))] * 3
    costs = np.abs(np.arange(4.0)[:, None] - np.arange(4.0)[None, :])
    assert contour_path.find_path(costs, pitches, free).tolist() == [0, 1, 2, 3]


def test_a_rhythm_of_fewer_notes_skips_and_of_more_notes_repeats() -> None:
    pitches = np.array([60, 62, 64])
    onsets = np.array([0.0, 2.0])
    skipped = contour_path.find_path(5 * np.abs(onsets[:, None] - np.arange(3.0)), pitches, [np.zeros((3, 3))])
    assert skipped.tolist() == [0, 2]
    onsets = np.array([0.0, 0.1, 1.0, 2.0])
    repeated = contour_path.find_path(5 * np.abs(onsets[:, None] - np.arange(3.0)), pitches, [np.zeros((3, 3))] * 3)
    assert repeated.tolist() == [0, 0, 1, 2]


def test_chord_tones_cost_nothing_on_strong_beats() -> None:
    costs = contour_path.chord_costs(C, is_strong=True)
    assert costs[[0, 4, 7]].tolist() == [0.0, 0.0, 0.0]
    assert costs[11] > costs[9] > 0.0
    assert (contour_path.chord_costs(C, is_strong=False) <= costs).all()


def test_drums_come_from_the_parent_that_has_them_and_play_in_its_share_of_the_piece(
    parents: tuple[Parent, Parent],
) -> None:
    plan = plan_form(parents, of_two(0.5))
    bars, sources = drums.take_drums(plan, parents, [0] * 16, by_bar(0.5))
    assert sources == [1] * 16
    assert drums.delay_entry(plan, bars, parents, Role.DRUMS, by_bar(1.0)) == bars
    for share, n_silent in ((0.75, 4), (0.5, 8), (0.25, 12)):
        late = drums.delay_entry(plan, bars, parents, Role.DRUMS, by_bar(share))
        assert [bool(bar) for bar in late] == [False] * n_silent + [True] * (16 - n_silent)


def test_instruments_follow_the_share(march: Grid, ballad: Grid) -> None:
    grids, roles = (march, ballad), [Role.LEAD, Role.HARMONY, Role.BASS]
    own = [{role: grid.programs[role] for role in roles} for grid in grids]

    def programs_at(*shares: float) -> dict[Role, int]:
        by_role = {role: of_two(share) for role, share in zip(Role, shares, strict=True)}
        return instruments.choose_programs(grids, roles, by_role)

    assert programs_at(0.0, 0.0, 0.0, 0.0) == own[0]
    assert programs_at(1.0, 1.0, 1.0, 1.0) == own[1]
    for share in (0.2, 0.5, 0.8):
        programs = set(programs_at(share, share, share, share).values())
        assert programs & set(own[0].values())
        assert programs & set(own[1].values())
    by_role = {role: of_two(float(role is Role.LEAD)) for role in Role}
    assert instruments.choose_programs(grids, roles, by_role) == {**own[0], Role.LEAD: own[1][Role.LEAD]}


def test_a_semitone_on_a_strong_beat_is_removed(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    context = dissonance_rules.RuleContext(plan, parents, [C] * 32, 0)
    lead = [(BarNote(0, 4, 71, 80),), *[()] * 15]
    harmony = [tuple(BarNote(0, 16, pitch, 80) for pitch in (60, 64, 67)), *[()] * 15]
    settled = dissonance_rules.apply_rules(context, {Role.LEAD: lead, Role.HARMONY: harmony})
    assert settled[Role.LEAD][0][0].pitch == 72
    assert settled[Role.HARMONY] == harmony


def test_a_dissonance_of_a_parent_is_retained(parents: tuple[Parent, Parent], ballad: Grid) -> None:
    bar = next(at for at, notes in enumerate(parents[1].bars[Role.LEAD]) if notes[2].pitch % 12 == 9)
    lead: list[tuple[BarNote, ...]] = [()] * 16
    lead[0] = (parents[1].bars[Role.LEAD][bar][2],)
    plan = plan_form(parents, of_two(0.5))
    context = dissonance_rules.RuleContext(plan, parents, [C] * 32, 0)
    settled = dissonance_rules.apply_rules(context, {Role.LEAD: lead})
    assert settled[Role.LEAD][0][0].pitch == lead[0][0].pitch


def test_minor_seconds_between_harmony_and_bass_are_removed(parents: tuple[Parent, Parent]) -> None:
    context = dissonance_rules.RuleContext(plan_form(parents, of_two(0.5)), parents, [C] * 32, 0)
    harmony, bass = [(BarNote(0, 8, 64, 80),), *[()] * 15], [(BarNote(0, 8, 41, 80),), *[()] * 15]
    settled = dissonance_rules.apply_rules(context, {Role.HARMONY: harmony, Role.BASS: bass})
    assert settled[Role.BASS] == bass
    assert settled[Role.HARMONY][0][0].pitch == 65
