"""How loud a piece will be, from its notes: the gain is known before the first sound, and nothing is held back.

Every note is laid on a line of steps as its `Imprint` says, louder or softer by its velocity and its channel's volume,
and the energies are added up: different notes are not in step with each other, so their energies add; the same note
struck twice at once is in step, so its amplitudes do. Then the line is gated as any sound would be, and where its
peaks will be held by the limiter, that is reckoned with.

Amplitude is the square of velocity, of controller 7 (volume) and of controller 11 (expression): the SoundFont
specification's default modulators (2.04, section 8.4), which FluidSynth follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renderer.loudness import loudness_meter
from renderer.loudness.gain import Level, level_for, ratio
from renderer.loudness.limiter import CEILING, RELEASE_PER_S
from renderer.loudness.note_profiles import (
    ANCHOR_VELOCITIES,
    CONTROLLER_STEP,
    HELD_STEPS,
    RELEASE_STEPS,
    STEPS,
    STEPS_PER_S,
    Imprints,
    Sends,
    Tone,
)
from renderer.render_settings import MAX_GAIN
from renderer.synthesis.effects import Effects
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

_LONGEST_STEPS = 60 * STEPS_PER_S
"""A note that is held longer is taken to end here."""
_DECAY_STEPS = 8
"""Beyond what its imprint tells, a note goes on to fade as it did in these last steps."""
_PEAK_MARGIN = 1.12
"""Peaks of notes that sound together add up to a little more than their squares do; tuned on 100 pieces."""
_RISEN = 0.3
"""How much of a step's rise the limiter's gain has made, on the average over a step's energy; tuned on them too."""
_ROUNDS = 8
_VOLUME, _EXPRESSION, _SUSTAIN, _REVERB, _CHORUS = 7, 11, 64, 91, 93
_USUAL_VOLUME, _FULL = 100, 127
_PEDAL_DOWN = 64

_ANCHORS = [min(ANCHOR_VELOCITIES, key=lambda anchor: abs(anchor - velocity)) for velocity in range(128)]
"""Each velocity's nearest."""


class Struck(NamedTuple):
    """A note as it sounds: how, from which frame to which, and its amplitude relative to its tone's imprint."""

    tone: Tone
    sends: Sends
    onset: int
    end: int
    amplitude: float


def predicted_level(performance: Performance, imprints: Imprints, effects: Effects, target_lufs: float) -> Level:
    """Predict the gain with which a whole piece has a loudness, and the loudness that it has then."""
    line = _line(performance, imprints, effects)
    level = level_for(line.lufs(REFERENCE_GAIN), target_lufs)
    for _ in range(_ROUNDS):
        lufs = line.lufs(level.gain)
        level = Level(level.gain, lufs)
        if abs(target_lufs - lufs) < 0.01 or level.gain >= MAX_GAIN or lufs <= loudness_meter.SILENCE_LUFS:
            break
        level = Level(min(MAX_GAIN, level.gain * ratio(target_lufs - lufs)), target_lufs)
    return level


@dataclass(frozen=True, slots=True)
class _Line:
    """A piece's loudness-weighted energy, and the square of its peak, in every step, with `REFERENCE_GAIN`."""

    energies: NDArray[np.float64]
    peaks: NDArray[np.float64]

    def lufs(self, gain: float) -> float:
        """Give the integrated loudness that is left with a gain once peaks are held."""
        amplitude = gain / REFERENCE_GAIN
        energies = self.energies * (amplitude * self._held(amplitude)) ** 2
        pairs = energies[: len(energies) // 2 * 2].reshape(-1, 2).mean(axis=1)
        return loudness_meter.integrated_lufs(pairs)

    def _held(self, amplitude: float) -> NDArray[np.float64]:
        """Give the limiter's gain in each step: what the peak can bear, rising slowly afterwards."""
        peaks = _PEAK_MARGIN * amplitude * np.sqrt(self.peaks)
        bearable = np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
        rise = np.arange(len(bearable)) * RELEASE_PER_S / STEPS_PER_S
        lowest = np.minimum.accumulate(bearable - rise) + rise
        return np.asarray(np.minimum(1.0, lowest + _RISEN * RELEASE_PER_S / STEPS_PER_S))


def _line(performance: Performance, imprints: Imprints, effects: Effects) -> _Line:
    struck = _in_step(list(_struck(performance)))
    known = imprints.find({note.tone for note in struck})
    boosts = {sends: imprints.boost(sends, effects) for sends in {note.sends for note in struck}}
    tones = {tone: row for row, tone in enumerate(known)}
    step_frames = performance.sample_rate_hz / STEPS_PER_S
    table = np.array([(tones[note.tone], note.onset, note.end, note.tone.is_drum) for note in struck], dtype=np.int64)
    lengths = np.maximum(1, np.round((table[:, 2] - table[:, 1]) / step_frames).astype(np.int64))
    notes = _Notes(
        rows=table[:, 0],
        onsets=(table[:, 1] / step_frames).astype(np.int64),
        # A drum is struck, not held: its imprint is heard to its end.
        lengths=np.where(table[:, 3], HELD_STEPS, lengths.clip(max=_LONGEST_STEPS)),
        powers=np.array([note.amplitude**2 * boosts[note.sends] for note in struck]),
        step_count=round(performance.frame_count / step_frames),
    )
    energies = np.array([imprint.energies for imprint in known.values()])
    peaks = np.array([imprint.peaks for imprint in known.values()])
    return _Line(_added(notes, energies), _added(notes, peaks))


class _Notes(NamedTuple):
    """Notes as columns of the same length: imprint's row, onset and length in steps, power; and the piece's steps."""

    rows: NDArray[np.int64]
    onsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    powers: NDArray[np.float64]
    step_count: int


def _added(notes: _Notes, imprints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up all notes, step by step of their own time.

    Parameters
    ----------
    imprints : ndarray, shape (n, STEPS), float64
        What a note of each row gives in each step.

    Returns
    -------
    ndarray, shape (notes.step_count,), float64
    """
    line = np.zeros(notes.step_count + _LONGEST_STEPS + STEPS)
    held = _continued(imprints[:, :HELD_STEPS], int(notes.lengths.max()))
    for step in range(held.shape[1]):
        sounding = notes.lengths > step
        _lay(line, notes.onsets[sounding] + step, notes.powers[sounding] * held[notes.rows[sounding], step])
    last = held[notes.rows, notes.lengths - 1] * notes.powers
    fading = _releases(imprints)
    for step in range(RELEASE_STEPS):
        _lay(line, notes.onsets + notes.lengths + step, last * fading[notes.rows, step])
    return line[: notes.step_count]


def _lay(line: NDArray[np.float64], steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    line += np.bincount(steps, weights=values, minlength=len(line))[: len(line)]


def _continued(held: NDArray[np.float64], step_count: int) -> NDArray[np.float64]:
    """Let notes fade on beyond what was taken of them."""
    late, before = held[:, -_DECAY_STEPS:].mean(axis=1), held[:, -2 * _DECAY_STEPS : -_DECAY_STEPS].mean(axis=1)
    decay = np.minimum(1.0, late / np.maximum(before, 1e-30)) ** (1 / _DECAY_STEPS)
    further = np.arange(1, max(1, step_count - HELD_STEPS + 1))
    return np.concatenate((held, held[:, -1:] * decay[:, None] ** further), axis=1)


def _releases(imprints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give what is left of a note in each step after its end, relative to its last step."""
    last = np.maximum(imprints[:, HELD_STEPS - 1 : HELD_STEPS], 1e-30)
    return np.asarray(np.minimum(1.0, imprints[:, HELD_STEPS:] / last))


def _in_step(struck: list[Struck]) -> list[Struck]:
    """Join the notes of a tone that begin together: one note, as strong as all of them, as long as the longest."""
    together: dict[tuple[Tone, Sends, int], list[Struck]] = defaultdict(list)
    for note in struck:
        together[note.tone, note.sends, note.onset].append(note)
    return [
        notes[0]._replace(end=max(note.end for note in notes), amplitude=sum(note.amplitude for note in notes))
        for notes in together.values()
    ]


@dataclass(slots=True)
class _Channel:
    """What a channel's controllers say at a moment, and its notes that have begun."""

    program: int
    is_drum: bool
    controllers: dict[int, int] = field(default_factory=dict)
    open_notes: dict[int, list[Struck]] = field(default_factory=lambda: defaultdict(list))
    under_pedal: list[Struck] = field(default_factory=list)

    def begin(self, frame: int, key: int, velocity: int) -> None:
        """Strike a note."""
        anchor = _ANCHORS[velocity]
        volume = self.controllers.get(_VOLUME, _USUAL_VOLUME) / _USUAL_VOLUME
        expression = self.controllers.get(_EXPRESSION, _FULL) / _FULL
        reverb, chorus = (self.controllers.get(number, 0) // CONTROLLER_STEP for number in (_REVERB, _CHORUS))
        self.open_notes[key].append(
            Struck(
                Tone(self.program, self.is_drum, key, anchor),
                Sends(self.program, self.is_drum, reverb, chorus),
                frame,
                frame,
                (velocity / anchor * volume * expression) ** 2,
            )
        )

    def end(self, frame: int, key: int) -> Iterator[Struck]:
        """End a key's oldest note, unless the pedal holds it."""
        notes = self.open_notes[key]
        if notes and self.controllers.get(_SUSTAIN, 0) >= _PEDAL_DOWN:
            self.under_pedal.append(notes.pop(0))
        elif notes:
            yield notes.pop(0)._replace(end=frame)

    def control(self, frame: int, number: int, value: int) -> Iterator[Struck]:
        """Change a controller; a pedal that goes up ends what it held."""
        self.controllers[number] = value
        if number == _SUSTAIN and value < _PEDAL_DOWN:
            yield from (note._replace(end=frame) for note in self.under_pedal)
            self.under_pedal.clear()


def _struck(performance: Performance) -> Iterator[Struck]:
    """Yield a performance's notes as they sound."""
    channels = [_Channel(part.program, part.is_drums) for part in performance.parts]
    for frame, number, data in performance.messages:
        channel, kind = channels[number], data[0] & 0xF0
        if kind == 0x90:
            channel.begin(frame, data[1], data[2])
        elif kind == 0x80:
            yield from channel.end(frame, data[1])
        elif kind == 0xB0:
            yield from channel.control(frame, data[1], data[2])
        elif kind == 0xC0:
            channel.program = data[1]
    for channel in channels:
        yield from (note._replace(end=performance.frame_count) for note in channel.under_pedal)
