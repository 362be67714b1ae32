"""Sliders on a small piece: linear, musical, and gentle to what repeats."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from score.arrays import F64
from score.encoding import MAX_PITCH, MIN_PITCH
from score.grid import Grid
from score.roles import ROLES, Role
from vae.attributes.apply import SliderContext, apply_sliders
from vae.attributes.attribute import ATTRIBUTES_BY_ROLE, Attribute, AttributeSlider
from vae.attributes.measures import measure_attribute

SLIDERS = [(role, attribute) for role in ROLES for attribute in ATTRIBUTES_BY_ROLE[role]]
POSITIONS: F64 = np.round(np.linspace(-1, 1, 21), 2)
C_MAJOR = {0, 2, 4, 5, 7, 9, 11}

Bar = tuple[tuple[int, int], ...]


def move(grid: Grid, role: Role, attribute: Attribute, value: float) -> Grid:
    return apply_sliders(grid, [AttributeSlider(attribute, value, role)], SliderContext())


def measure(grid: Grid, role: Role, attribute: Attribute) -> float:
    return float(measure_attribute(attribute, role, grid.events[role][None])[0])


def bars(grid: Grid, role: Role) -> list[Bar]:
    contents: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for onset, _, pitch, _ in grid.notes(role).tolist():
        contents[onset // grid.steps_per_bar].append((onset % grid.steps_per_bar, pitch))
    return [tuple(sorted(contents[bar])) for bar in range(grid.n_bars)]


@pytest.mark.parametrize(("role", "attribute"), SLIDERS)
def test_an_attribute_is_a_linear_function_of_its_slider(piece: Grid, role: Role, attribute: Attribute) -> None:
    curve = np.array([measure(move(piece, role, attribute, value), role, attribute) for value in POSITIONS.tolist()])
    gains = np.diff(curve)
    assert np.corrcoef(POSITIONS, curve)[0, 1] >= 0.98
    assert gains.min() >= 0.5 * gains.mean() > 0


@pytest.mark.parametrize(("role", "attribute"), SLIDERS)
@pytest.mark.parametrize("value", [-1.0, -0.35, 0.35, 1.0])
def test_what_repeats_still_repeats_and_other_roles_stay(
    piece: Grid, role: Role, attribute: Attribute, value: float
) -> None:
    moved = move(piece, role, attribute, value)
    assert all(np.array_equal(moved.events[other], piece.events[other]) for other in ROLES if other is not role)
    before, after = bars(piece, role), bars(moved, role)
    # At most one class of equal bars is between two states; the last bar is left out of some edits.
    assert len(set(after)) <= len(set(before)) + 2
    # A bar that was edited is edited in the same way wherever it is, but for that class.
    versions = defaultdict(set)
    for old, new in zip(before[:-1], after[:-1], strict=True):
        versions[old].add(new)
    assert sum(len(each) > 1 for each in versions.values()) <= 1


def test_a_slider_at_zero_returns_the_piece_itself(piece: Grid) -> None:
    sliders = [AttributeSlider(attribute, 0.0) for attribute in Attribute]
    assert apply_sliders(piece, sliders, SliderContext()) is piece
    opposite = [AttributeSlider(Attribute.DENSITY, 0.5), AttributeSlider(Attribute.DENSITY, -0.5, Role.LEAD)]
    moved = apply_sliders(piece, opposite, SliderContext())
    assert np.array_equal(moved.events[Role.LEAD], piece.events[Role.LEAD])
    assert not np.array_equal(moved.events[Role.BASS], piece.events[Role.BASS])


@pytest.mark.parametrize("role", [Role.LEAD, Role.BASS])
@pytest.mark.parametrize("attribute", [Attribute.DENSITY, Attribute.SYNCOPATION, Attribute.REGISTER])
@pytest.mark.parametrize("value", [-1.0, -0.4, 0.4, 1.0])
def test_lines_stay_single_voices_in_the_key(piece: Grid, role: Role, attribute: Attribute, value: float) -> None:
    notes = move(piece, role, attribute, value).notes(role).tolist()
    assert all(end <= onset for (_, end, _, _), (onset, _, _, _) in pairwise(notes))
    assert all(MIN_PITCH <= pitch <= MAX_PITCH for _, _, pitch, _ in notes)
    assert {pitch % 12 for _, _, pitch, _ in notes} <= C_MAJOR


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_phrases_keep_their_first_and_last_note_and_the_cadence(piece: Grid, value: float) -> None:
    before, after = (
        set(map(tuple, grid.notes(Role.LEAD)[:, [0, 2]].tolist()))
        for grid in (piece, move(piece, Role.LEAD, Attribute.DENSITY, value))
    )
    last_bar = (piece.n_bars - 1) * piece.steps_per_bar
    assert min(before) in after
    assert {note for note in before if note[0] >= last_bar} == {note for note in after if note[0] >= last_bar}


def test_fewer_notes_are_some_of_the_same_notes(piece: Grid) -> None:
    before, after = (
        set(map(tuple, grid.notes(Role.LEAD)[:, [0, 2]].tolist()))
        for grid in (piece, move(piece, Role.LEAD, Attribute.DENSITY, -0.6))
    )
    assert after < before

    # What is left out is sustained by the note before it: the tune has no new rests.
    def n_sounding(grid: Grid) -> int:
        return sum(end - onset for onset, end, _, _ in grid.notes(Role.LEAD).tolist())

    assert n_sounding(move(piece, Role.LEAD, Attribute.DENSITY, -0.6)) == n_sounding(piece)


def test_at_the_ends_the_register_slider_moves_all_notes_by_an_octave(piece: Grid) -> None:
    for role in (Role.LEAD, Role.HARMONY):
        for value in (-1.0, 1.0):
            before, after = piece.notes(role), move(piece, role, Attribute.REGISTER, value).notes(role)
            assert (after[:, 2] - before[:, 2] == 12 * value).all()
            assert np.array_equal(after[:, :2], before[:, :2])


def test_the_lead_changes_its_register_without_leaps_of_an_octave(piece: Grid) -> None:
    def largest_leap(grid: Grid) -> int:
        return int(np.abs(np.diff(grid.notes(Role.LEAD)[:, 2])).max())

    halfway = move(piece, Role.LEAD, Attribute.REGISTER, 0.5)
    assert largest_leap(piece) <= largest_leap(halfway) < 12


def test_added_voices_are_chord_tones_without_minor_seconds(piece: Grid) -> None:
    before, after = piece.notes(Role.HARMONY), move(piece, Role.HARMONY, Attribute.POLYPHONY, 1.0).notes(Role.HARMONY)
    classes = {onset: set((before[before[:, 0] == onset, 2] % 12).tolist()) for onset in before[:, 0].tolist()}
    assert len(after) > len(before)
    assert all(pitch % 12 in classes[onset] for onset, _, pitch, _ in after.tolist())


def test_no_minor_seconds_are_added_on_strong_beats(piece: Grid) -> None:
    def n_seconds(grid: Grid) -> int:
        sounding: dict[int, list[set[int]]] = defaultdict(list)
        for role in (Role.LEAD, Role.HARMONY, Role.BASS):
            classes: dict[int, set[int]] = defaultdict(set)
            for onset, end, pitch, _ in grid.notes(role).tolist():
                for step in range(onset, end):
                    classes[step].add(pitch % 12)
            for step in range(0, grid.n_steps, 4):
                sounding[step].append(classes[step])
        pairs = [(parts[i], parts[j]) for parts in sounding.values() for i in range(3) for j in range(i)]
        return sum((x - y) % 12 in (1, 11) for first, second in pairs for x in first for y in second)

    for role in (Role.LEAD, Role.HARMONY, Role.BASS):
        for value in (-0.5, 0.5, 1.0):
            assert n_seconds(move(piece, role, Attribute.DENSITY, value)) <= n_seconds(piece)


def test_a_syncopated_beat_is_anticipated_and_pulled_back(piece: Grid) -> None:
    up = move(piece, Role.LEAD, Attribute.SYNCOPATION, 1.0)
    down = move(piece, Role.LEAD, Attribute.SYNCOPATION, -1.0)
    assert len(up.notes(Role.LEAD)) == len(down.notes(Role.LEAD)) == len(piece.notes(Role.LEAD))
    assert up.notes(Role.LEAD)[:, 2].tolist() == piece.notes(Role.LEAD)[:, 2].tolist()
    assert measure(down, Role.LEAD, Attribute.SYNCOPATION) == 0


def test_several_sliders_act_together(piece: Grid) -> None:
    sliders = [AttributeSlider(Attribute.DENSITY, 0.6), AttributeSlider(Attribute.REGISTER, 0.5, Role.LEAD)]
    moved = apply_sliders(piece, sliders, SliderContext())
    register = measure(moved, Role.LEAD, Attribute.REGISTER) - measure(piece, Role.LEAD, Attribute.REGISTER)
    assert register == pytest.approx(6, abs=1)
    for role in ROLES:
        assert measure(moved, role, Attribute.DENSITY) > 1.2 * measure(piece, role, Attribute.DENSITY)


def test_onsets_are_preferably_added_where_a_parent_has_them(piece: Grid) -> None:
    def added_steps(context: SliderContext) -> list[int]:
        moved = apply_sliders(piece, [AttributeSlider(Attribute.DENSITY, 0.3, Role.DRUMS)], context)
        added = (moved.events[Role.DRUMS] > 0) & (piece.events[Role.DRUMS] == 0)
        return sorted(set((np.flatnonzero(added) % 16).tolist()))

    parent = Grid(
        piece.meter,
        piece.n_bars,
        {Role.DRUMS: np.roll(piece.events[Role.DRUMS], 3)},
        {Role.DRUMS: np.roll(piece.velocities[Role.DRUMS], 3, axis=0)},
        piece.programs,
    )
    assert added_steps(SliderContext(parents=(parent,) * 3)) != added_steps(SliderContext())
