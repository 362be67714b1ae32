"""How a piece is rendered: the client's parameters as the renderer's request and as the cache's key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from contract import roles
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
    RoleLevel,
    Stem,
)

from gateway.clients.grpc_requests import build_role_overrides
from gateway.storage.rows import FileRow

FORMATS: dict[str, tuple[AudioFormat.ValueType, str]] = {
    "wav": (AUDIO_FORMAT_WAV, "audio/wav"),
    "flac": (AUDIO_FORMAT_FLAC, "audio/flac"),
    "ogg": (AUDIO_FORMAT_OGG, "audio/ogg"),
    "opus": (AUDIO_FORMAT_OPUS, "audio/ogg; codecs=opus"),
    "mp3": (AUDIO_FORMAT_MP3, "audio/mpeg"),
}
"""Value and media type of each audio format."""

PLAYBACK_BPS = {"lead": 20_000, "harmony": 26_000, "bass": 16_000, "drums": 24_000}
"""Average bits per second of a role as Opus for playback."""
PLAYBACK_MIX_BPS = 62_000
"""Average bits per second of several roles together. With all four roles beside it, a minute has 1.2 MB at most."""

N_PEAKS = 4096
"""Intervals of the waveform that is stored with audio for playback."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """What a client may choose about the sound; None takes the renderer's default.

    Attributes
    ----------
    loudness : float or None
        Target of the whole piece in LUFS.
    gain : float or None
        Gain of the synthesizer, instead of a loudness.
    reverb, chorus : float or None
        Levels; 0 for none.
    sample_rate : int or None
        In Hz.
    role_names : tuple of str
        The roles of the stem; empty for all.
    levels : tuple of (str, float)
        Factors of the amplitude of roles, other than 1.
    """

    loudness: float | None = None
    gain: float | None = None
    reverb: float | None = None
    chorus: float | None = None
    sample_rate: int | None = None
    soundfont: str | None = None
    role_names: tuple[str, ...] = ()
    levels: tuple[tuple[str, float], ...] = ()


_PREFIX_CHARACTERS = 16


@dataclass(frozen=True)
class RenderSpec:
    """One way to render one piece.

    Attributes
    ----------
    sha256 : str
        Hash of the piece's MIDI file.
    audio_format : str
        One of `FORMATS`.
    settings : RenderSettings
        Sample rate, SoundFont, loudness and effects.
    stem : Stem
        The roles to render, empty for all, and the roles that a user has set, which also decide what sounds as drums.
    drum_tracks : tuple of int
        The tracks that sound as drums: of the roles that a user has set, only these change how the whole piece sounds.
    bit_rate_bps : int
        Average bits per second of Opus for playback; 0 for the renderer's default.
    separate_stems : bool
        Whether the audio has further channels with the stems.
    """

    sha256: str
    audio_format: str
    settings: RenderSettings
    stem: Stem
    drum_tracks: tuple[int, ...] = ()
    bit_rate_bps: int = 0
    separate_stems: bool = False

    @property
    def measure_key(self) -> str:
        """Key of everything that decides the length and the gain."""
        extent = [_serialize(self.stem)] if self.separate_stems else []
        return _digest(self.sha256, self.audio_format, _serialize(self.settings), str(self.drum_tracks), *extent)

    @property
    def media_type(self) -> str:
        """Media type of the audio."""
        return FORMATS[self.audio_format][1]

    @property
    def has_peaks(self) -> bool:
        """Whether the waveform is stored beside the audio: only for playback, not for downloads."""
        return (self.audio_format == "wav" or self.bit_rate_bps > 0) and not self.separate_stems

    def key(self, header: AudioHeader) -> str:
        """Return the key of the audio: it depends on the notes, all settings, the SoundFont and the gain.

        It begins with `piece_prefix`.
        """
        stem = self.stem if self.stem.roles or self.stem.levels else Stem()
        extent = [str(self.bit_rate_bps)] if self.bit_rate_bps else []
        return piece_prefix(self.sha256) + _digest(self.measure_key, _serialize(stem), _serialize(header), *extent)

    def measure_request(self, midi: bytes) -> MeasureRequest:
        """Build the request for the audio's header."""
        return MeasureRequest(
            midi=midi,
            settings=self.settings,
            format=FORMATS[self.audio_format][0],
            role_overrides=self.stem.role_overrides,
            separate_stems=self.separate_stems,
        )

    def render_request(self, midi: bytes) -> RenderRequest:
        """Build the request for the audio."""
        return RenderRequest(
            midi=midi,
            format=FORMATS[self.audio_format][0],
            settings=self.settings,
            stem=self.stem,
            peak_count=N_PEAKS if self.has_peaks else 0,
            bit_rate_bps=self.bit_rate_bps,
            separate_stems=self.separate_stems,
        )

    def for_playback(self) -> RenderSpec:
        """Return the same with the bit rate for playback, if the format is Opus."""
        if self.audio_format != "opus":
            return self
        names = [roles.from_proto(role, "roles") for role in self.stem.roles]
        return replace(self, bit_rate_bps=PLAYBACK_BPS[names[0]] if len(names) == 1 else PLAYBACK_MIX_BPS)

    def with_stems(self) -> RenderSpec:
        """Return the same with the stems in further channels."""
        return replace(self, separate_stems=True)


def build_render_spec(piece: FileRow, audio_format: str, options: RenderOptions) -> RenderSpec:
    """Build the render settings of a piece.

    Parameters
    ----------
    piece : FileRow
        The piece, with the roles that a user has set.
    audio_format : str
        One of `FORMATS`.
    options : RenderOptions
        What the client chose.
    """
    settings = RenderSettings(sample_rate_hz=options.sample_rate or 0, soundfont=options.soundfont or "")
    if options.gain is not None:
        settings.gain = options.gain
    if options.loudness is not None:
        settings.loudness.target_lufs = options.loudness
    if options.reverb is not None:
        settings.reverb.level = options.reverb
    if options.chorus is not None:
        settings.chorus.level = options.chorus
    stem = Stem(
        roles=[roles.to_proto(name) for name in options.role_names],
        role_overrides=build_role_overrides(piece.roles),
        levels=[RoleLevel(role=roles.to_proto(name), level=level) for name, level in options.levels],
    )
    tracks = piece.summary.tracks if piece.summary else []
    drum_tracks = tuple(track.track for track in tracks if track.is_drum)
    return RenderSpec(piece.sha256, audio_format, settings, stem, drum_tracks)


def _serialize(message: RenderSettings | Stem | AudioHeader) -> str:
    return message.SerializeToString(deterministic=True).hex()


def piece_prefix(sha256: str) -> str:
    """Return what the keys of all audio of a piece begin with, so that it can be found when the piece is erased."""
    return sha256[:_PREFIX_CHARACTERS]


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]
