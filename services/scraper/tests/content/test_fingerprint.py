"""Fingerprints: the same for copies in another key, tempo, resolution or track order, and no other's."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from score.model import Note, Score, Tempo, Track
from scraper.music.fingerprint import fingerprint
from scraper.music.near_duplicates import MAX_MINIMA, MIN_SIMILARITY, similarity


def song(seed: int, n_notes: int = 120) -> Score:
    """Return a piece of a melody, chords and drums."""
    source = random.Random(seed)
    melody = tuple(Note(step * 240, 200, 60 + source.choice((0, 2, 4, 5, 7, 9, 11, 12)), 80) for step in range(n_notes))
    chords = tuple(
        Note(step * 960, 900, 48 + source.choice((0, 5, 7)) + third, 70)
        for step in range(n_notes // 4)
        for third in (0, 4)
    )
    drums = tuple(Note(step * 480, 60, source.choice((36, 38, 42)), 90) for step in range(n_notes // 2))
    return Score(tracks=(Track("Tune", 0, 0, melody), Track("Chords", 0, 1, chords), Track("Kit", 0, 9, drums)))


def changed(score: Score, shift: int, factor: int, order: int) -> Score:
    """Return a copy in another key, with other ticks, in another track order and tempo."""
    tracks = tuple(
        replace(
            track,
            name="x",
            notes=tuple(
                Note(on * factor, length * factor, pitch + (0 if track.is_drum else shift), 99)
                for on, length, pitch, _ in track.notes
            ),
        )
        for track in score.tracks
    )
    return Score(tempos=(Tempo(0, 612_345),), tracks=tracks[order:] + tracks[:order])


@settings(max_examples=25)
@given(st.integers(0, 50), st.integers(-20, 20), st.integers(1, 7), st.integers(0, 2))
def test_the_hash_does_not_depend_on_key_tempo_and_track_order(seed: int, shift: int, factor: int, order: int) -> None:
    original, copy = fingerprint(song(seed)), fingerprint(changed(song(seed), shift, factor, order))
    assert copy.music_hash == original.music_hash
    assert copy.minima == original.minima


def test_other_pieces_have_other_hashes_and_share_nothing() -> None:
    found = [fingerprint(song(seed)) for seed in range(40)]
    assert len({each.music_hash for each in found}) == 40
    closest = max(similarity(left.minima, right.minima) for left in found for right in found if left is not right)
    assert closest < MIN_SIMILARITY / 2


def test_rounding_leaves_copies_similar() -> None:
    source = random.Random(5)
    for seed in range(10):
        played = song(seed)
        jitter = [(track, [source.randint(-14, 14) for _ in track.notes]) for track in played.tracks]
        performed = Score(
            tracks=tuple(
                replace(
                    track,
                    notes=tuple(
                        sorted(n._replace(onset_ticks=max(0, n[0] + d)) for n, d in zip(track.notes, by, strict=True))
                    ),
                )
                for track, by in jitter
            )
        )
        rounded = Score(
            tracks=tuple(
                replace(track, notes=tuple(n._replace(onset_ticks=round(n[0] * 0.77)) for n in track.notes))
                for track in performed.tracks
            )
        )
        assert similarity(fingerprint(performed).minima, fingerprint(rounded).minima) > 0.8


def test_drums_alone_are_known_by_their_rhythm() -> None:
    straight = Score(tracks=(Track(channel=9, notes=tuple(Note(i * 240, 60, (36, 38)[i % 2], 90) for i in range(64))),))
    swung = Score(
        tracks=(Track(channel=9, notes=tuple(Note(i * 240 + i % 2 * 80, 60, (36, 38)[i % 2], 90) for i in range(64))),)
    )
    faster = changed(straight, 0, 3, 0)
    assert fingerprint(faster).music_hash == fingerprint(straight).music_hash
    assert fingerprint(swung).music_hash != fingerprint(straight).music_hash


def test_one_note_and_long_pieces_have_fingerprints() -> None:
    assert fingerprint(Score(tracks=(Track(notes=(Note(0, 10, 60, 80),)),))).minima == ()
    assert fingerprint(Score(tracks=(Track(channel=9, notes=(Note(0, 10, 36, 80),)),))).minima == ()
    found = fingerprint(song(1, 4000))
    assert len(found.minima) == MAX_MINIMA
    assert found.n_shingles > MAX_MINIMA
    assert np.all(np.diff(np.array(found.minima, dtype=np.uint64)) > 0)
    assert max(found.minima) < 2**63
