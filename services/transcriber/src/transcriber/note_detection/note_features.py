"""Features of candidate notes: posteriors and levels around a place in time and among its harmonics.

Which of the attacks are drum strokes shows in the levels of wide bands and in their noisiness; which pitches the music
uses, in the mean posteriors around.

Both networks see the same kind of features: a few frames around the place at its own pitch, and at the pitches that may
be its fundamental or its harmonics. From these they distinguish a spurious octave from a played one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from score.arrays import F32, I64

from transcriber.audio.band_spectrum import BandSpectrum
from transcriber.constants import FRAMES_PER_S, N_PITCHES
from transcriber.note_detection.basic_pitch_model import Posteriors

PAD_FRAMES, PAD_PITCHES = 48, 40

ONSET_INTERVALS = (-24, -19, -12, -7, -2, -1, 1, 2, 7, 12, 19, 24, 28)
END_INTERVALS = (-19, -12, -7, -1, 1, 7, 12, 19, 24)
"""Semitones to the other pitches in the features."""

N_BAND_GROUPS = 8
"""Groups of bands whose levels are features."""
CONTEXT_FRAMES = 517
"""Half of the six seconds of a window over which mean posteriors are taken; they are computed a second apart."""
CONTEXT_STEP_FRAMES = 86

MIN_CANDIDATE_STRENGTH = 0.19
"""Lower bound for candidates, chosen so that 95 % of the training notes are among them."""
RISE_FRAMES = 4
RISE_WEIGHT, MAX_RISE = 0.8, 0.4
PEAK_FRAMES = 7


class NoteFeatures:
    """Posteriors and levels of one recording, padded so that every neighborhood can be looked up.

    Parameters
    ----------
    posteriors : Posteriors
    levels : ndarray, shape (frames, N_PITCHES), float32
        From `semitone_levels`.
    bands : BandSpectrum
    """

    def __init__(self, posteriors: Posteriors, levels: F32, bands: BandSpectrum) -> None:
        self.posteriors = posteriors
        self.levels = levels[: len(posteriors.notes)]
        self.n_frames = len(posteriors.notes)
        rises = np.maximum(0, self.levels[2:] - self.levels[:-2]).mean(axis=1)
        self.flux: F32 = np.pad(rises, 1)[: self.n_frames]
        self._flux = np.pad(self.flux, PAD_FRAMES)
        self._loudest = np.pad(self.levels.max(axis=1), PAD_FRAMES)
        self._notes, self._onsets, self._contours, self._levels = (_pad(each) for each in (*posteriors, self.levels))
        groups = bands.levels[: self.n_frames].reshape(self.n_frames, N_BAND_GROUPS, -1).mean(axis=2)
        self._groups = np.pad(groups, ((PAD_FRAMES, PAD_FRAMES), (0, 0)))
        self._flatness = np.pad(bands.flatness[: self.n_frames], ((PAD_FRAMES, PAD_FRAMES), (0, 0)))
        self._usual = _usual_posteriors(posteriors.notes)

    def find_candidates(self) -> tuple[I64, I64]:
        """Find the places where a note may begin: peaks of the onset posterior plus the rise of the level.

        Returns
        -------
        frames, pitches : ndarray, shape (n,), int64
            Pitches from 0 to `N_PITCHES` - 1.
        """
        rises = np.zeros_like(self.levels)
        rises[1 : 1 - RISE_FRAMES] = np.clip(self.levels[RISE_FRAMES:] - self.levels[:-RISE_FRAMES], 0, MAX_RISE)
        strengths = self.posteriors.onsets + RISE_WEIGHT * rises * self.posteriors.notes
        padded = np.pad(strengths, ((PEAK_FRAMES // 2, PEAK_FRAMES // 2), (0, 0)))
        highest = sliding_window_view(padded, PEAK_FRAMES, axis=0).max(axis=-1)
        frames, pitches = np.nonzero((strengths >= highest) & (strengths > MIN_CANDIDATE_STRENGTH))
        return frames, pitches

    def onset_features(self, frames: I64, pitches: I64) -> F32:
        """Compute the features of candidates: shapes (n,) and (n,) to (n, features)."""
        rows = frames + PAD_FRAMES
        notes, onsets, levels = self._notes, self._onsets, self._levels
        # The candidate's own pitch: from 12 frames before (140 ms) to 24 after.
        parts = [
            _look_up(notes, frames, pitches, range(-12, 25)),
            _look_up(onsets, frames, pitches, range(-8, 9)),
            _look_up(levels, frames, pitches, range(-12, 25)),
            _look_up(self._contours, frames, pitches, range(-8, 17, 2)),
        ]
        # Neighbors and harmonics, with fewer frames.
        for interval in ONSET_INTERVALS:
            parts.append(_look_up(notes, frames, pitches, range(-4, 9, 2), interval))
            parts.append(_look_up(onsets, frames, pitches, range(-3, 4), interval).max(axis=1, keepdims=True))
            parts.append(_look_up(levels, frames, pitches, range(-4, 9, 2), interval))
        # Drums, and the pitches that the music uses.
        parts.append(self._groups[rows[:, None] + np.arange(-4, 7)].reshape(len(rows), -1))
        parts.append(self._flatness[rows[:, None] + np.array([-3, 1, 4])].reshape(len(rows), -1))
        usual = self._usual[frames // CONTEXT_STEP_FRAMES]
        octaves = PAD_PITCHES + pitches[:, None] + np.array([-24, -12, 0, 12, 24])
        parts.append(np.take_along_axis(usual, octaves, axis=1))
        classes = usual[:, PAD_PITCHES : PAD_PITCHES + 84].reshape(len(rows), 7, 12).sum(axis=1)
        parts.append(np.take_along_axis(classes, (pitches[:, None] + np.arange(12)) % 12, axis=1))
        # All pitches together, and the register.
        parts.append(self._flux[rows[:, None] + np.arange(-4, 5)])
        totals = (self._loudest[rows], onsets[rows].max(axis=1), notes[rows].sum(axis=1) / 5)
        parts += [each[:, None] for each in totals]
        parts.append(np.exp(-(((pitches[:, None] - np.arange(0, N_PITCHES, 8)) / 6.0) ** 2)))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def end_features(self, onset: int, pitch: int, frames: I64) -> F32:
        """Compute the features of frames of one note, in which it may sound or have ended.

        Parameters
        ----------
        onset : int
            Frame in which the note begins.
        pitch : int
            0 to `N_PITCHES` - 1.
        frames : ndarray, shape (n,), int64
            Rising, all after the onset.

        Returns
        -------
        ndarray, shape (n, features), float32
        """
        pitches = np.full(len(frames), pitch)
        parts = [
            _look_up(self._notes, frames, pitches, range(-10, 11, 2)),
            _look_up(self._levels, frames, pitches, range(-10, 21, 2)),
            _look_up(self._contours, frames, pitches, range(-6, 7, 3)),
            _look_up(self._onsets, frames, pitches, range(-2, 7, 2)),
        ]
        for interval in END_INTERVALS:
            parts.append(_look_up(self._notes, frames, pitches, range(-6, 7, 4), interval))
            parts.append(_look_up(self._levels, frames, pitches, range(-6, 7, 4), interval))
        rows = frames + PAD_FRAMES
        parts.append(self._features_since_onset(onset, pitch, frames))
        parts.append(self._loudest[rows[:, None] + np.arange(-4, 5, 4)])
        parts.append(self._flux[rows[:, None] + np.arange(-6, 7, 2)])
        parts.append(self._onsets[rows[:, None] + np.arange(-4, 5, 4)].max(axis=-1))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _features_since_onset(self, onset: int, pitch: int, frames: I64) -> F32:
        """Compare each frame with the course of the note since its onset, shape (n, 9)."""
        notes = self.posteriors.notes[onset : frames[-1] + 1, pitch]
        levels = self.levels[onset : frames[-1] + 1, pitch]
        smooth = np.convolve(np.pad(notes, 2, mode="edge"), np.full(5, 0.2, np.float32), mode="valid")
        smooth[:4] = 1
        at, after_s = frames - onset, (frames - onset) / FRAMES_PER_S
        highest, loudest = np.maximum.accumulate(notes)[at], np.maximum.accumulate(levels)[at]
        decay = levels[at] - loudest
        columns: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.floating]]] = (
            highest,
            loudest,
            np.minimum.accumulate(smooth)[at],
            notes[at] - highest,
            decay,
            np.log(after_s + 0.05),
            np.minimum(after_s, 3),
            decay / (after_s + 0.1),
        )
        return np.stack([*columns, np.full(len(frames), pitch / N_PITCHES)], axis=1)


def _usual_posteriors(notes: F32) -> F32:
    """Return the mean posteriors around every `CONTEXT_STEP_FRAMES`-th frame, padded in pitch."""
    totals = np.concatenate((np.zeros((1, N_PITCHES)), np.cumsum(notes, axis=0, dtype=np.float64)))
    centers = np.arange(0, len(notes), CONTEXT_STEP_FRAMES)
    first, last = np.maximum(centers - CONTEXT_FRAMES, 0), np.minimum(centers + CONTEXT_FRAMES, len(notes))
    means = (totals[last] - totals[first]) / (last - first)[:, None]
    return np.pad(means, ((0, 0), (PAD_PITCHES, PAD_PITCHES))).astype(np.float32)


def _pad(values: F32) -> F32:
    return np.pad(values, ((PAD_FRAMES, PAD_FRAMES), (PAD_PITCHES, PAD_PITCHES)))


def _look_up(padded: F32, frames: I64, pitches: I64, offsets: range, interval: int = 0) -> F32:
    """Return the values at frame offsets from each place, and an interval from its pitch: shape (n, len(offsets))."""
    rows = frames[:, None] + (PAD_FRAMES + np.arange(offsets.start, offsets.stop, offsets.step))
    return padded[rows, pitches[:, None] + (PAD_PITCHES + interval)]
