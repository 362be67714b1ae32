"""Conversion of domain objects into the renderer's response messages."""

from __future__ import annotations

from collections.abc import Sequence

from contract import roles
from segue.renderer.v1 import renderer_pb2 as pb

from renderer.encoding.waveform import Peaks
from renderer.pipeline import AudioHeader, Measurement
from renderer.soundfont_info import SoundFontInfo


def to_header(header: AudioHeader) -> pb.AudioHeader:
    """Return the message of a header."""
    return pb.AudioHeader(
        sample_rate_hz=header.sample_rate_hz,
        channel_count=header.n_channels,
        frame_count=header.n_frames,
        byte_count=header.n_bytes,
        soundfont=header.soundfont,
        media_type=header.media_type,
        gain=header.gain,
        loudness_lufs=header.loudness_lufs,
    )


def to_measure_response(measurement: Measurement) -> pb.MeasureResponse:
    """Return the message of a measurement."""
    stems = [pb.RoleTracks(role=roles.to_proto(role), tracks=tracks) for role, tracks in measurement.stems.items()]
    return pb.MeasureResponse(header=to_header(measurement.header), stems=stems)


def to_render_response(event: AudioHeader | bytes | Peaks) -> pb.RenderResponse:
    """Return one message of `Render`'s stream."""
    if isinstance(event, AudioHeader):
        return pb.RenderResponse(header=to_header(event))
    if isinstance(event, Peaks):
        return pb.RenderResponse(peaks=pb.Peaks(minimums=event.minimums.tolist(), maximums=event.maximums.tolist()))
    return pb.RenderResponse(chunk=event)


def to_list_response(soundfonts: Sequence[SoundFontInfo]) -> pb.ListSoundFontsResponse:
    """Return the message of the available SoundFonts."""
    return pb.ListSoundFontsResponse(
        soundfonts=[
            pb.SoundFont(
                name=info.name,
                byte_count=info.n_bytes,
                is_default=info.is_default,
                title=info.title,
                copyright=info.copyright,
            )
            for info in soundfonts
        ]
    )
