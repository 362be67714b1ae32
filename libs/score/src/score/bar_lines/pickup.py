"""Pickups without padding: a file that begins with an incomplete bar, and counts its bars from there.

The places of a bar are compared by what stands on them: bass notes and where the bass changes, long notes, chords, kick
drums, and the entry of the accompaniment. A conditional logit, fitted to pieces with known bar lines, gives the odds of
each place; the bar lines move only where the evidence is strong.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np

from score.arrays import F64, I64
from score.identity import SameScore
from score.model import Meter, Notice, Score, Track

_MIN_BARS: Final = 6
_KICKS: Final = (35, 36)
_TOLERANCE_UNITS: Final = 0.1
N_FEATURES: Final = 8
_WEIGHTS: Final = (-0.81, 2.63, 4.89, 0.89, 2.59, 0.09, 0.84, 1.38)
"""In the order of `describe_places`; fitted to 730 pieces of the corpus that begin on a bar line, and to 460 whose
pickup lost its rest."""

_N_RECENT_SCORES: Final = 4
_MIN_LOG_ODDS: Final = 2.0
"""Of 218 held-out pieces that begin on a bar line, none has more evidence for another place; of pickups, one in six."""

PICKUP_FOUND: Final = Notice(
    "PICKUP_FOUND",
    "The piece begins with a pickup that its file counts as a whole bar: the bar lines were found from the music.",
)


def find_pickup_ticks(score: Score) -> int:
    """Return the length in ticks of an incomplete first bar that the meter of a file does not show; 0 for none.

    Parameters
    ----------
    score : Score
        In one meter; else 0 is returned, and for scores that Segue wrote.

    Examples
    --------
    >>> find_pickup_ticks(Score())
    0
    """
    return 0 if score.provenance else _recent_pickup_ticks(SameScore(score))


@lru_cache(maxsize=_N_RECENT_SCORES)
def _recent_pickup_ticks(same: SameScore) -> int:
    """Return the length for a score; bars are counted several times while one is read."""
    score = same.score
    places = describe_places(score)
    if places is None:
        return 0
    evidence = places @ np.array(_WEIGHTS)
    best = int(evidence.argmax())
    if best == 0 or evidence[best] - evidence[0] < _MIN_LOG_ODDS:
        return 0
    return best * _unit_ticks(_meter(score), score.ticks_per_quarter)


def describe_places(score: Score) -> F64 | None:
    """Describe each beat of a bar as the place where bars might begin.

    Parameters
    ----------
    score : Score

    Returns
    -------
    ndarray, shape (n_units, N_FEATURES), float64
        None for scores that cannot have a pickup without padding: not in one meter, silent at first, or too short.
    """
    meter = _meter(score)
    unit = _unit_ticks(meter, score.ticks_per_quarter)
    n_units = round(meter.quarters * score.ticks_per_quarter / max(unit, 1))
    notes = _join_notes(track for track in score.tracks if not track.is_drum)
    if len({each.name for each in score.meters}) > 1 or n_units < 2 or not len(notes):
        return None
    if notes[:, 0].min() > _TOLERANCE_UNITS * unit or score.end_ticks < _MIN_BARS * n_units * unit:
        return None
    low = notes[notes[:, 2] <= np.quantile(notes[:, 2], 0.35)]
    low = low[np.lexsort((low[:, 2], low[:, 0]))]
    low = low[np.append(True, np.diff(low[:, 0]) > 0)]
    changes = low[np.append(True, np.diff(low[:, 2] % 12) != 0)]
    lengths = np.minimum(notes[:, 1], n_units * unit) / unit
    onsets, counts = np.unique(notes[:, 0], return_counts=True)
    waits = np.minimum(np.diff(np.append(onsets, score.end_ticks)), 2 * n_units * unit) / unit
    drums = _join_notes(track for track in score.tracks if track.is_drum)
    kicks = drums[np.isin(drums[:, 2], _KICKS), 0]
    columns = [
        _shares(low[:, 0], np.ones(len(low)), unit, n_units),
        _shares(changes[:, 0], np.ones(len(changes)), unit, n_units),
        _shares(notes[:, 0], lengths**2, unit, n_units),
        _shares(onsets, counts.astype(np.float64) ** 2, unit, n_units),
        _shares(onsets, waits**2, unit, n_units),
        _shares(kicks, np.ones(len(kicks)), unit, n_units),
        _entry(score, unit, n_units),
        (np.arange(n_units) == 0).astype(np.float64),
    ]
    return np.stack(columns, axis=1)


def _join_notes(tracks: Iterable[Track]) -> I64:
    return np.concatenate([np.empty((0, 4), dtype=np.int64), *(track.note_array for track in tracks)])


def _meter(score: Score) -> Meter:
    return score.meters[0] if score.meters and score.meters[0].tick == 0 else Meter(0, 4, 4)


def _unit_ticks(meter: Meter, ticks_per_quarter: int) -> int:
    """Return the ticks of the note value that a meter counts."""
    return max(4 * ticks_per_quarter // meter.denominator, 1)


def _shares(ticks: I64, weights: F64, unit: int, n_units: int) -> F64:
    """Return how much of the weights of onsets stands on each unit of a bar, as a share of the whole."""
    units = ticks / unit
    nearest = np.floor(units + 0.5)
    is_on = np.abs(units - nearest) <= _TOLERANCE_UNITS
    places = (nearest[is_on] % n_units).astype(np.int64)
    total = np.bincount(places, weights=weights[is_on], minlength=n_units)[:n_units]
    whole = float(weights.sum())
    return np.asarray(total / whole if whole > 0 else np.full(n_units, 1.0 / n_units))


def _entry(score: Score, unit: int, n_units: int) -> F64:
    """Return the share of tracks that enter together at a unit of the first bar, after another one began alone."""
    firsts = np.array([track.notes[0].onset_ticks for track in score.tracks if track.notes], dtype=np.float64)
    later = firsts[firsts > unit / 2]
    place = float(later.min() / unit) if len(later) else 0.0
    entered = np.zeros(n_units)
    if 0 < place < n_units and abs(place - round(place)) <= _TOLERANCE_UNITS and round(place) < n_units:
        entered[round(place)] = float((np.abs(firsts / unit - place) <= _TOLERANCE_UNITS).mean())
    return entered
