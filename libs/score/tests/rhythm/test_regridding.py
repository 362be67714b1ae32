"""Scores on other beats: nothing moves in time, and bars begin where the beats say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from score import midi
from score.arrays import F64
from score.model import Event, KeySignature, Note, Score, Tempo, Track
from score.rhythm import BeatTrack, regrid
from score.summary import bar_onsets_s
from score.tempo_map import TempoMap


def beat_track(beats_s: ArrayLike, per_bar: int = 4, phase: int = 0, *, is_compound: bool = False) -> BeatTrack:
    times_s = np.asarray(beats_s, dtype=np.float64)
    is_downbeat = np.arange(len(times_s)) % per_bar == phase
    return BeatTrack(times_s, is_downbeat, is_compound, per_bar, 0.9, 0.9)


def times_s(score: Score) -> F64:
    ticks = [(note.onset_ticks, note.end_ticks) for track in score.tracks for note in track.notes]
    return TempoMap.from_score(score).seconds_at(ticks)


@settings(max_examples=60, deadline=None)
@given(
    intervals=st.lists(st.floats(0.25, 1.5), min_size=2, max_size=24),
    start_s=st.floats(0, 20),
    per_bar=st.integers(2, 4),
    phase=st.integers(0, 3),
    is_compound=st.booleans(),
    first_s=st.floats(0, 5),
)
def test_notes_and_events_keep_their_seconds(
    intervals: list[float], start_s: float, per_bar: int, phase: int, is_compound: bool, first_s: float
) -> None:
    beats_s = start_s + np.cumsum([0.0, *intervals])
    track = beat_track(beats_s, per_bar, phase % per_bar, is_compound=is_compound)
    notes = tuple(Note(round(960 * first_s) + 311 * index, 200, 60, 80) for index in range(20))
    pedal = tuple(Event(note.onset_ticks, bytes((0xB0, 64, 127))) for note in notes)
    score = Score(480, (Tempo(0, 500_000), Tempo(2000, 400_000)), tracks=(Track("", 0, 0, notes, pedal),))
    found = regrid(score, track)
    assert np.abs(times_s(found) - times_s(score)).max() < 0.002
    moved_s = TempoMap.from_score(found).seconds_at([event.tick for event in found.tracks[0].others])
    assert np.abs(moved_s - times_s(score)[:, 0]).max() < 0.002
    assert midi.parse(midi.write(found)) == found


def test_bars_begin_on_the_downbeats() -> None:
    beats_s = 0.5 + 0.6 * np.arange(13)
    notes = tuple(Note(round(960 * at), 200, 60, 80) for at in beats_s[:12])
    found = regrid(Score(480, tracks=(Track(notes=notes),)), beat_track(beats_s, 3, 0))
    assert bar_onsets_s(found)[-4:] == pytest.approx(beats_s[[0, 3, 6, 9]].tolist(), abs=0.002)
    assert found.meters[-1].name == "3/4"


def test_a_pickup_is_within_a_bar_that_begins_on_a_bar_line() -> None:
    beats_s = 3.0 + 0.5 * np.arange(9)
    notes = tuple(Note(round(960 * at), 200, 60, 80) for at in beats_s)
    found = regrid(Score(480, tracks=(Track(notes=notes),)), beat_track(beats_s, 4, 1))
    assert [meter.name for meter in found.meters] == ["3/4", "4/4"]
    assert bar_onsets_s(found) == pytest.approx([1.5, 3.5, 5.5], abs=0.002)
    assert found.tracks[0].notes[0].onset_ticks == 6 * 960


def test_silence_of_about_a_bar_becomes_one() -> None:
    beats_s = 2.1 + 0.5 * np.arange(9)
    notes = tuple(Note(round(960 * at), 200, 60, 80) for at in beats_s)
    found = regrid(Score(480, tracks=(Track(notes=notes),)), beat_track(beats_s))
    assert [meter.name for meter in found.meters] == ["4/4"]
    assert found.tracks[0].notes[0].onset_ticks == 4 * 960


def test_compound_beats_are_dotted_quarters() -> None:
    beats_s = 0.7 * np.arange(9)
    notes = tuple(Note(round(960 * at), 200, 60, 80) for at in beats_s[:8])
    found = regrid(Score(480, tracks=(Track(notes=notes),)), beat_track(beats_s, 2, is_compound=True))
    assert [meter.name for meter in found.meters] == ["6/8"]
    assert [note.onset_ticks for note in found.tracks[0].notes] == [1440 * beat for beat in range(8)]


def test_key_signatures_and_texts_move_along() -> None:
    beats_s = 0.6 * np.arange(9)
    score = Score(
        480,
        keys=(KeySignature(960, 1, is_minor=False),),
        others=(Event(960, b"\xff\x06B"),),
        tracks=(Track(notes=(Note(0, 480, 60, 80), Note(4000, 480, 60, 80))),),
    )
    found = regrid(score, beat_track(beats_s))
    assert found.keys == (KeySignature(1600, 1, is_minor=False),)
    assert found.others == (Event(1600, b"\xff\x06B"),)
