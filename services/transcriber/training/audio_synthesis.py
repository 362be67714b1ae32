"""Synthesis of training recordings: SoundFonts by FluidSynth, additive tones, rooms and microphones, and noise."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from score import midi
from score.arrays import F32, F64
from score.model import Event, Score, Track
from transcriber.constants import SAMPLE_RATE_HZ

RENDER_RATE_HZ = 44_100
TAIL_S = 1.0
PITCH_BEND = 0xE0
PITCH_BEND_CENTER = 8192


def render_soundfont(score: Score, soundfont: Path, rng: random.Random) -> F32:
    """Render a performance with FluidSynth, with random reverberation.

    Parameters
    ----------
    score : Score
        With 1000 ticks a second.
    soundfont : Path
    rng : Random
        Chooses the reverberation.

    Returns
    -------
    ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    """
    is_wet = str(rng.choice([0, 0, 1]))
    reverb = (f"synth.reverb.level={rng.uniform(0.2, 0.9):.2f}", f"synth.reverb.room-size={rng.uniform(0.2, 0.8):.2f}")
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        source.write_bytes(midi.write(score))
        options = ["-ni", "-q", "-g", "0.5", "-r", str(RENDER_RATE_HZ), "-R", is_wet, "-C", is_wet]
        # Only the samples that are needed: decoding all those of an .sf3 file takes seconds.
        options += ["-o", "synth.dynamic-sample-loading=1"]
        options += [each for setting in reverb for each in ("-o", setting)]
        command = ["fluidsynth", *options, "-F", str(target), str(soundfont), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        audio, rate_hz = soundfile.read(target, dtype="float32", always_2d=True)
    return resample(audio[: int(duration_s(score) * rate_hz)].mean(axis=1), rate_hz)


def duration_s(score: Score) -> float:
    """Return the duration of a performance with its tail; it has 1000 ticks a second."""
    return score.end_ticks / 1000 + TAIL_S


def resample(audio: NDArray[np.floating], rate_hz: int) -> F32:
    """Resample audio to the model's rate."""
    return np.asarray(soxr.resample(audio, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)


def add_vibrato(score: Score, rng: random.Random) -> Score:
    """Add a vibrato of 5 to 18 cents, about five times a second, to one track in twelve."""
    tracks = [
        _with_pitch_bends(track, score.end_ticks, rng) if rng.random() < 0.08 else track for track in score.tracks
    ]
    return Score(score.ticks_per_quarter, score.tempos, tracks=tuple(tracks))


def _with_pitch_bends(track: Track, end_ticks: int, rng: random.Random) -> Track:
    depth, rate_hz = rng.uniform(0.1, 0.35) * PITCH_BEND_CENTER / 2, rng.uniform(4.5, 6.5)
    bends = []
    for tick in range(0, end_ticks, 30):
        value = PITCH_BEND_CENTER + int(depth * np.sin(2 * np.pi * rate_hz * tick / 1000))
        bends.append(Event(tick, bytes((PITCH_BEND | track.channel, value & 0x7F, value >> 7))))
    return Track(track.name, track.program, track.channel, track.notes, tuple(bends))


def synthesize(score: Score, rng: random.Random) -> F32:
    """Render the pitched tracks with random additive tones, which no SoundFont has; mono at `SAMPLE_RATE_HZ`."""
    audio = np.zeros(int(duration_s(score) * RENDER_RATE_HZ))
    for track in score.tracks:
        if not track.is_drum:
            tone = SynthTone(rng)
            for note in track.notes:
                start = note.onset_ticks * RENDER_RATE_HZ // 1000
                sound = tone.render(note.pitch, note.duration_ticks / 1000) * (note.velocity / 100) ** 1.5
                audio[start : start + len(sound)] += sound[: len(audio) - start]
    return resample(0.6 * audio / max(1e-6, np.abs(audio).max()), RENDER_RATE_HZ)


class SynthTone:
    """An instrument by additive synthesis, with random partials, envelope and vibrato."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        tilt = rng.uniform(0.4, 2.2)
        self._partials = np.array([rng.uniform(0.1, 1) * number**-tilt for number in range(1, rng.randint(3, 16) + 1)])
        if rng.random() < 0.25:
            self._partials[1::2] *= 0.1
        self._inharmonicity = rng.choice([0, 0, 1e-4, 4e-4])
        self._attack_s, self._release_s = rng.uniform(0.003, 0.06), rng.uniform(0.02, 0.25)
        self._decay_s = rng.choice([0.0, 0.0, rng.uniform(0.3, 3)])
        self._vibrato_cents, self._vibrato_hz = rng.choice([0.0, 0.0, rng.uniform(10, 50)]), rng.uniform(4.5, 6.5)

    def render(self, pitch: int, length_s: float) -> F64:
        """Render a note of a MIDI pitch with its release; shape (samples,), at `RENDER_RATE_HZ`."""
        rng = self._rng
        pitch_hz = 440 * 2 ** ((pitch - 69 + rng.uniform(-0.08, 0.08)) / 12)
        time_s = np.arange(int((length_s + 3 * self._release_s) * RENDER_RATE_HZ)) / RENDER_RATE_HZ
        phase = 2 * np.pi * pitch_hz * time_s
        if self._vibrato_cents:
            depth = pitch_hz * (2 ** (self._vibrato_cents / 1200) - 1) / self._vibrato_hz
            phase += depth * np.minimum(1, time_s / 0.3) * np.sin(2 * np.pi * self._vibrato_hz * time_s)
        sound = np.zeros(len(time_s))
        for number, strength in enumerate(self._partials, start=1):
            ratio = number * np.sqrt(1 + self._inharmonicity * number**2)
            # Partials near the Nyquist frequency would alias.
            if pitch_hz * ratio < 0.45 * RENDER_RATE_HZ:
                decay = np.exp(-time_s * (0.5 + 0.5 * number) / self._decay_s) if self._decay_s else 1.0
                sound += strength * decay * np.sin(phase * ratio + rng.uniform(0, 6))
        release = np.where(time_s < length_s, 1, np.exp(-(time_s - length_s) / self._release_s))
        return np.asarray(sound * np.minimum(1, time_s / self._attack_s) * release)


def simulate_recording(audio: F32, rng: random.Random) -> F32:
    """Simulate a room and a microphone: a random filter, level, and noise."""
    if rng.random() < 0.4:
        audio = (
            _low_pass(audio, rng.uniform(1500, 7000))
            if rng.random() < 0.5
            else audio - _low_pass(audio, rng.uniform(60, 250))
        )
    audio = audio * np.float32(rng.uniform(0.05, 0.9) / max(1e-4, float(np.abs(audio).max())))
    if rng.random() < 0.3:
        level = float(np.abs(audio).max()) * 10 ** rng.uniform(-4, -1.9)
        noisy = audio + level * np.random.default_rng(rng.randrange(2**32)).standard_normal(len(audio))
        return np.clip(noisy, -1, 1).astype(np.float32)
    return np.clip(audio, -1, 1).astype(np.float32)


def _low_pass(audio: F32, corner_hz: float) -> F32:
    """Apply a first-order low-pass filter."""
    spectrum = np.fft.rfft(audio)
    ratio = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE_HZ) / corner_hz
    return np.fft.irfft(spectrum / (1 + 1j * ratio), len(audio)).astype(np.float32)


def synthesize_noise(seed: int) -> F32:
    """Synthesize 4 to 14 seconds of noise: white, pink, brown or a band of it, continuous or in bursts."""
    rng = np.random.default_rng(seed)
    size = int(SAMPLE_RATE_HZ * rng.uniform(4, 14))
    frequencies_hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 20)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * frequencies_hz ** -rng.choice([0, 0, 0.5, 1.0])
    if rng.random() < 0.3:
        octaves = np.log(frequencies_hz / rng.uniform(200, 5000)) / rng.uniform(0.3, 1)
        spectrum *= np.exp(-0.5 * octaves**2)
    audio = np.fft.irfft(spectrum, size)
    if rng.random() < 0.4:
        audio *= _burst_envelope(size, rng)
    return np.asarray(rng.uniform(0.02, 0.95) * audio / np.abs(audio).max(), dtype=np.float32)


def _burst_envelope(size: int, rng: np.random.Generator) -> F64:
    envelope, at = np.zeros(size), 0
    while at < size:
        length = min(int(SAMPLE_RATE_HZ * rng.uniform(0.02, 0.4)), size - at)
        envelope[at : at + length] = rng.uniform(0.2, 1) * np.exp(-3 * np.arange(length) / max(length, 1))
        at += length + int(SAMPLE_RATE_HZ * rng.uniform(0.01, 0.5))
    return envelope


def choose_soundfont(soundfonts: Sequence[Path], rng: random.Random) -> Path:
    """Choose a random SoundFont; the first one is twice as probable as the others."""
    return rng.choice([soundfonts[0], *soundfonts])
