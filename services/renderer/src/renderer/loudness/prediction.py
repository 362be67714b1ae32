"""Loudness prediction: a piece's loudness from its notes, so that the gain is known before the first frame.

The `NoteProfile` of every note is added to an energy curve over steps, scaled by the note's velocity and its channel's
volume. Different notes are not in phase, so their energies add; the same note played twice at once is in phase, so its
amplitudes add. Then the curve is gated like a measured one, and the effect of the limiter on the peaks is estimated.

Amplitude is the square of velocity, of controller 7 (volume) and of controller 11 (expression): the SoundFont
specification's default modulators (2.04, section 8.4), which FluidSynth follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64

from renderer.loudness.gain import GainSetting, db_to_amplitude, gain_for_target
from renderer.loudness.limiter import CEILING, RELEASE_PER_S
from renderer.loudness.loudness_meter import SILENCE_LUFS, integrated_lufs
from renderer.loudness.note_profiles import (
    ANCHOR_VELOCITIES,
    CONTROLLER_STEP,
    N_HELD_STEPS,
    N_RELEASE_STEPS,
    N_STEPS,
    STEPS_PER_S,
    EffectSends,
    InstrumentNote,
    NoteProfileCache,
)
from renderer.render_settings import MAX_GAIN
from renderer.synthesis.effects import Effects
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

_MAX_NOTE_STEPS = 60 * STEPS_PER_S
"""A note that is held longer is assumed to end here."""
_DECAY_STEPS = 8
"""Beyond its profile, a note continues to decay as it did in these last steps."""
_PEAK_MARGIN = 1.12
"""Peaks of simultaneous notes add up to a little more than the root of their summed squares; tuned on 100 pieces."""
_MEAN_RELEASE = 0.3
"""Fraction of a step's release that the limiter's gain has made, averaged over the step's energy; tuned likewise."""
_MAX_ITERATIONS = 8
_VOLUME, _EXPRESSION, _SUSTAIN, _REVERB, _CHORUS = 7, 11, 64, 91, 93
_DEFAULT_VOLUME, _MAX_EXPRESSION = 100, 127
_PEDAL_DOWN = 64

_ANCHORS = [min(ANCHOR_VELOCITIES, key=lambda anchor: abs(anchor - velocity)) for velocity in range(128)]
"""The nearest anchor of each velocity."""


class SoundingNote(NamedTuple):
    """A note as it sounds.

    Attributes
    ----------
    note : InstrumentNote
        Names its profile.
    sends : EffectSends
        Names its effect gain.
    onset_frame, end_frame : int
        Where it begins and ends.
    amplitude : float
        Relative to its profile.
    """

    note: InstrumentNote
    sends: EffectSends
    onset_frame: int
    end_frame: int
    amplitude: float


def predict_gain(
    performance: Performance, profiles: NoteProfileCache, effects: Effects, target_lufs: float
) -> GainSetting:
    """Predict the gain with which a whole piece has a target loudness.

    Parameters
    ----------
    performance : Performance
        The whole piece.
    profiles : NoteProfileCache
        Profiles of the SoundFont that plays it.
    effects : Effects
        Reverb and chorus.
    target_lufs : float
        Integrated loudness.

    Returns
    -------
    GainSetting
        The gain, and the loudness that is predicted with it.
    """
    curve = _energy_curve(performance, profiles, effects)
    setting = gain_for_target(curve.lufs(REFERENCE_GAIN), target_lufs)
    for _ in range(_MAX_ITERATIONS):
        lufs = curve.lufs(setting.gain)
        setting = GainSetting(setting.gain, lufs)
        if abs(target_lufs - lufs) < 0.01 or setting.gain >= MAX_GAIN or lufs <= SILENCE_LUFS:
            break
        setting = GainSetting(min(MAX_GAIN, setting.gain * db_to_amplitude(target_lufs - lufs)), target_lufs)
    return setting


@dataclass(frozen=True, slots=True)
class _EnergyCurve:
    """A piece's loudness-weighted energy, and the square of its peak, in every step, with `REFERENCE_GAIN`."""

    energies: F64
    peaks: F64

    def lufs(self, gain: float) -> float:
        """Compute the integrated loudness with a gain, after the limiter."""
        amplitude = gain / REFERENCE_GAIN
        energies = self.energies * (amplitude * self._limiter_gains(amplitude)) ** 2
        # The meter's steps are tenths of a second, two of the profiles' steps.
        pairs = energies[: len(energies) // 2 * 2].reshape(-1, 2).mean(axis=1)
        return integrated_lufs(pairs)

    def _limiter_gains(self, amplitude: float) -> F64:
        """Estimate the limiter's gain in each step: limited by the peak, and rising slowly afterwards."""
        peaks = _PEAK_MARGIN * amplitude * np.sqrt(self.peaks)
        max_gains = np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
        # gain[i] = min over j <= i of max_gain[j] + (i - j) * release, as a running minimum without the slope.
        slope = np.arange(len(max_gains)) * RELEASE_PER_S / STEPS_PER_S
        lowest = np.minimum.accumulate(max_gains - slope) + slope
        return np.asarray(np.minimum(1.0, lowest + _MEAN_RELEASE * RELEASE_PER_S / STEPS_PER_S))


def _energy_curve(performance: Performance, profiles: NoteProfileCache, effects: Effects) -> _EnergyCurve:
    sounding = _merge_unisons(list(_iter_notes(performance)))
    by_note = profiles.get({each.note for each in sounding})
    effect_gains = {sends: profiles.effect_gain(sends, effects) for sends in {each.sends for each in sounding}}
    rows = {note: row for row, note in enumerate(by_note)}
    step_frames = performance.sample_rate_hz / STEPS_PER_S
    table = np.array(
        [(rows[each.note], each.onset_frame, each.end_frame, each.note.is_drum) for each in sounding], dtype=np.int64
    )
    lengths = np.maximum(1, np.round((table[:, 2] - table[:, 1]) / step_frames).astype(np.int64))
    notes = _NoteColumns(
        rows=table[:, 0],
        onsets=(table[:, 1] / step_frames).astype(np.int64),
        # A drum is not held: its profile is used to its end.
        lengths=np.where(table[:, 3], N_HELD_STEPS, lengths.clip(max=_MAX_NOTE_STEPS)),
        powers=np.array([each.amplitude**2 * effect_gains[each.sends] for each in sounding]),
        n_steps=round(performance.n_frames / step_frames),
    )
    energies = np.array([profile.energies for profile in by_note.values()])
    peaks = np.array([profile.peaks for profile in by_note.values()])
    return _EnergyCurve(_sum_notes(notes, energies), _sum_notes(notes, peaks))


class _NoteColumns(NamedTuple):
    """Notes as columns of equal length: row of the profile, onset and length in steps, power; and the piece's steps."""

    rows: I64
    onsets: I64
    lengths: I64
    powers: F64
    n_steps: int


def _sum_notes(notes: _NoteColumns, profiles: F64) -> F64:
    """Add up the profiles of all notes.

    The loops run over the steps since each note's onset, not over notes: step k of all notes is added in one call.

    Parameters
    ----------
    notes : _NoteColumns
        The notes.
    profiles : ndarray, shape (n_profiles, N_STEPS), float64
        Energies or squared peaks of a note of each row.

    Returns
    -------
    ndarray, shape (notes.n_steps,), float64
    """
    curve = np.zeros(notes.n_steps + _MAX_NOTE_STEPS + N_STEPS)
    held = _extrapolate_decay(profiles[:, :N_HELD_STEPS], int(notes.lengths.max()))
    for step in range(held.shape[1]):
        is_held = notes.lengths > step
        _accumulate(curve, notes.onsets[is_held] + step, notes.powers[is_held] * held[notes.rows[is_held], step])
    last = held[notes.rows, notes.lengths - 1] * notes.powers
    releases = _release_ratios(profiles)
    for step in range(N_RELEASE_STEPS):
        _accumulate(curve, notes.onsets + notes.lengths + step, last * releases[notes.rows, step])
    return curve[: notes.n_steps]


def _accumulate(curve: F64, steps: I64, values: F64) -> None:
    curve += np.bincount(steps, weights=values, minlength=len(curve))[: len(curve)]


def _extrapolate_decay(held: F64, n_steps: int) -> F64:
    """Append steps in which the notes decay exponentially, as they did in their last `_DECAY_STEPS`."""
    late, before = held[:, -_DECAY_STEPS:].mean(axis=1), held[:, -2 * _DECAY_STEPS : -_DECAY_STEPS].mean(axis=1)
    decay = np.minimum(1.0, late / np.maximum(before, 1e-30)) ** (1 / _DECAY_STEPS)
    further = np.arange(1, max(1, n_steps - N_HELD_STEPS + 1))
    return np.concatenate((held, held[:, -1:] * decay[:, None] ** further), axis=1)


def _release_ratios(profiles: F64) -> F64:
    """Return a note's level in each step after its end, relative to its last held step."""
    last = np.maximum(profiles[:, N_HELD_STEPS - 1 : N_HELD_STEPS], 1e-30)
    return np.asarray(np.minimum(1.0, profiles[:, N_HELD_STEPS:] / last))


def _merge_unisons(sounding: list[SoundingNote]) -> list[SoundingNote]:
    """Merge equal notes with the same onset: the amplitudes add, and the longest one gives the length."""
    groups: dict[tuple[InstrumentNote, EffectSends, int], list[SoundingNote]] = defaultdict(list)
    for each in sounding:
        groups[each.note, each.sends, each.onset_frame].append(each)
    return [
        group[0]._replace(
            end_frame=max(each.end_frame for each in group), amplitude=sum(each.amplitude for each in group)
        )
        for group in groups.values()
    ]


@dataclass(slots=True)
class _ChannelState:
    """The controllers of a channel at one moment, and its sounding notes."""

    program: int
    is_drum: bool
    controllers: dict[int, int] = field(default_factory=dict)
    open_notes: dict[int, list[SoundingNote]] = field(default_factory=lambda: defaultdict(list))
    sustained_notes: list[SoundingNote] = field(default_factory=list)

    def start_note(self, frame: int, key: int, velocity: int) -> Iterator[SoundingNote]:
        """Start a note; the notes of its key that the pedal sustains end.

        Parameters
        ----------
        frame : int
            Its onset.
        key, velocity : int
            As in the MIDI message.
        """
        restruck = [note for note in self.sustained_notes if note.note.key == key]
        if restruck:
            self.sustained_notes = [note for note in self.sustained_notes if note.note.key != key]
            yield from (note._replace(end_frame=frame) for note in restruck)
        anchor = _ANCHORS[velocity]
        volume = self.controllers.get(_VOLUME, _DEFAULT_VOLUME) / _DEFAULT_VOLUME
        expression = self.controllers.get(_EXPRESSION, _MAX_EXPRESSION) / _MAX_EXPRESSION
        reverb, chorus = (self.controllers.get(number, 0) // CONTROLLER_STEP for number in (_REVERB, _CHORUS))
        self.open_notes[key].append(
            SoundingNote(
                InstrumentNote(self.program, self.is_drum, key, anchor),
                EffectSends(self.program, self.is_drum, reverb, chorus),
                frame,
                frame,
                (velocity / anchor * volume * expression) ** 2,
            )
        )

    def end_note(self, frame: int, key: int) -> Iterator[SoundingNote]:
        """End a key's oldest note, unless the pedal sustains it."""
        notes = self.open_notes[key]
        if notes and self.controllers.get(_SUSTAIN, 0) >= _PEDAL_DOWN:
            self.sustained_notes.append(notes.pop(0))
        elif notes:
            yield notes.pop(0)._replace(end_frame=frame)

    def set_controller(self, frame: int, number: int, value: int) -> Iterator[SoundingNote]:
        """Set a controller; a pedal that is released ends the notes that it sustained.

        Parameters
        ----------
        frame : int
            When it changes.
        number, value : int
            As in the MIDI message.
        """
        self.controllers[number] = value
        if number == _SUSTAIN and value < _PEDAL_DOWN:
            yield from (note._replace(end_frame=frame) for note in self.sustained_notes)
            self.sustained_notes.clear()


def _iter_notes(performance: Performance) -> Iterator[SoundingNote]:
    """Yield a performance's notes as they sound, in the order of their ends."""
    channels = [_ChannelState(part.program, part.is_drums) for part in performance.parts]
    for frame, number, data in performance.messages:
        channel, kind = channels[number], data[0] & 0xF0
        if kind == 0x90:
            yield from channel.start_note(frame, data[1], data[2])
        elif kind == 0x80:
            yield from channel.end_note(frame, data[1])
        elif kind == 0xB0:
            yield from channel.set_controller(frame, data[1], data[2])
        elif kind == 0xC0:
            channel.program = data[1]
    for channel in channels:
        yield from (note._replace(end_frame=performance.n_frames) for note in channel.sustained_notes)
