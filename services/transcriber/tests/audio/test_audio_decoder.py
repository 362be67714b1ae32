"""Decoding of files of all rates, channels and formats to the model's samples."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from score.arrays import F32
from servicekit.faults import Cancelled
from transcriber.audio.audio_decoder import decode_audio, header_duration_s
from transcriber.audio.mixdown import to_mono
from transcriber.constants import SAMPLE_RATE_HZ

Make = Callable[..., Any]


def decode(path: Path) -> F32:
    return to_mono(np.concatenate(list(decode_audio(path, threading.Event()))))


@pytest.fixture
def write_file(tmp_path: Path, encode: Make) -> Make:
    def write(*args: Any, **kwargs: Any) -> Path:
        path = tmp_path / "recording"
        path.write_bytes(encode(*args, **kwargs))
        return path

    return write


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_every_rate_is_resampled(write_file: Make, rate_hz: int) -> None:
    time_s = np.arange(rate_hz) / rate_hz
    samples = decode(write_file(0.5 * np.sin(2 * np.pi * 440 * time_s), rate_hz))
    assert len(samples) == pytest.approx(SAMPLE_RATE_HZ, abs=2)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / SAMPLE_RATE_HZ)
    middle = slice(500, -500)
    assert np.abs(samples[middle] - expected[middle]).max() < 0.005


def test_channels_are_mixed_down(write_file: Make) -> None:
    left = np.full(4_000, 0.5)
    samples = decode(write_file(np.stack([left, left / 2], axis=1)))
    assert samples == pytest.approx(np.full(4_000, 0.375), abs=0.001)


@pytest.mark.parametrize("n_samples", [1, 2, 7])
def test_a_few_samples_are_a_recording(write_file: Make, n_samples: int) -> None:
    assert len(decode(write_file(np.full((n_samples, 6), 0.5)))) == n_samples


def test_eight_bits_are_centered(write_file: Make) -> None:
    samples = decode(write_file(np.full(4_000, 0.25), subtype="PCM_U8"))
    assert samples[1_000:3_000] == pytest.approx(np.full(2_000, 0.25), abs=0.01)


@pytest.mark.parametrize("kind", ["AIFF", "CAF"])
def test_files_of_apple_are_read(write_file: Make, kind: str) -> None:
    assert decode(write_file(np.full(4_000, 0.25), kind=kind)) == pytest.approx(np.full(4_000, 0.25), abs=0.001)


def test_the_duration_is_read_from_the_header(write_file: Make) -> None:
    assert header_duration_s(write_file(np.zeros(2 * SAMPLE_RATE_HZ))) == pytest.approx(2.0)
    assert header_duration_s(write_file(np.zeros(1))) == pytest.approx(0.1)


def test_samples_beyond_full_scale_stay_finite(write_file: Make) -> None:
    samples = decode(write_file(np.array([np.nan, np.inf, -np.inf, 1e30, 0.25] * 100), subtype="DOUBLE"))
    assert samples[:5] == pytest.approx([0.0, 1.0, -1.0, 8.0, 0.25])


def test_decoding_can_be_cancelled(write_file: Make) -> None:
    cancelled = threading.Event()
    blocks = decode_audio(write_file(np.zeros(10 * SAMPLE_RATE_HZ)), cancelled)
    next(blocks)
    cancelled.set()
    with pytest.raises(Cancelled, match="was cancelled"):
        next(blocks)
