"""Bars of a recording in quarters, from the beats that `score.rhythm` finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F64
from score.rhythm import BeatTrack, PlayedNotes, track_beats

from transcriber.note_detection.note_decoding import DetectedNote


class BarGrid(NamedTuple):
    """Quarters of a piece grouped into bars.

    Attributes
    ----------
    beats_s : ndarray, shape (beats,), float64
        Quarter notes in seconds; the first one is a downbeat.
    numerator, denominator : int
        The meter.
    confidence : float
        That the bars are right, 0 to 1.
    """

    beats_s: F64
    numerator: int
    denominator: int
    confidence: float

    @property
    def quarters_per_bar(self) -> int:
        """Number of quarter notes in a bar."""
        return 4 * self.numerator // self.denominator


def track_detected_beats(notes: Sequence[DetectedNote]) -> BeatTrack:
    """Find the beats of detected notes, in one meter throughout."""
    table = PlayedNotes.from_columns(
        np.array([note.onset_s for note in notes]),
        np.array([note.end_s - note.onset_s for note in notes]),
        np.array([note.pitch for note in notes]),
        np.array([note.probability for note in notes]),
    )
    return track_beats(table, one_meter=True)


def build_bar_grid(track: BeatTrack) -> BarGrid:
    """Return the quarters of a piece of one meter, from the bar of its first beat on."""
    per_bar = track.beats_per_bar
    n_before = -int(np.argmax(track.is_downbeat)) % per_bar
    interval_s = float(np.median(np.diff(track.beats_s[:5])))
    last_s = float(np.median(np.diff(track.beats_s[-5:])))
    before_s = track.beats_s[0] - interval_s * np.arange(n_before, 0, -1)
    beats_s = np.concatenate((before_s, track.beats_s, track.beats_s[-1] + last_s * np.arange(1, per_bar + 1)))
    quarters = np.arange(0, (len(beats_s) - 1) * track.quarters_per_beat + 1e-6) / track.quarters_per_beat
    quarters_s = np.interp(quarters, np.arange(len(beats_s)), beats_s)
    return BarGrid(quarters_s, *track.meter, track.bar_confidence)
