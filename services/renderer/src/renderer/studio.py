"""From a MIDI file to audio: what the service does, without how it is called."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Counter, Histogram
from score import midi
from servicekit import logs
from servicekit.faults import Cancelled, InvalidInput

from renderer.encoder import CHANNELS, Encoder, Format, make_encoder, wav_byte_count
from renderer.performance import Performance, perform
from renderer.player import play
from renderer.soundfonts import SoundFonts
from renderer.synth import Synthesizer

SAMPLE_RATES_HZ = (22_050, 44_100, 48_000)
DEFAULT_SAMPLE_RATE_HZ = 44_100
DEFAULT_GAIN = 0.5
MAX_GAIN = 2.0

RENDER_SECONDS = Histogram(
    "segue_render_seconds",
    "Seconds from the start of a render to its end, by file format; a slow reader's time counts.",
    ["format"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
RENDERED_AUDIO_SECONDS = Counter("segue_rendered_audio_seconds", "Seconds of audio rendered to their end.")


@dataclass(frozen=True, slots=True)
class Sound:
    """How a piece is rendered.

    Attributes
    ----------
    sample_rate_hz : int
        One of `SAMPLE_RATES_HZ`.
    gain : float
        The synthesiser's, above 0, at most `MAX_GAIN`.
    soundfont : str
        Name; empty for the default one.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    sample_rate_hz: int = DEFAULT_SAMPLE_RATE_HZ
    gain: float = DEFAULT_GAIN
    soundfont: str = ""

    def __post_init__(self) -> None:
        if self.sample_rate_hz not in SAMPLE_RATES_HZ:
            raise InvalidInput(
                f"The sample rate is {self.sample_rate_hz} Hz; it can be 22050, 44100 or 48000.",
                field="sample_rate_hz",
                value=self.sample_rate_hz,
            )
        if not 0.0 < self.gain <= MAX_GAIN:
            raise InvalidInput(
                f"The gain is {self.gain:g}; it can be above 0 and at most {MAX_GAIN:g}.",
                field="gain",
                value=self.gain,
                limit=MAX_GAIN,
            )


@dataclass(frozen=True, slots=True)
class Header:
    """What the audio is, known before its first sound; fields as in the contract's `AudioHeader`."""

    sample_rate_hz: int
    channel_count: int
    frame_count: int
    byte_count: int
    soundfont: str
    media_type: str


class Studio:
    """Renders pieces with the SoundFonts that it has.

    Parameters
    ----------
    soundfonts : SoundFonts
        Where they come from.
    """

    def __init__(self, soundfonts: SoundFonts) -> None:
        self.soundfonts = soundfonts

    def measure(self, data: bytes, sound: Sound) -> Header:
        """Tell how long a MIDI file's WAV will be.

        Raises
        ------
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes
            As `score.midi.parse`.
        SoundFontNotFound
            If there is no SoundFont of that name.
        """
        performance = perform(midi.parse(data), sound.sample_rate_hz)
        return _header(performance, Format.WAV, self.soundfonts.find(sound.soundfont))

    def render(
        self, cancelled: threading.Event, data: bytes, file_format: Format, sound: Sound
    ) -> Iterator[Header | bytes]:
        """Yield the header, then the file's bytes as they are made, none of them empty.

        Raises
        ------
        Cancelled
            If ``cancelled`` is set on the way.
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes, SoundFontNotFound
            As `measure`.
        """
        performance = perform(midi.parse(data), sound.sample_rate_hz)
        path = self.soundfonts.find(sound.soundfont)
        with self.soundfonts.synthesizer(path, sound.sample_rate_hz, len(performance.parts)) as synthesizer:
            synthesizer.set_gain(sound.gain)
            yield _header(performance, file_format, path)
            encoder = make_encoder(file_format, performance.sample_rate_hz, performance.frame_count)
            started_s = time.monotonic()
            yield from filter(None, _encoded(cancelled, performance, synthesizer, encoder))
            _record(performance, file_format, time.monotonic() - started_s)


def _encoded(
    cancelled: threading.Event, performance: Performance, synthesizer: Synthesizer, encoder: Encoder
) -> Iterator[bytes]:
    for frames in play(performance, synthesizer):
        if cancelled.is_set():
            raise Cancelled("The caller gave the rendering up.")
        yield encoder.encode(frames)
    yield encoder.finish()


def _record(performance: Performance, file_format: Format, took_s: float) -> None:
    audio_s = performance.frame_count / performance.sample_rate_hz
    RENDER_SECONDS.labels(file_format.value).observe(took_s)
    RENDERED_AUDIO_SECONDS.inc(audio_s)
    logs.get().info(
        "score.rendered",
        messages=len(performance.messages),
        parts=len(performance.parts),
        format=file_format.value,
        audio_s=round(audio_s, 1),
        took_ms=round(1000 * took_s),
    )


def _header(performance: Performance, file_format: Format, soundfont: Path) -> Header:
    return Header(
        sample_rate_hz=performance.sample_rate_hz,
        channel_count=CHANNELS,
        frame_count=performance.frame_count,
        byte_count=wav_byte_count(performance.frame_count) if file_format is Format.WAV else 0,
        soundfont=soundfont.stem,
        media_type=file_format.media_type,
    )
