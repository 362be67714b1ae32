"""Whole recordings: what comes out of those that were made to be read, and of those that were not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from score import midi
from score.roles import Role, assign
from score.summary import timed_notes
from servicekit.faults import AudioTooLong, AudioUnreadable, Cancelled, Fault, NoNotes
from transcriber.dense_network import Networks
from transcriber.note_detection.basic_pitch_model import Listener
from transcriber.transcription import Step, Transcriber, Transcription

Make = Callable[..., Any]
Song = list[tuple[float, float, int]]
RATE_HZ = 22_050


def found(made: Transcription) -> Song:
    """List the notes of the MIDI file, in seconds of the recording."""
    score = midi.parse(made.midi)
    notes = [note for track in score.tracks for note in timed_notes(score, track)]
    start_s = made.start_s
    return sorted((one.onset_s + start_s, one.onset_s + start_s + one.duration_s, one.pitch) for one in notes)


def matched(reference: Song, estimate: Song, *, ends: bool = False) -> float:
    """Tell the F1 of notes whose onsets agree within 50 ms, and whose ends do within 50 ms or a fifth."""
    free, hits = list(estimate), 0
    for onset_s, end_s, pitch in reference:
        reach_s = max(0.05, 0.2 * (end_s - onset_s))
        for other in free:
            near = other[2] == pitch and abs(other[0] - onset_s) <= 0.05
            if near and (not ends or abs(other[1] - end_s) <= reach_s):
                free.remove(other)
                hits += 1
                break
    return 2 * hits / max(len(reference) + len(estimate), 1)


@pytest.fixture(scope="module")
def song_made(transcribe: Make, play: Make, encode: Make, song: Song) -> tuple[list[Step], Transcription]:
    result: tuple[list[Step], Transcription] = transcribe(encode(play(song)), "A song")
    return result


def test_a_song_is_written_down(song_made: tuple[list[Step], Transcription], song: Song) -> None:
    _, made = song_made
    assert matched(song, found(made)) > 0.9
    assert made.confidence > 0.8
    assert made.duration_s == pytest.approx(32.45, abs=0.1)


def test_its_tempo_meter_and_bars_are_found(song_made: tuple[list[Step], Transcription]) -> None:
    _, made = song_made
    # Half the tempo is the same beat, written in notes of half the length.
    assert made.tempo_bpm in (pytest.approx(120, rel=0.005), pytest.approx(60, rel=0.005))
    assert made.is_constant
    assert (made.bars.numerator, made.bars.denominator) == (4, 4)
    # The song's bars are two seconds long, and a bar of the half tempo is two of them.
    assert made.start_s / 2 == pytest.approx(round(made.start_s / 2), abs=0.015)
    score = midi.parse(made.midi)
    assert len(score.tempos) == 1
    assert score.title == "A song"
    assert score.provenance["method"] == "transcription"


def test_its_lead_and_bass_are_told_apart_and_named_so_that_score_agrees(
    song_made: tuple[list[Step], Transcription],
) -> None:
    _, made = song_made
    score = midi.parse(made.midi)
    assert [track.name for track in score.tracks] == ["Lead", "Harmony", "Bass"]
    assert [guess.role for guess in assign(score)] == [Role.LEAD, Role.HARMONY, Role.BASS]
    bass = [note.pitch for note in score.tracks[2].notes]
    assert np.mean([pitch < 45 for pitch in bass]) > 0.9
    lead = [note.pitch for note in score.tracks[0].notes]
    assert np.mean([pitch >= 76 for pitch in lead]) > 0.85


def test_steps_tell_every_stage_and_never_fall(song_made: tuple[list[Step], Transcription]) -> None:
    steps, _ = song_made
    assert list(dict.fromkeys(step.stage for step in steps)) == ["decode", "listen", "notes", "beats"]
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] <= 1
    assert len(set(fractions)) > 15


def test_drums_are_said_to_be_left_out(song_made: tuple[list[Step], Transcription]) -> None:
    assert song_made[1].notices[0].reason == "DRUMS_NOT_TRANSCRIBED"


def test_the_same_recording_gives_the_same_bytes(transcribe: Make, play: Make, encode: Make, song: Song) -> None:
    data = encode(play(song[:60]))
    assert transcribe(data)[1].midi == transcribe(data)[1].midi


@pytest.mark.parametrize(
    ("rate_hz", "channels", "kind", "subtype", "least"),
    [
        (8_000, 1, "WAV", "PCM_16", 0.75),
        (44_100, 2, "WAV", "PCM_24", 0.9),
        (48_000, 2, "FLAC", "PCM_24", 0.9),
        (44_100, 1, "OGG", "VORBIS", 0.9),
        (44_100, 2, "MP3", "MPEG_LAYER_III", 0.9),
        (22_050, 1, "WAV", "FLOAT", 0.9),
        (22_050, 1, "WAV", "PCM_U8", 0.75),
    ],
)
def test_rates_channels_depths_and_formats(
    transcribe: Make, play: Make, encode: Make, song: Song, rate_hz: int, channels: int, kind: str, subtype: str,
    least: float,
) -> None:  # fmt: skip
    part = [note for note in song if note[0] < 8]
    samples = np.tile(play(part, rate_hz)[:, None], (1, channels))
    _, made = transcribe(encode(samples, rate_hz, kind, subtype))
    assert matched(part, found(made)) > least


def test_a_sung_line_with_vibrato_is_a_lead_alone(transcribe: Make, play: Make, encode: Make) -> None:
    pitches = (62, 64, 66, 67, 69, 67, 66, 64, 62, 66, 69, 74)
    line = [(0.5 + 0.6 * at, 1.05 + 0.6 * at, pitch) for at, pitch in enumerate(pitches)]
    _, made = transcribe(encode(play(line, vibrato_cents=45.0)))
    assert [part.role for part in made.parts] == [Role.LEAD]
    assert matched(line, found(made)) > 0.8
    assert made.start_s == pytest.approx(0.5, abs=2.5)


def fault_of(act: Callable[[], object]) -> Fault | None:
    """Give the fault that something raises."""
    try:
        act()
    except Fault as fault:
        return fault
    return None


def test_silence_holds_no_notes(transcribe: Make, encode: Make) -> None:
    with pytest.raises(NoNotes, match="is silent"):
        transcribe(encode(np.zeros(3 * RATE_HZ)))


@pytest.mark.parametrize("seconds", [0.01, 0.5, 20])
def test_noise_holds_no_notes_or_next_to_none(transcribe: Make, encode: Make, seconds: float) -> None:
    noise = 0.3 * np.random.default_rng(0).standard_normal(int(seconds * RATE_HZ))
    data = encode(np.clip(noise, -1, 1))
    fault = fault_of(lambda: transcribe(data))
    if fault is None:
        made = transcribe(data)[1]
        assert len(found(made)) <= seconds
        assert made.confidence < 0.8
    else:
        assert isinstance(fault, NoNotes)
        assert "No notes are heard" in fault.message


def test_one_short_note_is_a_piece(transcribe: Make, play: Make, encode: Make) -> None:
    _, made = transcribe(encode(play([(0.2, 0.6, 60)])))
    assert {note[2] for note in found(made)} == {60}
    assert "TEMPO_UNSURE" in {notice.reason for notice in made.notices}


def test_what_is_no_audio_is_unreadable(transcribe: Make, play: Make, encode: Make) -> None:
    flac = encode(play([(0, 4, 60)]), kind="FLAC")
    for data, match in (
        (b"hello there, this is text", "cannot be decoded"),
        (b"", "cannot be decoded"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "cannot be decoded"),
        (flac[: len(flac) // 2], "damaged"),
        (encode(play([(0, 1, 60)]), kind="AIFF"), "format AIFF"),
        (encode(np.zeros((10, 40))), "40 channels"),
        (encode(np.zeros(0)), "holds no sound"),
    ):
        with pytest.raises(AudioUnreadable, match=match):
            transcribe(data)


def test_a_wav_file_that_breaks_off_gives_what_there_is(transcribe: Make, play: Make, encode: Make, song: Song) -> None:
    whole = encode(play([note for note in song if note[0] < 8]))
    _, made = transcribe(whole[: len(whole) // 2])
    assert made.duration_s == pytest.approx(4.2, abs=0.1)
    assert matched([note for note in song if note[0] < 4], found(made)) > 0.85


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_U8"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_a_second_over_ten_minutes_is_too_long(transcribe: Make, encode: Make, kind: str, subtype: str) -> None:
    data = encode(np.zeros(601 * 8_000, np.float32), 8_000, kind, subtype)
    with pytest.raises(AudioTooLong, match="longer than 10 minutes") as refused:
        transcribe(data)
    assert refused.value.facts["limit_s"] == 600


def test_a_header_that_promises_an_hour_costs_nothing(transcribe: Make, play: Make, encode: Make) -> None:
    data = bytearray(encode(play([(0, 2, 60)])))
    data[4:8] = data[40:44] = (2**32 - 8).to_bytes(4, "little")
    _, made = transcribe(bytes(data))
    assert made.duration_s == pytest.approx(2.5, abs=0.1)


def test_samples_that_are_no_numbers_are_silent(transcribe: Make, play: Make, encode: Make) -> None:
    samples = play([(0.2, 2, 60)])
    samples[-4000:] = np.nan
    samples[-8000:-7990] = np.inf
    _, made = transcribe(encode(samples, subtype="FLOAT"))
    assert 60 in {note[2] for note in found(made)}


def test_work_that_is_given_up_ends(
    listener: Listener, networks: Networks, play: Make, encode: Make, song: Song, tmp_path: Path
) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(encode(play(song)))
    for wanted in ("decode", "listen", "notes"):
        cancelled = threading.Event()
        steps = Transcriber(listener, networks).transcribe(cancelled, path, "")
        while (step := next(steps)) and isinstance(step, Step) and step.stage != wanted:
            pass
        cancelled.set()
        with pytest.raises(Cancelled, match="given up"):
            next(steps)
