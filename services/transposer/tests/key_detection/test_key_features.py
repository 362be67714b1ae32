"""What is counted: it turns with the piece, and the network scores all keys alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from score.model import Meter, Note, Score, Track
from transposer.key_detection import key_features
from transposer.key_detection.detector import weigh
from transposer.key_detection.pitched_notes import cut, gather, pulse_of

Make = Callable[..., Score]


def moved(score: Score, semitones: int) -> Score:
    tracks = tuple(
        replace(track, notes=tuple(note._replace(pitch=note.pitch + semitones) for note in track.notes))
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


@pytest.mark.parametrize("semitones", range(-6, 6))
def test_evidence_turns_with_the_piece(cadence: Make, semitones: int) -> None:
    score = cadence(62, drums=False)
    seen = key_features.seen_from_every_tonic(key_features.measure(gather(score)))
    turned = key_features.seen_from_every_tonic(key_features.measure(gather(moved(score, semitones))))
    assert turned == pytest.approx(np.roll(seen, semitones, axis=0))


@given(st.lists(st.integers(40, 90), min_size=1, max_size=24), st.integers(-11, 11))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_keys_are_weighed_alike(line: Make, pitches: list[int], semitones: int) -> None:
    likely = weigh(gather(line(*pitches)))
    assert likely.sum() == pytest.approx(1)
    again = weigh(gather(line(*(pitch + semitones for pitch in pitches))))
    assert again == pytest.approx(np.roll(likely, semitones, axis=1), abs=1e-3)


def test_beats_of_a_cadence(cadence: Make) -> None:
    beats = key_features.beats_of(gather(cadence(60)))
    assert beats.chroma.shape == (8, 12)
    # C major over its root, for two beats, then F over its own.
    assert beats.chroma[0].tolist() == [2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    assert beats.low.tolist() == [36, 36, 41, 41, 43, 43, 36, 36]
    assert beats.high.tolist() == [67, 67, 72, 72, 74, 74, 67, 67]


def test_a_file_that_holds_very_many_keys_down_costs_no_more_than_others() -> None:
    notes = tuple(Note(at, 16_000 * 480, 60, 80) for at in range(20_000))
    beats = key_features.beats_of(gather(Score(tracks=(Track(notes=notes),))))
    # Each of them counts for 50 beats, in place of 16,000.
    assert beats.chroma.sum() == pytest.approx(20_000 * 50, rel=0.02)


def test_chords_are_named() -> None:
    chroma = np.zeros((5, 12))
    for row, degrees in enumerate(((0, 4, 7), (9, 0, 4), (4,), (7, 11, 2, 5), (11, 2, 5))):
        chroma[row, list(degrees)] = 1
    # C major, A minor, E of some kind, G seventh, B diminished.
    found = key_features.chord_labels(chroma, np.array([60, 57, 64, 67, 71]))
    assert found.tolist() == [0, 12 + 9, 4, 36 + 7, 24 + 11]


@pytest.mark.parametrize(
    ("meter", "beats", "edges"),
    [
        ((4, 4), 4, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ((6, 8), 2, [0, 1.5, 3, 4.5, 6, 7.5, 8]),
        ((3, 4), 3, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ((2, 2), 2, [0, 2, 4, 6, 8]),
    ],
)
def test_the_pulse_follows_the_meter(meter: tuple[int, int], beats: int, edges: list[float]) -> None:
    pulse = pulse_of((Meter(0, *meter),), 480, 8.0)
    assert pulse.edges.tolist() == edges
    assert pulse.bars.tolist() == list(range(0, len(edges) - 1, beats))


def test_a_meter_that_changes_begins_a_bar() -> None:
    pulse = pulse_of((Meter(0, 4, 4), Meter(960, 3, 4)), 480, 8.0)
    assert pulse.bar_edges.tolist() == [0, 2, 5, 8]


def test_bars_too_short_to_be_any_are_not_counted() -> None:
    assert len(pulse_of((Meter(0, 1, 64),), 480, 400.0).bars) == 6400
    assert len(pulse_of((Meter(0, 1, 64),), 480, 16_000.0).bars) == 4000
    hops = tuple(Meter(480 * at, 2 + at % 2, 4) for at in range(600))
    assert len(pulse_of(hops, 480, 600.0).bars) == 300


def test_bars_are_cut_out(cadence: Make) -> None:
    second = cut(gather(cadence(60)), 1, 2)
    assert second.pulse.edges.tolist() == [0, 1, 2, 3, 4]
    assert sorted(set(second.pitches.tolist())) == [36, 43, 60, 64, 67, 71, 74]


def test_notes_before_and_between_beats_are_counted_whole() -> None:
    score = Score(tracks=(Track(notes=(Note(240, 960, 60, 80), Note(1200, 480, 64, 80))),))
    pitches = gather(score)
    assert key_features.beats_of(pitches).chroma.sum(axis=0).tolist() == [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
