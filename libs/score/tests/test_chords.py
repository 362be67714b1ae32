"""Chord labels from the notes on each beat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import chords
from score import grid as grids
from score.encoding import OFF, PITCH_OFFSET
from score.roles import Role

C_MAJOR, A_MINOR, G_MAJOR, B_DIMINISHED = 1, 22, 8, 48


def harmony_events(*beats: tuple[int, ...] | None) -> npt.NDArray[np.int16]:
    """Return events of four voices with the given pitches at each beat; None holds what sounds."""
    events = np.zeros((4 * len(beats), 4), np.int16)
    for beat, pitches in enumerate(beats):
        for voice, pitch in enumerate(pitches or ()):
            events[4 * beat, voice] = pitch - PITCH_OFFSET if pitch else OFF
    return events


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ((67, 64, 60, 48), C_MAJOR),
        ((64, 60, 57, 45), A_MINOR),
        ((65, 59, 55, 43), G_MAJOR),  # a dominant seventh without its fifth is its triad
        ((65, 62, 59), B_DIMINISHED),
    ],
)
def test_a_chord_is_named_for_as_long_as_it_sounds(pitches: tuple[int, ...], name: int) -> None:
    assert chords.triads([harmony_events(pitches, None, None)]).tolist() == [name] * 3


def test_silence_and_a_single_note_are_no_chord() -> None:
    assert chords.triads([harmony_events((0, 0, 0, 0), (60,), (60, 72, 48))]).tolist() == [chords.NO_CHORD] * 3


def test_an_open_fifth_keeps_the_mode_of_the_chord_before() -> None:
    before, fifth = (64, 60, 57, 45), (64, 57, 45, 33)
    assert chords.triads([harmony_events(before, fifth)]).tolist() == [A_MINOR, A_MINOR]


def test_the_bass_counts() -> None:
    bass = harmony_events((57,))[:, 0]
    assert chords.triads([harmony_events((64, 60)), bass]).tolist() == [A_MINOR]


def test_windows_of_three_four_have_six_beats() -> None:
    events = np.concatenate([harmony_events((67, 64, 60))] + [harmony_events(None)] * 11)
    grid = grids.from_events("3/4", {Role.HARMONY: events})
    assert chords.grid_triads(grid).tolist() == [[C_MAJOR] * 6 + [chords.NO_CHORD] * 2] * 2
    assert chords.window_triads(events[None, :24]).tolist() == [[C_MAJOR] * 6 + [chords.NO_CHORD] * 2]


def test_a_piece_without_harmony_has_no_chords() -> None:
    grid = grids.from_events("4/4", {Role.LEAD: harmony_events((60,), *[None] * 7)[:, 0]})
    assert not chords.grid_triads(grid).any()


def test_transposition_wraps_around_and_leaves_no_chord() -> None:
    moved = chords.transpose(np.array([[C_MAJOR, B_DIMINISHED, chords.NO_CHORD]], np.int8), np.array([1]))
    assert moved.tolist() == [[2, 37, chords.NO_CHORD]]
