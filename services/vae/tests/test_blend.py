"""Laws of the blend, with the shipped models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.encoding import OFF
from score.grid import Grid
from score.roles import Role
from servicekit.faults import Cancelled
from vae.bank import Bank
from vae.blend import Wishes, blend, finished, reconstruct
from vae.piece import Piece, read
from vae.weights import Weights

Band = Callable[..., bytes]


@pytest.fixture
def pair(band: Band) -> list[Piece]:
    return [read(band(8, seed=1, bpm=100.0)), read(band(8, seed=2, bpm=144.0))]


def made(bank: Bank, pieces: list[Piece], weight: float = 0.5, **wishes: object) -> Grid:
    return finished(blend(bank, pieces, Wishes(Weights(weight), **wishes))).grid  # type: ignore[arg-type]


def distance(first: Grid, second: Grid) -> float:
    """Return the share of steps that differ, over all roles."""
    pairs = [(first.events[role], second.events[role]) for role in first.roles]
    return float(np.mean([np.mean(mine != other) for mine, other in pairs]))


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_blending_a_piece_with_itself_reconstructs_it(bank: Bank, pair: list[Piece], weight: float) -> None:
    assert made(bank, [pair[0], pair[0]], weight) == reconstruct(bank, pair[0]).grid


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_the_same_seed_gives_the_same_notes(bank: Bank, pair: list[Piece], temperature: float) -> None:
    first, second = (made(bank, pair, temperature=temperature, seed=7) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_notes(bank: Bank, pair: list[Piece]) -> None:
    assert made(bank, pair, temperature=1.0, seed=1) != made(bank, pair, temperature=1.0, seed=2)


def test_a_blend_is_nearer_the_nearer_parent(bank: Bank, pair: list[Piece]) -> None:
    ends = [reconstruct(bank, piece).grid for piece in pair]
    to_first = [distance(made(bank, pair, weight), ends[0]) for weight in (0.0, 0.25, 0.75, 1.0)]
    to_second = [distance(made(bank, pair, weight), ends[1]) for weight in (0.0, 0.25, 0.75, 1.0)]
    assert to_first[0] == 0.0
    assert to_first[0] < to_first[1] < to_first[3]
    assert to_second[3] < to_second[2] < to_second[0]


def test_no_note_leaves_the_parents_scale(bank: Bank, pair: list[Piece]) -> None:
    grid = made(bank, pair, temperature=1.0, seed=3)
    pitches = {int(pitch) % 12 for role in grid.roles if role is not Role.DRUMS for pitch in grid.notes(role)[:, 2]}
    assert pitches <= {0, 2, 4, 5, 7, 9, 11}


def test_every_bar_that_both_parents_fill_is_filled(bank: Bank, pair: list[Piece]) -> None:
    grid = made(bank, pair)
    for role in grid.roles:
        onset_bars = set((grid.notes(role)[:, 0] // grid.steps_per_bar).tolist())
        assert onset_bars == set(range(8)), role


def test_a_role_of_one_parent_sounds_in_full_until_half_and_thins_below(bank: Bank, band: Band) -> None:
    with_drums = read(band(8, seed=1))
    without = read(band(8, seed=2, roles=(Role.LEAD, Role.HARMONY, Role.BASS)))
    full, at_half, thinner, gone = (
        np.count_nonzero(made(bank, [with_drums, without], weight).events[Role.DRUMS])
        for weight in (0.1, 0.5, 0.8, 1.0)
    )
    assert full == at_half > thinner > gone == 0


def test_a_role_can_stay_with_a_parent_of_its_own(bank: Bank, pair: list[Piece]) -> None:
    weights = Weights(0.0, {Role.LEAD: 1.0}).checked(2)
    grid = finished(blend(bank, pair, Wishes(weights))).grid
    assert np.array_equal(grid.events[Role.DRUMS], reconstruct(bank, pair[0]).grid.events[Role.DRUMS])
    second = reconstruct(bank, pair[1]).grid.events[Role.LEAD]
    assert np.mean(grid.events[Role.LEAD] == second) > 0.9


def test_it_takes_meter_and_length_and_tempo_from_the_plan(bank: Bank, band: Band) -> None:
    pieces = [read(band(4, bpm=100.0)), read(band(12, seed=4, bpm=144.0))]
    grid = made(bank, pieces, 0.5, key=(-1, True))
    assert (grid.meter, grid.n_bars, round(grid.mean_bpm)) == ("4/4", 8, 120)
    assert [(key.fifths, key.is_minor) for key in grid.keys] == [(-1, True)]
    assert made(bank, pieces, 0.5, tempo_bpm=90.0).tempos[0].bpm == pytest.approx(90.0, abs=0.01)


def test_three_pieces_blend(bank: Bank, band: Band) -> None:
    pieces = [read(band(4, seed=seed)) for seed in range(3)]
    whole = finished(blend(bank, pieces, Wishes(Weights(shares=(0.0, 1.0, 0.0)).checked(3)))).grid
    assert whole == reconstruct(bank, pieces[1]).grid
    mixed = finished(blend(bank, pieces, Wishes(Weights(shares=(0.3, 0.3, 0.4)).checked(3)))).grid
    assert mixed.n_bars == 4
    assert (mixed.events[Role.LEAD] > OFF).any()


def test_a_cancelled_blend_stops_at_the_next_batch(bank: Bank, pair: list[Piece]) -> None:
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("The call was cancelled.")

    with pytest.raises(Cancelled, match="cancelled"):
        finished(blend(bank, pair, Wishes(Weights()), interrupt))
    assert calls == 3
