"""Conversion of grids to another meter: exact steps, and what holds for every piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from score import grid, midi
from score.encoding import STEPS_PER_BAR
from score.grid import Grid, GridTempo
from score.model import Meter, Note, Score, Tempo, Track
from score.roles import Role

SIXTEENTH = 120
ROWS = st.lists(st.tuples(st.integers(0, 63), st.integers(1, 20), st.integers(40, 90)), min_size=1, max_size=40)


def track(name: str, *rows: tuple[int, int, int], channel: int = 0) -> Track:
    """A track of notes (onset step, steps, pitch)."""
    notes = (Note(onset * SIXTEENTH, steps * SIXTEENTH, pitch, 80) for onset, steps, pitch in sorted(rows))
    return Track(name, channel=channel, notes=tuple(notes))


def piece(meter: str, *tracks: Track) -> Grid:
    numerator, denominator = map(int, meter.split("/"))
    return grid.from_score(
        Score(meters=(Meter(0, numerator, denominator),), tempos=(Tempo(0, 500_000),), tracks=tracks)
    )


def line(steps: list[int], length: int = 2) -> list[tuple[int, int, int]]:
    return [(step, length, 60 + index % 12) for index, step in enumerate(steps)]


def onsets(converted: Grid, role: Role = Role.LEAD) -> list[int]:
    return [int(step) for step in np.unique(converted.notes(role)[:, 0])]


def test_a_waltz_keeps_its_three_beats_and_the_last_note_lasts_for_two() -> None:
    converted = piece("3/4", track("Lead", (0, 4, 60), (4, 4, 62), (8, 4, 64), (12, 12, 65))).to_meter("4/4")
    assert (converted.meter, converted.n_bars, converted.n_steps) == ("4/4", 2, 32)
    assert converted.notes(Role.LEAD)[:, :3].tolist() == [[0, 4, 60], [4, 8, 62], [8, 16, 64], [16, 32, 65]]
    assert converted.notices[-1][:2] == ("METER_CONVERTED", "3/4 was converted to 4/4.")


def test_an_accompaniment_repeats_the_last_beat() -> None:
    chords = track("Piano", (0, 4, 48), (4, 4, 64), (8, 4, 64), channel=1)
    drums = track("Kit", (0, 1, 36), (4, 1, 38), (8, 1, 38), channel=9)
    converted = piece("3/4", track("Lead", (0, 12, 72)), chords, drums).to_meter("4/4")
    assert converted.notes(Role.LEAD)[:, :2].tolist() == [[0, 16]]
    assert onsets(converted, Role.DRUMS) == [0, 4, 8, 12]
    accompaniment = Role.HARMONY if Role.HARMONY in converted.events else Role.BASS
    assert onsets(converted, accompaniment) == [0, 4, 8, 12]


def test_a_lead_that_runs_goes_on_running() -> None:
    assert onsets(piece("3/4", track("Lead", *line([*range(0, 24, 2)]))).to_meter("4/4")) == [*range(0, 32, 2)]
    assert onsets(piece("6/8", track("Lead", *line([*range(0, 12, 2)]))).to_meter("4/4")) == [*range(0, 16, 2)]


def test_dotted_beats_become_half_bars() -> None:
    converted = piece("6/8", track("Lead", (0, 4, 60), (4, 2, 62), (6, 6, 64))).to_meter("4/4")
    assert converted.notes(Role.LEAD)[:, :2].tolist() == [[0, 4], [4, 8], [8, 16]]
    assert converted.tempos == (GridTempo(0, 500_000),)


def test_quarters_become_dotted_beats_and_eighths_swing() -> None:
    converted = piece("4/4", track("Lead", *line([0, 2, 4, 5, 6, 7, 8, 12]))).to_meter("6/8")
    assert (converted.n_bars, onsets(converted)) == (2, [0, 4, 6, 8, 10, 11, 12, 18])
    assert converted.mean_bpm == pytest.approx(180, abs=1e-3)


@pytest.mark.parametrize(
    ("beats", "remaining"),
    [([0, 1, 2], [0, 4, 8]), ([0, 2, 3], [0, 4, 8]), ([0, 1, 3], [0, 4, 8]), ([0, 1, 2, 3], [0, 4, 8])],
)
def test_the_quarter_that_is_missed_least_is_left_out(beats: list[int], remaining: list[int]) -> None:
    rows = [(16 * bar + 4 * beat, 4, 60 + beat) for bar in range(2) for beat in beats]
    converted = piece("4/4", track("Lead", *rows)).to_meter("3/4")
    assert (converted.n_bars, onsets(converted)) == (2, remaining + [12 + step for step in remaining])


def test_of_a_march_one_bass_note_and_two_chords_remain() -> None:
    rows = [(16 * bar + 4 * beat, 4, pitch) for bar in range(2) for beat, pitch in enumerate((40, 64, 43, 67))]
    converted = piece("4/4", track("Lead", *rows)).to_meter("3/4")
    assert converted.notes(Role.LEAD)[:3, 2].tolist() == [40, 64, 67]


def test_a_note_held_beyond_the_quarter_that_is_left_out_remains() -> None:
    converted = piece("4/4", track("Lead", (0, 4, 60), (4, 4, 62), (8, 8, 64))).to_meter("3/4")
    assert converted.notes(Role.LEAD)[:, :3].tolist() == [[0, 4, 60], [4, 8, 62], [8, 12, 64]]


@pytest.mark.parametrize(("meter", "new"), [("3/4", "4/4"), ("6/8", "4/4"), ("4/4", "6/8"), ("4/4", "3/4")])
@given(lead=ROWS, bass=ROWS)
@settings(max_examples=40, deadline=None)
def test_what_repeats_goes_on_repeating(
    meter: str, new: str, lead: list[tuple[int, int, int]], bass: list[tuple[int, int, int]]
) -> None:
    per_bar, length = STEPS_PER_BAR[meter], 6 * STEPS_PER_BAR[meter]
    rows = [
        [(onset + at, min(steps, length - onset), pitch) for onset, steps, pitch in role for at in (0, length)]
        for role in ([(onset % length, steps, pitch) for onset, steps, pitch in role] for role in (lead, bass))
    ]
    frame = track("Kit", *((bar * per_bar, 1, 36) for bar in range(12)), channel=9)
    quantized = piece(meter, track("Lead", *rows[0]), track("Bass", *rows[1], channel=1), frame)
    # Where a pickup is found the halves of the piece are not of whole bars.
    assume(quantized.n_steps == 2 * length)
    converted = quantized.to_meter(new)
    half = converted.n_steps // 2
    for role in converted.roles:
        found = converted.notes(role)
        first, second = found[found[:, 0] < half], found[found[:, 0] >= half]
        assert first[:, [0, 2]].tolist() == (second[:, [0, 2]] - [half, 0]).tolist()


@given(rows=ROWS, meter=st.sampled_from(["3/4", "6/8"]))
@settings(max_examples=40, deadline=None)
def test_no_beat_of_a_bar_that_grows_is_shortened(rows: list[tuple[int, int, int]], meter: str) -> None:
    quantized = piece(meter, track("Lead", *rows))
    converted = quantized.to_meter("4/4")
    before, after = quantized.notes(Role.LEAD), converted.notes(Role.LEAD)
    assert len(after) >= len(before)
    unit, new = (12, 16) if meter == "3/4" else (6, 8)
    expected = {int(onset // unit * new + onset % unit): int(pitch) for onset, pitch in before[:, [0, 2]]}
    remaining = {int(onset): int(pitch) for onset, pitch in after[:, [0, 2]] if onset in expected}
    assert remaining == expected
    assert set(after[:, 2]) == set(before[:, 2])


@given(rows=ROWS, meter=st.sampled_from([(12, 8), (9, 8), (15, 8), (3, 8), (9, 16)]))
@settings(max_examples=60, deadline=None)
def test_compound_meters_keep_every_onset_through_the_grid_and_midi(
    rows: list[tuple[int, int, int]], meter: tuple[int, int]
) -> None:
    single = {onset: (onset, 1, pitch) for onset, _, pitch in rows}
    score = Score(meters=(Meter(0, *meter),), tracks=(track("Lead", *single.values()),))
    written = midi.parse(midi.write(grid.to_score(grid.from_score(score))))
    assert (written.meters[0].name, written.ticks_per_quarter) == ("6/8", 480)
    first_bar = min(single) // 12 * 12
    onsets = [(at - first_bar) * SIXTEENTH for at in sorted(single)]
    assert [note.onset_ticks for note in written.tracks[0].notes] == onsets
