"""Rendered audio: length, pitch, timing and level; it starts early and is deterministic."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from renderer.encoding.encoder import AudioFormat
from renderer.encoding.waveform import Peaks
from renderer.pipeline import RENDERED_AUDIO_SECONDS, AudioHeader, RenderPipeline
from renderer.render_settings import RenderSettings
from renderer.soundfonts import SoundFontLibrary
from score.arrays import F32, F64
from score.model import Event, Tempo, Track
from servicekit.faults import Cancelled, InvalidInput, NoNotes, SoundFontMissing, SoundFontNotFound

RATE_HZ = 44_100
QUARTER = 480

Render = Callable[..., Any]
Make = Callable[..., Any]


def loudest_hz(frames: F32) -> float:
    """Find the strongest frequency of the first second."""
    second = frames[:RATE_HZ].mean(axis=1) * np.hanning(RATE_HZ)
    return float(np.argmax(np.abs(np.fft.rfft(second))))


def onsets_s(frames: F32) -> F64:
    """Find where the sound rises out of silence, in steps of 1 ms."""
    step = RATE_HZ // 1000
    levels = np.abs(frames[: len(frames) // step * step]).max(axis=1).reshape(-1, step).max(axis=1)
    loud = levels > 0.25 * levels.max()
    rises = np.flatnonzero(loud & ~np.concatenate(([False], loud[:-1])))
    far_apart = np.diff(rises, prepend=-1000) > 150
    return rises[far_apart] * step / RATE_HZ


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_length_is_what_measure_says(
    a4: Make, render: Render, pipeline: RenderPipeline, audio_format: AudioFormat
) -> None:
    rate_hz = 48_000 if audio_format is AudioFormat.OPUS else RATE_HZ
    audio = render(a4(), audio_format)
    measured = pipeline.measure(a4(), audio_format, RenderSettings(rate_hz, gain=0.5)).header
    assert measured == audio.header
    assert measured.n_frames == len(audio.frames) == 4 * rate_hz
    assert measured.n_bytes == (len(audio.data) if audio_format is AudioFormat.WAV else 0)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_sample_rates(a4: Make, render: Render, rate_hz: int) -> None:
    assert len(render(a4(), sample_rate_hz=rate_hz).frames) == 4 * rate_hz


def test_a4_rendered_audio_s_440_hz(a4: Make, render: Render) -> None:
    audio = render(a4())
    assert loudest_hz(audio.frames) == pytest.approx(440, abs=3)
    assert audio.rms > 0.02


def test_pitch_bend_is_heard(a4: Make, render: Render) -> None:
    assert loudest_hz(render(a4(Event(0, b"\xe0\x7f\x7f"))).frames) == pytest.approx(493.9, abs=4)


def test_volume_controller_is_heard(a4: Make, render: Render) -> None:
    assert render(a4(Event(0, b"\xb0\x07\x00"))).rms < 1e-4


def test_a_key_that_is_struck_while_it_sounds_is_heard_to_its_end(piece: Make, track: Make, render: Render) -> None:
    # Each note lasts for a second and a half at 120 BPM, and the next one begins after a second.
    frames = render(piece(track([(960 * each, 1440, 62) for each in range(3)], 19))).frames
    loudness = [float(np.abs(frames[at * 4410 : (at + 1) * 4410]).max()) for at in range(34)]
    assert min(loudness) > max(loudness) / 20


def test_program_changes_are_heard(a4: Make, render: Render) -> None:
    ocarina, changed = render(a4()), render(a4(Event(QUARTER // 2, b"\xc0\x00")))
    np.testing.assert_array_equal(ocarina.frames, changed.frames)
    flute = render(a4(program=73))
    assert np.abs(flute.frames - ocarina.frames).max() > 0.01


def test_a_long_release_is_heard_and_fades_without_a_cut(piece: Make, track: Make, render: Render) -> None:
    crash = render(piece(track([(0, QUARTER // 4, 49)], channel=9))).frames
    levels = [float(np.abs(crash[start : start + RATE_HZ // 4]).max()) for start in range(0, len(crash), RATE_HZ // 4)]
    assert levels[8] > 0.02 * max(levels), "two seconds after the stroke the cymbal still rings"
    assert np.all(np.diff(levels[2:]) < 0), "it only ever gets softer"
    assert np.abs(np.diff(crash[-RATE_HZ // 10 :], axis=0)).max() < 1e-3
    assert np.abs(crash[-200:]).max() < 1e-4


def test_there_is_no_endless_silence(a4: Make, render: Render) -> None:
    assert len(render(a4()).frames) == 4 * RATE_HZ
    np.testing.assert_array_equal(render(a4()).frames[-1], 0)


def test_the_tenth_part_is_no_drum_kit(piece: Make, track: Make, render: Render) -> None:
    silent = [track([(0, 1, 60)], program, channel) for channel, program in enumerate(range(20, 29))]
    tenth = track([(4 * QUARTER, 2 * QUARTER, 69)], 0, 10)
    audio = render(piece(*silent, tenth))
    assert loudest_hz(audio.frames[2 * RATE_HZ :]) == pytest.approx(440, abs=3)


def test_loud_music_stays_below_full_scale(piece: Make, track: Make, render: Render) -> None:
    crowd = [track([(0, 4 * QUARTER, pitch) for pitch in range(36, 96, 2)], 61, channel) for channel in range(8)]
    audio = render(piece(*crowd), gain=2.0)
    assert 0.75 < audio.peak < 0.8
    assert render(piece(*crowd[:1]), gain=0.02).peak < 0.3


def test_timing_follows_tempo_changes(piece: Make, track: Make, render: Render) -> None:
    strokes = track([(beat * QUARTER, QUARTER // 4, 76) for beat in range(5)], program=115)
    tempos = [Tempo(0, 500_000), Tempo(2 * QUARTER, 1_000_000), Tempo(3 * QUARTER, 750_000)]
    found = onsets_s(render(piece(strokes, tempos=tempos)).frames)
    np.testing.assert_allclose(found - found[0], [0.0, 0.5, 1.0, 2.0, 2.75], atol=0.004)


def test_drums_play_the_kit(piece: Make, track: Make, render: Render) -> None:
    kit = render(piece(track([(0, QUARTER, 38)], channel=9)))
    piano = render(piece(track([(0, QUARTER, 38)], channel=0)))
    assert kit.rms > 0.005
    # A snare is noise: its spectrum lies far above that of the piano's D2.
    centroids = [
        float((np.abs(spectrum) * np.arange(len(spectrum))).sum() / np.abs(spectrum).sum())
        for spectrum in (np.fft.rfft(audio.frames[:RATE_HZ, 0]) for audio in (kit, piano))
    ]
    assert centroids[0] > 1.5 * centroids[1]


def test_a_hundred_tracks_all_sound(piece: Make, track: Make, render: Render) -> None:
    def at(index: int) -> Track:
        channel = index % 16
        created: Track = track([(index * QUARTER, QUARTER // 2, 76)], 115 if channel != 9 else 0, channel)
        return created

    audio = render(piece(*(at(index) for index in range(100))))
    beats = [audio.frames[start : start + RATE_HZ // 4] for start in range(0, 50 * RATE_HZ, RATE_HZ // 2)]
    assert min(float(np.abs(beat).max()) for beat in beats) > 0.02


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_the_same_piece_gives_the_same_bytes(a4: Make, render: Render, audio_format: AudioFormat) -> None:
    assert render(a4(program=48), audio_format).data == render(a4(program=48), audio_format).data


def test_what_was_rendered_before_is_not_heard(a4: Make, piece: Make, track: Make, render: Render) -> None:
    before = render(a4()).data
    render(piece(track([(0, QUARTER, 40)], 61, others=[Event(0, b"\xb0\x40\x7f"), Event(0, b"\xe0\x00\x00")])))
    assert render(a4()).data == before


def test_a_render_is_counted(a4: Make, render: Render) -> None:
    before = rendered_audio_s()
    render(a4())
    assert rendered_audio_s() - before == pytest.approx(4)


def rendered_audio_s() -> float:
    """Return the seconds of audio rendered so far, by the metric."""
    return next(sample.value for metric in RENDERED_AUDIO_SECONDS.collect() for sample in metric.samples)


def long_render(
    pipeline: RenderPipeline, piece: Make, track: Make, cancelled: threading.Event
) -> Iterator[AudioHeader | bytes | Peaks]:
    """Start to render ten minutes."""
    notes = [(beat * QUARTER, QUARTER, 60) for beat in range(1200)]
    return pipeline.render(cancelled, piece(track(notes)), AudioFormat.WAV, RenderSettings(gain=0.5))


def test_sound_comes_long_before_the_end(pipeline: RenderPipeline, piece: Make, track: Make) -> None:
    parts = long_render(pipeline, piece, track, threading.Event())
    header, *chunks = islice(parts, 3)
    assert isinstance(header, AudioHeader)
    assert header.n_bytes > 100_000_000
    assert [len(chunk) for chunk in chunks if isinstance(chunk, bytes)] == [44 + (2048 - 64) * 4, 4096 * 4]


def test_cancelling_stops_at_the_next_chunk(pipeline: RenderPipeline, piece: Make, track: Make) -> None:
    cancelled = threading.Event()
    parts = long_render(pipeline, piece, track, cancelled)
    assert len(list(islice(parts, 4))) == 4
    cancelled.set()
    with pytest.raises(Cancelled, match="cancelled the rendering"):
        next(parts)


def test_synthesizers_share_a_soundfont(pipeline: RenderPipeline) -> None:
    path = pipeline.soundfonts.find("")
    with pipeline.soundfonts.synthesizers(path, RATE_HZ, 16, 1):
        before = resident_bytes()
        with pipeline.soundfonts.synthesizers(path, RATE_HZ, 16, 8):
            grown = resident_bytes() - before
    assert grown < 40_000_000, "each would be 12 MB if it parsed the file by itself, and 150 MB with samples of its own"


def resident_bytes() -> int:
    """Return the resident memory of this process, in bytes."""
    fields = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) * 1024


@pytest.mark.parametrize("name", ["Nowhere", "../sf2/FluidR3_GM", "/etc/passwd", "FluidR3_GM.sf2"])
def test_a_soundfont_that_is_not_there(pipeline: RenderPipeline, a4: Make, name: str) -> None:
    with pytest.raises(SoundFontNotFound, match="There is no SoundFont"):
        pipeline.measure(a4(), AudioFormat.WAV, RenderSettings(soundfont=name))


def test_a_soundfont_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "Broken.sf2").write_bytes(b"RIFF nothing of the kind")
    soundfonts = SoundFontLibrary(tmp_path, "Broken")
    with pytest.raises(SoundFontMissing, match=r"The SoundFont Broken cannot be read\. Install one"):
        soundfonts.load_default()
    with pytest.raises(SoundFontMissing, match="There is no SoundFont Absent"):
        SoundFontLibrary(tmp_path, "Absent").load_default()


@pytest.mark.parametrize(
    ("field", "value"), [("sample_rate_hz", 8000), ("gain", 0.0), ("gain", 10.5), ("gain", float("nan"))]
)
def test_settings_out_of_range(field: str, value: float) -> None:
    with pytest.raises(InvalidInput, match="it can be") as caught:
        RenderSettings(**{field: value})  # type: ignore[arg-type]
    assert caught.value.facts["field"] == field


def test_a_piece_without_notes(pipeline: RenderPipeline, piece: Make) -> None:
    with pytest.raises(NoNotes, match="holds no notes"):
        pipeline.measure(piece(), AudioFormat.WAV, RenderSettings())
