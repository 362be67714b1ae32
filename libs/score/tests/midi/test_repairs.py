"""Files as they come: what players read is read, and each repair has a notice."""

from __future__ import annotations

import random
import struct

import pytest
from score import midi
from score.model import Note, Score, Tempo, Track

HEADER = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0"
NOTE_C = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"
NOTE_D = b"\x00\x90\x3e\x40\x60\x80\x3e\x00"
END = b"\x00\xff\x2f\x00"
C, D = Note(0, 96, 60, 64), Note(96, 96, 62, 64)


def chunk(body: bytes, length: int | None = None, kind: bytes = b"MTrk") -> bytes:
    """Return a chunk, which may state another length than it has."""
    return kind + struct.pack(">I", len(body) if length is None else length) + body


def header(midi_format: int = 1, n_tracks: int = 1, division: int = 480, length: int = 6) -> bytes:
    """Return the header of a file.

    Parameters
    ----------
    midi_format : int
        0, 1 or 2.
    n_tracks : int
        The number of tracks that it states.
    division : int
        Ticks per quarter note, or frames.
    length : int
        The length that it states.
    """
    return b"MThd" + struct.pack(">IHHH", length, midi_format, n_tracks, division)


def file_of(*bodies: bytes) -> bytes:
    return header(n_tracks=len(bodies)) + b"".join(chunk(body) for body in bodies)


def riff(data: bytes, n_bytes: int | None = None) -> bytes:
    """Return a file in a RIFF wrapper with a chunk of information after it, padded to an even length."""
    body = b"RMIDdata" + struct.pack("<I", len(data) if n_bytes is None else n_bytes) + data + b"\x00" * (len(data) % 2)
    body += b"LIST" + struct.pack("<I", 16) + b"INFOINAM\x04\x00\x00\x00Ode\x00"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def reasons(score: Score) -> list[str]:
    return [notice.reason for notice in score.notices]


RUNNING = b"\x00\x90\x3c\x40\x60\x3c\x00"
TWO = header(n_tracks=2) + chunk(NOTE_C + END) + chunk(NOTE_C + END)
ONE = chunk(NOTE_C + NOTE_D + END)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (file_of(b"\x00\x90\x3c\x40" + END), "NOTES_UNENDED"),
        (file_of(b"\x00\x90\x3c\x40\x10\x90\x3c\x40\x10\x80\x3c\x00\x10\x80\x3c\x00" + END), "NOTES_OVERLAPPING"),
        (file_of(b"\x00\x90\x3c\x40\x00\x80\x3c\x00" + END), "NOTES_LENGTHENED"),
        (file_of(b"\x00\x80\x3e\x00" + NOTE_C + END), "NOTE_ENDS_UNMATCHED"),
        (file_of(b"\x00\xff\x51\x03\x00\x00\x00" + NOTE_C + END), "EVENTS_MEANINGLESS"),
        (file_of(b"\x00\xff\x58\x04\x00\x02\x18\x08" + NOTE_C + END), "EVENTS_MEANINGLESS"),
        (file_of(b"\x00\xff\x59\x02\x09\x00" + NOTE_C + END), "EVENTS_MEANINGLESS"),
        (file_of(NOTE_C), "TRACK_ENDS_MISSING"),
        (HEADER + chunk(b"ab", kind=b"XFIH") + chunk(NOTE_C + END), "FOREIGN_CHUNKS"),
        (file_of(NOTE_C + END) + b"\x00\x00", "TRAILING_BYTES"),
    ],
)
def test_repairs_have_notices(data: bytes, reason: str) -> None:
    score = midi.parse(data)
    assert reasons(score) == [reason]
    assert midi.parse(midi.write(score)) == score


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (riff(HEADER + ONE), "RIFF_UNWRAPPED"),
        (riff(HEADER + ONE, n_bytes=7), "RIFF_UNWRAPPED"),
        (riff(HEADER + ONE, n_bytes=70_000), "RIFF_UNWRAPPED"),
        (b"\x00" * 128 + HEADER + ONE, "LEADING_BYTES"),
        (header(length=3) + ONE, "HEADER_REPAIRED"),
        (header(length=0x7F000006) + ONE, "HEADER_REPAIRED"),
        (header(midi_format=7) + ONE, "HEADER_REPAIRED"),
        (b"MThx" + HEADER[4:] + ONE, "HEADER_REPAIRED"),
        (header(midi_format=2) + ONE, "SINGLE_SEQUENCE"),
        (header(n_tracks=5) + ONE, "TRACK_COUNT_WRONG"),
        (header(n_tracks=0) + ONE, "TRACK_COUNT_WRONG"),
        (HEADER + b"MTrx" + ONE[4:], "TRACK_MARKS_DAMAGED"),
        (HEADER + ONE[:-1], "FILE_CUT"),
        (HEADER + ONE[:-4], "FILE_CUT"),
        (HEADER + chunk(NOTE_C + NOTE_D + b"\xff\xff\xff\xff\x7f\x90"), "TRACKS_DAMAGED"),
        (HEADER + chunk(NOTE_C + NOTE_D + b"\x00\xff\x01\x7f"), "TRACKS_DAMAGED"),
        (HEADER + chunk(NOTE_C + NOTE_D + b"\x00\x90"), "TRACKS_DAMAGED"),
        (HEADER + chunk(NOTE_C + NOTE_D + END, 65_536), "TRACK_LENGTHS_WRONG"),
        (HEADER + chunk(NOTE_C + NOTE_D + END, 3), "TRACK_LENGTHS_WRONG"),
        (HEADER + chunk(NOTE_C + NOTE_D + END, 0), "TRACK_LENGTHS_WRONG"),
        (
            file_of(RUNNING + b"\x00\xff\x01\x02hi\x00\x3e\x40\x60\x3e\x00" + END),
            "RUNNING_STATUS_RESUMED",
        ),
        (file_of(RUNNING + b"\x00\xf0\x02\x7e\xf7\x00\x3e\x40\x60\x3e\x00" + END), "RUNNING_STATUS_RESUMED"),
        (file_of(NOTE_C + b"\x00\xf8" + NOTE_D + END), "SYSTEM_MESSAGES"),
        (file_of(NOTE_C + b"\x00\xf1\x22\x00\xf2\x01\x02\x00\xf6\x00\xfe" + NOTE_D + END), "SYSTEM_MESSAGES"),
        (file_of(NOTE_C + b"\x00\x90\x3e\xf8\x40\x60\x80\x3e\x00" + END), "SYSTEM_MESSAGES"),
        (file_of(b"\x80\x80\x80\x80\x00" + NOTE_C[1:] + NOTE_D + END), None),
        (file_of(NOTE_C + NOTE_D + b"\xff\xff\xff\x7f\x90\x43\x40\x10\x80\x43\x00" + END), "LONG_SILENCE"),
        (file_of(NOTE_C + NOTE_D + b"\xff\xff\xff\x7f\xb0\x43\x40" + END), "LONG_SILENCE"),
    ],
)
def test_what_players_read_is_read(data: bytes, reason: str | None) -> None:
    score = midi.parse(data)
    assert [track.notes for track in score.tracks] == [(C, D)]
    assert reasons(score) == ([reason] if reason else [])
    assert midi.parse(midi.write(score)) == score


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (header(n_tracks=1) + TWO[14:], "TRACK_COUNT_WRONG"),
        (header(n_tracks=2) + chunk(NOTE_C + END) + b"\x00" + chunk(NOTE_C + END), "PADDING_BYTES"),
        (header(n_tracks=2) + chunk(NOTE_C + END, 11) + chunk(NOTE_C + END), "TRACK_LENGTHS_WRONG"),
        (header(n_tracks=2) + chunk(NOTE_C + END, 32) + chunk(NOTE_C + END), "TRACK_LENGTHS_WRONG"),
        (header(n_tracks=2) + chunk(NOTE_C + END, 500) + chunk(NOTE_C + END), "TRACK_LENGTHS_WRONG"),
        (
            header(n_tracks=2) + chunk(NOTE_C + b"\xff\xff\xff\xff\x7f", 9) + chunk(NOTE_C + END),
            "TRACKS_DAMAGED",
        ),
        (TWO + TWO, "TRAILING_BYTES"),
    ],
)
def test_the_next_track_is_found(data: bytes, reason: str) -> None:
    score = midi.parse(data)
    assert [track.notes for track in score.tracks] == [(C,), (C,)]
    assert reasons(score) == [reason]


@pytest.mark.parametrize(("velocity", "found"), [(200, 127), (255, 127)])
def test_a_velocity_over_127_keeps_its_note(velocity: int, found: int) -> None:
    score = midi.parse(file_of(b"\x00\x90\x3c" + bytes((velocity,)) + b"\x60\x80\x3c\x00" + NOTE_D + END))
    assert score.tracks[0].notes == (C._replace(velocity=found), D)
    assert reasons(score) == ["VALUES_OUT_OF_RANGE"]


def test_a_pitch_over_127_loses_its_high_bit() -> None:
    score = midi.parse(file_of(b"\x00\x90\xbc\x40\x60\x80\xbc\x00" + NOTE_D + END))
    assert score.tracks[0].notes == (C, D)


def test_a_notice_says_in_which_tracks() -> None:
    named = b"\x00\xff\x03\x05Flute"
    clock = b"\x00\xf8"
    one = midi.parse(file_of(NOTE_C + END, named + clock + NOTE_C + END))
    two = midi.parse(file_of(clock + NOTE_C + END, NOTE_C + END, clock + NOTE_C + END))
    many = midi.parse(file_of(*[clock + NOTE_C + END] * 4))
    assert one.notices[0].message.endswith("skipped: 1 (track 2, Flute).")
    assert two.notices[0].message.endswith("skipped: 2 (tracks 1 and 3).")
    assert many.notices[0].message.endswith("skipped: 4 (in 4 tracks).")


@pytest.mark.parametrize(
    ("division", "ticks_per_quarter", "microseconds"),
    [
        (0xE728, 500, 500_000),
        (0xE801, 12, 500_000),
        (0xE764, 1250, 500_000),
        (0xE350, 1199, 500_083),
        (0xE250, 1200, 500_000),
    ],
)
def test_frames_are_read_at_their_own_speed(division: int, ticks_per_quarter: int, microseconds: int) -> None:
    tempo = b"\x00\xff\x51\x03\x0f\x42\x40"
    score = midi.parse(header(division=division) + chunk(tempo + NOTE_C + NOTE_D + END))
    assert score.tracks[0].notes == (C, D)
    assert (score.ticks_per_quarter, score.tempos) == (ticks_per_quarter, (Tempo(0, microseconds),))
    assert reasons(score) == ["TIME_IN_FRAMES"]


def test_every_beginning_of_a_file_keeps_its_notes() -> None:
    piece = Score(
        tracks=tuple(
            Track("Part", 0, channel, tuple(Note(i * 480, 240, 60 + i, 80) for i in range(8))) for channel in (0, 1)
        )
    )
    data = midi.write(piece)
    ends = [at for at in range(len(data)) if data[at : at + 1] == b"\x00" and 0x3C <= data[at - 1] <= 0x43]
    n_ended = 0
    for length in range(len(data)):
        n_ended = sum(at < length for at in ends)
        if n_ended == 0:
            continue
        score = midi.parse(data[:length])
        assert {"FILE_CUT", "TRACK_COUNT_WRONG"} & set(reasons(score))
        found = {(track.channel, note) for track in score.tracks for note in track.notes}
        assert found.issuperset([(track.channel, note) for track in piece.tracks for note in track.notes][:n_ended])
    assert n_ended == 16


def test_hostile_bytes_are_read_in_linear_time() -> None:
    rng = random.Random(1)
    size = 100_000
    for filler in (
        b"MTrk\x00\x00\x00\x00",
        b"MTrk\x7f\xff\xff\xff\x00\xff\x2f\x00",
        b"\x00\xf8",
        b"\x00\x90\xf9\xf9",
        rng.randbytes(997),
    ):
        data = HEADER + chunk(NOTE_C + filler * (size // len(filler)))
        assert midi.parse(data).n_notes >= 1


def test_a_file_of_very_many_tracks_is_read_up_to_the_limit() -> None:
    score = midi.parse(header(n_tracks=2000) + chunk(NOTE_C + END) * 2000)
    assert len(score.tracks) == 1024
    assert reasons(score) == ["TRACKS_LEFT_OUT"]
