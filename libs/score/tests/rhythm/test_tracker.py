"""Beats, bars and meter of notes whose rhythm is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.arrays import F64
from score.rhythm import BeatTrack, PlayedNotes, track_beats
from score.rhythm.tracker import steady_beats

MELODY = (0, 4, 7, 4, 2, 4, 7, 9)
Place = Callable[[float], float]


def accompanied(n_bars: int, n_beats: int, beat_s: Place, parts: int = 2) -> PlayedNotes:
    """Return a bass on each first beat, chords on the others, and a melody; times by a map from beats."""
    rows: list[tuple[float, float, int]] = []
    for bar in range(n_bars):
        root, first = (48, 53, 55, 48)[bar % 4], bar * n_beats
        rows.append((first, n_beats, root - 12))
        rows += [(first + beat, 1, root + step) for beat in range(1, n_beats) for step in (4, 7)]
        rows += [(first + at / parts, 1 / parts, root + 24 + MELODY[at % 8]) for at in range(parts * n_beats)]
    onsets_s = np.array([beat_s(at) for at, _, _ in rows])
    ends_s = np.array([beat_s(at + 0.95 * length) for at, length, _ in rows])
    pitches = np.array([pitch for _, _, pitch in rows])
    return PlayedNotes.from_columns(onsets_s, ends_s - onsets_s, pitches, np.full(len(rows), 0.6))


def share_near(found_s: F64, true_s: F64) -> float:
    """Return the F-measure of times within 70 ms."""
    hits = (np.abs(found_s[:, None] - true_s).min(axis=1) < 0.07).sum()
    return 2 * float(hits) / (len(found_s) + len(true_s))


@pytest.mark.parametrize("bpm", [76, 88, 100])
@pytest.mark.parametrize("n_beats", [3, 4])
def test_the_beats_of_a_metronome_are_found(bpm: int, n_beats: int) -> None:
    track = track_beats(accompanied(16, n_beats, lambda beat: 0.4 + beat * 60 / bpm))
    assert track.quarter_bpm == pytest.approx(bpm, rel=0.01)
    assert track.is_steady
    assert track.meter == (n_beats, 4)
    assert share_near(track.beats_s, 0.4 + np.arange(16 * n_beats) * 60 / bpm) > 0.97
    assert share_near(track.beats_s[track.is_downbeat], 0.4 + np.arange(16) * n_beats * 60 / bpm) > 0.9


def test_compound_meter() -> None:
    # A jig: long and short notes, and runs of three, over a bass on each beat.
    rows = [(float(beat), 1.0, (36, 43)[beat % 2] + (0, 5, 7, 0)[beat // 2 % 4]) for beat in range(64)]
    for beat in range(64):
        degrees = [(at, MELODY[(beat * 3 + at) % 8]) for at in ((0, 2) if beat % 4 in (0, 3) else (0, 1, 2))]
        rows += [(beat + at / 3, (2 if len(degrees) == 2 and not at else 1) / 3, 72 + step) for at, step in degrees]
    onsets_s, durations_s = 0.4 + 0.55 * np.array([row[0] for row in rows]), 0.5 * np.array([row[1] for row in rows])
    pitches = np.array([row[2] for row in rows])
    track = track_beats(PlayedNotes.from_columns(onsets_s, durations_s, pitches, np.full(len(rows), 0.6)))
    assert track.meter == (6, 8)
    assert track.quarter_bpm == pytest.approx(90 / 0.55, rel=0.01)


def test_a_fast_waltz_is_in_three() -> None:
    track = track_beats(accompanied(16, 3, lambda beat: 0.4 + beat * 60 / 138 + 0.1 * float(np.sin(beat / 5))))
    assert track.meter == (3, 4)
    assert track.quarter_bpm == pytest.approx(138, rel=0.04)


def rubato(beat: float) -> float:
    return 0.7 + 0.6 * beat + 0.5 * float(np.sin(beat / 7))


def test_a_tempo_that_drifts_is_followed() -> None:
    track = track_beats(accompanied(16, 4, rubato))
    true_s = np.array([rubato(beat) for beat in range(64)])
    assert share_near(track.beats_s, true_s) > 0.95
    assert not track.is_steady


def shifted(notes: PlayedNotes, shift_s: float, factor: float = 1.0) -> PlayedNotes:
    return notes._replace(onsets_s=notes.onsets_s * factor + shift_s, durations_s=notes.durations_s * factor)


def test_a_shift_in_time_shifts_the_beats() -> None:
    notes = accompanied(12, 4, rubato)
    before, after = track_beats(notes), track_beats(shifted(notes, 7.31))
    assert after.beats_s - 7.31 == pytest.approx(before.beats_s, abs=0.03)
    assert after.is_downbeat.tolist() == before.is_downbeat.tolist()


@pytest.mark.parametrize("factor", [0.93, 1.08])
def test_another_tempo_stretches_the_beats(factor: float) -> None:
    notes = shifted(accompanied(12, 4, rubato), 0.0, 1.25)
    before, after = track_beats(notes), track_beats(shifted(notes, 0.0, factor))
    assert after.quarter_bpm == pytest.approx(before.quarter_bpm / factor, rel=0.02)


def test_a_few_notes_have_some_beats() -> None:
    one = PlayedNotes.from_columns(np.array([2.0]), np.array([1.0]), np.array([60]), np.array([0.5]))
    track: BeatTrack = track_beats(one)
    assert len(track.beats_s) >= 2
    assert np.all(np.diff(track.beats_s) > 0)


def test_beats_with_much_deviation_are_not_steady() -> None:
    rng = np.random.default_rng(1)
    assert steady_beats(np.arange(40) * 0.5 + rng.normal(0, 0.005, 40)) is not None
    assert steady_beats(np.arange(40) * 0.5 + rng.normal(0, 0.05, 40)) is None
    assert steady_beats(np.arange(40) * 0.5 + 0.002 * np.arange(40) ** 1.7) is None
