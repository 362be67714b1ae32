"""Synthetic recordings, and the loaded networks, for the transcriber's tests.

In pytest's importlib mode a test cannot import another file of its folder, so shared code is provided as fixtures.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from score.arrays import F32
from transcriber.constants import SAMPLE_RATE_HZ
from transcriber.dense_network import TranscriptionNetworks, load_networks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel
from transcriber.note_detection.note_decoding import DetectedNote
from transcriber.transcription import Progress, Transcriber, Transcription

MODELS = Path(__file__).resolve().parents[3] / "models"


class Sound(NamedTuple):
    """A note to play: seconds and MIDI pitch."""

    onset_s: float
    end_s: float
    pitch: int


@pytest.fixture(scope="session")
def networks() -> TranscriptionNetworks:
    return load_networks(MODELS)


@pytest.fixture(scope="session")
def basic_pitch() -> BasicPitchModel:
    return BasicPitchModel()


@pytest.fixture(scope="session")
def play() -> Callable[..., F32]:
    """Play notes on a plucked string of eight partials; vibrato in cents, tail in seconds after the last note."""

    def render(
        notes: Iterable[tuple[float, float, int]],
        rate_hz: int = SAMPLE_RATE_HZ,
        vibrato_cents: float = 0.0,
        tail_s: float = 0.5,
    ) -> F32:
        sounds = [Sound(*note) for note in notes]
        audio = np.zeros(int((max(sound.end_s for sound in sounds) + tail_s) * rate_hz), np.float32)
        for sound in sounds:
            tone = _tone(sound, rate_hz, vibrato_cents)
            start = int(sound.onset_s * rate_hz)
            audio[start : start + len(tone)] += tone[: len(audio) - start]
        return np.asarray(0.7 * audio / np.abs(audio).max(), dtype=np.float32)

    return render


def _tone(sound: Sound, rate_hz: int, vibrato_cents: float) -> F32:
    length_s = sound.end_s - sound.onset_s
    time_s = np.arange(int((length_s + 0.08) * rate_hz)) / rate_hz
    pitch = sound.pitch - 69 + vibrato_cents / 100 * np.sin(2 * np.pi * 5.5 * time_s)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** (pitch / 12)) / rate_hz
    highest = int(0.45 * rate_hz / (440 * 2 ** ((sound.pitch - 68) / 12)))
    partials = [np.sin(number * phase) / number**1.3 for number in range(1, min(8, highest) + 1)]
    fades = np.minimum(1, time_s / 0.005) * np.where(time_s < length_s, 1, np.exp(-(time_s - length_s) / 0.02))
    return np.asarray(sum(partials) * fades * np.exp(-0.7 * time_s), dtype=np.float32)


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Encode samples as a file."""

    def write(samples: NDArray[Any], rate_hz: int = SAMPLE_RATE_HZ, kind: str = "WAV", subtype: str = "") -> bytes:
        file, channels = io.BytesIO(), 1 if samples.ndim == 1 else samples.shape[1]
        with soundfile.SoundFile(file, "w", rate_hz, channels, subtype or None, format=kind) as writer:
            # libsndfile crashes where minutes of Vorbis come in one call.
            for start in range(0, len(samples), 65_536):
                writer.write(samples[start : start + 65_536])
        return file.getvalue()

    return write


@pytest.fixture(scope="session")
def song() -> list[tuple[float, float, int]]:
    """Return sixteen bars of 4/4 at 120 BPM: a melody, chords on one and three, a bass; 32 seconds."""
    notes: list[tuple[float, float, int]] = []
    chords = ((48, 64, 67, 72), (45, 64, 69, 72), (41, 65, 69, 72), (43, 62, 67, 71))
    melody = (76, 79, 77, 76, 74, 76, 79, 84)
    for bar in range(16):
        bass, *upper = chords[bar % 4]
        start_s = 2.0 * bar
        notes += [(start_s, start_s + 0.95, bass - 12), (start_s + 1, start_s + 1.95, bass - 5)]
        notes += [(start_s + half, start_s + half + 0.9, pitch) for half in (0.0, 1.0) for pitch in upper]
        rhythm = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75) if bar % 2 else (0.0, 0.25, 0.5, 1.0, 1.25, 1.5)
        onsets = [start_s + at for at in rhythm]
        ends = [*onsets[1:], start_s + 2]
        notes += [
            (onset, end - 0.03, melody[(3 * bar + at) % 8] + 5)
            for at, (onset, end) in enumerate(zip(onsets, ends, strict=True))
        ]
    return sorted(notes)


@pytest.fixture(scope="session")
def beat() -> Callable[[int], list[tuple[float, int]]]:
    """Return a drum pattern at 120 BPM, of a number of bars: onsets in seconds and General MIDI pitches."""

    def build(n_bars: int) -> list[tuple[float, int]]:
        strokes = []
        for bar in range(n_bars):
            strokes += [(2.0 * bar + at, 36) for at in (0.0, 1.0, 1.25)]
            strokes += [(2.0 * bar + at, 38) for at in (0.5, 1.5)]
            strokes += [(2.0 * bar + 0.25 * at, 42) for at in range(8)]
        return sorted(strokes)

    return build


@pytest.fixture(scope="session")
def drum() -> Callable[..., F32]:
    """Play kick (36), snare (38) and closed hi-hat (42) by falling tones and noise."""

    def render(strokes: Iterable[tuple[float, int]], seconds: float) -> F32:
        noise = np.random.default_rng(0).standard_normal(int(0.3 * SAMPLE_RATE_HZ))
        time_s = np.arange(len(noise)) / SAMPLE_RATE_HZ
        kick = np.sin(2 * np.pi * (50 * time_s + 3.5 * (1 - np.exp(-time_s / 0.03)))) * np.exp(-time_s / 0.09)
        snare = 0.4 * np.sin(2 * np.pi * 190 * time_s) * np.exp(-time_s / 0.05) + 0.25 * noise * np.exp(-time_s / 0.07)
        hat = 0.15 * np.diff(noise, prepend=0) * np.exp(-time_s / 0.02)
        sounds = {36: kick, 38: snare, 42: hat}
        audio = np.zeros(int(seconds * SAMPLE_RATE_HZ) + len(noise))
        for onset_s, pitch in strokes:
            start = int(onset_s * SAMPLE_RATE_HZ)
            audio[start : start + len(noise)] += sounds[pitch]
        return np.asarray(0.6 * audio / np.abs(audio).max(), dtype=np.float32)[: int(seconds * SAMPLE_RATE_HZ)]

    return render


@pytest.fixture(scope="session")
def detected() -> Callable[..., list[DetectedNote]]:
    """Build detected notes with probability 1."""

    def build(notes: Iterable[tuple[float, float, int]]) -> list[DetectedNote]:
        return [DetectedNote(onset_s, end_s, pitch, 80, 1.0) for onset_s, end_s, pitch in sorted(notes)]

    return build


@pytest.fixture(scope="session")
def transcribe(
    basic_pitch: BasicPitchModel, networks: TranscriptionNetworks, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[list[Progress], Transcription]]:
    """Transcribe the bytes of a file; return the progress reports and the result."""
    transcriber = Transcriber(basic_pitch, networks)
    path = tmp_path_factory.mktemp("recordings") / "recording"

    def run(data: bytes, name: str = "Test") -> tuple[list[Progress], Transcription]:
        path.write_bytes(data)
        *reports, transcription = transcriber.transcribe(threading.Event(), path, name)
        assert isinstance(transcription, Transcription)
        return [report for report in reports if isinstance(report, Progress)], transcription

    return run
