"""Beat tracking: from notes in seconds to beats, bars, meter and tempo."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import F64, Bool
from score.rhythm.bar_decoding import decode_bars
from score.rhythm.beat_decoding import REACH_S, decode_beats
from score.rhythm.features import onset_features
from score.rhythm.network import load_network
from score.rhythm.played_notes import PlayedNotes

MIN_NOTES = 8
"""With fewer notes there is no beat to find."""


class BeatTrack(NamedTuple):
    """Beats and bars of a piece.

    Attributes
    ----------
    beats_s : ndarray, shape (beats,), float64
        At least two, rising. A beat is a quarter, or a dotted quarter in compound meters.
    is_downbeat : ndarray, shape (beats,), bool
    is_compound : bool
        Whether a beat is a dotted quarter.
    beats_per_bar : int
        2, 3 or 4.
    beat_confidence, bar_confidence : float
        0 to 1.
    """

    beats_s: F64
    is_downbeat: Bool
    is_compound: bool
    beats_per_bar: int
    beat_confidence: float
    bar_confidence: float

    @property
    def meter(self) -> tuple[int, int]:
        """The meter, as numerator and denominator."""
        return (3 * self.beats_per_bar, 8) if self.is_compound else (self.beats_per_bar, 4)

    @property
    def quarters_per_beat(self) -> float:
        """Length of a beat in quarters."""
        return 1.5 if self.is_compound else 1.0

    @property
    def quarter_bpm(self) -> float:
        """Median tempo in quarters per minute."""
        return 60 * self.quarters_per_beat / float(np.median(np.diff(self.beats_s)))


def track_beats(notes: PlayedNotes) -> BeatTrack:
    """Find beats, bars and meter.

    Parameters
    ----------
    notes : PlayedNotes
        At least `MIN_NOTES`.
    """
    groups, features = onset_features(notes)
    activations = load_network()(features)
    beats_s = _at_least_two(decode_beats(groups.times_s, activations.beat, activations.periods))
    bars = decode_bars(beats_s, groups.times_s, activations.downbeat, activations.bars)
    return BeatTrack(
        beats_s,
        bars.is_downbeat,
        bool(activations.compound.mean() > 0.5),
        bars.beats_per_bar,
        _beat_confidence(beats_s, groups.times_s, activations.beat),
        bars.confidence,
    )


def _at_least_two(beats_s: F64) -> F64:
    return beats_s if len(beats_s) > 1 else np.array([beats_s[0], beats_s[0] + 0.5])


def _beat_confidence(beats_s: F64, times_s: F64, beat: np.typing.NDArray[np.float32]) -> float:
    """Return the mean probability of what was decided about each group: a beat or none."""
    nearest = np.clip(np.searchsorted(beats_s, times_s), 1, len(beats_s) - 1)
    distances_s = np.minimum(np.abs(times_s - beats_s[nearest - 1]), np.abs(times_s - beats_s[nearest]))
    return float(np.where(distances_s < REACH_S, beat, 1 - beat).mean())
