"""MIDI files composed in code, for every test that needs real input.

The tests own their music, so that it is nobody else's work and each byte is the same on every machine. The three songs
have what a blend needs (lead, harmony, bass and drums in one harmony); the others are unusual but valid files that must
be accepted. `damaged_files` are a song with damage that players overlook; `invalid_files` must be refused.

Conventions: onsets and durations count quarter notes as fractions; a melody is written as ``pitch.sixteenths`` words,
``-`` for a rest, one string for each bar; chords are symbols ("Em7"), one for each bar.
"""

from __future__ import annotations

import io
import random
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import mido

TICKS_PER_QUARTER = 480
DRUM_CHANNEL = 9
KICK, SNARE, RIM, CLOSED_HAT, PEDAL_HAT, OPEN_HAT, RIDE, CRASH, TOM = 36, 38, 37, 42, 44, 46, 51, 49, 45
QUALITIES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11)}
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}


@dataclass(frozen=True)
class Note:
    """A note; onset and duration in quarters."""

    onset_quarters: Fraction
    duration_quarters: Fraction
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """A track and its instrument."""

    name: str
    program: int
    channel: int
    pan: int
    notes: list[Note]


def funk(repeats: int = 1) -> bytes:
    """Return a song in E minor, 4/4, 110 BPM, 16 bars: saxophone, electric piano, bass, drums; or repeats of it."""
    chords = _FUNK_CHORDS.split() * repeats
    stabs = [(Fraction(1, 2), Fraction(1, 4)), (Fraction(7, 4), Fraction(1, 4)), (Fraction(11, 4), Fraction(1, 2))]
    groove = [(0, 0), (3, 0), (6, 12), (8, 0), (11, 10), (14, 7)]
    drums = {KICK: (0, 3, 6, 10), SNARE: (4, 12), RIM: (7, 9), CLOSED_HAT: (0, 2, 4, 6, 8, 10, 12), OPEN_HAT: (14,)}
    parts = [
        Part("Alto sax", 65, 0, 74, _melody(_FUNK_MELODY * repeats, 100)),
        Part("Electric piano", 4, 1, 44, _comping(chords, stabs, 4, 78)),
        Part("Finger bass", 33, 2, 64, _bass(chords, groove, 4, 102)),
        Part("Drums", 0, DRUM_CHANNEL, 64, _drums(drums, 16 * repeats, 16)),
    ]
    return _file(parts, "Segue test: funk", [(0, 110.0)], (4, 4), "Em")


def waltz(repeats: int = 1) -> bytes:
    """Return a song in F major, 3/4, 150 BPM, 24 bars: flute, piano, contrabass, brushes; or repeats of it."""
    chords = _WALTZ_CHORDS.split() * repeats
    offbeats = [(Fraction(1), Fraction(3, 4)), (Fraction(2), Fraction(3, 4))]
    drums = {KICK: (0,), PEDAL_HAT: (4, 8), RIDE: (0, 4, 8), RIM: (8,)}
    parts = [
        Part("Flute", 73, 0, 70, _melody(_WALTZ_MELODY * repeats, 92)),
        Part("Piano", 0, 1, 50, _comping(chords, offbeats, 3, 68)),
        Part("Contrabass", 43, 2, 64, _bass(chords, [(0, 0), (8, 7)], 3, 90)),
        Part("Brushes", 40, DRUM_CHANNEL, 64, _drums(drums, 24 * repeats, 12)),
    ]
    return _file(parts, "Segue test: waltz", [(0, 150.0)], (3, 4), "F")


def pop(repeats: int = 1) -> bytes:
    """Return a song in G major, 4/4, 124 BPM, 16 bars: synth lead, strings, bass, drums; or repeats of it."""
    chords = _POP_CHORDS.split() * repeats
    held = [(Fraction(0), Fraction(2)), (Fraction(2), Fraction(2))]
    drums = {KICK: (0, 8, 10), SNARE: (4, 12), CLOSED_HAT: (0, 2, 4, 6, 8, 10, 12, 14), TOM: (), CRASH: ()}
    parts = [
        Part("Lead", 80, 0, 64, _melody(_POP_MELODY * repeats, 96)),
        Part("Strings", 48, 1, 80, _comping(chords, held, 4, 66)),
        Part("Picked bass", 34, 2, 64, _bass(chords, [(step, 0) for step in range(0, 16, 2)], 4, 96)),
        Part("Drums", 0, DRUM_CHANNEL, 64, _drums(drums, 16 * repeats, 16)),
    ]
    return _file(parts, "Segue test: pop", [(0, 124.0)], (4, 4), "G")


def drums_only() -> bytes:
    """Return eight bars of drums at 100 BPM, without pitched notes."""
    hits = {KICK: (0, 7, 10), SNARE: (4, 12), CLOSED_HAT: tuple(range(0, 16, 2))}
    return _file([Part("Drums", 0, DRUM_CHANNEL, 64, _drums(hits, 8, 16))], "Drums only", [(0, 100.0)], (4, 4), None)


def hundred_tracks() -> bytes:
    """Return a hundred tracks of four bars, each with its own register and program, on all channels."""
    parts = []
    for index in range(100):
        channel = index % 16
        pitch = 40 + (index * 7) % 45
        notes = [Note(Fraction(bar * 4 + index % 4), Fraction(1), pitch, 60) for bar in range(4)]
        parts.append(Part(f"Track {index + 1}", (index * 5) % 128, channel, 64, notes))
    return _file(parts, "A hundred tracks", [(0, 120.0)], (4, 4), "C")


def twenty_minutes() -> bytes:
    """Return the parts of `pop` over 640 bars at 128 BPM: exactly twenty minutes."""
    chords = _POP_CHORDS.split() * 40
    hits = {KICK: (0, 8), SNARE: (4, 12), CLOSED_HAT: (0, 4, 8, 12)}
    parts = [
        Part("Lead", 80, 0, 64, _melody(_POP_MELODY * 40, 96)),
        Part("Strings", 48, 1, 64, _comping(chords, [(Fraction(0), Fraction(4))], 4, 66)),
        Part("Bass", 34, 2, 64, _bass(chords, [(0, 0), (8, 7)], 4, 96)),
        Part("Drums", 0, DRUM_CHANNEL, 64, _drums(hits, 640, 16)),
    ]
    return _file(parts, "Twenty minutes", [(0, 128.0)], (4, 4), "G")


def seven_eight() -> bytes:
    """Return a piece in D minor, 7/8, 140 BPM, 12 bars grouped 2+2+3: clarinet, guitar, bass, drums."""
    chords = ["Dm", "Dm", "Gm", "A7"] * 3
    strums = [(Fraction(0), Fraction(1)), (Fraction(1), Fraction(1)), (Fraction(2), Fraction(3, 2))]
    hits = {KICK: (0, 4), SNARE: (8,), CLOSED_HAT: (0, 2, 4, 6, 8, 10, 12)}
    lead = ["D5.4 F5.4 E5.2 D5.4", "A4.4 D5.4 C5.2 A4.4", "Bb4.4 D5.4 G5.6", "E5.4 C#5.4 A4.6"] * 3
    quarters = Fraction(7, 2)
    parts = [
        Part("Clarinet", 71, 0, 64, _melody(lead, 95)),
        Part("Guitar", 24, 1, 64, _comping(chords, strums, quarters, 72)),
        Part("Bass", 32, 2, 64, _bass(chords, [(0, 0), (4, 7), (8, 0)], quarters, 90)),
        Part("Drums", 0, DRUM_CHANNEL, 64, _drums(hits, 12, 14)),
    ]
    return _file(parts, "Seven eight", [(0, 140.0)], (7, 8), "Dm")


def forty_tempos() -> bytes:
    """Return a scale and a bass with forty tempos, one in every bar, rising from 80 BPM to 158 in steps of two."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    lead = [Note(Fraction(step, 2), Fraction(1, 2), scale[step % 8], 90) for step in range(40 * 8)]
    bass = [Note(Fraction(bar * 4), Fraction(4), 36 + (0, 5, 7, 0)[bar % 4], 90) for bar in range(40)]
    tempos = [(bar * 4, 80.0 + 2 * bar) for bar in range(40)]
    return _file([Part("Piano", 0, 0, 64, lead), Part("Bass", 32, 1, 64, bass)], "Forty tempos", tempos, (4, 4), "C")


def invalid_files() -> dict[str, bytes]:
    """Return files that are not usable pieces, by what is wrong with them; each must be refused with a reason."""
    first_track = (song := funk()).index(b"MTrk")
    return {
        "empty": b"",
        "one_byte": b"M",
        "text": b"this is not a MIDI file, it only says so\n" * 20,
        "html": b"<!doctype html><title>404</title><p>Not found</p>",
        "zeros": bytes(4096),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(600),
        "wav": b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28),
        "header_only": song[:first_track],
        "half_a_header": song[:9],
        "tracks_without_header": song[first_track:],
        "cut_in_the_first_track": song[: first_track + 30],
        "format_2": song[:8] + struct.pack(">H", 2) + song[10:],
        "frames_of_no_rate": song[:12] + struct.pack(">bB", -50, 40) + song[14:],
        "zero_ticks_a_quarter": song[:12] + b"\x00\x00" + song[14:],
        "no_notes": _file([], "Nothing", [(0, 120.0)], (4, 4), "C"),
        "no_tracks": song[:10] + b"\x00\x00" + song[12:first_track],
        "data_byte_first": _raw_track(b"\x00\x40\x40\x00\xff\x2f\x00"),
        "endless_delta": _raw_track(b"\xff\xff\xff\xff\xff\xff\x90\x3c\x40"),
        "meta_longer_than_track": _raw_track(b"\x00\xff\x01\xff\xff\x7fhello"),
        "too_large_3_mb": song[:first_track] + _chunk(b"\x00\x90\x3c\x40" * (3 * 2**20 // 4)),
    }


def damaged_files() -> dict[str, bytes]:
    """Return copies of `funk` with damage that players overlook; each must be read, with a notice."""
    at = (song := funk()).index(b"MTrk") + 4
    return {f"header_flipped_{seed}": _flip_bits(song, seed) for seed in range(5)} | {
        "wrong_magic": b"MThx" + song[4:],
        "truncated_half": song[: len(song) // 2],
        "chunk_longer_than_file": song[:at] + struct.pack(">I", len(song) * 4) + song[at + 4 :],
        "more_tracks_than_there_are": song[:10] + struct.pack(">H", 900) + song[12:],
        "smpte_division": song[:12] + struct.pack(">bB", -25, 40) + song[14:],
        "wrapped": b"RIFF" + struct.pack("<I", len(song) + 12) + b"RMIDdata" + struct.pack("<I", len(song)) + song,
    }


def bit_flipped_files(n_files: int = 20) -> dict[str, bytes]:
    """Return copies of `funk` with random bits flipped after the header: each is read or refused, never a crash."""
    start = funk().index(b"MTrk") + 8
    return {f"body_flipped_{seed}": _flip_bits(funk(), seed, start) for seed in range(n_files)}


_FUNK_CHORDS = "Em7 Em7 A7 A7 Em7 Em7 A7 B7 Cmaj7 D Em7 Em7 Am7 B7 Em7 Em7"
_WALTZ_CHORDS = "F F Bb F C7 C7 F F Dm Dm Gm Dm A7 A7 Dm C7 F F Bb F Gm C7 F F"
_POP_CHORDS = "G D Em C G D C C Em C G D Em C D G"
_FUNK_MELODY = (
    "E5.3 D5.1 B4.2 -.2 G4.2 A4.2 B4.4",
    "-.4 B4.2 D5.2 E5.3 G5.1 E5.4",
    "C#5.3 E5.1 G5.2 E5.2 -.2 C#5.2 A4.4",
    "-.2 A4.2 C#5.2 E5.2 D5.2 C#5.2 A4.4",
    "E5.3 D5.1 B4.2 -.2 G4.2 A4.2 B4.4",
    "-.4 B4.2 D5.2 E5.2 G5.2 A5.4",
    "G5.3 E5.1 C#5.4 -.2 E5.2 C#5.2 A4.2",
    "B4.2 D#5.2 F#5.4 A5.2 F#5.2 D#5.4",
    "E5.6 G5.2 E5.4 B4.4",
    "F#5.6 A5.2 F#5.4 D5.4",
    "E5.2 G5.2 B5.4 A5.2 G5.2 E5.4",
    "-.4 D5.2 E5.2 G5.4 E5.4",
    "C5.3 E5.1 A5.4 G5.2 E5.2 C5.4",
    "B4.3 D#5.1 F#5.4 A5.4 F#5.4",
    "G5.2 E5.2 D5.2 B4.2 A4.2 G4.2 A4.2 B4.2",
    "E4.8 -.8",
)
_WALTZ_MELODY = (
    "C5.4 F5.4 A5.4",
    "A5.8 G5.4",
    "F5.4 D5.4 Bb4.4",
    "C5.8 -.4",
    "E5.4 G5.4 Bb5.4",
    "Bb5.8 A5.4",
    "A5.4 G5.4 F5.4",
    "F5.8 -.4",
    "D5.4 F5.4 A5.4",
    "A5.6 G5.2 F5.4",
    "G5.4 Bb5.4 D5.4",
    "F5.8 E5.4",
    "E5.4 C#5.4 A4.4",
    "G5.8 E5.4",
    "F5.4 E5.4 D5.4",
    "E5.4 D5.4 C5.4",
    "C5.4 F5.4 A5.4",
    "C6.8 A5.4",
    "Bb5.4 A5.4 G5.4",
    "A5.8 F5.4",
    "G5.4 Bb5.4 A5.4",
    "G5.4 E5.4 C5.4",
    "F5.8 C5.4",
    "F5.8 -.4",
)
_POP_MELODY = (
    "B4.4 D5.4 D5.2 E5.2 D5.4",
    "A4.4 D5.4 F#5.4 E5.2 D5.2",
    "E5.6 D5.2 B4.4 G4.4",
    "G4.4 E5.4 D5.4 C5.4",
    "B4.4 D5.4 G5.2 F#5.2 D5.4",
    "F#5.6 E5.2 D5.4 A4.4",
    "C5.4 E5.4 G5.6 E5.2",
    "E5.8 D5.4 -.4",
    "G5.4 F#5.2 E5.2 B4.4 E5.4",
    "E5.4 D5.2 C5.2 G4.4 C5.4",
    "D5.4 B4.4 G5.4 D5.4",
    "F#5.6 E5.2 D5.8",
    "G5.4 F#5.2 E5.2 B5.4 G5.4",
    "E5.6 G5.2 E5.4 C5.4",
    "D5.4 F#5.4 A5.4 F#5.4",
    "G5.12 -.4",
)


def _melody(bars: Sequence[str], velocity: int) -> list[Note]:
    """Parse a melody; notes on a quarter are a little louder."""
    notes = []
    step = 0
    for word in " ".join(bars).split():
        name, _, sixteenths = word.partition(".")
        if name != "-":
            accent = 8 if step % 4 == 0 else 0
            notes.append(Note(Fraction(step, 4), Fraction(int(sixteenths), 4), _pitch(name), velocity + accent))
        step += int(sixteenths)
    return notes


def _pitch(name: str) -> int:
    return LETTERS[name[0]] + ACCIDENTALS[name[1:-1]] + 12 * (int(name[-1]) + 1)


def _chord(symbol: str) -> tuple[int, tuple[int, ...]]:
    """Return a chord symbol's root as a pitch class, and the intervals above it."""
    match = re.fullmatch(r"([A-G])(#|b|)(.*)", symbol)
    if match is None:
        raise ValueError(f"{symbol} is not a chord symbol")
    return LETTERS[match[1]] + ACCIDENTALS[match[2]], QUALITIES[match[3]]


def _comping(
    chords: Sequence[str], rhythm: Sequence[tuple[Fraction, Fraction]], bar_quarters: int | Fraction, velocity: int
) -> list[Note]:
    """Return every bar's chord in a rhythm, in close position between A3 and G#4."""
    notes = []
    for bar, symbol in enumerate(chords):
        root, intervals = _chord(symbol)
        for onset, duration in rhythm:
            start = bar * Fraction(bar_quarters) + onset
            notes += [Note(start, duration, 57 + (root + i - 9) % 12, velocity) for i in intervals]
    return notes


def _bass(
    chords: Sequence[str], groove: Sequence[tuple[int, int]], bar_quarters: int | Fraction, velocity: int
) -> list[Note]:
    """Return a groove on every root from E1 upwards: (sixteenth, semitones above it), each note up to the next."""
    notes = []
    ends = [step for step, _ in groove[1:]] + [int(Fraction(bar_quarters) * 4)]
    for bar, symbol in enumerate(chords):
        root = 28 + (_chord(symbol)[0] - 4) % 12
        for (step, above), end in zip(groove, ends, strict=True):
            start = bar * Fraction(bar_quarters) + Fraction(step, 4)
            notes.append(Note(start, Fraction(min(end - step, 4), 4) * Fraction(9, 10), root + above, velocity))
    return notes


def _drums(pattern: Mapping[int, Sequence[int]], n_bars: int, steps_per_bar: int) -> list[Note]:
    """Return a repeated pattern; every eighth bar ends in a fill, and the bar after it starts with a crash."""
    notes = []
    for bar in range(n_bars):
        hits = {pitch: list(steps) for pitch, steps in pattern.items()}
        if bar % 8 == 7:
            hits[SNARE] = [*hits.get(SNARE, []), steps_per_bar - 3, steps_per_bar - 1]
            hits[TOM] = [steps_per_bar - 2]
        if bar % 8 == 0:
            hits[CRASH] = [0]
        for pitch, steps in hits.items():
            for step in sorted(set(steps)):
                loud = 104 if step % 4 == 0 else 82
                notes.append(Note(Fraction(bar * steps_per_bar + step, 4), Fraction(1, 4), pitch, loud))
    return notes


def _file(
    parts: Sequence[Part], title: str, tempos: Sequence[tuple[int, float]], meter: tuple[int, int], key: str | None
) -> bytes:
    """Return a file of format 1: a track of tempos, then one track for each part."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    file.tracks.append(_conductor(title, tempos, meter, key))
    file.tracks.extend(_track(part) for part in parts)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor(
    title: str, tempos: Sequence[tuple[int, float]], meter: tuple[int, int], key: str | None
) -> mido.MidiTrack:
    """Return the first track: title, meter, key, and tempos by quarter."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=title)])
    track.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    if key is not None:
        track.append(mido.MetaMessage("key_signature", key=key))
    last = 0
    for quarter, bpm in tempos:
        delta = (quarter - last) * TICKS_PER_QUARTER
        track.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=delta))
        last = quarter
    return track


def _track(part: Part) -> mido.MidiTrack:
    """Return a part's track: name, program, volume, pan, notes."""
    channel = part.channel
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=part.name)])
    track.append(mido.Message("program_change", channel=channel, program=part.program))
    track.append(mido.Message("control_change", channel=channel, control=7, value=100))
    track.append(mido.Message("control_change", channel=channel, control=10, value=part.pan))
    last = 0
    for tick, _, message in sorted(_messages(part), key=lambda item: item[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    return track


def _messages(part: Part) -> Iterator[tuple[int, int, mido.Message]]:
    """Yield (tick, order, message); at one tick, notes end before others begin."""
    for note in part.notes:
        start = round(note.onset_quarters * TICKS_PER_QUARTER)
        end = max(start + 1, round((note.onset_quarters + note.duration_quarters) * TICKS_PER_QUARTER))
        on = mido.Message("note_on", channel=part.channel, note=note.pitch, velocity=note.velocity)
        yield start, 1, on
        yield end, 0, mido.Message("note_off", channel=part.channel, note=note.pitch, velocity=64)


def _chunk(body: bytes) -> bytes:
    return b"MTrk" + struct.pack(">I", len(body)) + body


def _raw_track(body: bytes) -> bytes:
    """Return a file of format 0 with one track of these bytes."""
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_QUARTER) + _chunk(body)


def _flip_bits(data: bytes, seed: int, start: int = 0) -> bytes:
    """Flip a bit of each of three random bytes; without a start, one more in the first fourteen, the header."""
    source = random.Random(seed)
    damaged = bytearray(data)
    positions = [source.randrange(start, len(data)) for _ in range(3)]
    for position in positions if start else [source.randrange(14), *positions]:
        damaged[position] ^= 1 << source.randrange(8)
    return bytes(damaged)
