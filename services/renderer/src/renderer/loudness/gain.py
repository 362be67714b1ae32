"""The one gain with which a whole piece is as loud as it shall be."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from servicekit.faults import Cancelled

from renderer.loudness.frame_spool import Spool
from renderer.loudness.limiter import CEILING
from renderer.loudness.loudness_meter import SILENCE_LUFS, Meter, integrated_lufs
from renderer.loudness.mastering import master
from renderer.render_settings import MAX_GAIN
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

_TOLERANCE_LU = 0.05
_ROUNDS = 6
"""Where peaks are held, more gain gives less loudness than it says: it is found in a few rounds."""


class Level(NamedTuple):
    """The synthesiser's gain, and the whole piece's integrated loudness with it, None where nobody asked."""

    gain: float
    lufs: float | None


def level_for(lufs_at_reference: float, target_lufs: float) -> Level:
    """Give the gain for a target, from the loudness that the piece has with `REFERENCE_GAIN`; silence stays so."""
    if lufs_at_reference <= SILENCE_LUFS:
        return Level(REFERENCE_GAIN, lufs_at_reference)
    gain = min(MAX_GAIN, REFERENCE_GAIN * ratio(target_lufs - lufs_at_reference))
    return Level(gain, lufs_at_reference + _decibels(gain / REFERENCE_GAIN))


def measured_level(
    cancelled: threading.Event,
    played: Iterable[NDArray[np.float32]],
    spool: Spool,
    performance: Performance,
    target_lufs: float,
) -> Level:
    """Play a piece to its end into a spool, and find the gain for a target.

    Raises
    ------
    Cancelled
        If ``cancelled`` is set on the way.
    """
    meter, peak = Meter(performance.sample_rate_hz), 0.0
    for frames in watched(cancelled, spool.record(played)):
        meter.push(frames)
        peak = max(peak, float(np.abs(frames).max()))
    level = level_for(integrated_lufs(meter.energies()), target_lufs)
    if peak * level.gain / REFERENCE_GAIN <= CEILING:
        return level
    return _refined(cancelled, level, spool, performance, target_lufs)


def watched(cancelled: threading.Event, played: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Pass frames on until the caller gives up.

    Raises
    ------
    Cancelled
        When ``cancelled`` is set.
    """
    for frames in played:
        if cancelled.is_set():
            raise Cancelled("The caller gave the rendering up.")
        yield frames


def _refined(
    cancelled: threading.Event, level: Level, spool: Spool, performance: Performance, target_lufs: float
) -> Level:
    """Correct the gain by what the limiter leaves of it."""
    for _ in range(_ROUNDS):
        lufs = _mastered_lufs(cancelled, spool, performance, level.gain)
        level = Level(level.gain, lufs)
        if abs(target_lufs - lufs) <= _TOLERANCE_LU or level.gain >= MAX_GAIN:
            break
        level = Level(min(MAX_GAIN, level.gain * ratio(target_lufs - lufs)), target_lufs)
    return level


def _mastered_lufs(cancelled: threading.Event, spool: Spool, performance: Performance, gain: float) -> float:
    meter = Meter(performance.sample_rate_hz)
    for frames in master(watched(cancelled, spool.play()), performance, gain):
        meter.push(frames)
    return integrated_lufs(meter.energies())


def ratio(decibels: float) -> float:
    """Give the ratio of amplitudes that is so many decibels."""
    return float(10 ** (decibels / 20))


def _decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))
