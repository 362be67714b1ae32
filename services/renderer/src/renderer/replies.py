"""Between the contract's messages and the domain's types."""

from __future__ import annotations

from segue.renderer.v1 import renderer_pb2 as pb
from servicekit.faults import InvalidInput

from renderer.encoder import Format
from renderer.studio import DEFAULT_GAIN, DEFAULT_SAMPLE_RATE_HZ, Header, Sound

_FORMATS: dict[int, Format] = {
    pb.AUDIO_FORMAT_UNSPECIFIED: Format.WAV,
    pb.AUDIO_FORMAT_WAV: Format.WAV,
    pb.AUDIO_FORMAT_FLAC: Format.FLAC,
    pb.AUDIO_FORMAT_OGG: Format.OGG,
    pb.AUDIO_FORMAT_MP3: Format.MP3,
}


def parse_sound(settings: pb.RenderSettings) -> Sound:
    """Read the settings of a request.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """
    return Sound(
        sample_rate_hz=settings.sample_rate_hz or DEFAULT_SAMPLE_RATE_HZ,
        gain=settings.gain if settings.HasField("gain") else DEFAULT_GAIN,
        soundfont=settings.soundfont,
    )


def parse_format(number: int) -> Format:
    """Read a file format.

    Raises
    ------
    InvalidInput
        If it is none of the contract's.
    """
    found = _FORMATS.get(number)
    if found is None:
        raise InvalidInput(f"There is no audio format {number}; use 1 to 4.", field="format", value=number)
    return found


def to_header(header: Header) -> pb.AudioHeader:
    """Write a header."""
    return pb.AudioHeader(
        sample_rate_hz=header.sample_rate_hz,
        channel_count=header.channel_count,
        frame_count=header.frame_count,
        byte_count=header.byte_count,
        soundfont=header.soundfont,
        media_type=header.media_type,
    )


def to_part(part: Header | bytes) -> pb.RenderResponse:
    """Write a message of the stream."""
    if isinstance(part, Header):
        return pb.RenderResponse(header=to_header(part))
    return pb.RenderResponse(chunk=part)
