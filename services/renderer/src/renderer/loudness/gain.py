"""Gain for a target loudness: one gain for the whole piece, from its predicted or its measured loudness."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from score.arrays import F32
from servicekit.faults import Cancelled

from renderer.loudness.frame_spool import FrameSpool
from renderer.loudness.limiter import CEILING
from renderer.loudness.loudness_meter import SILENCE_LUFS, LoudnessMeter, integrated_lufs
from renderer.loudness.mastering import master
from renderer.render_settings import MAX_GAIN
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

_TOLERANCE_LU = 0.05
_MAX_ITERATIONS = 6
"""Where the limiter holds peaks, more gain adds less loudness than its decibels: the gain is found iteratively."""


class GainSetting(NamedTuple):
    """The synthesizer's gain, and the whole piece's integrated loudness with it; None if it is not known."""

    gain: float
    lufs: float | None


def gain_for_target(lufs_at_reference: float, target_lufs: float) -> GainSetting:
    """Compute the gain for a target from the piece's loudness with `REFERENCE_GAIN`; silence keeps that gain."""
    if lufs_at_reference <= SILENCE_LUFS:
        return GainSetting(REFERENCE_GAIN, lufs_at_reference)
    gain = min(MAX_GAIN, REFERENCE_GAIN * db_to_amplitude(target_lufs - lufs_at_reference))
    return GainSetting(gain, lufs_at_reference + _amplitude_to_db(gain / REFERENCE_GAIN))


def measure_gain(
    cancelled: threading.Event,
    blocks: Iterable[F32],
    spool: FrameSpool,
    performance: Performance,
    target_lufs: float,
) -> GainSetting:
    """Record a whole piece to a spool, measure its loudness, and find the gain for a target.

    Parameters
    ----------
    cancelled : threading.Event
        Ends the measurement at the next block.
    blocks : iterable of ndarray, shape (n, 2), float32
        The piece with `REFERENCE_GAIN`.
    spool : FrameSpool
        Receives the blocks.
    performance : Performance
        What is synthesized.
    target_lufs : float
        Integrated loudness of the mastered piece.

    Raises
    ------
    Cancelled
        If ``cancelled`` is set meanwhile.
    """
    meter, peak = LoudnessMeter(performance.sample_rate_hz), 0.0
    for frames in until_cancelled(cancelled, spool.record(blocks)):
        meter.push(frames)
        peak = max(peak, float(np.abs(frames).max()))
    setting = gain_for_target(integrated_lufs(meter.energies()), target_lufs)
    if peak * setting.gain / REFERENCE_GAIN <= CEILING:
        return setting
    return _refine(cancelled, setting, spool, performance, target_lufs)


def until_cancelled(cancelled: threading.Event, blocks: Iterable[F32]) -> Iterator[F32]:
    """Yield blocks of frames until the caller cancels.

    Raises
    ------
    Cancelled
        When ``cancelled`` is set.
    """
    for frames in blocks:
        if cancelled.is_set():
            raise Cancelled("The caller cancelled the rendering.")
        yield frames


def _refine(
    cancelled: threading.Event, setting: GainSetting, spool: FrameSpool, performance: Performance, target_lufs: float
) -> GainSetting:
    """Correct the gain by the loudness that the limiter leaves of it."""
    for _ in range(_MAX_ITERATIONS):
        lufs = _measure_mastered_lufs(cancelled, spool, performance, setting.gain)
        setting = GainSetting(setting.gain, lufs)
        if abs(target_lufs - lufs) <= _TOLERANCE_LU or setting.gain >= MAX_GAIN:
            break
        setting = GainSetting(min(MAX_GAIN, setting.gain * db_to_amplitude(target_lufs - lufs)), target_lufs)
    return setting


def _measure_mastered_lufs(
    cancelled: threading.Event, spool: FrameSpool, performance: Performance, gain: float
) -> float:
    meter = LoudnessMeter(performance.sample_rate_hz)
    for frames in master(until_cancelled(cancelled, spool.replay()), performance, gain):
        meter.push(frames)
    return integrated_lufs(meter.energies())


def db_to_amplitude(decibels: float) -> float:
    """Return the ratio of amplitudes for a level difference in decibels."""
    return float(10 ** (decibels / 20))


def _amplitude_to_db(ratio: float) -> float:
    return float(20 * np.log10(ratio))
