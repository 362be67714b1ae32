"""Conversion of the renderer's request messages into domain objects, with every value checked."""

from __future__ import annotations

from collections.abc import Iterable

from contract import roles
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.renderer.v1 import renderer_pb2 as pb
from servicekit.faults import InvalidInput

from renderer.encoding.encoder import MAX_BIT_RATE_BPS, MIN_BIT_RATE_BPS, OPUS_RATE_HZ, AudioFormat
from renderer.encoding.waveform import MAX_BUCKETS
from renderer.render_settings import DEFAULT_SAMPLE_RATE_HZ, LoudnessMethod, LoudnessTarget, RenderSettings
from renderer.stems import Overrides, Stem
from renderer.synthesis.effects import Chorus, Effects, Reverb, check_range

_FORMATS: dict[int, AudioFormat] = {
    pb.AUDIO_FORMAT_UNSPECIFIED: AudioFormat.WAV,
    pb.AUDIO_FORMAT_WAV: AudioFormat.WAV,
    pb.AUDIO_FORMAT_FLAC: AudioFormat.FLAC,
    pb.AUDIO_FORMAT_OGG: AudioFormat.OGG,
    pb.AUDIO_FORMAT_MP3: AudioFormat.MP3,
    pb.AUDIO_FORMAT_OPUS: AudioFormat.OPUS,
}
_METHODS: dict[int, LoudnessMethod] = {
    pb.LOUDNESS_METHOD_UNSPECIFIED: LoudnessMethod.PREDICTED,
    pb.LOUDNESS_METHOD_PREDICTED: LoudnessMethod.PREDICTED,
    pb.LOUDNESS_METHOD_MEASURED: LoudnessMethod.MEASURED,
}
_MAX_LEVEL = 2.0
_DEFAULT_REVERB, _DEFAULT_CHORUS = Reverb(), Chorus()


def parse_settings(settings: pb.RenderSettings, audio_format: AudioFormat) -> RenderSettings:
    """Return the render settings of a request; the default sample rate depends on the format.

    Raises
    ------
    InvalidInput
        If a value is out of range, or both a gain and a loudness are given.
    """
    default_rate_hz = OPUS_RATE_HZ if audio_format is AudioFormat.OPUS else DEFAULT_SAMPLE_RATE_HZ
    return RenderSettings(
        sample_rate_hz=settings.sample_rate_hz or default_rate_hz,
        soundfont=settings.soundfont,
        effects=Effects(_parse_reverb(settings.reverb), _parse_chorus(settings.chorus)),
        gain=_parse_gain(settings),
        loudness=_parse_loudness(settings.loudness),
    )


def _parse_reverb(reverb: pb.Reverb) -> Reverb:
    default = _DEFAULT_REVERB
    return Reverb(
        level=reverb.level if reverb.HasField("level") else default.level,
        room_size=reverb.room_size if reverb.HasField("room_size") else default.room_size,
        damping=reverb.damping if reverb.HasField("damping") else default.damping,
        width=reverb.width if reverb.HasField("width") else default.width,
    )


def _parse_chorus(chorus: pb.Chorus) -> Chorus:
    default = _DEFAULT_CHORUS
    return Chorus(
        level=chorus.level if chorus.HasField("level") else default.level,
        n_voices=chorus.voice_count if chorus.HasField("voice_count") else default.n_voices,
        speed_hz=chorus.speed_hz if chorus.HasField("speed_hz") else default.speed_hz,
        depth_ms=chorus.depth_ms if chorus.HasField("depth_ms") else default.depth_ms,
    )


def _parse_gain(settings: pb.RenderSettings) -> float | None:
    if not settings.HasField("gain"):
        return None
    if settings.HasField("loudness"):
        message = "A gain and a loudness contradict each other; give one of them, or neither for -16 LUFS."
        raise InvalidInput(message, field="gain", value=settings.gain)
    return settings.gain


def _parse_loudness(loudness: pb.Loudness) -> LoudnessTarget:
    if loudness.method not in _METHODS:
        raise InvalidInput(
            f"There is no loudness method {loudness.method}; use 1 or 2.",
            field="loudness.method",
            value=loudness.method,
        )
    method = _METHODS[loudness.method]
    if loudness.HasField("target_lufs"):
        return LoudnessTarget(loudness.target_lufs, method)
    return LoudnessTarget(method=method)


def parse_format(number: int) -> AudioFormat:
    """Return the file format of a value of the contract's `AudioFormat`.

    Raises
    ------
    InvalidInput
        If the contract has no such value.
    """
    found = _FORMATS.get(number)
    if found is None:
        raise InvalidInput(f"There is no audio format {number}; use 1 to 5.", field="format", value=number)
    return found


def parse_stem(stem: pb.Stem) -> Stem:
    """Return the stem of a request.

    Raises
    ------
    InvalidInput
        If a role does not exist, or a level is out of range.
    """
    named = frozenset(Role(roles.from_proto(role, "stem.roles")) for role in stem.roles)
    levels = {Role(roles.from_proto(entry.role, "stem.levels")): entry.level for entry in stem.levels}
    for level in levels.values():
        check_range("stem.levels", level, 0, _MAX_LEVEL)
    return Stem(named, frozenset(stem.tracks), parse_overrides(stem.role_overrides), levels)


def parse_overrides(overrides: Iterable[common_pb2.RoleOverride]) -> Overrides:
    """Return the roles that a user has set, by track.

    Raises
    ------
    InvalidInput
        If a role does not exist.
    """
    return roles.parse_overrides(overrides, Role, "role_overrides")


def parse_bit_rate(bit_rate_bps: int, audio_format: AudioFormat) -> int | None:
    """Return the average bit rate of a request; None for the format's own.

    Raises
    ------
    InvalidInput
        If it is out of range, or the format is not Opus.
    """
    if not bit_rate_bps:
        return None
    if audio_format is not AudioFormat.OPUS:
        message = "Only Opus takes a bit rate; leave it out for other formats."
        raise InvalidInput(message, field="bit_rate_bps", value=bit_rate_bps)
    check_range("bit_rate_bps", bit_rate_bps, MIN_BIT_RATE_BPS, MAX_BIT_RATE_BPS)
    return bit_rate_bps


def check_separate_stems(request: pb.RenderRequest, audio_format: AudioFormat) -> None:
    """Raise a fault if a request for separate stems asks for another format, or for a part of the piece.

    Raises
    ------
    InvalidInput
        With what is possible.
    """
    stem = request.stem
    if request.separate_stems and (audio_format is not AudioFormat.WAV or stem.roles or stem.tracks or stem.levels):
        message = "Separate stems are those of the whole piece, as WAV."
        raise InvalidInput(message, field="separate_stems", value=True)


def parse_peak_count(n_peaks: int) -> int:
    """Return the number of the waveform's buckets.

    Raises
    ------
    InvalidInput
        If there are more than `MAX_BUCKETS`.
    """
    check_range("peak_count", n_peaks, 0, MAX_BUCKETS)
    return n_peaks
