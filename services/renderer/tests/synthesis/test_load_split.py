"""Load split: each note once, dependent notes in one half, about the same work for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from renderer.synthesis.load_split import split_balanced
from renderer.synthesis.performance import Message, Performance, perform
from score.model import Event, Note, Score, Track

RATE_HZ = 48_000
QUARTER = 480


def notes(performance: Performance) -> list[Message]:
    """Return the messages that begin or end a note."""
    return [message for message in performance.messages if message.data[0] & 0xE0 == 0x80]


def others(performance: Performance) -> list[Message]:
    """Return all other messages."""
    return [message for message in performance.messages if message.data[0] & 0xE0 != 0x80]


@given(
    st.lists(
        st.tuples(st.integers(0, 9600), st.integers(1, 960), st.integers(0, 127), st.integers(0, 15)),
        min_size=1,
        max_size=60,
    )
)
def test_every_note_goes_to_one_half_and_everything_else_to_both(played: list[tuple[int, int, int, int]]) -> None:
    tracks = [
        Track(channel=channel, notes=tuple(Note(*note[:3], 90) for note in played if note[3] == channel))
        for channel in range(16)
    ]
    whole = perform(Score(ticks_per_quarter=QUARTER, tracks=tuple(tracks)), RATE_HZ)
    first, second = split_balanced(whole)
    assert Counter(notes(first)) + Counter(notes(second)) == Counter(notes(whole))
    assert others(first) == others(second) == others(whole)
    assert (first.parts, first.n_frames) == (second.parts, second.n_frames) == (whole.parts, whole.n_frames)
    for half in (first, second):
        frames = [message.frame for message in half.messages]
        assert frames == sorted(frames)


def test_the_two_take_about_the_same(score: Callable[..., Score], track: Callable[..., Track]) -> None:
    chords = track([(bar * 4 * QUARTER, 4 * QUARTER, pitch) for bar in range(8) for pitch in (48, 52, 55, 60)])
    bass = track([(beat * QUARTER, QUARTER, 36 + beat % 5) for beat in range(32)], 33, 1)
    first, second = split_balanced(perform(score(chords, bass), RATE_HZ))
    assert len(notes(first)) == pytest.approx(len(notes(second)), rel=0.5)
    assert min(len(notes(first)), len(notes(second))) > 30


def test_a_key_a_drum_kit_and_a_gliding_channel_stay_together(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    line = [(beat * QUARTER, QUARTER, 60 + beat % 12) for beat in range(48)]
    glide = track(line, 80, 2, others=[Event(0, b"\xb2\x41\x7f")])
    whole = perform(score(track(line, 0, 0), track(line, 0, 9), glide), RATE_HZ)
    half_of: dict[tuple[int, int], set[int]] = {}
    for index, half in enumerate(split_balanced(whole)):
        for message in notes(half):
            key = -1 if message.channel in (1, 2) else message.data[1]
            half_of.setdefault((message.channel, key), set()).add(index)
    assert [part.midi_channel for part in whole.parts] == [0, 9, 2]
    assert {len(found) for found in half_of.values()} == {1}
    assert set.union(*(found for (channel, _), found in half_of.items() if channel == 0)) == {0, 1}
