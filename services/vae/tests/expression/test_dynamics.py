"""What the models cannot say: thinning, rests, loudness, tempo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from score import grid as grids
from score.encoding import OFF
from score.grid import GridTempo
from score.roles import Role
from vae.alignment.window_alignment import Plan
from vae.expression import dynamics
from vae.pieces.piece import of_grid, read

Band = Callable[..., bytes]

EIGHTHS = np.array([40, 0] * 16, np.int16)


def test_thinning_keeps_the_strong_steps() -> None:
    half = dynamics.thin(EIGHTHS, Role.LEAD, 0.5, 16)
    assert np.flatnonzero(half == 40).tolist() == [0, 4, 8, 12, 16, 20, 24, 28]
    assert (half[[2, 6, 10, 14]] == OFF).all()


def test_thinning_to_nothing_leaves_silence_and_to_all_leaves_all() -> None:
    assert not (dynamics.thin(EIGHTHS, Role.LEAD, 0.0, 16) > OFF).any()
    assert np.array_equal(dynamics.thin(EIGHTHS, Role.LEAD, 1.0, 16), EIGHTHS)
    assert not dynamics.thin(np.full(32, 5, np.int16), Role.DRUMS, 0.0, 16).any()


def test_thinning_a_waltz_keeps_its_beats() -> None:
    eighths = np.array([40, 0] * 12, np.int16)
    kept = dynamics.thin(eighths, Role.LEAD, 1 / 6, 12)
    assert np.flatnonzero(kept == 40).tolist() == [0, 12]


SECOND_BAR, FIRST_BAR = (np.array([bars], np.bool_) for bars in ((False, True), (True, False)))


def test_a_bar_that_rests_is_silent_and_the_other_stays() -> None:
    rested = dynamics.rested(EIGHTHS[None], Role.LEAD, SECOND_BAR)[0]
    assert np.array_equal(rested[:16], EIGHTHS[:16])
    assert rested[16:].tolist() == [OFF, *[0] * 15]
    drums = dynamics.rested(np.full((1, 24), 5, np.int16), Role.DRUMS, FIRST_BAR)[0]
    assert drums.tolist() == [0] * 12 + [5] * 12


def test_a_note_held_out_of_a_bar_that_rests_is_struck_after_it() -> None:
    held = np.zeros((1, 32), np.int16)
    held[0, [0, 4, 24]] = (40, 45, 47)
    rested = dynamics.rested(held, Role.LEAD, FIRST_BAR)[0]
    assert [(step, int(rested[step])) for step in np.flatnonzero(rested)] == [(0, OFF), (16, 45), (24, 47)]


def test_a_pause_before_a_bar_that_rests_goes_on() -> None:
    paused = np.zeros((1, 32), np.int16)
    paused[0, [0, 8, 24]] = (40, OFF, 47)
    rested = dynamics.rested(paused, Role.LEAD, SECOND_BAR)[0]
    assert [(step, int(rested[step])) for step in np.flatnonzero(rested)] == [(0, 40), (8, OFF)]


def test_tempo_is_geometric_in_the_weight(band: Band) -> None:
    pieces = [read(band(4, bpm=80.0)), read(band(4, bpm=125.0))]
    course = Plan(np.array([[0, 0], [1, 1]]))
    curve = dynamics.tempos(pieces, course, np.full((2, 2), 0.5, np.float32), 32)
    assert [(tempo.step, round(tempo.bpm, 2)) for tempo in curve] == [(0, 100.0)]


def test_a_tempo_change_is_kept(band: Band) -> None:
    grid = read(band(4)).grid
    slower = replace(grid, tempos=(GridTempo.at_bpm(0, 120.0), GridTempo.at_bpm(32, 60.0)))
    piece = of_grid(read(band(4)).score, slower)
    curve = dynamics.tempos([piece], Plan(np.array([[0], [1]])), np.ones((2, 1), np.float32), 32)
    assert [(tempo.step, round(tempo.bpm)) for tempo in curve] == [(0, 120), (32, 60)]


def test_loudness_is_that_of_the_nearest_note(band: Band) -> None:
    piece = read(band(2, roles=(Role.LEAD,)))
    velocities = np.zeros(32, np.uint8)
    velocities[[0, 16]] = (30, 110)
    grid = replace(piece.grid, velocities={Role.LEAD: velocities})
    heard = dynamics.loudness(grid, Role.LEAD, 32)[0, :, 0]
    assert heard[[0, 7, 15, 31]].tolist() == [30.0, 30.0, 110.0, 110.0]


def test_loudness_of_a_window_is_its_own(band: Band) -> None:
    piece = read(band(4, roles=(Role.LEAD,)))
    velocities = np.zeros(64, np.uint8)
    velocities[[4, 31, 36]] = (40, 120, 40)
    heard = dynamics.loudness(replace(piece.grid, velocities={Role.LEAD: velocities}), Role.LEAD, 32)[:, :, 0]
    assert heard[:, 0].tolist() == [40.0, 40.0]


@pytest.mark.parametrize(("share", "velocity"), [(0.0, 40), (0.5, 70), (1.0, 100)])
def test_velocities_go_from_one_parent_to_the_other(band: Band, share: float, velocity: int) -> None:
    pieces = []
    for loud in (40, 100):
        piece = read(band(2, roles=(Role.LEAD,)))
        velocities = np.where(piece.grid.events[Role.LEAD] > OFF, loud, 0).astype(np.uint8)
        pieces.append(of_grid(piece.score, replace(piece.grid, velocities={Role.LEAD: velocities})))
    shares = np.array([[1.0 - share, share]], np.float32)
    given = dynamics.velocities(pieces, Plan(np.array([[0, 0]])), Role.LEAD, shares, EIGHTHS[None])
    assert given.tolist() == [velocity, 0] * 16


def test_ties_make_no_note_longer_than_the_parents_longest() -> None:
    events = np.zeros(128, np.int16)
    events[[0, 80]] = 45, 47
    grid = grids.from_events("4/4", {Role.LEAD: events})
    piece = of_grid(grids.to_score(grid), grid)
    decoded = np.zeros((4, 32), np.int16)
    decoded[:, 0] = 45
    tied = dynamics.ties([piece], Plan(np.array([[0], [1], [1], [1]])), Role.LEAD, np.ones((4, 1), np.float32), decoded)
    assert tied.tolist() == [False, True, False, True]
