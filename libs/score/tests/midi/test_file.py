"""Parser and writer of MIDI files: nothing is lost, and any bytes are parsed or refused with a clear fault."""

from __future__ import annotations

import contextlib
import io
import random
from dataclasses import replace

import mido
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score import midi
from score.model import Event, KeySignature, Meter, Note, Score, Tempo, Track
from servicekit.faults import Fault, MidiTooLarge, MidiUnreadable, NoNotes, UnsupportedTimeDivision

HEADER = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0"
FORMAT_2 = HEADER[:8] + b"\x00\x02" + HEADER[10:]
NOTE_C = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"
END = b"\x00\xff\x2f\x00"

PIECE = Score(
    ticks_per_quarter=480,
    tempos=(Tempo(0, 500_000), Tempo(960, 400_000)),
    meters=(Meter(0, 3, 4), Meter(1440, 7, 8)),
    keys=(KeySignature(0, -3, True),),
    tracks=(
        Track("Flöte", 73, 0, (Note(0, 480, 72, 90), Note(480, 240, 74, 80)), (Event(240, b"\xb0\x07\x64"),)),
        Track("Kit", 0, 9, (Note(0, 120, 36, 100), Note(0, 120, 42, 70))),
    ),
    title="A piece",
    others=(Event(0, b"\xff\x06intro"),),
    provenance={"seed": 7, "parents": ["a", "b"]},
)


def file_of(*bodies: bytes, header: bytes = HEADER) -> bytes:
    head = header[:10] + len(bodies).to_bytes(2, "big") + header[12:]
    return head + b"".join(b"MTrk" + len(body).to_bytes(4, "big") + body for body in bodies)


def notices(score: Score) -> dict[str, str]:
    return {each.reason: each.message for each in score.notices}


def test_a_piece_survives_writing_and_reading() -> None:
    assert midi.parse(midi.write(PIECE)) == PIECE


def test_writing_is_deterministic() -> None:
    assert midi.write(PIECE) == midi.write(replace(PIECE, provenance={"parents": ["a", "b"], "seed": 7}))


def test_the_bytes_of_a_small_file() -> None:
    score = Score(ticks_per_quarter=96, tempos=(Tempo(0, 500_000),), tracks=(Track("", 5, 1, (Note(0, 96, 60, 64),)),))
    assert midi.write(score) == bytes.fromhex(
        "4d546864 00000006 0001 0002 0060"
        "4d54726b 0000000b 00ff510307a120 60ff2f00"
        "4d54726b 0000000e 00c105 00913c40 603c00 00ff2f00"
    )


def test_other_libraries_read_what_is_written() -> None:
    data = midi.write(PIECE)
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(data))
    flute, kit = theirs.instruments
    assert (flute.program, flute.is_drum, kit.is_drum) == (73, False, True)
    assert [(n.pitch, n.velocity, round(n.start, 6), round(n.end, 6)) for n in flute.notes] == [
        (72, 90, 0.0, 0.5),
        (74, 80, 0.5, 0.75),
    ]
    texts = [message.text for message in mido.MidiFile(file=io.BytesIO(data)).tracks[0] if message.type == "text"]
    assert texts == ['segue:{"parents":["a","b"],"seed":7}']


def test_what_other_libraries_write_is_read() -> None:
    theirs = mido.MidiFile(type=0, ticks_per_beat=96)
    track = theirs.add_track("Everything")
    track.append(mido.MetaMessage("key_signature", key="F#m", time=0))
    track.append(mido.Message("program_change", channel=2, program=33, time=0))
    track.append(mido.Message("note_on", channel=2, note=40, velocity=70, time=0))
    track.append(mido.Message("note_on", channel=9, note=38, velocity=99, time=48))
    track.append(mido.Message("note_on", channel=9, note=38, velocity=0, time=24))
    track.append(mido.Message("note_off", channel=2, note=40, time=24))
    out = io.BytesIO()
    theirs.save(file=out)
    score = midi.parse(out.getvalue())
    assert score.keys == (KeySignature(0, 3, True),)
    assert score.tracks == (
        Track("Everything", 33, 2, (Note(0, 96, 40, 70),)),
        Track("Everything", 0, 9, (Note(48, 24, 38, 99),)),
    )


def test_tracks_of_one_channel_share_its_program() -> None:
    score = midi.parse(file_of(b"\x00\xc0\x28" + NOTE_C + END, NOTE_C + END))
    assert [track.program for track in score.tracks] == [40, 40]


def test_a_bank_selected_before_the_program_stays_before_it() -> None:
    bank = b"\x00\xb0\x00\x01\x00\xc0\x28"
    score = midi.parse(file_of(bank + NOTE_C + END))
    assert score.tracks[0].program == 40
    assert score.tracks[0].others == (Event(0, b"\xb0\x00\x01"), Event(0, b"\xc0\x28"))
    assert midi.parse(midi.write(score)) == score


@pytest.mark.parametrize(
    ("data", "fault", "words"),
    [
        (b"", MidiUnreadable, "empty"),
        (b"hello, this is a text and no music", MidiUnreadable, "does not begin with the letters MThd"),
        (b"RIFF\x00\x00\x00\x00WAVE", MidiUnreadable, "MThd"),
        (HEADER[:9], MidiUnreadable, "cut short: a MIDI header has 14 bytes"),
        (HEADER, MidiUnreadable, "promises 1 tracks, none is there"),
        (HEADER + b"MTrk\x00\x00", MidiUnreadable, "promises 1 tracks, none is there"),
        (file_of(NOTE_C + END, NOTE_C + END, header=FORMAT_2), MidiUnreadable, "2 independent sequences"),
        (file_of(NOTE_C + END, header=HEADER[:12] + b"\xce\x28"), UnsupportedTimeDivision, "no known rate"),
        (file_of(NOTE_C + END, header=HEADER[:12] + b"\xe7\x00"), UnsupportedTimeDivision, "no known rate"),
        (file_of(NOTE_C + END, header=HEADER[:12] + b"\x00\x00"), UnsupportedTimeDivision, "0 ticks"),
        (file_of(b"\x00\x3c\x40" + END), MidiUnreadable, "no note of it can be read"),
        (file_of(b"\xff\xff\xff\xff\x00" + END), MidiUnreadable, "no note of it can be read"),
        (file_of(b"\x00\xff\x01\x7f"), MidiUnreadable, "no note of it can be read"),
        (file_of(b"\x00\x90\x3c"), MidiUnreadable, "no note of it can be read"),
        (file_of(END), NoNotes, "holds no notes"),
        (HEADER + b"\x00" * midi.MAX_BYTES, MidiTooLarge, "may have 2,097,152"),
        (file_of(b"\x00\x90\x3c\x40" + b"\x9d\x80\x00\x90\x3c\x40" * 18 + END), MidiTooLarge, "quarter notes"),
        (
            file_of(b"\x00\xff\x51\x03\xff\xff\xff\x00\x90\x3c\x40" + b"\x9d\x80\x00\x90\x3c\x40" * 8 + END),
            MidiTooLarge,
            "hours",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(data: bytes, fault: type[Fault], words: str) -> None:
    with pytest.raises(fault, match=words):
        midi.parse(data)


def test_a_note_without_end_lasts_a_whole_note_at_most() -> None:
    score = midi.parse(file_of(b"\x00\x90\x3c\x40\xce\x00\xff\x2f\x00"))
    assert score.tracks[0].notes == (Note(0, 4 * 480, 60, 64),)


def test_overlapping_notes_of_one_key_end_in_the_order_they_began() -> None:
    body = b"\x00\x90\x3c\x40\x10\x90\x3c\x41\x10\x80\x3c\x00\x20\x80\x3c\x00" + END
    assert midi.parse(file_of(body)).tracks[0].notes == (Note(0, 32, 60, 64), Note(16, 48, 60, 65))


def test_provenance_that_is_no_json_stays_a_text() -> None:
    body = b"\x00\xff\x01\x0asegue:{bad" + END
    score = midi.parse(file_of(body, NOTE_C + END))
    assert score.provenance == {}
    assert score.others == (Event(0, b"\xff\x01segue:{bad"),)


def test_a_hundred_tracks_are_read() -> None:
    score = midi.parse(file_of(*[NOTE_C + END] * 100))
    assert len(score.tracks) == 100


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Scores as `parse` gives them: notes of one key end in the order they began."""
    note = st.tuples(st.integers(0, 4000), st.integers(1, 900), st.integers(0, 127), st.integers(1, 127))
    tracks = []
    for channel in draw(st.lists(st.integers(0, 15), min_size=1, max_size=4)):
        ends: dict[int, int] = {}
        notes = []
        for onset, duration, pitch, velocity in sorted(draw(st.lists(note, min_size=1, max_size=12))):
            end = max(onset + duration, ends.get(pitch, 0))
            ends[pitch] = end
            notes.append(Note(onset, end - onset, pitch, velocity))
        notes.sort(key=lambda n: (n.onset_ticks, n.pitch, n.duration_ticks))
        volumes = sorted(draw(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 127)), max_size=3)))
        others = [Event(tick, bytes((0xB0 | channel, 7, value))) for tick, value in volumes]
        tracks.append(Track(draw(st.text(max_size=8)), draw(st.integers(0, 127)), channel, tuple(notes), tuple(others)))
    ticks = st.integers(0, 4000)
    tempos = draw(st.dictionaries(ticks, st.integers(200_000, 2_000_000), max_size=4))
    meters = draw(st.dictionaries(ticks, st.tuples(st.integers(1, 15), st.sampled_from([1, 2, 4, 8, 16])), max_size=3))
    return Score(
        ticks_per_quarter=draw(st.sampled_from([4, 24, 96, 120, 480, 960, 32767])),
        tempos=tuple(Tempo(tick, tempos[tick]) for tick in sorted(tempos)),
        meters=tuple(Meter(tick, *meters[tick]) for tick in sorted(meters)),
        tracks=tuple(tracks),
        title=draw(st.text(max_size=8)),
        provenance=draw(st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=2)),
    )


@given(scores())
@settings(max_examples=80, deadline=None)
def test_reading_what_was_written_is_the_identity(score: Score) -> None:
    assert midi.parse(midi.write(score)) == score


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    for data in (tail, HEADER + tail, HEADER + b"MTrk" + len(tail).to_bytes(4, "big") + tail):
        with contextlib.suppress(Fault):
            midi.parse(data)


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_flipped_bytes_are_read_or_refused(rng: random.Random, n_flips: int) -> None:
    data = bytearray(midi.write(PIECE))
    for _ in range(n_flips):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        score = midi.parse(bytes(data))
    except Fault:
        return
    assert midi.parse(midi.write(score)) == score


def test_a_file_cut_before_its_first_note_is_refused() -> None:
    data = midi.write(PIECE)
    first = data.index(b"\x90")
    for length in range(first):
        with pytest.raises(MidiUnreadable, match=r"empty|cut short|not a MIDI file"):
            midi.parse(data[:length])
