"""How a piece is to sound: what a client asked, as the renderer is told it and as the cache names it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from segue.renderer.v1.renderer_pb2 import (
    AUDIO_FORMAT_FLAC,
    AUDIO_FORMAT_MP3,
    AUDIO_FORMAT_OGG,
    AUDIO_FORMAT_OPUS,
    AUDIO_FORMAT_WAV,
    AudioFormat,
    AudioHeader,
    MeasureRequest,
    RenderRequest,
    RenderSettings,
    Stem,
)

from gateway.api.schemas.requests import SoundAsk
from gateway.files.file_service import ROLES, overrides
from gateway.storage.repository import FileRecord

FORMATS: dict[str, tuple[AudioFormat.ValueType, str]] = {
    "wav": (AUDIO_FORMAT_WAV, "audio/wav"),
    "flac": (AUDIO_FORMAT_FLAC, "audio/flac"),
    "ogg": (AUDIO_FORMAT_OGG, "audio/ogg"),
    "opus": (AUDIO_FORMAT_OPUS, "audio/ogg; codecs=opus"),
    "mp3": (AUDIO_FORMAT_MP3, "audio/mpeg"),
}

PEAK_COUNT = 4096
"""Buckets of a waveform that are kept of what is played."""


@dataclass(frozen=True)
class Rendering:
    """One way to render one piece.

    Attributes
    ----------
    sha256 : str
        Of the piece's MIDI file.
    audio_format : str
        One of `FORMATS`.
    settings : RenderSettings
        Sample rate, SoundFont, loudness and effects.
    stem : Stem
        The roles that sound; empty for all. The roles that a person has set are in it only where roles are asked for.
    """

    sha256: str
    audio_format: str
    settings: RenderSettings
    stem: Stem

    @property
    def measured_by(self) -> str:
        """Name what the audio's header follows from."""
        return _digest(self.sha256, self.audio_format, _written(self.settings))

    @property
    def media_type(self) -> str:
        """Give the audio's media type."""
        return FORMATS[self.audio_format][1]

    @property
    def has_peaks(self) -> bool:
        """Whether the waveform is kept beside the audio: of what is played, not of what is saved."""
        return self.audio_format == "wav"

    def key(self, header: AudioHeader) -> str:
        """Name the audio: it follows from the notes, all settings, the SoundFont and the gain."""
        return _digest(self.measured_by, _written(self.stem), _written(header))

    def measure_request(self, midi: bytes) -> MeasureRequest:
        """Ask what the audio will be."""
        return MeasureRequest(midi=midi, settings=self.settings, format=FORMATS[self.audio_format][0])

    def render_request(self, midi: bytes) -> RenderRequest:
        """Ask for the audio."""
        return RenderRequest(
            midi=midi,
            format=FORMATS[self.audio_format][0],
            settings=self.settings,
            stem=self.stem if self.stem.roles else None,
            peak_count=PEAK_COUNT if self.has_peaks else 0,
        )


def rendering(piece: FileRecord, audio_format: str, ask: SoundAsk) -> Rendering:
    """Write what a client asked of a piece."""
    settings = RenderSettings(sample_rate_hz=ask.sample_rate or 0, soundfont=ask.soundfont or "")
    if ask.gain is not None:
        settings.gain = ask.gain
    if ask.loudness is not None:
        settings.loudness.target_lufs = ask.loudness
    if ask.reverb is not None:
        settings.reverb.level = ask.reverb
    if ask.chorus is not None:
        settings.chorus.level = ask.chorus
    roles = [ROLES[role] for role in ask.role_names]
    stem = Stem(roles=roles, role_overrides=overrides(piece.roles)) if roles else Stem()
    return Rendering(piece.sha256, audio_format, settings, stem)


def _written(message: RenderSettings | Stem | AudioHeader) -> str:
    return message.SerializeToString(deterministic=True).hex()


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]
