"""The tactus: which of the note values of a score is the beat, judged by what is played.

Quarters at 120 and eighths at 60 are one music. The candidates are the score's quarter, its halves and doubles; each is
described by its length in seconds, beside the waits between onsets, the rhythm of the bass and the drums, and by which
onsets stand on it. Nothing else is used, so that a score gives the same beat in whatever values it is written. A
conditional logit whose weights were fitted to how pieces are usually written (`training.tactus`) chooses among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from score.arrays import F64, I64
from score.model import Score
from score.tempo_map import TempoMap

OCTAVES: Final = (-3, -2, -1, 0, 1, 2, 3)
"""Candidates: the quarter times these powers of two."""

BEAT_UNIT_S: Final = 0.5
"""The first feature of a candidate is the binary logarithm of its length in this unit."""

_CHORD_S = 0.03
"""Onsets this near are one."""

_KICKS, _SNARES, _HATS = (35, 36), (38, 40, 37, 39), (42, 44, 46, 51)
_TOLERANCE = 0.06
"""Share of a candidate within which an onset stands on it."""


@dataclass(frozen=True)
class _Onsets:
    """Onsets in seconds and in quarters, of distinct times."""

    seconds: F64
    quarters: F64

    def share_on(self, period: float, phase: float, length: float) -> float:
        """Return the share of onsets at a phase of a period, within a tolerance, all in quarters."""
        if not len(self.quarters):
            return 0.0
        distance = np.abs((self.quarters - phase + period / 2) % period - period / 2)
        return float((distance <= _TOLERANCE * length).mean())

    def waits(self) -> F64:
        """Return the waits between onsets in seconds."""
        return np.diff(self.seconds)


def describe_candidates(score: Score) -> F64 | None:
    """Describe each candidate for the beat of a score.

    Parameters
    ----------
    score : Score
        As it sounds.

    Returns
    -------
    ndarray, shape (len(OCTAVES), n_features), float64
        None if the score has fewer than three onsets.
    """
    pitched = [track for track in score.tracks if not track.is_drum]
    drums = [track for track in score.tracks if track.is_drum]
    everything = _onsets(score, [note.onset_ticks for track in score.tracks for note in track.notes])
    if len(everything.seconds) < 3:
        return None
    lowest = _bass_changes(score, [note for track in pitched for note in track.notes])
    hits = {
        name: _onsets(score, [note.onset_ticks for track in drums for note in track.notes if note.pitch in pitches])
        for name, pitches in (("kick", _KICKS), ("snare", _SNARES), ("hat", _HATS))
    }
    quarter_s = float(np.ptp(everything.seconds) / max(np.ptp(everything.quarters), 1e-9))
    bases = _typical_waits(score, everything, lowest, hits)
    long_notes = _long_notes(everything)
    triple, compound = _meter_kind(score)
    rows = []
    for octave in OCTAVES:
        length, length_s = 2.0**octave, quarter_s * 2.0**octave
        row = _quadratic(np.log2(length_s / BEAT_UNIT_S))
        for base in bases:
            row += _quadratic(np.log2(length_s / base)) if base > 0 else [0.0, 0.0]
        row += [value * kind for kind in (triple, compound) for value in _quadratic(np.log2(length_s / 0.5))]
        row += [value * kind for kind in (triple, compound) for value in _quadratic(np.log2(length_s / bases[0]))]
        row += _positions(everything, length) + _positions(lowest, length)
        row += [hits["kick"].share_on(2 * length, 0.0, length), hits["kick"].share_on(2 * length, length, length)]
        row += [hits["snare"].share_on(2 * length, 0.0, length), hits["snare"].share_on(2 * length, length, length)]
        row += [hits["hat"].share_on(length, length / 2, length)]
        row += _bar_features(score, lowest, long_notes, length)
        rows.append(row)
    return np.array(rows)


def _quadratic(value: float) -> list[float]:
    return [float(value), float(value) ** 2]


def _positions(onsets: _Onsets, length: float) -> list[float]:
    """Return the shares of onsets on a beat and its divisions into two, three, four and eight."""
    return [
        onsets.share_on(2 * length, 0.0, length),
        onsets.share_on(length, 0.0, length),
        onsets.share_on(length, length / 2, length),
        onsets.share_on(length / 2, length / 4, length / 2),
        onsets.share_on(length / 4, length / 8, length / 4),
        onsets.share_on(length, length / 3, length) + onsets.share_on(length, 2 * length / 3, length),
    ]


def _bar_features(score: Score, lowest: _Onsets, long_notes: _Onsets, length: float) -> list[float]:
    """Return where in a bar of the beats the bass changes and long waits begin, and what number of bars there is."""
    bar = (score.meters[-1].quarters if score.meters else 4.0) * length
    n_bars = score.end_ticks / score.ticks_per_quarter / bar
    n_whole = int(np.ceil(n_bars - 0.1))
    return [
        lowest.share_on(bar, 0.0, length),
        lowest.share_on(bar, bar / 2, length),
        lowest.share_on(2 * bar, 0.0, length),
        long_notes.share_on(bar, 0.0, length),
        long_notes.share_on(bar, bar / 2, length),
        long_notes.share_on(2 * bar, bar, length),
        long_notes.share_on(4 * bar, 3 * bar, length),
        *_quadratic(np.log2(max(n_bars, 0.25) / 32)),
        *(float(n_whole % divisor == 0) for divisor in (2, 4, 8, 16)),
        *(float(n_whole % divisor == 1) for divisor in (4, 8)),
    ]


def _long_notes(everything: _Onsets) -> _Onsets:
    """Return the onsets before the longest tenth of the waits."""
    waits = everything.waits()
    is_long = waits >= np.quantile(waits, 0.9)
    return _Onsets(everything.seconds[:-1][is_long], everything.quarters[:-1][is_long])


def _typical_waits(score: Score, everything: _Onsets, lowest: _Onsets, hits: dict[str, _Onsets]) -> list[float]:
    """Return typical waits in seconds, 0 where there are too few onsets."""
    quantiles = np.quantile(everything.waits(), (0.5, 0.1, 0.25, 0.75, 0.9)).tolist()
    mean = float(everything.waits().mean())
    busiest = max(
        (_onsets(score, [note.onset_ticks for note in track.notes]) for track in score.tracks if track.notes),
        key=lambda onsets: len(onsets.seconds),
    )
    others = [lowest, hits["kick"], hits["snare"], hits["hat"], busiest]
    return [*quantiles, mean, *(_median_wait(each) for each in others)]


def _median_wait(onsets: _Onsets) -> float:
    return float(np.median(onsets.waits())) if len(onsets.seconds) > 2 else 0.0


def _onsets(score: Score, ticks: Sequence[int]) -> _Onsets:
    at = np.unique(np.array(ticks, dtype=np.float64))
    seconds = TempoMap.from_score(score).seconds_at(at)
    is_first = np.append(True, np.diff(seconds) > _CHORD_S) if len(at) else np.zeros(0, bool)
    return _Onsets(seconds[is_first], at[is_first] / score.ticks_per_quarter)


def _bass_changes(score: Score, notes: Sequence[tuple[int, int, int, int]]) -> _Onsets:
    """Return the onsets at which the lowest note that begins has another pitch class than before."""
    lowest: dict[int, int] = {}
    for onset, _, pitch, _ in notes:
        lowest[onset] = min(lowest.get(onset, 128), pitch)
    ordered: I64 = np.array(sorted(lowest.items()), dtype=np.int64).reshape(-1, 2)
    if not len(ordered):
        return _onsets(score, [])
    low = ordered[ordered[:, 1] <= np.median(ordered[:, 1])]
    is_change = np.append(True, np.diff(low[:, 1] % 12) != 0)
    return _onsets(score, low[is_change, 0].tolist())


def _meter_kind(score: Score) -> tuple[float, float]:
    """Return whether bars have three beats, and whether beats are dotted, as numbers."""
    numerator = score.meters[0].numerator if score.meters else 4
    return float(numerator == 3), float(numerator > 3 and numerator % 3 == 0)
