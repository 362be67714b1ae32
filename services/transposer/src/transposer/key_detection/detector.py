"""Finds the key of a piece from what sounds in it.

What speaks for a key is counted (`transposer.key_detection.key_features`) and weighed by a small trained network, alike
for all twelve tonics (`transposer.key_detection.key_network`). Drums never count, nor does the file's key signature.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score.model import Score

from transposer.key_detection import key_features, key_network
from transposer.key_detection.pitched_notes import Pitches, gather

_REST_QUARTERS = 0.5
"""Notes that end this long before the last one still belong to the final chord."""

_MODE_SHARE, _MODE_RATIO, _MODE_CONFIDENCE = 0.03, 20.0, 0.5
"""A mode is clear when its own degree sounds this much, and so many times more than the degree it replaces, in a piece
that surely has this tonic and comes to rest on it."""


class Key(NamedTuple):
    """A key: tonic from 0 (C) to 11 (B), and whether it is minor."""

    tonic: int
    is_minor: bool


class DetectedKey(NamedTuple):
    """What was found.

    ``confidence`` is from 0 to 1; ``runner_up`` is the next likely key, with its own confidence; ``mode_name`` a church
    mode in lower case where one is clear, else empty.
    """

    key: Key
    confidence: float
    runner_up: Key
    runner_up_confidence: float
    mode_name: str


def detect_key(score: Score) -> DetectedKey:
    """Find the key of a piece.

    Raises
    ------
    NoPitchedNotes
        If only drums sound.
    """
    return find_key(gather(score))


def find_key(pitches: Pitches) -> DetectedKey:
    """Find the key of pitched notes."""
    likely = weigh(pitches).ravel()
    second, first = np.argsort(likely, kind="stable")[-2:].tolist()
    key, confidence = _key(first), float(likely[first])
    rests_on_tonic = _final_bass(pitches) % 12 == key.tonic and confidence >= _MODE_CONFIDENCE
    mode_name = _clear_mode(_histogram(pitches), key) if rests_on_tonic else ""
    return DetectedKey(key, confidence, _key(second), float(likely[second]), mode_name)


def weigh(pitches: Pitches, heard_by: str = "key") -> NDArray[np.float64]:
    """Say how likely each key is; shape (2, 12), by mode and tonic, summing to 1.

    ``heard_by`` names the network: ``"key"`` for pieces, ``"stretch"`` for stretches of a piece, whose first and last
    notes tell less.
    """
    views = key_features.seen_from_every_tonic(key_features.measure(pitches)).astype(np.float32)
    return key_network.chances(key_network.load(heard_by).scores(views))


def _histogram(pitches: Pitches) -> NDArray[np.float64]:
    """Quarters sounded per pitch class, shape (12,)."""
    weights = pitches.ends - pitches.onsets
    return np.bincount(pitches.pitches % 12, weights=weights, minlength=12).astype(np.float64)


def _final_bass(pitches: Pitches) -> int:
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
