"""A stated model of free performance: what happens to a written rhythm when a person plays it without a click.

The tempo of a piece is its written one times a random factor. Each beat's length is then that of the written tempos
times arcs over phrases, a random walk that returns to the mean, a slow drift, and in some pieces a final ritardando and
a few held beats. Chords begin with a random error, their notes with further ones; some are spread, and the top note may
lead. Notes are shortened, or lengthened by a pedal; some are missed, others added. Velocities are those of the file,
or flat, or accented by meter, with noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from score.arrays import F64, Bool
from score.rhythm.played_notes import PlayedNotes

from training.beats.written_rhythm import WrittenRhythm

SLOWEST_BPM, FASTEST_BPM = 45.0, 200.0


@dataclass(frozen=True, slots=True)
class Performance:
    """A piece as it was played.

    Attributes
    ----------
    notes : PlayedNotes
    on_beat : ndarray, shape (notes,), float64
        Distance of each written onset from the nearest beat, in quarters; NaN for added notes.
    beats_s : ndarray, shape (beats,), float64
    is_downbeat : ndarray, shape (beats,), bool
    is_compound : bool
    quarter_bpm : float
        Median tempo in quarters.
    """

    notes: PlayedNotes
    on_beat: F64
    beats_s: F64
    is_downbeat: Bool
    is_compound: bool
    quarter_bpm: float


class Performer:
    """Plays pieces, with all randomness from one generator.

    Parameters
    ----------
    rng : numpy.random.Generator
    is_recording : bool
        Whether the notes are as if detected in a recording: 15 % missed, 15 % added, with noisy onsets and durations.
    """

    def __init__(self, rng: np.random.Generator, *, is_recording: bool = False) -> None:
        self._rng, self._is_recording = rng, is_recording
        self._freedom = float(rng.choice([0.15, 0.5, 1.0, 1.4], p=[0.2, 0.25, 0.4, 0.15]))

    def play(self, piece: WrittenRhythm) -> Performance:
        """Play a whole piece."""
        rng = self._rng
        beats_s = self._beat_times(piece)
        notes, tracks, is_drum = piece.notes, piece.tracks, piece.is_drum
        retained = self._retained(piece)
        notes, tracks, is_drum = notes[retained], tracks[retained], is_drum[retained]
        positions = np.interp(notes[:, 0], piece.beats, np.arange(len(piece.beats)))
        ends = np.interp(notes[:, 0] + notes[:, 1], piece.beats, np.arange(len(piece.beats)))
        swing = self._swing(piece)
        onsets_s = _at(beats_s, swing(positions))
        written_s = np.maximum(_at(beats_s, swing(ends)) - onsets_s, 0.02)
        onsets_s = self._jitter(onsets_s, notes)
        durations_s = self._durations(written_s, onsets_s, positions, beats_s, is_drum)
        loudness = self._loudness(piece, notes, positions)
        distance = np.abs(notes[:, 0] - piece.beats[np.clip(np.round(positions).astype(int), 0, len(beats_s) - 1)])
        pitches = notes[:, 2].astype(np.int64) + np.where(is_drum, 0, int(rng.integers(-5, 7)))
        columns = self._missed_and_added(
            np.column_stack((onsets_s, durations_s, np.clip(pitches, 0, 127), loudness, is_drum, distance))
        )
        columns = columns[np.lexsort((columns[:, 2], columns[:, 0]))]
        table = PlayedNotes(
            columns[:, 0], columns[:, 1], columns[:, 2].astype(np.int64), columns[:, 3], columns[:, 4] > 0
        )
        unit = 1.5 if piece.is_compound else 1.0
        bpm = 60 * unit / float(np.median(np.diff(beats_s)))
        return Performance(table, columns[:, 5], beats_s, piece.is_downbeat, piece.is_compound, bpm)

    def _beat_times(self, piece: WrittenRhythm) -> F64:
        rng, n = self._rng, len(piece.beats)
        quarters = np.diff(piece.beats)
        base_s = np.diff(piece.beats_s)
        written_bpm = 60 / float(np.median(base_s / quarters))
        wanted = written_bpm * float(np.exp(rng.normal(0, 0.2)))
        if rng.random() < 0.15:
            wanted = float(np.exp(rng.uniform(np.log(55), np.log(170)))) * (1.3 if piece.is_compound else 1.0)
        wanted = float(np.clip(wanted, SLOWEST_BPM, FASTEST_BPM))
        factor = self._tempo_curve(piece)[: n - 1]
        steps_s = np.clip(base_s * written_bpm / wanted * factor, 0.12, 5.0)
        lead_in_s = float(rng.choice([0.0, rng.uniform(0, 4)]))
        return np.concatenate(([lead_in_s], lead_in_s + np.cumsum(steps_s)))

    def _tempo_curve(self, piece: WrittenRhythm) -> F64:
        """Return the factor of each beat's length."""
        rng, n = self._rng, len(piece.beats)
        phrase = piece.beats_per_bar * int(rng.choice([2, 4, 4, 8]))
        phase = (np.arange(n) + rng.integers(phrase)) % phrase / phrase
        logs = rng.uniform(0, 0.10) * (2 * phase - 1) ** 2
        walk, state, size = np.zeros(n), 0.0, rng.uniform(0.008, 0.035)
        for beat in range(n):
            state = 0.9 * state + rng.normal(0, size)
            walk[beat] = state
        logs = logs + walk + rng.normal(0, 0.08) * np.sin(np.arange(n) / n * rng.uniform(1, 6) + rng.uniform(0, 6))
        logs += rng.normal(0, rng.uniform(0.003, 0.02), n)
        if rng.random() < 0.5:
            length = min(n // 4 + 1, int(rng.integers(2, 4)) * piece.beats_per_bar)
            logs[n - length :] += np.linspace(0, rng.uniform(0.2, 0.6), length)
        logs *= self._freedom
        if rng.random() < 0.2 * self._freedom:
            for beat in rng.integers(0, n, rng.integers(1, 4)):
                logs[beat] += rng.uniform(0.3, 0.9)
        return np.asarray(np.exp(logs))

    def _retained(self, piece: WrittenRhythm) -> Bool:
        """Leave out drums often, and sometimes a track."""
        rng = self._rng
        retained = ~piece.is_drum if self._is_recording or rng.random() < 0.5 else np.ones(len(piece.notes), dtype=bool)
        tracks = np.unique(piece.tracks[retained])
        if len(tracks) > 2 and rng.random() < 0.2:
            retained = retained & (piece.tracks != rng.choice(tracks))
        return retained if retained.sum() > 10 else np.ones(len(piece.notes), dtype=bool)

    def _swing(self, piece: WrittenRhythm):  # type: ignore[no-untyped-def]
        middle = 0.5
        if not piece.is_compound and self._rng.random() < 0.12:
            middle = float(self._rng.uniform(0.52, 0.64))
        return lambda at: np.floor(at) + np.interp(at % 1.0, [0, 0.5, 1], [0, middle, 1])

    def _jitter(self, onsets_s: F64, notes: F64) -> F64:
        rng = self._rng
        _, chord = np.unique(np.round(notes[:, 0], 3), return_inverse=True)
        size_s = rng.uniform(0.004, 0.022)
        own_s = rng.uniform(0.002, 0.010)
        shifts = rng.normal(0, size_s, chord.max() + 1)[chord] + rng.normal(0, own_s, len(onsets_s))
        if rng.random() < 0.3:
            lead_s = rng.uniform(0, 0.03)
            top = np.zeros(chord.max() + 1)
            np.maximum.at(top, chord, notes[:, 2])
            shifts -= np.where(notes[:, 2] == top[chord], lead_s, 0)
        if rng.random() < 0.3:
            is_spread = (rng.random(chord.max() + 1) < 0.15)[chord]
            rank = np.zeros(len(notes))
            by_pitch = np.lexsort((notes[:, 2], chord))
            firsts = np.concatenate(([0], np.flatnonzero(np.diff(chord[by_pitch])) + 1))
            counts = np.diff(np.append(firsts, len(notes)))
            rank[by_pitch] = np.arange(len(notes)) - np.repeat(firsts, counts)
            shifts += np.where(is_spread, rank * rng.uniform(0.015, 0.04), 0)
        if self._is_recording:
            shifts += rng.normal(0, 0.012, len(notes))
        return np.asarray(np.maximum(onsets_s + shifts, 0.0))

    def _durations(self, written_s: F64, onsets_s: F64, positions: F64, beats_s: F64, is_drum: Bool) -> F64:
        rng = self._rng
        durations_s = written_s * rng.uniform(0.45, 1.05) * np.exp(rng.normal(0, 0.12, len(written_s)))
        if rng.random() < 0.2:
            pedal_s = _at(beats_s, np.floor(positions) + rng.integers(1, 3)) - onsets_s
            durations_s = np.where(is_drum, durations_s, np.maximum(durations_s, pedal_s))
        if self._is_recording:
            durations_s = durations_s * np.exp(rng.normal(0, 0.3, len(written_s)))
        return np.asarray(np.maximum(durations_s, 0.03))

    def _loudness(self, piece: WrittenRhythm, notes: F64, positions: F64) -> F64:
        rng = self._rng
        own = notes[:, 3] / 127 if rng.random() < 0.5 else np.full(len(notes), 0.6)
        nearest = np.clip(np.round(positions).astype(int), 0, len(piece.beats) - 1)
        on_beat = np.abs(positions - nearest) < 0.05
        accent = on_beat * rng.uniform(0, 0.06) + (on_beat & piece.is_downbeat[nearest]) * rng.uniform(0, 0.08)
        accent *= rng.random() < 0.5
        return np.asarray(np.clip(own + accent + rng.normal(0, rng.uniform(0.005, 0.08), len(notes)), 0.05, 1.0))

    def _missed_and_added(self, rows: F64) -> F64:
        rng = self._rng
        missed, added = (0.15, 0.15) if self._is_recording else (rng.uniform(0, 0.03), rng.uniform(0, 0.02))
        retained = rows[rng.random(len(rows)) >= missed]
        extra = rows[rng.random(len(rows)) < added].copy()
        extra[:, 0] += np.where(rng.random(len(extra)) < 0.5, 0.0, rng.uniform(0, 1.0, len(extra)))
        extra[:, 1] *= 0.6
        extra[:, 2] = np.clip(extra[:, 2] + rng.choice([-12, 12, 19, 7, 1, -1, 2], len(extra)), 0, 127)
        extra[:, 5] = np.nan
        return np.concatenate((retained, extra[extra[:, 4] == 0])) if len(retained) > 5 else rows


def _at(beats_s: F64, positions: F64) -> F64:
    """Return the seconds of positions in beats, also beyond the last beat."""
    last_s = float(np.median(np.diff(beats_s[-5:])))
    times_s = np.append(beats_s, beats_s[-1] + 8 * last_s)
    return np.asarray(np.interp(positions, np.append(np.arange(len(beats_s)), len(beats_s) + 7), times_s))
