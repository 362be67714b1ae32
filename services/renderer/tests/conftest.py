"""Fixtures of the renderer's tests: pieces, a pipeline and the real SoundFont.

In pytest's importlib mode a test cannot import another file of its folder, so shared code comes as fixtures.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import soundfile
from renderer.encoding.encoder import OPUS_RATE_HZ, AudioFormat
from renderer.encoding.waveform import Peaks
from renderer.pipeline import AudioHeader, OutputOptions, RenderPipeline
from renderer.render_settings import RenderSettings
from renderer.settings import Settings
from renderer.soundfonts import SoundFontLibrary
from renderer.stems import Stem
from score import midi
from score.arrays import F32
from score.model import Event, Note, Score, Tempo, Track

TICKS = 480
"""Ticks per quarter of the pieces created here: at 120 BPM, the default tempo, 960 per second."""


@dataclass(frozen=True)
class Audio:
    """The result of a render, and its decoded frames."""

    header: AudioHeader
    chunks: list[bytes]
    peaks: list[Peaks]
    frames: F32

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(self.frames.astype(np.float64) ** 2)))

    @property
    def peak(self) -> float:
        return float(np.abs(self.frames).max())


@pytest.fixture(scope="session")
def track() -> Callable[..., Track]:
    """Return a function that creates a track of (onset, duration, pitch) in ticks, at velocity 100."""

    def create(
        notes: Sequence[tuple[int, int, int]], program: int = 0, channel: int = 0, others: Sequence[Event] = ()
    ) -> Track:
        return Track("", program, channel, tuple(Note(*note, 100) for note in notes), tuple(others))

    return create


@pytest.fixture(scope="session")
def score() -> Callable[..., Score]:
    """Return a function that creates a score of tracks."""

    def create(*tracks: Track, tempos: Sequence[Tempo] = ()) -> Score:
        return Score(ticks_per_quarter=TICKS, tempos=tuple(tempos), tracks=tracks)

    return create


@pytest.fixture(scope="session")
def piece(score: Callable[..., Score]) -> Callable[..., bytes]:
    """Return a function that writes a MIDI file of tracks."""

    def create(*tracks: Track, tempos: Sequence[Tempo] = ()) -> bytes:
        return midi.write(score(*tracks, tempos=tempos))

    return create


@pytest.fixture(scope="session")
def a4(track: Callable[..., Track], piece: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return a function that writes a second of A4 on the ocarina, nearly a sine, with other events."""

    def create(*others: Event, program: int = 79) -> bytes:
        return piece(track([(0, 2 * TICKS, 69)], program, others=others))

    return create


@pytest.fixture(scope="session")
def pipeline() -> RenderPipeline:
    """Return a pipeline with the default SoundFont loaded."""
    defaults = Settings()
    soundfonts = SoundFontLibrary(defaults.soundfonts, defaults.soundfont)
    soundfonts.load_default()
    return RenderPipeline(soundfonts)


@pytest.fixture(scope="session")
def render(pipeline: RenderPipeline) -> Callable[..., Audio]:
    """Return a function that renders a MIDI file and decodes the audio."""

    def render_and_decode(
        data: bytes,
        audio_format: AudioFormat = AudioFormat.WAV,
        stem: Stem | None = None,
        output: OutputOptions = OutputOptions(),  # noqa: B008  # it is frozen
        **settings: Any,
    ) -> Audio:
        settings.setdefault("sample_rate_hz", OPUS_RATE_HZ if audio_format is AudioFormat.OPUS else 44_100)
        if "loudness" not in settings:
            settings.setdefault("gain", 0.5)
        parts = list(pipeline.render(threading.Event(), data, audio_format, RenderSettings(**settings), stem, output))
        header, chunks = parts[0], [part for part in parts if isinstance(part, bytes)]
        assert isinstance(header, AudioHeader)
        frames, _ = soundfile.read(io.BytesIO(b"".join(chunks)), dtype="float32", always_2d=True)
        return Audio(header, chunks, [part for part in parts if isinstance(part, Peaks)], frames)

    return render_and_decode
