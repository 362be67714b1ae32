"""Which candidates are notes, and where they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from servicekit.faults import Cancelled
from transcriber.audio.spectrum import FFT_SAMPLES, semitone_filters, semitone_levels
from transcriber.dense_network import Networks
from transcriber.note_detection.basic_pitch_model import Listener, join
from transcriber.note_detection.note_decoding import HeardNote, find_onsets, write_down
from transcriber.note_detection.note_features import Evidence

Make = Callable[..., Any]
RATE_HZ = 22_050


@pytest.fixture
def listen(listener: Listener, networks: Networks) -> Callable[..., list[HeardNote]]:
    def listened(audio: np.ndarray[Any, Any]) -> list[HeardNote]:
        evidence, never = Evidence(join(list(listener.windows(audio))), semitone_levels(audio)), threading.Event()
        onsets = find_onsets(evidence, networks.onset, never)
        return list(write_down(evidence, onsets, networks.end, never))

    return listened


def test_onsets_and_ends_are_where_they_are_played(listen: Make, play: Make) -> None:
    played = [(0.5, 1.3, 60), (1.5, 1.8, 64), (2.0, 3.5, 67), (3.6, 3.8, 60), (4.0, 5.0, 72)]
    notes = listen(play(played))
    assert [note.pitch for note in notes] == [60, 64, 67, 60, 72]
    assert [note.onset_s for note in notes] == pytest.approx([each[0] for each in played], abs=0.03)
    assert [note.end_s for note in notes] == pytest.approx([each[1] for each in played], abs=0.15)
    assert min(note.probability for note in notes) > 0.5


def test_a_repeated_note_is_struck_anew(listen: Make, play: Make) -> None:
    notes = listen(play([(0.5 + 0.4 * at, 0.88 + 0.4 * at, 57) for at in range(6)]))
    again = [note for note in notes if note.pitch == 57]
    assert [note.onset_s for note in again] == pytest.approx([0.5 + 0.4 * at for at in range(6)], abs=0.03)
    assert all(one.end_s <= other.onset_s + 0.02 for one, other in pairwise(again))


def test_a_chord_has_its_notes_and_not_their_octaves(listen: Make, play: Make) -> None:
    chord = (48, 55, 64, 67)
    notes = listen(play([(at, at + 0.9, pitch) for at in (0.5, 1.5, 2.5) for pitch in chord]))
    found = [note.pitch for note in notes]
    assert set(chord) <= set(found)
    assert sum(pitch not in chord for pitch in found) <= 1


def test_louder_notes_have_higher_velocities(listen: Make, play: Make) -> None:
    soft, loud = play([(0.3, 1.0, 62)]), play([(0.3, 1.0, 62)])
    notes = listen(np.concatenate((0.08 * soft, loud)))
    assert [note.pitch for note in notes] == [62, 62]
    assert notes[0].velocity + 20 < notes[1].velocity
    assert all(1 <= note.velocity <= 127 for note in notes)


def test_levels_are_highest_at_the_pitch(play: Make) -> None:
    levels = semitone_levels(play([(0, 2, 57)]))
    assert levels.shape == (int(2.5 * RATE_HZ) // 256 + 1, 88)
    assert (levels[20:100].argmax(axis=1) == 57 - 21).all()
    assert levels.max() == 1.0
    assert levels.min() >= 0.0


def test_every_semitone_has_a_filter() -> None:
    filters = semitone_filters()
    assert filters.shape == (FFT_SAMPLES // 2 + 1, 88)
    assert (filters.max(axis=0) > 0.3).all()


def test_nothing_gives_nothing(listen: Make) -> None:
    assert listen(np.zeros(RATE_HZ, np.float32)) == []
    assert listen(np.zeros(1, np.float32)) == []


def test_work_that_is_given_up_ends(listener: Listener, networks: Networks, play: Make) -> None:
    audio = play([(0.2, 0.6, 60), (0.6, 1, 64)])
    evidence, cancelled = Evidence(join(list(listener.windows(audio))), semitone_levels(audio)), threading.Event()
    onsets = find_onsets(evidence, networks.onset, cancelled)
    cancelled.set()
    with pytest.raises(Cancelled, match="given up"):
        find_onsets(evidence, networks.onset, cancelled)
    with pytest.raises(Cancelled, match="given up"):
        list(write_down(evidence, onsets, networks.end, cancelled))
