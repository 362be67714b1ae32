"""Loudness by ITU-R BS.1770-4, from a stream of frames.

The recommendation filters the sound (its annex 1: a shelf for the head, a high-pass), and takes the mean square. Here
the spectrum of every tenth of a second is weighted by the filters' power response, which gives the same mean square
(Parseval) at a fraction of the cost: left and right are one complex signal, so one transform serves both.

Sources: ITU-R BS.1770-4 (10/2015), annex 1; the filters for any sample rate: B. De Man, "Evaluation of Implementations
of the EBU R128 Loudness Measurement", AES Convention 145, 2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS_PER_S = 10
"""Energies a second; a gating block of 400 ms is four of them, and overlaps the next by three."""
_BLOCK_STEPS = 4

_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0

_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773

SILENCE_LUFS = -100.0
"""Said of what has no block above the absolute gate."""


class Meter:
    """Collects the weighted energy of each tenth of a second.

    Parameters
    ----------
    sample_rate_hz : int
        A multiple of `STEPS_PER_S`.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._step_frames = sample_rate_hz // STEPS_PER_S
        self._weights = power_response(sample_rate_hz, self._step_frames)
        self._rest: NDArray[np.float32] = np.empty((0, 2), dtype=np.float32)
        self._energies: list[NDArray[np.float64]] = []

    def push(self, frames: NDArray[np.float32]) -> None:
        """Take the next frames, shape (n, 2)."""
        frames = np.concatenate((self._rest, frames))
        count = len(frames) // self._step_frames
        whole = frames[: count * self._step_frames]
        self._rest = frames[len(whole) :].copy()
        if count:
            self._energies.append(weighted_energies(whole.view(np.complex64).reshape(count, -1), self._weights))

    def energies(self) -> NDArray[np.float64]:
        """Give each step's weighted mean square, left and right added; a rest shorter than a step is left out."""
        return np.concatenate([np.empty(0), *self._energies])


def integrated_lufs(energies: NDArray[np.float64]) -> float:
    """Compute the gated loudness.

    Parameters
    ----------
    energies : ndarray, shape (n,), float64
        As `Meter.energies` gives them.

    Returns
    -------
    float
        LUFS; `SILENCE_LUFS` where nothing is above the absolute gate.
    """
    if len(energies) < _BLOCK_STEPS:
        energies = np.pad(energies, (0, _BLOCK_STEPS - len(energies)))
    sums = np.cumsum(np.concatenate(([0.0], energies)))
    blocks = (sums[_BLOCK_STEPS:] - sums[:-_BLOCK_STEPS]) / _BLOCK_STEPS
    loud = blocks[blocks > _energy(_ABSOLUTE_GATE_LUFS)]
    if len(loud) == 0:
        return SILENCE_LUFS
    gated = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return float(_OFFSET_DB + 10 * np.log10(gated.mean()))


def weighted_energies(steps: NDArray[np.complex64], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the weighted mean square of each step, left and right added.

    Parameters
    ----------
    steps : ndarray, shape (..., size), complex64
        Left is the real part, right the imaginary one.
    weights : ndarray, shape (size,), float32
        As `power_response` gives them.

    Returns
    -------
    ndarray, shape (...), float64
    """
    spectra = np.fft.fft(steps, axis=-1)
    return ((spectra.real**2 + spectra.imag**2) @ weights).astype(np.float64)


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_DB) / 10))


def power_response(sample_rate_hz: int, size: int) -> NDArray[np.float32]:
    """Give the filters' squared gain for each bin of a transform, divided by the squared size."""
    shelf = _shelf(sample_rate_hz)
    high_pass = _high_pass(sample_rate_hz)
    z = np.exp(-2j * np.pi * np.arange(size) / size)
    response = _response(shelf, z) * _response(high_pass, z)
    return (np.abs(response) ** 2 / size**2).astype(np.float32)


_Filter = tuple[list[float], list[float]]
"""Numerator and denominator in powers of z to the -1."""


def _response(coefficients: _Filter, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    numerator, denominator = (np.polynomial.polynomial.polyval(z, part) for part in coefficients)
    return np.asarray(numerator / denominator)


def _shelf(sample_rate_hz: int) -> _Filter:
    k = np.tan(np.pi * _SHELF_HZ / sample_rate_hz)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    norm = 1 + k / _SHELF_Q + k * k
    numerator = [high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k]
    return [value / norm for value in numerator], [1.0, 2 * (k * k - 1) / norm, (1 - k / _SHELF_Q + k * k) / norm]


def _high_pass(sample_rate_hz: int) -> _Filter:
    k = np.tan(np.pi * _HIGH_PASS_HZ / sample_rate_hz)
    norm = 1 + k / _HIGH_PASS_Q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / norm, (1 - k / _HIGH_PASS_Q + k * k) / norm]
