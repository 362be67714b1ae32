"""What speaks for a note: the neighbourhood of a place in the posteriors and the levels, in time and among harmonics.

The two networks over it see the same kind of thing: a few columns around the place at its own pitch, and the same at
the pitches whose harmonics it may be, or whose fundamental. So an octave that is only a ghost is told from one that is
played.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from transcriber.constants import FRAMES_PER_S, PITCHES, Floats, Integers
from transcriber.note_detection.basic_pitch_model import Posteriors

PAD_FRAMES, PAD_PITCHES = 48, 40

ONSET_INTERVALS = (-24, -19, -12, -7, -2, -1, 1, 2, 7, 12, 19, 24, 28)
END_INTERVALS = (-19, -12, -7, -1, 1, 7, 12, 19, 24)
"""Semitones to the pitches that are looked at beside the note's own."""

MIN_ONSET = 0.19
"""Below this nothing is a candidate: chosen so that 95 % of the training notes are among them."""
RISE_FRAMES = 4
RISE_WEIGHT, MAX_RISE = 0.8, 0.4
PEAK_FRAMES = 7


class Evidence:
    """One recording's posteriors and levels, padded so that every neighbourhood can be looked up.

    Parameters
    ----------
    heard : Posteriors
    levels : ndarray, shape (frames, PITCHES), float32
        Of `semitone_levels`.
    """

    def __init__(self, heard: Posteriors, levels: Floats) -> None:
        self.heard = heard
        self.levels = levels[: len(heard.notes)]
        self.n_frames = len(heard.notes)
        rises = np.maximum(0, self.levels[2:] - self.levels[:-2]).mean(axis=1)
        self.flux: Floats = np.pad(rises, 1)[: self.n_frames]
        self._flux = np.pad(self.flux, PAD_FRAMES)
        self._loudest = np.pad(self.levels.max(axis=1), PAD_FRAMES)
        self._notes, self._onsets, self._contours, self._levels = (_padded(each) for each in (*heard, self.levels))

    def candidates(self) -> tuple[Integers, Integers]:
        """Find the places where a note may begin: peaks of the onset posterior and the level's rise together.

        Returns
        -------
        frames, pitches : ndarray, shape (n,), int64
            Pitches from 0 to `PITCHES` - 1.
        """
        rises = np.zeros_like(self.levels)
        rises[1 : 1 - RISE_FRAMES] = np.clip(self.levels[RISE_FRAMES:] - self.levels[:-RISE_FRAMES], 0, MAX_RISE)
        strengths = self.heard.onsets + RISE_WEIGHT * rises * self.heard.notes
        around = np.pad(strengths, ((PEAK_FRAMES // 2, PEAK_FRAMES // 2), (0, 0)))
        highest = sliding_window_view(around, PEAK_FRAMES, axis=0).max(axis=-1)
        frames, pitches = np.nonzero((strengths >= highest) & (strengths > MIN_ONSET))
        return frames, pitches

    def onset_features(self, frames: Integers, pitches: Integers) -> Floats:
        """Describe candidates: shape (n,) and (n,) to (n, features)."""
        rows = frames + PAD_FRAMES
        notes, onsets, levels = self._notes, self._onsets, self._levels
        parts = [
            _around(notes, frames, pitches, range(-12, 25)),
            _around(onsets, frames, pitches, range(-8, 9)),
            _around(levels, frames, pitches, range(-12, 25)),
            _around(self._contours, frames, pitches, range(-8, 17, 2)),
        ]
        for interval in ONSET_INTERVALS:
            parts.append(_around(notes, frames, pitches, range(-4, 9, 2), interval))
            parts.append(_around(onsets, frames, pitches, range(-3, 4), interval).max(axis=1, keepdims=True))
            parts.append(_around(levels, frames, pitches, range(-4, 9, 2), interval))
        parts.append(self._flux[rows[:, None] + np.arange(-4, 5)])
        whole = (self._loudest[rows], onsets[rows].max(axis=1), notes[rows].sum(axis=1) / 5)
        parts += [each[:, None] for each in whole]
        parts.append(np.exp(-(((pitches[:, None] - np.arange(0, PITCHES, 8)) / 6.0) ** 2)))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def end_features(self, onset: int, pitch: int, frames: Integers) -> Floats:
        """Describe frames of one note, at which it may sound or have ended.

        Parameters
        ----------
        onset, pitch : int
            Where the note begins.
        frames : ndarray, shape (n,), int64
            Rising, all after the onset.

        Returns
        -------
        ndarray, shape (n, features), float32
        """
        pitches = np.full(len(frames), pitch)
        parts = [
            _around(self._notes, frames, pitches, range(-10, 11, 2)),
            _around(self._levels, frames, pitches, range(-10, 21, 2)),
            _around(self._contours, frames, pitches, range(-6, 7, 3)),
            _around(self._onsets, frames, pitches, range(-2, 7, 2)),
        ]
        for interval in END_INTERVALS:
            parts.append(_around(self._notes, frames, pitches, range(-6, 7, 4), interval))
            parts.append(_around(self._levels, frames, pitches, range(-6, 7, 4), interval))
        rows = frames + PAD_FRAMES
        parts.append(self._since_onset(onset, pitch, frames))
        parts.append(self._loudest[rows[:, None] + np.arange(-4, 5, 4)])
        parts.append(self._flux[rows[:, None] + np.arange(-6, 7, 2)])
        parts.append(self._onsets[rows[:, None] + np.arange(-4, 5, 4)].max(axis=-1))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _since_onset(self, onset: int, pitch: int, frames: Integers) -> Floats:
        """Compare each frame with what the note was since its onset, shape (n, 9)."""
        notes = self.heard.notes[onset : frames[-1] + 1, pitch]
        levels = self.levels[onset : frames[-1] + 1, pitch]
        smooth = np.convolve(np.pad(notes, 2, mode="edge"), np.full(5, 0.2, np.float32), mode="valid")
        smooth[:4] = 1
        at, after_s = frames - onset, (frames - onset) / FRAMES_PER_S
        most, loudest = np.maximum.accumulate(notes)[at], np.maximum.accumulate(levels)[at]
        fallen = levels[at] - loudest
        columns: Sequence[Floats] = (
            most,
            loudest,
            np.minimum.accumulate(smooth)[at],
            notes[at] - most,
            fallen,
            np.log(after_s + 0.05),
            np.minimum(after_s, 3),
            fallen / (after_s + 0.1),
        )
        return np.stack([*columns, np.full(len(frames), pitch / PITCHES)], axis=1)


def _padded(values: Floats) -> Floats:
    return np.pad(values, ((PAD_FRAMES, PAD_FRAMES), (PAD_PITCHES, PAD_PITCHES)))


def _around(padded: Floats, frames: Integers, pitches: Integers, offsets: range, interval: int = 0) -> Floats:
    """Look up frames around each place, at an interval from its pitch: shape (n, len(offsets))."""
    rows = frames[:, None] + (PAD_FRAMES + np.arange(offsets.start, offsets.stop, offsets.step))
    return padded[rows, pitches[:, None] + (PAD_PITCHES + interval)]
