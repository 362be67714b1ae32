"""Beat tracking: from notes in seconds to beats, bars, meter and tempo."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import F64, Bool
from score.rhythm.bar_decoding import decode_bars
from score.rhythm.beat_decoding import decode_beats, move_to_groups
from score.rhythm.beat_level import choose_level
from score.rhythm.features import onset_features
from score.rhythm.network import load_beat_network, split_outputs
from score.rhythm.played_notes import PlayedNotes

MIN_NOTES = 8
"""With fewer notes there is no beat to find."""
MIN_STEADY_BEATS = 8
MAX_DEVIATION_S = 0.015
"""Beats are steady if their deviation from equal lengths is lower, leaving single ones out."""
MIN_NEAR = 0.9


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
    beat_confidence : float
        Probability that the beats are at the right level: neither twice as long as those that are counted, nor half.
    bar_confidence : float
        Mean probability of each beat's being a downbeat or none, as decided.
    is_steady : bool
        Whether all beats have the same length.
    """

    beats_s: F64
    is_downbeat: Bool
    is_compound: bool
    beats_per_bar: int
    beat_confidence: float
    bar_confidence: float
    is_steady: bool = False

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


def track_beats(notes: PlayedNotes, *, one_meter: bool = False) -> BeatTrack:
    """Find beats, bars and meter.

    Parameters
    ----------
    notes : PlayedNotes
        At least one; fewer than `MIN_NOTES` hardly have a beat.
    one_meter : bool
        Whether all bars have the same number of beats.
    """
    groups, features = onset_features(notes)
    activations = split_outputs(load_beat_network()(features))
    decoded_s = _at_least_two(decode_beats(groups.times_s, activations.beat, activations.periods))
    level, probability = choose_level(decoded_s, activations, notes, groups)
    found_s = move_to_groups(level.beats_s, groups.times_s, activations.beat)
    steady_s = steady_beats(found_s)
    bars = decode_bars(notes, found_s, is_compound=level.is_compound, one_meter=one_meter)
    return BeatTrack(
        found_s if steady_s is None else steady_s,
        bars.is_downbeat,
        level.is_compound,
        bars.beats_per_bar,
        probability,
        bars.confidence,
        steady_s is not None,
    )


def steady_beats(beats_s: F64) -> F64 | None:
    """Return beats of equal length if those that were found are as near to them as onsets can be measured.

    Examples
    --------
    >>> steady_beats(np.array([0.0, 0.502, 0.999, 1.5, 2.001, 2.498, 3.0, 3.5, 4.0])).round(2).tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    """
    if len(beats_s) < MIN_STEADY_BEATS:
        return None
    index = np.arange(len(beats_s))
    line_s = np.polyval(np.polyfit(index, beats_s, 1), index)
    is_near = np.abs(beats_s - line_s) < 2 * MAX_DEVIATION_S
    if is_near.mean() < MIN_NEAR:
        return None
    line_s = np.polyval(np.polyfit(index[is_near], beats_s[is_near], 1), index)
    deviation_s = float(np.sqrt(np.mean((beats_s - line_s)[is_near] ** 2)))
    return np.asarray(line_s) if deviation_s < MAX_DEVIATION_S else None


def _at_least_two(beats_s: F64) -> F64:
    return beats_s if len(beats_s) > 1 else np.array([beats_s[0], beats_s[0] + 0.5])
