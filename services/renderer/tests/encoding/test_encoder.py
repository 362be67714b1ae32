"""Encoders: each file decodes to its frames, states its length in its first bytes, and is deterministic."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
import soundfile
from renderer.encoding.container_headers import OggPagePatcher, ogg_checksum
from renderer.encoding.encoder import AudioFormat, check_sample_rate, make_encoder, wav_size_bytes
from score.arrays import F32, F64
from servicekit.faults import InvalidInput

LENGTHS = (1, 575, 576, 577, 1152, 1153, 44_100, 50_000)


def tone(n_frames: int, rate_hz: int) -> F32:
    """Generate 440 Hz on the left and 660 Hz on the right."""
    time_s = np.arange(n_frames) / rate_hz
    waves: F64 = 0.5 * np.sin(2 * np.pi * time_s[:, None] * np.array([440.0, 660.0]))
    return waves.astype(np.float32)


def encode(audio_format: AudioFormat, frames: F32, rate_hz: int, portion: int = 16_384) -> list[bytes]:
    """Encode in portions."""
    encoder = make_encoder(audio_format, rate_hz, len(frames))
    chunks = [encoder.encode(frames[start : start + portion]) for start in range(0, len(frames), portion)]
    return [*chunks, encoder.finish()]


RATES_HZ = [
    (kind, rate_hz)
    for kind in AudioFormat
    for rate_hz in (22_050, 44_100, 48_000)
    if kind is not AudioFormat.OPUS or rate_hz == 48_000
]


@pytest.mark.parametrize(("audio_format", "rate_hz"), RATES_HZ)
@pytest.mark.parametrize("n_frames", LENGTHS)
def test_decodes_to_the_same_length(audio_format: AudioFormat, rate_hz: int, n_frames: int) -> None:
    data = b"".join(encode(audio_format, tone(n_frames, rate_hz), rate_hz))
    decoded, decoded_rate_hz = soundfile.read(io.BytesIO(data))
    assert decoded_rate_hz == rate_hz
    assert decoded.shape == (n_frames, 2)


@pytest.mark.parametrize(("audio_format", "tolerance"), [("wav", 2e-5), ("flac", 2e-5), ("ogg", 0.05), ("mp3", 0.05)])
def test_decodes_to_the_same_sound(audio_format: str, tolerance: float) -> None:
    frames = tone(44_100, 44_100)
    decoded, _ = soundfile.read(io.BytesIO(b"".join(encode(AudioFormat(audio_format), frames, 44_100))))
    np.testing.assert_allclose(decoded[2_000:-2_000], frames[2_000:-2_000], atol=tolerance)


def test_opus_decodes_to_the_same_sound() -> None:
    frames = tone(48_000, 48_000)
    data = b"".join(encode(AudioFormat.OPUS, frames, 48_000))
    decoded, _ = soundfile.read(io.BytesIO(data))
    np.testing.assert_allclose(decoded[2_000:-2_000], frames[2_000:-2_000], atol=0.05)
    assert b"OpusHead" in data[:60]
    assert 100 < len(data) * 8 / 1000 < 250


@pytest.mark.parametrize("rate_hz", [22_050, 44_100])
def test_opus_has_one_sample_rate(rate_hz: int) -> None:
    check_sample_rate(AudioFormat.MP3, rate_hz)
    with pytest.raises(InvalidInput, match=f"is {rate_hz} Hz; for Opus it can only be 48000"):
        check_sample_rate(AudioFormat.OPUS, rate_hz)


def test_flac_holds_the_samples_of_wav() -> None:
    frames = tone(30_000, 44_100)
    files = [b"".join(encode(audio_format, frames, 44_100)) for audio_format in (AudioFormat.WAV, AudioFormat.FLAC)]
    samples = [soundfile.read(io.BytesIO(file), dtype="int16")[0] for file in files]
    np.testing.assert_array_equal(*samples)


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_streams_and_never_goes_back(audio_format: AudioFormat) -> None:
    rate_hz = 48_000 if audio_format is AudioFormat.OPUS else 44_100
    chunks = encode(audio_format, tone(441_000, rate_hz), rate_hz)
    assert sum(map(len, chunks[:14])) > 0.3 * sum(map(len, chunks))


@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC, AudioFormat.MP3])
def test_the_same_frames_give_the_same_bytes_however_they_are_cut(audio_format: AudioFormat) -> None:
    frames = tone(60_000, 44_100)
    assert b"".join(encode(audio_format, frames, 44_100)) == b"".join(encode(audio_format, frames, 44_100, 5_000))


@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC, AudioFormat.MP3])
def test_the_length_stands_in_the_first_bytes(audio_format: AudioFormat) -> None:
    whole = b"".join(encode(audio_format, tone(200_000, 44_100), 44_100))
    arrived = whole[: len(whole) // 3] if audio_format is AudioFormat.MP3 else whole[:100] + bytes(len(whole) - 100)
    assert soundfile.info(io.BytesIO(arrived)).frames == 200_000


def test_wav_header_is_pythons_own() -> None:
    frames = tone(1_000, 22_050)
    data = b"".join(encode(AudioFormat.WAV, frames, 22_050))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((2, 2, 22_050, 1_000, "NONE", ""))
        file.writeframes(np.rint(frames * 32_768).astype("<i2").tobytes())
    assert data == buffer.getvalue()
    assert len(data) == wav_size_bytes(1_000)


def test_ogg_checksum_is_that_of_the_encoder() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(20_000, 44_100), 44_100, format="OGG", subtype="VORBIS")
    page = buffer.getvalue()[: 27 + 1 + 30]
    stored = int.from_bytes(page[22:26], "little")
    assert ogg_checksum(page[:22] + bytes(4) + page[26:]) == stored


def test_ogg_pages_pass_whole_however_they_arrive() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(20_000, 44_100), 44_100, format="OGG", subtype="VORBIS")
    whole, patcher = OggPagePatcher().push(buffer.getvalue()), OggPagePatcher()
    assert b"".join(patcher.push(bytes((byte,))) for byte in buffer.getvalue()) == whole
    assert len(whole) == len(buffer.getvalue())
    assert whole.count(b"OggS") == whole.count(b"SEGU")
