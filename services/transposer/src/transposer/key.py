"""Finds the key of a piece from what sounds in it.

Every key is scored by how its profiles correlate with the pitch classes of the whole piece, of its opening and of its
closing, and by whether the piece comes to rest on its tonic. Drums never count, nor does the file's key signature.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score.model import Score
from servicekit.faults import NoPitchedNotes

from transposer.profiles import ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate

_KRUMHANSL_WEIGHT = 0.5
_WHOLE_WEIGHT, _OPENING_WEIGHT, _CLOSING_WEIGHT = 2.0, 1.0, 0.5
_EDGE_SHARE, _EDGE_QUARTERS = 0.2, 8.0
"""The opening and the closing: a fifth of the piece, two bars of 4/4 at least."""

_REST_BONUS = 0.2
_REST_QUARTERS = 0.5
"""Notes that end this long before the last one still belong to the final chord."""

_TEMPERATURE = 0.14
"""Turns scores into probabilities; on labelled music they then come true about as often as they say."""

_MODE_SHARE, _MODE_RATIO, _MODE_CONFIDENCE = 0.03, 5.0, 0.5
"""A mode is clear when its own degree sounds this much, and so many times more than the degree it replaces, in a piece
that surely has this tonic and comes to rest on it."""


class Key(NamedTuple):
    """A key: tonic from 0 (C) to 11 (B), and whether it is minor."""

    tonic: int
    is_minor: bool


class DetectedKey(NamedTuple):
    """What was found.

    ``confidence`` is from 0 to 1; ``runner_up`` is the next likely key; ``mode_name`` a church mode in lower case where
    one is clear, else empty.
    """

    key: Key
    confidence: float
    runner_up: Key
    mode_name: str


class _Pitches(NamedTuple):
    """All notes that are no drums, in quarters; each an ndarray of shape (n,)."""

    onsets: NDArray[np.float64]
    ends: NDArray[np.float64]
    pitches: NDArray[np.int64]


def detect_key(score: Score) -> DetectedKey:
    """Find the key of a piece.

    Raises
    ------
    NoPitchedNotes
        If only drums sound.
    """
    pitches = _gather(score)
    scores = _score_keys(pitches)
    first, second = np.argsort(-scores, axis=None, kind="stable")[:2].tolist()
    chances = np.exp((scores - scores.max()) / _TEMPERATURE)
    confidence = float(1.0 / chances.sum())
    key = _key(first)
    rests_on_tonic = _final_bass(pitches) % 12 == key.tonic and confidence >= _MODE_CONFIDENCE
    mode_name = _clear_mode(_histogram(pitches, 0.0, pitches.ends.max()), key) if rests_on_tonic else ""
    return DetectedKey(key, confidence, _key(second), mode_name)


def has_pitches(score: Score) -> bool:
    """Whether anything but drums sounds."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def _gather(score: Score) -> _Pitches:
    notes = [note[:3] for track in score.tracks if not track.is_drum for note in track.notes]
    if not notes:
        raise NoPitchedNotes("Only drums sound, so the piece has no key.", tracks=len(score.tracks))
    table = np.array(notes, dtype=np.int64)
    onsets = table[:, 0] / score.ticks_per_quarter
    return _Pitches(onsets, onsets + table[:, 1] / score.ticks_per_quarter, table[:, 2])


def _score_keys(pitches: _Pitches) -> NDArray[np.float64]:
    """Score all keys; shape (2, 12), by mode and tonic."""
    start, end = float(pitches.onsets.min()), float(pitches.ends.max())
    edge = max(_EDGE_QUARTERS, _EDGE_SHARE * (end - start))
    stretches = (
        (_WHOLE_WEIGHT, start, end),
        (_OPENING_WEIGHT, start, start + edge),
        (_CLOSING_WEIGHT, end - edge, end),
    )
    scores = np.zeros((2, 12))
    for weight, begin, stop in stretches:
        histogram = _histogram(pitches, begin, stop)
        agreement = correlate(histogram, ALBRECHT_SHANAHAN)
        agreement = agreement + _KRUMHANSL_WEIGHT * correlate(histogram, KRUMHANSL_KESSLER)
        scores += weight / (_WHOLE_WEIGHT + _OPENING_WEIGHT + _CLOSING_WEIGHT) * agreement
    scores[:, _final_bass(pitches) % 12] += _REST_BONUS
    return scores


def _histogram(pitches: _Pitches, begin: float, stop: float) -> NDArray[np.float64]:
    """Quarters sounded per pitch class between two moments, shape (12,)."""
    sounded = np.minimum(pitches.ends, stop) - np.maximum(pitches.onsets, begin)
    weights = np.maximum(sounded, 0.0)
    return np.bincount(pitches.pitches % 12, weights=weights, minlength=12).astype(np.float64)


def _final_bass(pitches: _Pitches) -> int:
    """The lowest pitch of the final chord."""
    is_final = pitches.ends >= pitches.ends.max() - _REST_QUARTERS
    return int(pitches.pitches[is_final].min())


def _key(index: int) -> Key:
    return Key(index % 12, index >= 12)


def _clear_mode(histogram: NDArray[np.float64], key: Key) -> str:
    """Name the church mode whose own degree clearly stands in the place of the usual one."""
    degrees = np.roll(histogram, -key.tonic) / histogram.sum()

    def is_clear(own: int, usual: int) -> bool:
        return bool(degrees[own] >= _MODE_SHARE and degrees[own] > _MODE_RATIO * degrees[usual])

    if not key.is_minor:
        return "mixolydian" if is_clear(10, 11) else "lydian" if is_clear(6, 5) else ""
    return "dorian" if is_clear(9, 8) and degrees[11] <= degrees[10] else "phrygian" if is_clear(1, 2) else ""
