"""Local keys: the keys that a piece passes through, as segments of whole bars.

A small trained network scores each bar with its neighbors in all keys. A hidden Markov model over the bars finds the
most probable sequence of keys: changes are rare, and near keys are more probable than distant ones. Each segment is
then labelled like a piece of its own (`transposer.key_detection.detector`). The nearness of two keys is the correlation
of their Krumhansl-Kessler profiles (Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, ch. 2).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64
from score.key_profiles import KRUMHANSL_KESSLER, correlate

from transposer.key_detection.beat_chords import (
    MAJOR,
    MINOR,
    SEVENTH,
    BeatPitches,
    classify_bar_chords,
    extract_beat_pitches,
)
from transposer.key_detection.beat_grid import BeatGrid
from transposer.key_detection.detector import key_probabilities
from transposer.key_detection.key import N_KEYS, Key
from transposer.key_detection.key_network import load_network
from transposer.key_detection.pitched_notes import PitchedNotes, slice_bars

_SMOOTHING_KERNEL = np.array([0.25, 0.5, 1.0, 0.5, 0.25])
"""Weights of the bars before and after a bar in its features."""

_N_HISTOGRAMS = 9
N_BAR_FEATURES = 12 * _N_HISTOGRAMS

_MIN_SEGMENT_BARS = 4
"""A shorter segment is labelled from its bars alone, not like a piece of its own."""

_MIN_PIECE_LOG_PROBABILITY = -3.0
"""Lower bound of a key's log probability in the whole piece: keys that the piece excludes can still occur locally."""


class KeySegment(NamedTuple):
    """A segment of whole bars in one key; ``confidence`` is the mean over its bars, 0 to 1."""

    first_bar: int
    n_bars: int
    key: Key
    confidence: float


class TransitionModel(NamedTuple):
    """Parameters of key changes, chosen on the development split of the labelled music.

    Attributes
    ----------
    change_probability : float
        Probability of a key change at a bar line.
    nearness_factor : float
        Factor of the profile correlation in the exponent: how much more probable near keys are than distant ones.
    bar_weight : float
        Weight of a bar's logits; below 1 because neighboring bars share their content.
    piece_weight : float
        Weight of the whole piece's log probabilities at each bar.
    label_bar_weight : float
        Weight of the bars' logits when a segment is labelled like a piece.
    label_piece_weight : float
        Weight of the whole piece's log probabilities when a segment is labelled.
    """

    change_probability: float = 0.001
    nearness_factor: float = 1.0
    bar_weight: float = 0.7
    piece_weight: float = 0.05
    label_bar_weight: float = 0.03
    label_piece_weight: float = 0.2


DEFAULT_MODEL = TransitionModel()


def detect_key_segments(notes: PitchedNotes, model: TransitionModel = DEFAULT_MODEL) -> list[KeySegment]:
    """Detect the local keys of a piece, in order and without gaps."""
    features = rotate_bars_to_tonics(extract_bar_features(extract_beat_pitches(notes), notes.beat_grid))
    bar_logits = load_network("bar").logits(features.astype(np.float32)).reshape(-1, N_KEYS)
    bar_logits -= bar_logits.max(axis=1, keepdims=True)
    piece_logits = np.maximum(np.log(key_probabilities(notes).ravel() + 1e-9), _MIN_PIECE_LOG_PROBABILITY)
    path = decode_keys(model.bar_weight * bar_logits + model.piece_weight * piece_logits, model)
    segments = [_label_segment(notes, bar_logits, piece_logits, span, model) for span in runs(path)]
    return _merge_equal_neighbors(segments)


def runs(path: I64) -> list[tuple[int, int]]:
    """Return the first bar of each run of one key, and the bar after its last one."""
    starts = [0, *(np.flatnonzero(path[1:] != path[:-1]) + 1).tolist()]
    return list(pairwise([*starts, len(path)]))


def extract_bar_features(beats: BeatPitches, grid: BeatGrid) -> F64:
    """Compute the features of every bar with its neighbors; shape (bars, N_BAR_FEATURES)."""
    # Eight histograms a bar: durations, bass, the roots of four kinds of chords, and major and minor resolutions.
    rows = np.zeros((grid.n_beats, 12 * 8))
    rows[:, :12] = beats.chroma
    rows[beats.sounding_beats, 12 + beats.lowest % 12] = 1.0
    bars = np.add.reduceat(rows, grid.first_beats, axis=0)
    sounding_bars, labels = classify_bar_chords(beats, grid)
    bars[sounding_bars, 24 + labels] = 1.0
    _mark_resolutions(bars, sounding_bars, labels)
    smoothed = _smooth(bars).reshape(len(bars), 8, 12)
    shares = smoothed / np.maximum(smoothed.sum(axis=2, keepdims=True), 1e-9)
    # The last six histograms belong together: they are shares of all chords.
    chords = smoothed[:, 2:] / np.maximum(smoothed[:, 2:6].sum(axis=(1, 2)), 1e-9)[:, None, None]
    histograms = (2.0 * shares[:, :1], np.sqrt(shares[:, :2]), np.sqrt(chords))
    return np.asarray(np.concatenate(histograms, axis=1).reshape(len(bars), -1), dtype=np.float64)


def rotate_bars_to_tonics(features: F64) -> F64:
    """Return the features of bars relative to each of the twelve tonics; shape (bars, 12, N_BAR_FEATURES)."""
    return np.asarray(features[:, TONIC_ROTATIONS])


def decode_keys(logits: F64, model: TransitionModel) -> I64:
    """Find the most probable sequence of keys (Viterbi; Rabiner, *Proc. IEEE* 77, 1989).

    Parameters
    ----------
    logits : ndarray, shape (bars, 24), float64
        Log-likelihood of each bar in each key, up to a constant for each bar.
    model : TransitionModel
        Parameters of key changes.

    Returns
    -------
    ndarray, shape (bars,), int64
        Class index of the key of each bar.
    """
    transitions = np.log(_transition_probabilities(model))
    best, origins = logits[0], np.zeros((len(logits), N_KEYS), dtype=np.int64)
    every_key = np.arange(N_KEYS)
    for bar in range(1, len(logits)):
        totals = best[:, None] + transitions
        origins[bar] = totals.argmax(axis=0)
        best = totals[origins[bar], every_key] + logits[bar]
    path = np.empty(len(logits), dtype=np.int64)
    path[-1] = best.argmax()
    for bar in range(len(logits) - 1, 0, -1):
        path[bar - 1] = origins[bar, path[bar]]
    return path


def _label_segment(
    notes: PitchedNotes, bar_logits: F64, piece_logits: F64, span: tuple[int, int], model: TransitionModel
) -> KeySegment:
    """Label the key of a segment; one that is long enough is scored like a piece of its own."""
    first, stop = span
    logits = bar_logits[first:stop].sum(axis=0)
    if stop - first < _MIN_SEGMENT_BARS or not (segment := slice_bars(notes, first, stop)).pitches.size:
        logits = model.bar_weight * logits + model.piece_weight * piece_logits
    else:
        segment_logits = np.log(key_probabilities(segment, "segment").ravel() + 1e-4)
        logits = segment_logits + model.label_bar_weight * logits + model.label_piece_weight * piece_logits
    best = int(logits.argmax())
    confidence = float(1 / np.exp(logits - logits[best]).sum())
    return KeySegment(first, stop - first, Key.from_class_index(best), confidence)


def _merge_equal_neighbors(segments: list[KeySegment]) -> list[KeySegment]:
    """Merge neighbors in the same key; their confidence is the mean over the bars."""
    merged: list[KeySegment] = []
    for segment in segments:
        if merged and merged[-1].key == segment.key:
            last = merged.pop()
            n_bars = last.n_bars + segment.n_bars
            confidence = (last.confidence * last.n_bars + segment.confidence * segment.n_bars) / n_bars
            segment = KeySegment(last.first_bar, n_bars, segment.key, confidence)
        merged.append(segment)
    return merged


def _transition_probabilities(model: TransitionModel) -> F64:
    """Return the probability of each key after each key, one bar later; shape (24, 24)."""
    rows = [np.roll(_PROFILE_CORRELATIONS[mode], tonic, axis=-1) for mode in (0, 1) for tonic in range(12)]
    weights = np.exp(model.nearness_factor * np.array(rows).reshape(N_KEYS, N_KEYS))
    np.fill_diagonal(weights, 0.0)
    transitions = model.change_probability * weights / weights.sum(axis=1, keepdims=True)
    np.fill_diagonal(transitions, 1.0 - model.change_probability)
    return np.asarray(transitions)


def _mark_resolutions(bars: F64, sounding_bars: I64, labels: I64) -> None:
    """Mark the bars whose major or minor chord is reached by a falling fifth, by kind and root."""
    kinds, roots = labels // 12, labels % 12
    resolves = (roots[:-1] - roots[1:]) % 12 == 7
    resolves &= ((kinds[:-1] == MAJOR) | (kinds[:-1] == SEVENTH)) & (kinds[1:] <= MINOR)
    bars[sounding_bars[1:][resolves], 72 + labels[1:][resolves]] = 1.0


def _smooth(bars: F64) -> F64:
    """Add to each bar its weighted neighbors."""
    reach = len(_SMOOTHING_KERNEL) // 2
    padded = np.pad(bars, ((reach, reach), (0, 0)))
    return np.asarray(sum(weight * padded[at : at + len(bars)] for at, weight in enumerate(_SMOOTHING_KERNEL)))


TONIC_ROTATIONS: I64 = np.array(
    [(np.arange(_N_HISTOGRAMS)[:, None] * 12 + (np.arange(12) + tonic) % 12).ravel() for tonic in range(12)]
)
_PROFILE_CORRELATIONS = np.array([correlate(profile, KRUMHANSL_KESSLER) for profile in KRUMHANSL_KESSLER])
