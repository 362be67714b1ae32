"""Between the contract's messages and the domain's types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.message import Message
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.renderer.v1 import renderer_pb2 as pb
from servicekit.faults import InvalidInput

from renderer.encoding.encoder import OPUS_RATE_HZ, Format
from renderer.encoding.waveform import MAX_BUCKETS, Peaks
from renderer.pipeline import Header, Measurement
from renderer.render_settings import DEFAULT_SAMPLE_RATE_HZ, Loudness, Method, Sound
from renderer.soundfont_info import Listed
from renderer.stems import Overrides, Stem
from renderer.synthesis.effects import Chorus, Effects, Reverb, check_range

_FORMATS: dict[int, Format] = {
    pb.AUDIO_FORMAT_UNSPECIFIED: Format.WAV,
    pb.AUDIO_FORMAT_WAV: Format.WAV,
    pb.AUDIO_FORMAT_FLAC: Format.FLAC,
    pb.AUDIO_FORMAT_OGG: Format.OGG,
    pb.AUDIO_FORMAT_MP3: Format.MP3,
    pb.AUDIO_FORMAT_OPUS: Format.OPUS,
}
_METHODS: dict[int, Method] = {
    pb.LOUDNESS_METHOD_UNSPECIFIED: Method.PREDICTED,
    pb.LOUDNESS_METHOD_PREDICTED: Method.PREDICTED,
    pb.LOUDNESS_METHOD_MEASURED: Method.MEASURED,
}
_ROLES: dict[common_pb2.Role.ValueType, Role] = {
    common_pb2.ROLE_LEAD: Role.LEAD,
    common_pb2.ROLE_HARMONY: Role.HARMONY,
    common_pb2.ROLE_BASS: Role.BASS,
    common_pb2.ROLE_DRUMS: Role.DRUMS,
}
_ROLE_NUMBERS = {role: number for number, role in _ROLES.items()}


def parse_sound(settings: pb.RenderSettings, file_format: Format) -> Sound:
    """Read the settings of a request; the sample rate where none is said is the format's.

    Raises
    ------
    InvalidInput
        If a value is out of range, or two contradict each other.
    """
    default_rate_hz = OPUS_RATE_HZ if file_format is Format.OPUS else DEFAULT_SAMPLE_RATE_HZ
    return Sound(
        sample_rate_hz=settings.sample_rate_hz or default_rate_hz,
        soundfont=settings.soundfont,
        effects=Effects(Reverb(**_said(settings.reverb)), Chorus(**_said(settings.chorus))),
        gain=_parse_gain(settings),
        loudness=_parse_loudness(settings.loudness),
    )


def _said(message: Message) -> dict[str, Any]:
    """Give the fields of a message that are set."""
    return {field.name: value for field, value in message.ListFields()}


def _parse_gain(settings: pb.RenderSettings) -> float | None:
    if not settings.HasField("gain"):
        return None
    if settings.HasField("loudness"):
        message = "A gain and a loudness contradict each other; give one of them, or neither for -16 LUFS."
        raise InvalidInput(message, field="gain", value=settings.gain)
    return settings.gain


def _parse_loudness(loudness: pb.Loudness) -> Loudness:
    if loudness.method not in _METHODS:
        raise InvalidInput(
            f"There is no loudness method {loudness.method}; use 1 or 2.",
            field="loudness.method",
            value=loudness.method,
        )
    method = _METHODS[loudness.method]
    if loudness.HasField("target_lufs"):
        return Loudness(loudness.target_lufs, method)
    return Loudness(method=method)


def parse_format(number: int) -> Format:
    """Read a file format.

    Raises
    ------
    InvalidInput
        If it is none of the contract's.
    """
    found = _FORMATS.get(number)
    if found is None:
        raise InvalidInput(f"There is no audio format {number}; use 1 to 5.", field="format", value=number)
    return found


def parse_stem(stem: pb.Stem) -> Stem:
    """Read which tracks sound.

    Raises
    ------
    InvalidInput
        If a role is none of the contract's.
    """
    roles = frozenset(_parse_role(role, "stem.roles") for role in stem.roles)
    return Stem(roles, frozenset(stem.tracks), parse_overrides(stem.role_overrides))


def parse_overrides(overrides: Iterable[common_pb2.RoleOverride]) -> Overrides:
    """Read the roles that a person set; one that is not said is left to the service.

    Raises
    ------
    InvalidInput
        If a role is none of the contract's.
    """
    said = [override for override in overrides if override.role != common_pb2.ROLE_UNSPECIFIED]
    return {
        override.track: None if override.role == common_pb2.ROLE_NONE else _parse_role(override.role, "role_overrides")
        for override in said
    }


def _parse_role(number: common_pb2.Role.ValueType, field: str) -> Role:
    if number not in _ROLES:
        raise InvalidInput(f"There is no role {number} to be heard; use 1 to 4.", field=field, value=number)
    return _ROLES[number]


def parse_peak_count(count: int) -> int:
    """Read how many buckets the waveform shall have.

    Raises
    ------
    InvalidInput
        If there are more than `MAX_BUCKETS`.
    """
    check_range("peak_count", count, 0, MAX_BUCKETS)
    return count


def to_header(header: Header) -> pb.AudioHeader:
    """Write a header."""
    return pb.AudioHeader(
        sample_rate_hz=header.sample_rate_hz,
        channel_count=header.channel_count,
        frame_count=header.frame_count,
        byte_count=header.byte_count,
        soundfont=header.soundfont,
        media_type=header.media_type,
        gain=header.gain,
        loudness_lufs=header.loudness_lufs,
    )


def to_measurement(measured: Measurement) -> pb.MeasureResponse:
    """Write what is known of a piece."""
    stems = [pb.RoleTracks(role=_ROLE_NUMBERS[role], tracks=tracks) for role, tracks in measured.stems.items()]
    return pb.MeasureResponse(header=to_header(measured.header), stems=stems)


def to_part(part: Header | bytes | Peaks) -> pb.RenderResponse:
    """Write a message of the stream."""
    if isinstance(part, Header):
        return pb.RenderResponse(header=to_header(part))
    if isinstance(part, Peaks):
        return pb.RenderResponse(peaks=pb.Peaks(minimums=part.minimums.tolist(), maximums=part.maximums.tolist()))
    return pb.RenderResponse(chunk=part)


def to_list(soundfonts: Sequence[Listed]) -> pb.ListSoundFontsResponse:
    """Write what SoundFonts there are."""
    return pb.ListSoundFontsResponse(
        soundfonts=[
            pb.SoundFont(
                name=listed.name,
                byte_count=listed.byte_count,
                is_default=listed.is_default,
                title=listed.title,
                copyright=listed.copyright,
            )
            for listed in soundfonts
        ]
    )
