"""Synthesis of drums with random sounds, which no SoundFont has: falling tones, noise, and metallic partials."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from score.arrays import F32, F64
from score.encoding import N_DRUM_CLASSES

from training.audio_synthesis import RENDER_RATE_HZ, resample

KICK, SNARE, CLOSED_HAT, OPEN_HAT, LOW_TOM, MIDDLE_TOM, HIGH_TOM, CRASH, RIDE = range(N_DRUM_CLASSES)
N_VARIANTS = 3
"""Sounds of one class in a kit; a stroke plays one of them."""


def synthesize_drums(strokes: Sequence[tuple[float, int, int]], duration_s: float, seed: int) -> F32:
    """Render drum strokes on a kit of random sounds.

    Parameters
    ----------
    strokes : sequence of (onset in seconds, class, velocity)
    duration_s : float
        Length of the result; a stroke does not sound after it.
    seed : int
        Seed of the kit.

    Returns
    -------
    ndarray, shape (samples,), float32
        Mono, at `transcriber.constants.SAMPLE_RATE_HZ`.
    """
    rng = random.Random(seed)
    kit = SynthKit(rng)
    audio = np.zeros(int(duration_s * RENDER_RATE_HZ))
    for onset_s, drum, velocity in strokes:
        start = int(onset_s * RENDER_RATE_HZ)
        sound = kit.sounds[drum][rng.randrange(N_VARIANTS)] * (velocity / 100) ** 1.6
        audio[start : start + len(sound)] += sound[: max(0, len(audio) - start)]
    return resample(0.6 * audio / max(1e-6, np.abs(audio).max()), RENDER_RATE_HZ)


class SynthKit:
    """The sounds of a kit, by class."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._noise = rng, np.random.default_rng(rng.randrange(2**32))
        kick_hz, snare_hz, tom_hz = rng.uniform(38, 70), rng.uniform(150, 240), rng.uniform(70, 110)
        closed_s, open_s = rng.uniform(0.02, 0.07), rng.uniform(0.2, 0.6)
        hat_hz = rng.uniform(4000, 8000)
        makers: dict[int, Callable[[], F64]] = {
            KICK: lambda: self._falling(kick_hz, rng.uniform(1.5, 5), 0.25) + self._hiss(3000, 0.006, 0.15),
            SNARE: lambda: 0.5 * self._falling(snare_hz, 1.3, 0.12) + self._hiss(rng.uniform(600, 2500), 0.11, 0.8),
            CLOSED_HAT: lambda: self._hiss(hat_hz, closed_s, 0.45) + self._metal(closed_s, 0.15),
            OPEN_HAT: lambda: self._hiss(hat_hz, open_s, 0.45) + self._metal(open_s, 0.15),
            LOW_TOM: lambda: self._falling(tom_hz, 1.5, 0.3) + self._hiss(1500, 0.02, 0.1),
            MIDDLE_TOM: lambda: self._falling(1.4 * tom_hz, 1.5, 0.25) + self._hiss(1500, 0.02, 0.1),
            HIGH_TOM: lambda: self._falling(1.9 * tom_hz, 1.5, 0.2) + self._hiss(1500, 0.02, 0.1),
            CRASH: lambda: self._hiss(2500, rng.uniform(0.6, 1.4), 0.6) + self._metal(0.9, 0.2),
            RIDE: lambda: self._hiss(5000, 0.35, 0.15) + self._metal(rng.uniform(0.4, 0.9), 0.25),
        }
        levels = {drum: rng.uniform(0.5, 1.2) for drum in makers}
        self.sounds = {
            drum: [levels[drum] * make() for _ in range(N_VARIANTS)] for drum, make in makers.items()
        }  # fmt: skip

    def _time_s(self, decay_s: float) -> F64:
        return np.arange(int(5 * decay_s * RENDER_RATE_HZ) + 1) / RENDER_RATE_HZ

    def _falling(self, pitch_hz: float, depth: float, decay_s: float) -> F64:
        """Return a tone that falls to its pitch, padded to the longest decay."""
        time_s = self._time_s(2.0)
        momentary_hz = pitch_hz * (1 + depth * np.exp(-time_s / 0.03))
        tone = np.sin(2 * np.pi * np.cumsum(momentary_hz) / RENDER_RATE_HZ)
        return np.asarray(tone * np.exp(-time_s / (decay_s * self._rng.uniform(0.5, 1.2))))

    def _hiss(self, corner_hz: float, decay_s: float, level: float) -> F64:
        """Return noise above a frequency."""
        time_s = self._time_s(2.0)
        spectrum = np.fft.rfft(self._noise.standard_normal(len(time_s)))
        ratio = np.fft.rfftfreq(len(time_s), 1 / RENDER_RATE_HZ) / corner_hz
        noise = np.fft.irfft(spectrum * ratio**2 / (1 + ratio**2), len(time_s))
        return np.asarray(level * noise * np.exp(-time_s / decay_s))

    def _metal(self, decay_s: float, level: float) -> F64:
        """Return inharmonic partials, as of a cymbal."""
        time_s = self._time_s(2.0)
        partials_hz = [self._rng.uniform(400, 9000) for _ in range(9)]
        tone = sum(np.sign(np.sin(2 * np.pi * partial_hz * time_s)) for partial_hz in partials_hz) / 9
        return np.asarray(level * tone * np.exp(-time_s / decay_s))
