"""Loudness meter: integrated loudness by ITU-R BS.1770-4 from a stream of frames.

The recommendation filters the sound (annex 1: the pre-filter, a high shelf for the effect of the head, and a
high-pass) and takes the mean square. Here the spectrum of every tenth of a second is weighted by the filters' power
response, which gives the same mean square (Parseval) at a fraction of the cost: left and right are one complex signal,
so one transform serves both.

Sources: ITU-R BS.1770-4 (10/2015), annex 1; the filters for any sample rate: B. De Man, "Evaluation of Implementations
of the EBU R128 Loudness Measurement", AES Convention 145, 2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from score.arrays import F32, F64

STEPS_PER_S = 10
"""Energies per second; a gating block of 400 ms is four of them, and overlaps the next block by three."""
_BLOCK_STEPS = 4

_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0

_PRE_FILTER_HZ, _PRE_FILTER_DB, _PRE_FILTER_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773

SILENCE_LUFS = -100.0
"""The loudness of audio without a block above the absolute gate."""


class LoudnessMeter:
    """Measures the weighted energy of each tenth of a second.

    Parameters
    ----------
    sample_rate_hz : int
        A multiple of `STEPS_PER_S`.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._step_frames = sample_rate_hz // STEPS_PER_S
        self._weights = power_response(sample_rate_hz, self._step_frames)
        self._remainder: F32 = np.empty((0, 2), dtype=np.float32)
        self._energies: list[F64] = []

    def push(self, frames: F32) -> None:
        """Process the next frames, shape (n, 2)."""
        frames = np.concatenate((self._remainder, frames))
        n_steps = len(frames) // self._step_frames
        whole = frames[: n_steps * self._step_frames]
        self._remainder = frames[len(whole) :].copy()
        if n_steps:
            self._energies.append(weighted_energies(whole.view(np.complex64).reshape(n_steps, -1), self._weights))

    def energies(self) -> F64:
        """Return the weighted mean square of each step, left plus right; an incomplete last step is left out."""
        return np.concatenate([np.empty(0), *self._energies])


def integrated_lufs(energies: F64) -> float:
    """Compute the gated loudness.

    Parameters
    ----------
    energies : ndarray, shape (n,), float64
        As `LoudnessMeter.energies` returns them.

    Returns
    -------
    float
        LUFS; `SILENCE_LUFS` if no block is above the absolute gate.
    """
    if len(energies) < _BLOCK_STEPS:
        energies = np.pad(energies, (0, _BLOCK_STEPS - len(energies)))
    sums = np.cumsum(np.concatenate(([0.0], energies)))
    blocks = (sums[_BLOCK_STEPS:] - sums[:-_BLOCK_STEPS]) / _BLOCK_STEPS
    loud = blocks[blocks > _lufs_to_energy(_ABSOLUTE_GATE_LUFS)]
    if len(loud) == 0:
        return SILENCE_LUFS
    gated = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return float(_OFFSET_DB + 10 * np.log10(gated.mean()))


def weighted_energies(steps: NDArray[np.complex64], weights: F32) -> F64:
    """Compute the weighted mean square of each step, left plus right.

    Parameters
    ----------
    steps : ndarray, shape (..., n_frames), complex64
        Left is the real part, right the imaginary one.
    weights : ndarray, shape (n_frames,), float32
        As `power_response` returns them.

    Returns
    -------
    ndarray, shape (...), float64
    """
    spectra = np.fft.fft(steps, axis=-1)
    return ((spectra.real**2 + spectra.imag**2) @ weights).astype(np.float64)


def _lufs_to_energy(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_DB) / 10))


def power_response(sample_rate_hz: int, n_bins: int) -> F32:
    """Return the filters' squared gain for each bin of a transform, divided by the squared number of bins."""
    pre_filter = _pre_filter(sample_rate_hz)
    high_pass = _high_pass(sample_rate_hz)
    z = np.exp(-2j * np.pi * np.arange(n_bins) / n_bins)
    response = _response(pre_filter, z) * _response(high_pass, z)
    return (np.abs(response) ** 2 / n_bins**2).astype(np.float32)


_Filter = tuple[list[float], list[float]]
"""Numerator and denominator in powers of z to the -1."""


def _response(coefficients: _Filter, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    numerator, denominator = (np.polynomial.polynomial.polyval(z, part) for part in coefficients)
    return np.asarray(numerator / denominator)


def _pre_filter(sample_rate_hz: int) -> _Filter:
    k = np.tan(np.pi * _PRE_FILTER_HZ / sample_rate_hz)
    high = 10 ** (_PRE_FILTER_DB / 20)
    band = high**0.4996667741545416
    norm = 1 + k / _PRE_FILTER_Q + k * k
    numerator = [high + band * k / _PRE_FILTER_Q + k * k, 2 * (k * k - high), high - band * k / _PRE_FILTER_Q + k * k]
    return [value / norm for value in numerator], [1.0, 2 * (k * k - 1) / norm, (1 - k / _PRE_FILTER_Q + k * k) / norm]


def _high_pass(sample_rate_hz: int) -> _Filter:
    k = np.tan(np.pi * _HIGH_PASS_HZ / sample_rate_hz)
    norm = 1 + k / _HIGH_PASS_Q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / norm, (1 - k / _HIGH_PASS_Q + k * k) / norm]
