"""Key detection: the key of a piece with its confidence, the runner-up, and the church mode where one is clear.

A small trained network (`transposer.key_detection.key_network`) scores all 24 keys from the features of the piece
(`transposer.key_detection.key_features`). Drums and the file's key signature are ignored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F64
from score.model import Score

from transposer.key_detection.key import Key
from transposer.key_detection.key_features import extract_key_features, rotate_to_tonics
from transposer.key_detection.key_network import NetworkName, load_network, softmax
from transposer.key_detection.pitched_notes import PitchedNotes, extract_pitched_notes, final_chord_pitches

_MIN_MODE_SHARE, _MIN_MODE_RATIO, _MIN_MODE_CONFIDENCE = 0.03, 20.0, 0.5
"""A church mode is clear if its characteristic degree has this share of the sounding time, this many times more than
the degree that it replaces, in a piece whose key has this confidence and whose last bass note is the tonic."""


class DetectedKey(NamedTuple):
    """The result of key detection.

    Attributes
    ----------
    key : Key
    confidence : float
        Probability of the key, 0 to 1.
    runner_up : Key
        The second most probable key.
    runner_up_confidence : float
        Probability of the runner-up, 0 to 1.
    mode_name : str
        A church mode in lower case if one is clear, else empty.
    """

    key: Key
    confidence: float
    runner_up: Key
    runner_up_confidence: float
    mode_name: str


def detect_key(score: Score) -> DetectedKey:
    """Detect the key of a score.

    Raises
    ------
    NoPitchedNotes
        If the score has no notes but drums.
    """
    return detect_key_of_notes(extract_pitched_notes(score))


def detect_key_of_notes(notes: PitchedNotes) -> DetectedKey:
    """Detect the key of pitched notes."""
    probabilities = key_probabilities(notes).ravel()
    second, first = np.argsort(probabilities, kind="stable")[-2:].tolist()
    key, confidence = Key.from_class_index(first), float(probabilities[first])
    final_bass = int(final_chord_pitches(notes).min())
    ends_on_tonic = final_bass % 12 == key.tonic and confidence >= _MIN_MODE_CONFIDENCE
    mode_name = _church_mode(_pitch_class_durations(notes), key) if ends_on_tonic else ""
    return DetectedKey(key, confidence, Key.from_class_index(second), float(probabilities[second]), mode_name)


def key_probabilities(notes: PitchedNotes, network: NetworkName = "key") -> F64:
    """Compute the probability of each key.

    Parameters
    ----------
    notes : PitchedNotes
    network : {"key", "segment"}
        ``"key"`` for whole pieces, ``"segment"`` for segments, whose first and last notes are less informative.

    Returns
    -------
    ndarray, shape (2, 12), float64
        By mode and tonic; sums to 1.
    """
    features = rotate_to_tonics(extract_key_features(notes)).astype(np.float32)
    return softmax(load_network(network).logits(features))


def _pitch_class_durations(notes: PitchedNotes) -> F64:
    """Return the quarters sounded per pitch class, shape (12,)."""
    durations = notes.ends_quarters - notes.onsets_quarters
    return np.bincount(notes.pitches % 12, weights=durations, minlength=12).astype(np.float64)


def _church_mode(durations: F64, key: Key) -> str:
    """Return the church mode whose characteristic degree clearly replaces that of major or minor, or ``""``."""
    degrees = np.roll(durations, -key.tonic) / durations.sum()

    def replaces(characteristic: int, usual: int) -> bool:
        share = degrees[characteristic]
        return bool(share >= _MIN_MODE_SHARE and share > _MIN_MODE_RATIO * degrees[usual])

    if not key.is_minor:
        return "mixolydian" if replaces(10, 11) else "lydian" if replaces(6, 5) else ""
    return "dorian" if replaces(9, 8) and degrees[11] <= degrees[10] else "phrygian" if replaces(1, 2) else ""
