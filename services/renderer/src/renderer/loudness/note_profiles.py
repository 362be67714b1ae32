"""What one note of an instrument sounds like, in numbers: its energy and its peak in every twentieth of a second.

From them the loudness of a whole piece can be added up in milliseconds (`forecast`). An imprint is taken once, from the
synthesiser itself, when a piece first needs it: sixteen notes at a time, each on a channel with an output of its own,
without effects. What reverb and chorus add is measured for each instrument, where it is more than a trace.

An imprint depends on nothing but the SoundFont and the note, so the same piece gets the same gain whenever it comes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renderer.loudness.loudness_meter import power_response, weighted_energies
from renderer.synthesis.effects import Effects, Reverb
from renderer.synthesis.synthesizer import CHANNEL_STEP, ApartSynthesizer, LoadedSoundFont, Synthesizer

RATE_HZ = 20_480
"""Frames a second while imprints are taken: a twentieth of a second is a whole number of the synthesiser's blocks."""
STEPS_PER_S = 20
STEP_FRAMES = RATE_HZ // STEPS_PER_S

HELD_STEPS = 24
RELEASE_STEPS = 12
STEPS = HELD_STEPS + RELEASE_STEPS
"""A note is held for 1.2 s, and heard for 0.6 s after."""

ANCHOR_VELOCITIES = (32, 64, 96, 127)
"""Notes of other velocities are taken as louder or softer ones of the nearest of these."""

CONTROLLER_STEP = 8
"""MIDI controllers 91 and 93 are told apart in steps of this."""

_MAX_KEPT = 8192
_PROBE_KEY, _PROBE_DRUM, _PROBE_VELOCITY = 60, 38, 96
_TRACE = 0.005
_CONTROLLER_SEND = 0.2
"""What controllers 91 and 93 at their highest add to what an instrument sends (SoundFont specification 2.04, 8.4.8)."""


class Tone(NamedTuple):
    """A note of an instrument: General MIDI program, whether it is a drum kit, key, and one of `ANCHOR_VELOCITIES`."""

    program: int
    is_drum: bool
    key: int
    velocity: int


class Sends(NamedTuple):
    """An instrument, and what MIDI controllers 91 (reverb) and 93 (chorus) add, in steps of `CONTROLLER_STEP`."""

    program: int
    is_drum: bool
    reverb: int
    chorus: int


class Imprint(NamedTuple):
    """What a tone sounds like.

    Attributes
    ----------
    energies : ndarray, shape (STEPS,), float64
        Loudness-weighted mean square of each step.
    peaks : ndarray, shape (STEPS,), float64
        Square of each step's highest sample.
    chorus_send : float
        What the instrument sends to the chorus, 0 to 1.
    """

    energies: NDArray[np.float64]
    peaks: NDArray[np.float64]
    chorus_send: float


class Imprints:
    """The imprints of one SoundFont; may be asked by several threads.

    Parameters
    ----------
    soundfont : LoadedSoundFont
        What is played.
    """

    def __init__(self, soundfont: LoadedSoundFont) -> None:
        self._soundfont = soundfont
        self._weights = power_response(RATE_HZ, STEP_FRAMES)
        self._imprints: dict[Tone, Imprint] = {}
        self._boosts: dict[tuple[Sends, Effects], float] = {}
        self._lock = threading.Lock()

    def find(self, tones: Collection[Tone]) -> dict[Tone, Imprint]:
        """Give the imprints of tones; those that are not known yet are taken."""
        with self._lock:
            missing = sorted(set(tones) - self._imprints.keys())
            if len(self._imprints) + len(missing) > _MAX_KEPT:
                self._imprints.clear()
                missing = sorted(set(tones))
            for start in range(0, len(missing), CHANNEL_STEP):
                batch = missing[start : start + CHANNEL_STEP]
                self._imprints.update(zip(batch, self._taken(batch), strict=True))
            return {tone: self._imprints[tone] for tone in tones}

    def boost(self, sends: Sends, effects: Effects) -> float:
        """Give the ratio of an instrument's energy with effects to that without."""
        probe = Tone(sends.program, sends.is_drum, _PROBE_DRUM if sends.is_drum else _PROBE_KEY, _PROBE_VELOCITY)
        dry = self.find([probe])[probe]
        if not _is_heard(dry.chorus_send, sends, effects):
            return 1.0
        with self._lock:
            found = self._boosts.get((sends, effects))
            if found is None:
                found = self._wet_energy(probe, sends, effects) / max(float(dry.energies.sum()), 1e-12)
                self._boosts[sends, effects] = found
            return found

    def _taken(self, tones: Sequence[Tone]) -> list[Imprint]:
        """Play up to `CHANNEL_STEP` tones at once and take their imprints."""
        with ApartSynthesizer(self._soundfont, RATE_HZ) as synthesizer:
            for channel, tone in enumerate(tones):
                _begin(synthesizer, channel, tone)
            sends = synthesizer.chorus_sends()
            held = synthesizer.read_apart(HELD_STEPS * STEP_FRAMES)
            for channel, tone in enumerate(tones):
                synthesizer.send(channel, bytes((0x80, tone.key, 0)))
            released = synthesizer.read_apart(RELEASE_STEPS * STEP_FRAMES)
        frames = np.concatenate((held, released), axis=-1)
        return [self._imprint(frames[channel], float(sends[channel])) for channel in range(len(tones))]

    def _imprint(self, frames: NDArray[np.float32], chorus_send: float) -> Imprint:
        left, right = frames
        steps = (left + np.complex64(1j) * right).reshape(STEPS, STEP_FRAMES)
        loudest = np.maximum(np.abs(left), np.abs(right)).reshape(STEPS, STEP_FRAMES).max(axis=1)
        return Imprint(weighted_energies(steps, self._weights), loudest.astype(np.float64) ** 2, chorus_send)

    def _wet_energy(self, tone: Tone, sends: Sends, effects: Effects) -> float:
        """Measure a tone with effects, on a synthesiser of its own: reverb and chorus remember what was before."""
        frames = np.empty((STEPS * STEP_FRAMES, 2), dtype=np.float32)
        held = HELD_STEPS * STEP_FRAMES
        with Synthesizer(self._soundfont, RATE_HZ, CHANNEL_STEP) as synthesizer:
            synthesizer.set_effects(effects)
            synthesizer.send(0, bytes((0xB0, 91, sends.reverb * CONTROLLER_STEP)))
            synthesizer.send(0, bytes((0xB0, 93, sends.chorus * CONTROLLER_STEP)))
            _begin(synthesizer, 0, tone)
            synthesizer.read_into(frames[:held])
            synthesizer.send(0, bytes((0x80, tone.key, 0)))
            synthesizer.read_into(frames[held:])
        steps = frames.view(np.complex64).reshape(STEPS, STEP_FRAMES)
        return float(weighted_energies(steps, self._weights).sum())


def _begin(synthesizer: Synthesizer, channel: int, tone: Tone) -> None:
    synthesizer.set_drums(channel, tone.is_drum)
    synthesizer.send(channel, bytes((0xC0, tone.program)))
    synthesizer.send(channel, bytes((0x90, tone.key, tone.velocity)))


def _is_heard(chorus_send: float, sends: Sends, effects: Effects) -> bool:
    """Whether effects add more than a trace: any chorus, or more reverb than there usually is."""
    total = chorus_send + _CONTROLLER_SEND * sends.chorus * CONTROLLER_STEP / 127
    if effects.chorus.level > 0 and total > _TRACE:
        return True
    return effects.reverb.level > 0 and (sends.reverb > 0 or effects.reverb != Reverb())
