"""Transcription of whole recordings: music, noise, silence, all formats, and damaged files."""

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
from transcriber.dense_network import TranscriptionNetworks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel
from transcriber.transcription import Progress, Transcriber, Transcription

Make = Callable[..., Any]
Song = list[tuple[float, float, int]]
RATE_HZ = 22_050


def notes_of(transcription: Transcription) -> Song:
    """Return the notes of the MIDI file, in seconds of the recording."""
    score = midi.parse(transcription.midi)
    notes = [note for track in score.tracks if not track.is_drum for note in timed_notes(score, track)]
    start_s = transcription.start_s
    return sorted((one.onset_s + start_s, one.onset_s + start_s + one.duration_s, one.pitch) for one in notes)


def f1_score(reference: Song, estimate: Song, *, ends: bool = False) -> float:
    """Return the F1 of notes whose onsets agree within 50 ms, and whose ends do within 50 ms or a fifth."""
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
def transcribed_song(transcribe: Make, play: Make, encode: Make, song: Song) -> tuple[list[Progress], Transcription]:
    result: tuple[list[Progress], Transcription] = transcribe(encode(play(song)), "A song")
    return result


def test_a_song_is_transcribed(transcribed_song: tuple[list[Progress], Transcription], song: Song) -> None:
    _, transcription = transcribed_song
    assert f1_score(song, notes_of(transcription)) > 0.9
    assert transcription.notes_confidence > 0.8
    assert transcription.duration_s == pytest.approx(32.45, abs=0.1)


def test_its_tempo_meter_and_bars_are_notes_of(transcribed_song: tuple[list[Progress], Transcription]) -> None:
    _, transcription = transcribed_song
    # Half the tempo is the same beat, written in notes of half the length.
    assert transcription.tempo_bpm in (pytest.approx(120, rel=0.005), pytest.approx(60, rel=0.005))
    assert transcription.is_constant
    assert (transcription.bars.numerator, transcription.bars.denominator) == (4, 4)
    # The song's bars are two seconds long, and a bar of the half tempo is two of them.
    assert transcription.start_s / 2 == pytest.approx(round(transcription.start_s / 2), abs=0.015)
    score = midi.parse(transcription.midi)
    assert len(score.tempos) == 1
    assert score.title == "A song"
    assert score.provenance["method"] == "transcription"


def test_its_roles_are_separated_and_named_so_that_score_agrees(
    transcribed_song: tuple[list[Progress], Transcription],
) -> None:
    _, transcription = transcribed_song
    score = midi.parse(transcription.midi)
    assert [track.name for track in score.tracks] == ["Lead", "Harmony", "Bass"]
    assert [guess.role for guess in assign(score)] == [Role.LEAD, Role.HARMONY, Role.BASS]
    bass = [note.pitch for note in score.tracks[2].notes]
    assert np.mean([pitch < 45 for pitch in bass]) > 0.9
    lead = [note.pitch for note in score.tracks[0].notes]
    assert np.mean([pitch >= 76 for pitch in lead]) > 0.85


def test_progress_names_every_stage_and_never_falls(transcribed_song: tuple[list[Progress], Transcription]) -> None:
    reports, _ = transcribed_song
    assert list(dict.fromkeys(report.stage for report in reports)) == ["decode", "listen", "notes", "beats"]
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] <= 1
    assert len(set(fractions)) > 15


def test_drums_are_a_track_of_their_own(
    transcribe: Make, play: Make, drum: Make, beat: Make, encode: Make, song: Song
) -> None:
    part = [note for note in song if note[0] < 16]
    strokes = beat(8)
    _, transcription = transcribe(encode(0.4 * play(part)[: 16 * RATE_HZ] + drum(strokes, 16)))
    drums = transcription.score.tracks[-1]
    assert (drums.name, drums.is_drum, transcription.parts[-1].role) == ("Drums", True, Role.DRUMS)
    start_s = transcription.start_s
    written = [(start_s + note.onset_s, 0.0, note.pitch) for note in timed_notes(transcription.score, drums)]
    for pitch, min_f1 in ((36, 0.7), (38, 0.8), (42, 0.5)):
        true = [(onset_s, 0.0, each) for onset_s, each in strokes if each == pitch]
        assert f1_score(true, [stroke for stroke in written if stroke[2] == pitch]) > min_f1
    assert f1_score(part, notes_of(transcription)) > 0.8
    assert midi.parse(transcription.midi).tracks[-1] == drums


def test_no_drums_are_invented(transcribed_song: tuple[list[Progress], Transcription]) -> None:
    assert Role.DRUMS not in {part.role for part in transcribed_song[1].parts}


def test_the_same_recording_gives_the_same_bytes(transcribe: Make, play: Make, encode: Make, song: Song) -> None:
    data = encode(play(song[:60]))
    assert transcribe(data)[1].midi == transcribe(data)[1].midi


@pytest.mark.parametrize(
    ("rate_hz", "channels", "kind", "subtype", "min_f1"),
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
    min_f1: float,
) -> None:  # fmt: skip
    part = [note for note in song if note[0] < 8]
    samples = np.tile(play(part, rate_hz)[:, None], (1, channels))
    _, transcription = transcribe(encode(samples, rate_hz, kind, subtype))
    assert f1_score(part, notes_of(transcription)) > min_f1


def test_a_line_with_vibrato_is_a_lead_alone(transcribe: Make, play: Make, encode: Make) -> None:
    pitches = (62, 64, 66, 67, 69, 67, 66, 64, 62, 66, 69, 74)
    line = [(0.5 + 0.6 * at, 1.05 + 0.6 * at, pitch) for at, pitch in enumerate(pitches)]
    _, transcription = transcribe(encode(play(line, vibrato_cents=45.0)))
    assert [part.role for part in transcription.parts] == [Role.LEAD]
    assert f1_score(line, notes_of(transcription)) > 0.8
    assert transcription.start_s == pytest.approx(0.5, abs=2.5)


def fault_of(function: Callable[[], object]) -> Fault | None:
    """Return the fault that a function raises."""
    try:
        function()
    except Fault as fault:
        return fault
    return None


def test_silence_has_no_notes(transcribe: Make, encode: Make) -> None:
    with pytest.raises(NoNotes, match="is silent"):
        transcribe(encode(np.zeros(3 * RATE_HZ)))


@pytest.mark.parametrize("seconds", [0.01, 0.5, 20])
def test_noise_has_hardly_any_notes(transcribe: Make, encode: Make, seconds: float) -> None:
    noise = 0.3 * np.random.default_rng(0).standard_normal(int(seconds * RATE_HZ))
    data = encode(np.clip(noise, -1, 1))
    fault = fault_of(lambda: transcribe(data))
    if fault is None:
        transcription = transcribe(data)[1]
        assert len(notes_of(transcription)) <= seconds
        assert transcription.notes_confidence < 0.8
    else:
        assert isinstance(fault, NoNotes)
        assert "No notes were found" in fault.message


def test_a_single_short_note_is_a_piece(transcribe: Make, play: Make, encode: Make) -> None:
    _, transcription = transcribe(encode(play([(0.2, 0.6, 60)])))
    assert {note[2] for note in notes_of(transcription)} == {60}
    assert "TEMPO_UNSURE" in {notice.reason for notice in transcription.notices}


def test_other_files_are_unreadable(transcribe: Make, play: Make, encode: Make) -> None:
    flac = encode(play([(0, 4, 60)]), kind="FLAC")
    for data, match in (
        (b"hello there, this is text", "cannot be decoded"),
        (b"", "cannot be decoded"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "cannot be decoded"),
        (flac[: len(flac) // 2], "damaged"),
        (encode(play([(0, 1, 60)]), kind="AU"), "cannot be decoded"),
        (encode(np.zeros((10, 40))), "40 channels"),
        (encode(np.zeros(0)), "holds no sound"),
    ):
        with pytest.raises(AudioUnreadable, match=match):
            transcribe(data)


def test_a_truncated_wav_file_is_transcribed(transcribe: Make, play: Make, encode: Make, song: Song) -> None:
    whole = encode(play([note for note in song if note[0] < 8]))
    _, transcription = transcribe(whole[: len(whole) // 2])
    assert transcription.duration_s == pytest.approx(4.2, abs=0.1)
    assert f1_score([note for note in song if note[0] < 4], notes_of(transcription)) > 0.85


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_U8"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_a_second_over_ten_minutes_is_too_long(transcribe: Make, encode: Make, kind: str, subtype: str) -> None:
    data = encode(np.zeros(601 * 8_000, np.float32), 8_000, kind, subtype)
    with pytest.raises(AudioTooLong, match="longer than 10 minutes") as refused:
        transcribe(data)
    assert refused.value.facts["limit_s"] == 600


def test_a_header_with_a_false_length_is_ignored(transcribe: Make, play: Make, encode: Make) -> None:
    data = bytearray(encode(play([(0, 2, 60)])))
    data[4:8] = data[40:44] = (2**32 - 8).to_bytes(4, "little")
    _, transcription = transcribe(bytes(data))
    assert transcription.duration_s == pytest.approx(2.5, abs=0.1)


def test_samples_that_are_not_numbers_are_silent(transcribe: Make, play: Make, encode: Make) -> None:
    samples = play([(0.2, 2, 60)])
    samples[-4000:] = np.nan
    samples[-8000:-7990] = np.inf
    _, transcription = transcribe(encode(samples, subtype="FLOAT"))
    assert 60 in {note[2] for note in notes_of(transcription)}


def test_a_transcription_can_be_cancelled(
    basic_pitch: BasicPitchModel, networks: TranscriptionNetworks, play: Make, encode: Make, song: Song, tmp_path: Path
) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(encode(play(song)))
    for stage in ("decode", "listen", "notes"):
        cancelled = threading.Event()
        events = Transcriber(basic_pitch, networks).transcribe(cancelled, path, "")
        while (report := next(events)) and isinstance(report, Progress) and report.stage != stage:
            pass
        cancelled.set()
        with pytest.raises(Cancelled, match="was cancelled"):
            next(events)
