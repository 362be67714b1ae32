"""Chord names in texts are transposed with the notes; lyrics, names and all other events stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from score import midi
from score.model import Event, Score
from transposer.transposition.chord_markers import transpose_chord_markers
from transposer.transposition.transpose import transpose_by_semitones

Make = Callable[..., Score]


def text(kind: int, words: str, codec: str = "utf-8", tick: int = 0) -> Event:
    return Event(tick, bytes((0xFF, kind)) + words.encode(codec))


def test_only_texts_markers_and_cues_are_transposed() -> None:
    events = [text(kind, "Am7") for kind in range(1, 8)]
    names = [event.data[2:].decode() for event in transpose_chord_markers(events, 2)]
    # Copyright (2), name (3), instrument (4) and lyric (5) stay.
    assert names == ["Bm7", "Am7", "Am7", "Am7", "Am7", "Bm7", "Bm7"]


def test_each_kind_is_parsed_by_itself() -> None:
    events = [text(6, "A"), text(1, "Am7"), text(6, "B"), text(1, "A")]
    names = [event.data[2:].decode() for event in transpose_chord_markers(events, 3)]
    assert names == ["A", "Cm7", "B", "C"]


def test_other_bytes_stay() -> None:
    events = [text(6, "Strophe é", "latin-1"), text(6, "C:maj"), Event(5, b"\xb0\x07\x40")]
    assert transpose_chord_markers(events, 2) == (events[0], text(6, "D:maj"), events[2])


def test_texts_stay_in_their_encoding() -> None:
    events = [text(6, "Припев", "cp1251"), text(6, "C♭".replace("♭", "b") + "maj7", "cp1251")]
    assert transpose_chord_markers(events, 2, "cp1251") == (events[0], text(6, "Dbmaj7", "cp1251"))


def test_chord_names_are_transposed_and_restored(cadence: Make) -> None:
    markers = tuple(text(6, name, tick=960 * at) for at, name in enumerate(("C:maj", "F:maj", "G:maj", "C:maj")))
    plain = cadence(60)
    lyric = text(5, "Am", tick=10)
    score = replace(plain, others=markers, tracks=(replace(plain.tracks[0], others=(lyric,)), *plain.tracks[1:]))
    transposed = transpose_by_semitones(score, 3).score
    assert [event.data[2:] for event in transposed.others] == [b"Eb:maj", b"Ab:maj", b"Bb:maj", b"Eb:maj"]
    assert transposed.tracks[0].others == (lyric,)
    assert midi.parse(midi.write(transpose_by_semitones(transposed, -3).score)) == score
