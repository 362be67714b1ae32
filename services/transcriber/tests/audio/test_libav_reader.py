"""Files of telephones and browsers, read by FFmpeg's libraries; hostile and damaged ones."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from score.arrays import F32
from servicekit.faults import AudioTooLong, AudioUnreadable
from transcriber.audio.audio_decoder import decode_audio, header_duration_s
from transcriber.audio.mixdown import to_mono
from transcriber.audio.signatures import demuxer_of
from transcriber.constants import SAMPLE_RATE_HZ

SECONDS = 1.5
Encode = Callable[..., bytes]

FORMATS = [
    ("ipod", "aac", 44_100, "stereo", "mov"),
    ("adts", "aac", 44_100, "mono", "aac"),
    ("webm", "libopus", 48_000, "stereo", "matroska"),
    ("3gp", "libopencore_amrnb", 8_000, "mono", "mov"),
    ("mp4", "alac", 48_000, "stereo", "mov"),
    ("mov", "pcm_s16be", 44_100, "mono", "mov"),
    ("asf", "pcm_s16le", 44_100, "mono", "asf"),
    ("caf", "alac", 44_100, "mono", "caf"),
    ("wav", "adpcm_ima_wav", 44_100, "mono", "wav"),
]


def tone(rate_hz: int, seconds: float = SECONDS) -> F32:
    return np.asarray(0.5 * np.sin(2 * np.pi * 441 * np.arange(int(rate_hz * seconds)) / rate_hz), np.float32)


@pytest.fixture(scope="module")
def encode_av() -> Encode:
    """Encode mono samples as a file of one of FFmpeg's formats, the same in all channels."""

    def encode(samples: F32, muxer: str, codec: str, rate_hz: int, layout: str = "mono") -> bytes:
        buffer = io.BytesIO()
        channels = np.tile(samples, (2 if layout == "stereo" else 1, 1))
        frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), 0
        with av.open(buffer, "w", format=muxer) as container:
            stream = container.add_stream(codec, rate=rate_hz, layout=layout)
            assert isinstance(stream, av.AudioStream)
            size = stream.codec_context.frame_size or 1024
            sizer = av.AudioResampler(stream.codec_context.format, layout, rate_hz, frame_size=size)
            for part in (*sizer.resample(frame), *sizer.resample(None), None):
                container.mux(stream.encode(part))
        return buffer.getvalue()

    return encode


@pytest.fixture
def decode(tmp_path: Path) -> Callable[[bytes], F32]:
    def run(data: bytes) -> F32:
        path = tmp_path / "recording"
        path.write_bytes(data)
        return to_mono(np.concatenate(list(decode_audio(path, threading.Event()))))

    return run


@pytest.mark.parametrize(("muxer", "codec", "rate_hz", "layout", "demuxer"), FORMATS)
def test_formats_are_recognized_and_decoded(
    encode_av: Encode, decode: Callable[[bytes], F32], tmp_path: Path, muxer: str, codec: str, rate_hz: int,
    layout: str, demuxer: str,
) -> None:  # fmt: skip
    data = encode_av(tone(rate_hz), muxer, codec, rate_hz, layout)
    samples = decode(data)
    assert demuxer_of(tmp_path / "recording") == demuxer
    assert header_duration_s(tmp_path / "recording") == pytest.approx(SECONDS, abs=0.1)
    assert len(samples) / SAMPLE_RATE_HZ == pytest.approx(SECONDS, abs=0.06)
    spectrum = np.abs(np.fft.rfft(samples[4096 : 4096 + SAMPLE_RATE_HZ]))
    assert int(spectrum.argmax()) == 441
    assert np.sqrt(2) * np.std(samples[8192:-8192]) == pytest.approx(0.5, rel=0.15)


def test_an_id3_tag_before_aac_is_skipped(encode_av: Encode, decode: Callable[[bytes], F32]) -> None:
    tag = b"ID3\x04\0\0" + bytes((0, 0, 1, 2)) + bytes(130)
    samples = decode(tag + encode_av(tone(44_100), "adts", "aac", 44_100))
    assert len(samples) / SAMPLE_RATE_HZ == pytest.approx(SECONDS, abs=0.06)


def test_lists_and_references_are_not_followed(decode: Callable[[bytes], F32], tmp_path: Path) -> None:
    target = tmp_path / "secret.wav"
    target.write_bytes(b"RIFF")
    for data in (
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1/a.ts\n",
        f"ffconcat version 1.0\nfile '{target}'\n".encode(),
        b"<?xml version='1.0'?><MPD></MPD>",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        f"{target}".encode(),
    ):
        with pytest.raises(AudioUnreadable, match="cannot be decoded"):
            decode(data)


def test_pictures_without_sound_are_refused(decode: Callable[[bytes], F32]) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(AudioUnreadable, match="cannot be decoded"):
        decode(buffer.getvalue())


def test_the_decoded_length_counts(encode_av: Encode, decode: Callable[[bytes], F32]) -> None:
    data = encode_av(np.zeros(601 * 8_000, np.float32), "matroska", "pcm_u8", 8_000)
    with pytest.raises(AudioTooLong, match="longer than 10 minutes"):
        decode(data)


def test_half_of_a_file_is_damaged_or_short(encode_av: Encode, decode: Callable[[bytes], F32]) -> None:
    """An MPEG-4 file has its index at the end, without which nothing is decoded; WebM and ADTS are read to the cut."""
    m4a = encode_av(tone(44_100), "ipod", "aac", 44_100)
    with pytest.raises(AudioUnreadable, match="cannot be decoded"):
        decode(m4a[: len(m4a) // 2])
    for muxer, codec, rate_hz in (("webm", "libopus", 48_000), ("adts", "aac", 44_100)):
        data = encode_av(tone(rate_hz), muxer, codec, rate_hz)
        assert 0.3 < len(decode(data[: len(data) // 2])) / SAMPLE_RATE_HZ < 1.1


@pytest.mark.parametrize(("muxer", "codec"), [("ipod", "aac"), ("matroska", "flac"), ("adts", "aac")])
def test_damaged_files_are_decoded_or_refused(
    encode_av: Encode, decode: Callable[[bytes], F32], muxer: str, codec: str
) -> None:
    whole, rng = encode_av(tone(44_100, 0.4), muxer, codec, 44_100), random.Random(0)
    outcomes = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 4, 16])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            samples = decode(bytes(data))
        except AudioUnreadable:
            outcomes.add("refused")
        else:
            assert np.isfinite(samples).all()
            assert len(samples) < 5 * SAMPLE_RATE_HZ
            outcomes.add("decoded")
    assert "decoded" in outcomes
