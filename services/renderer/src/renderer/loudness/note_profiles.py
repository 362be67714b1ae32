"""Note profiles: energy and peak of single notes in every twentieth of a second.

From them the loudness of a whole piece is added up in milliseconds (`prediction`). A profile is measured once, with
the synthesizer itself, when a piece first needs it: sixteen notes at a time, each on a channel with an output of its
own, without effects. What reverb and chorus add is measured for each instrument, if it is more than a trace.

A profile depends on nothing but the SoundFont and the note, so the same piece always gets the same gain.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F32, F64

from renderer.loudness.loudness_meter import power_response, weighted_energies
from renderer.synthesis.effects import Effects, Reverb
from renderer.synthesis.synthesizer import CHANNEL_STEP, LoadedSoundFont, SeparateOutputSynthesizer, Synthesizer

RATE_HZ = 20_480
"""Sample rate of the measurement: a twentieth of a second is a whole number of the synthesizer's blocks."""
STEPS_PER_S = 20
STEP_FRAMES = RATE_HZ // STEPS_PER_S

N_HELD_STEPS = 24
N_RELEASE_STEPS = 12
N_STEPS = N_HELD_STEPS + N_RELEASE_STEPS
"""A note is held for 1.2 s, and measured for 0.6 s after its end."""

ANCHOR_VELOCITIES = (32, 64, 96, 127)
"""Notes of other velocities are scaled from the profile of the nearest of these."""

CONTROLLER_STEP = 8
"""MIDI controllers 91 and 93 are quantized to multiples of this."""

_MAX_PROFILES = 8192
_PROBE_KEY, _PROBE_DRUM, _PROBE_VELOCITY = 60, 38, 96
_MIN_CHORUS_SEND = 0.005
_CONTROLLER_SEND = 0.2
"""What controllers 91 and 93 at their maximum add to an instrument's send (SoundFont specification 2.04, 8.4.8)."""


class InstrumentNote(NamedTuple):
    """A note of an instrument: General MIDI program, whether it is a drum kit, key, one of `ANCHOR_VELOCITIES`."""

    program: int
    is_drum: bool
    key: int
    velocity: int


class EffectSends(NamedTuple):
    """An instrument, and what MIDI controllers 91 (reverb) and 93 (chorus) add, in steps of `CONTROLLER_STEP`."""

    program: int
    is_drum: bool
    reverb: int
    chorus: int


class NoteProfile(NamedTuple):
    """Energy and peak of a note over time.

    Attributes
    ----------
    energies : ndarray, shape (N_STEPS,), float64
        Loudness-weighted mean square of each step.
    peaks : ndarray, shape (N_STEPS,), float64
        Square of each step's highest absolute sample.
    chorus_send : float
        The instrument's send to the chorus, 0 to 1.
    """

    energies: F64
    peaks: F64
    chorus_send: float


class NoteProfileCache:
    """The note profiles of one SoundFont, measured when first needed; thread-safe.

    Parameters
    ----------
    soundfont : LoadedSoundFont
        The SoundFont that plays the notes.
    """

    def __init__(self, soundfont: LoadedSoundFont) -> None:
        self._soundfont = soundfont
        self._weights = power_response(RATE_HZ, STEP_FRAMES)
        self._profiles: dict[InstrumentNote, NoteProfile] = {}
        self._effect_gains: dict[tuple[EffectSends, Effects], float] = {}
        self._lock = threading.Lock()

    def get(self, notes: Collection[InstrumentNote]) -> dict[InstrumentNote, NoteProfile]:
        """Return the profiles of notes; unknown ones are measured."""
        with self._lock:
            missing = sorted(set(notes) - self._profiles.keys())
            if len(self._profiles) + len(missing) > _MAX_PROFILES:
                self._profiles.clear()
                missing = sorted(set(notes))
            for start in range(0, len(missing), CHANNEL_STEP):
                batch = missing[start : start + CHANNEL_STEP]
                self._profiles.update(zip(batch, self._measure(batch), strict=True))
            return {note: self._profiles[note] for note in notes}

    def effect_gain(self, sends: EffectSends, effects: Effects) -> float:
        """Return the ratio of an instrument's energy with effects to its energy without them."""
        probe_key = _PROBE_DRUM if sends.is_drum else _PROBE_KEY
        probe = InstrumentNote(sends.program, sends.is_drum, probe_key, _PROBE_VELOCITY)
        dry = self.get([probe])[probe]
        if not _has_audible_effects(dry.chorus_send, sends, effects):
            return 1.0
        with self._lock:
            gain = self._effect_gains.get((sends, effects))
            if gain is None:
                gain = self._wet_energy(probe, sends, effects) / max(float(dry.energies.sum()), 1e-12)
                self._effect_gains[sends, effects] = gain
            return gain

    def _measure(self, notes: Sequence[InstrumentNote]) -> list[NoteProfile]:
        """Play up to `CHANNEL_STEP` notes at once, each on its own output, and compute their profiles."""
        with SeparateOutputSynthesizer(self._soundfont, RATE_HZ) as synthesizer:
            for channel, note in enumerate(notes):
                _start_note(synthesizer, channel, note)
            sends = synthesizer.chorus_sends()
            held = synthesizer.read_channels(N_HELD_STEPS * STEP_FRAMES)
            for channel, note in enumerate(notes):
                synthesizer.send(channel, bytes((0x80, note.key, 0)))
            released = synthesizer.read_channels(N_RELEASE_STEPS * STEP_FRAMES)
        frames = np.concatenate((held, released), axis=-1)
        return [self._profile(frames[channel], float(sends[channel])) for channel in range(len(notes))]

    def _profile(self, frames: F32, chorus_send: float) -> NoteProfile:
        left, right = frames
        steps = (left + np.complex64(1j) * right).reshape(N_STEPS, STEP_FRAMES)
        peaks = np.maximum(np.abs(left), np.abs(right)).reshape(N_STEPS, STEP_FRAMES).max(axis=1)
        return NoteProfile(weighted_energies(steps, self._weights), peaks.astype(np.float64) ** 2, chorus_send)

    def _wet_energy(self, note: InstrumentNote, sends: EffectSends, effects: Effects) -> float:
        """Measure a note with effects, on a synthesizer of its own: reverb and chorus have memory."""
        frames = np.empty((N_STEPS * STEP_FRAMES, 2), dtype=np.float32)
        n_held_frames = N_HELD_STEPS * STEP_FRAMES
        with Synthesizer(self._soundfont, RATE_HZ, CHANNEL_STEP) as synthesizer:
            synthesizer.set_effects(effects)
            synthesizer.send(0, bytes((0xB0, 91, sends.reverb * CONTROLLER_STEP)))
            synthesizer.send(0, bytes((0xB0, 93, sends.chorus * CONTROLLER_STEP)))
            _start_note(synthesizer, 0, note)
            synthesizer.read_into(frames[:n_held_frames])
            synthesizer.send(0, bytes((0x80, note.key, 0)))
            synthesizer.read_into(frames[n_held_frames:])
        steps = frames.view(np.complex64).reshape(N_STEPS, STEP_FRAMES)
        return float(weighted_energies(steps, self._weights).sum())


def _start_note(synthesizer: Synthesizer, channel: int, note: InstrumentNote) -> None:
    synthesizer.set_drums(channel, note.is_drum)
    synthesizer.send(channel, bytes((0xC0, note.program)))
    synthesizer.send(channel, bytes((0x90, note.key, note.velocity)))


def _has_audible_effects(chorus_send: float, sends: EffectSends, effects: Effects) -> bool:
    """Return whether effects add more than a trace: any chorus, or more reverb than by default."""
    total = chorus_send + _CONTROLLER_SEND * sends.chorus * CONTROLLER_STEP / 127
    if effects.chorus.level > 0 and total > _MIN_CHORUS_SEND:
        return True
    return effects.reverb.level > 0 and (sends.reverb > 0 or effects.reverb != Reverb())
