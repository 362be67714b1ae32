"""Tempos between the parents'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from score.grid import GridTempo
from vae.alignment.window_alignment import Alignment
from vae.expression.tempo import interpolate_tempos
from vae.pieces.piece import from_grid, read_midi

Band = Callable[..., bytes]


def test_tempo_is_geometric_in_the_weight(band: Band) -> None:
    pieces = [read_midi(band(4, bpm=80.0)), read_midi(band(4, bpm=125.0))]
    alignment = Alignment(np.array([[0, 0], [1, 1]]))
    curve = interpolate_tempos(pieces, alignment, np.full((2, 2), 0.5, np.float32), 32)
    assert [(tempo.step, round(tempo.bpm, 2)) for tempo in curve] == [(0, 100.0)]


def test_a_tempo_change_stays(band: Band) -> None:
    grid = read_midi(band(4)).grid
    slower = replace(grid, tempos=(GridTempo.at_bpm(0, 120.0), GridTempo.at_bpm(32, 60.0)))
    piece = from_grid(read_midi(band(4)).score, slower)
    curve = interpolate_tempos([piece], Alignment(np.array([[0], [1]])), np.ones((2, 1), np.float32), 32)
    assert [(tempo.step, round(tempo.bpm)) for tempo in curve] == [(0, 120), (32, 60)]


def test_a_fermata_on_one_beat_is_that_beat_alone(band: Band) -> None:
    tempos = (GridTempo.at_bpm(0, 120.0), GridTempo.at_bpm(20, 10.0), GridTempo.at_bpm(24, 120.0))
    score = read_midi(band(4)).score
    held = from_grid(score, replace(read_midi(band(4)).grid, tempos=tempos))
    alone = interpolate_tempos([held], Alignment(np.array([[0], [1]])), np.ones((2, 1), np.float32), 32)
    assert alone == tempos
    even = read_midi(band(4, bpm=120.0))
    both = interpolate_tempos([held, even], Alignment(np.array([[0, 0], [1, 1]])), np.full((2, 2), 0.5, np.float32), 32)
    expected = [(0, 120.0), (20, round((10 * 120) ** 0.5, 1)), (24, 120.0)]
    assert [(tempo.step, round(tempo.bpm, 1)) for tempo in both] == expected
