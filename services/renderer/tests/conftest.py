"""Pieces, a studio and the real SoundFont for the renderer's tests.

pytest's importlib mode lets no test import another file of its folder, so what they share comes as fixtures.
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
from numpy.typing import NDArray
from renderer.encoding.encoder import OPUS_RATE_HZ, Format
from renderer.encoding.waveform import Peaks
from renderer.pipeline import Header, Studio
from renderer.render_settings import Sound
from renderer.settings import Settings
from renderer.soundfonts import SoundFonts
from renderer.stems import Stem
from score import midi
from score.model import Event, Note, Score, Tempo, Track

TICKS = 480
"""Ticks a quarter of the pieces made here: at 120 BPM, which is where nothing else is said, 960 a second."""


@dataclass(frozen=True)
class Audio:
    """A render, and what it decodes to."""

    header: Header
    chunks: list[bytes]
    peaks: list[Peaks]
    frames: NDArray[np.float32]

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
    """Make a track of (onset, duration, pitch) in ticks, at velocity 100."""

    def made(
        notes: Sequence[tuple[int, int, int]], program: int = 0, channel: int = 0, others: Sequence[Event] = ()
    ) -> Track:
        return Track("", program, channel, tuple(Note(*note, 100) for note in notes), tuple(others))

    return made


@pytest.fixture(scope="session")
def score() -> Callable[..., Score]:
    """Make a score of tracks."""

    def made(*tracks: Track, tempos: Sequence[Tempo] = ()) -> Score:
        return Score(ticks_per_quarter=TICKS, tempos=tuple(tempos), tracks=tracks)

    return made


@pytest.fixture(scope="session")
def piece(score: Callable[..., Score]) -> Callable[..., bytes]:
    """Make a MIDI file of tracks."""

    def made(*tracks: Track, tempos: Sequence[Tempo] = ()) -> bytes:
        return midi.write(score(*tracks, tempos=tempos))

    return made


@pytest.fixture(scope="session")
def a4(track: Callable[..., Track], piece: Callable[..., bytes]) -> Callable[..., bytes]:
    """Make a second of A4 on the ocarina, which is nearly a sine, with other events."""

    def made(*others: Event, program: int = 79) -> bytes:
        return piece(track([(0, 2 * TICKS, 69)], program, others=others))

    return made


@pytest.fixture(scope="session")
def studio() -> Studio:
    """Give a studio with the default SoundFont loaded."""
    defaults = Settings()
    soundfonts = SoundFonts(defaults.soundfonts, defaults.soundfont)
    soundfonts.load_default()
    return Studio(soundfonts)


@pytest.fixture(scope="session")
def render(studio: Studio) -> Callable[..., Audio]:
    """Render a MIDI file and decode what came."""

    def rendered(
        data: bytes, file_format: Format = Format.WAV, stem: Stem | None = None, peak_count: int = 0, **sound: Any
    ) -> Audio:
        sound.setdefault("sample_rate_hz", OPUS_RATE_HZ if file_format is Format.OPUS else 44_100)
        if "loudness" not in sound:
            sound.setdefault("gain", 0.5)
        parts = list(studio.render(threading.Event(), data, file_format, Sound(**sound), stem, peak_count))
        header, chunks = parts[0], [part for part in parts if isinstance(part, bytes)]
        assert isinstance(header, Header)
        frames, _ = soundfile.read(io.BytesIO(b"".join(chunks)), dtype="float32", always_2d=True)
        return Audio(header, chunks, [part for part in parts if isinstance(part, Peaks)], frames)

    return rendered
