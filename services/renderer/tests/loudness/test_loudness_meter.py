"""Loudness meter: the minimum requirements of EBU Tech 3341 (table 1), signals and what a meter must show."""

from __future__ import annotations

import numpy as np
import pytest
from renderer.loudness.loudness_meter import SILENCE_LUFS, LoudnessMeter, integrated_lufs
from score.arrays import F32

RATES_HZ = [22_050, 44_100, 48_000]
TOLERANCE_LU = 0.1


def tone(rate_hz: int, *parts: tuple[float, float]) -> F32:
    """Generate a stereo sine of 1 kHz in parts of (peak level in dBFS, seconds)."""
    levels = np.concatenate([np.full(round(length_s * rate_hz), 10 ** (level / 20)) for level, length_s in parts])
    wave = levels * np.sin(2 * np.pi * 1000 * np.arange(len(levels)) / rate_hz)
    return np.repeat(wave[:, None], 2, axis=1).astype(np.float32)


def lufs(frames: F32, rate_hz: int, portion: int = 16_384) -> float:
    """Measure in portions."""
    meter = LoudnessMeter(rate_hz)
    for start in range(0, len(frames), portion):
        meter.push(frames[start : start + portion])
    return integrated_lufs(meter.energies())


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(
    ("parts", "expected_lufs"),
    [
        ([(-23.0, 20.0)], -23.0),
        ([(-33.0, 20.0)], -33.0),
        ([(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        ([(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        ([(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ],
)
def test_shows_what_a_meter_must_show(rate_hz: int, parts: list[tuple[float, float]], expected_lufs: float) -> None:
    assert lufs(tone(rate_hz, *parts), rate_hz) == pytest.approx(expected_lufs, abs=TOLERANCE_LU)


def test_one_side_alone_is_3_lu_softer() -> None:
    frames = tone(48_000, (-20.0, 5.0))
    frames[:, 1] = 0
    assert lufs(frames, 48_000) == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_bass_counts_less_and_treble_more() -> None:
    time_s = np.arange(5 * 48_000) / 48_000
    low, middle, high = (
        lufs(np.repeat(0.1 * np.sin(2 * np.pi * hz * time_s)[:, None], 2, axis=1).astype(np.float32), 48_000)
        for hz in (40, 1000, 5000)
    )
    # The recommendation's curve (figures 2 and 4): -6 dB at 40 Hz, 0.7 dB at 1 kHz, 4 dB at 5 kHz.
    assert low - middle == pytest.approx(-6.6, abs=0.4)
    assert high - middle == pytest.approx(3.3, abs=0.2)


def test_cuts_leave_no_trace() -> None:
    frames = np.random.default_rng(1).uniform(-0.5, 0.5, (60_000, 2)).astype(np.float32)
    assert lufs(frames, 44_100, 1_000) == pytest.approx(lufs(frames, 44_100, 60_000), abs=1e-6)


def test_silence_has_no_loudness() -> None:
    assert lufs(np.zeros((44_100, 2), dtype=np.float32), 44_100) == SILENCE_LUFS
    assert lufs(np.zeros((100, 2), dtype=np.float32), 44_100) == SILENCE_LUFS
