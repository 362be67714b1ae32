"""MIDI files damaged at random, with the notes that must be read from each: those before the damage, by seed.

A mutant is a small piece of `midi_fixtures` or of this module with one to three mutations: bytes flipped, overwritten,
deleted or inserted, the end cut off, chunks swapped or repeated, lengths and header fields changed. If all of its
damage is within the events of one track, every note is expected that has ended before the damage in that track, and
all notes of the other tracks.
"""

from __future__ import annotations

import random
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import midi_fixtures

NoteKey = tuple[int, int, int, int, int]
"""Channel, onset and duration in ticks, pitch, velocity."""

_DATA_BYTES = {0xC0: 1, 0xD0: 1}
_KINDS_OF_DAMAGE = ("flip", "overwrite", "delete", "insert", "cut")


class Mutant(NamedTuple):
    """A damaged file.

    Attributes
    ----------
    data : bytes
    expected : Counter of NoteKey or None
        The notes before the damage; None if the damage is not within one track.
    """

    data: bytes
    expected: Counter[NoteKey] | None


class TrackNotes(NamedTuple):
    """The bounds of a track's events in the file, and its notes."""

    start: int
    end: int
    notes: list[tuple[int, NoteKey]]
    """Each note with the position in the file after its end."""


def mutants(n_mutants: int, seed: int) -> Iterator[Mutant]:
    """Yield damaged files; every second one is damaged within one track."""
    for index in range(n_mutants):
        rng = random.Random(f"{seed} {index}")
        data = rng.choice(originals())
        yield _damage_track(data, rng) if index % 2 else _damage_file(data, rng)


@cache
def originals() -> list[bytes]:
    """Return the undamaged pieces."""
    short = [midi_fixtures.funk(), midi_fixtures.waltz(), midi_fixtures.pop(), midi_fixtures.drums_only()]
    return short + [_with_texts_and_controllers(seed) for seed in range(8)]


def _with_texts_and_controllers(seed: int) -> bytes:
    """Return a piece of one to three tracks with running status, texts, controllers, bends and a sysex message."""
    rng = random.Random(seed)
    tracks = [b"\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x58\x04\x04\x02\x18\x08\x00\xff\x2f\x00"]
    for channel in range(rng.randint(1, 3)):
        body = b"\x00\xff\x03\x04Part" + b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7" + bytes((0, 0xC0 | channel, 40 + channel))
        for step in range(rng.randint(16, 64)):
            pitch, velocity = rng.randint(40, 90), rng.randint(1, 127)
            body += bytes((0, 0xB0 | channel, 7, velocity)) if step % 7 == 0 else b""
            body += bytes((0, 0xE0 | channel, 0, 0x40)) if step % 11 == 0 else b""
            body += b"\x00\xff\x05\x02la" if step % 5 == 0 else b""
            body += bytes((rng.choice((0, 24)), 0x90 | channel, pitch, velocity, rng.choice((48, 96)), pitch, 0))
        tracks.append(body + b"\x00\xff\x2f\x00")
    chunks = b"".join(b"MTrk" + struct.pack(">I", len(body)) + body for body in tracks)
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 96) + chunks


def _damage_track(data: bytes, rng: random.Random) -> Mutant:
    tracks = read_tracks(data)
    damaged = rng.choice([track for track in tracks if track.notes])
    position = rng.randrange(damaged.start, damaged.end)
    expected = Counter(note for track in tracks for end, note in track.notes if track is not damaged or end <= position)
    return Mutant(_damage(data, position, rng, damaged.end), expected)


def _damage(data: bytes, position: int, rng: random.Random, end: int) -> bytes:
    """Return a file with damage at a position, none before it and none from `end` on.

    Parameters
    ----------
    data : bytes
        The file.
    position : int
        Of the first damaged byte.
    rng : Random
        Chooses the damage.
    end : int
        Of the track.
    """
    kind = rng.choice(_KINDS_OF_DAMAGE if end == len(data) else _KINDS_OF_DAMAGE[:-1])
    n_bytes = min(rng.choice((1, 1, 2, 4, 8)), end - position)
    if kind == "flip":
        return data[:position] + bytes((data[position] ^ 1 << rng.randrange(8),)) + data[position + 1 :]
    if kind == "overwrite":
        return data[:position] + rng.randbytes(n_bytes) + data[position + n_bytes :]
    if kind == "delete":
        return data[:position] + data[position + n_bytes :]
    if kind == "insert":
        return data[:position] + rng.randbytes(n_bytes) + data[position:]
    return data[:position]


def _damage_file(data: bytes, rng: random.Random) -> Mutant:
    changes: tuple[Callable[[bytes, random.Random], bytes], ...] = (_damage_anywhere, _cut, _move_chunk, _change_field)
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(changes)(data, rng)
    return Mutant(data, None)


def _damage_anywhere(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 8)):
        data = _damage(data, rng.randrange(max(len(data) - 1, 1)), rng, len(data)) if len(data) > 1 else data
    return data


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _move_chunk(data: bytes, rng: random.Random) -> bytes:
    """Move or repeat what begins like a chunk."""
    parts = data.split(b"MTrk")
    source = parts[rng.randrange(len(parts))]
    parts.insert(rng.randrange(len(parts) + 1), source)
    if rng.random() < 0.5:
        parts.remove(source)
    return b"MTrk".join(parts)


def _change_field(data: bytes, rng: random.Random) -> bytes:
    """Change a field of the header or the length of a chunk."""
    lengths = [at + 4 for at in range(len(data) - 8) if data[at : at + 4] == b"MTrk"]
    at, size = rng.choice([(4, 4), (8, 2), (10, 2), (12, 2), *((at, 4) for at in lengths)])
    return data[:at] + rng.choice((rng.randbytes(size), bytes(size), b"\xff" * size)) + data[at + size :]


def read_tracks(data: bytes) -> list[TrackNotes]:
    """Read the notes of an undamaged file with the positions at which they end."""
    tracks, position = [], 14
    while position < len(data):
        (length,) = struct.unpack(">I", data[position + 4 : position + 8])
        start, position = position + 8, position + 8 + length
        tracks.append(TrackNotes(start, position, _read_notes(data, start, position)))
    return tracks


def _read_notes(data: bytes, position: int, end: int) -> list[tuple[int, NoteKey]]:
    sounding: defaultdict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
    notes, tick, status = [], 0, 0
    while position < end:
        delta, position = _read_number(data, position)
        tick += delta
        if data[position] >= 0x80:
            status, position = data[position], position + 1
        if status >= 0xF0:
            length, position = _read_number(data, position + (status == 0xFF))
            position += length
            continue
        pitch, velocity = data[position], data[position + 1]
        position += _DATA_BYTES.get(status & 0xF0, 2)
        key = (status & 0x0F, pitch)
        if status & 0xF0 == 0x90 and velocity:
            sounding[key].append((tick, velocity))
        elif status & 0xF0 in (0x80, 0x90) and sounding[key]:
            onset, onset_velocity = sounding[key].popleft()
            notes.append((position, (status & 0x0F, onset, tick - onset, pitch, onset_velocity)))
    return notes


def _read_number(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    while True:
        value, position = value << 7 | data[position] & 0x7F, position + 1
        if data[position - 1] < 0x80:
            return value, position
