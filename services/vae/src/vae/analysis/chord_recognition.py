"""Chord symbols by half bar: the most probable sequence of a hidden Markov model over sounding pitch classes.

A chord is an integer, 12 * quality + root; qualities are major, minor, diminished and dominant seventh. The transition
probabilities were counted in the symbols of 450 training pieces, transposed to one key signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from score.arrays import F64, I64

from vae.analysis.bar_notes import CHORD_STEPS, Bars

QUALITIES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10))
N_CHORDS = 12 * len(QUALITIES)
MAJOR, MINOR = 0, 1

CHORD_TONES = tuple(tuple((root + tone) % 12 for tone in quality) for quality in QUALITIES for root in range(12))
"""The pitch classes of each chord, root first."""

_TONE_PROBABILITY, _OTHER_PROBABILITY = 0.27, 0.025
_ROOT_BONUS = 0.15
_QUALITY_LOG_PRIORS = np.repeat(np.log([0.45, 0.4, 0.05, 0.1]), 12)
_EMISSION_WEIGHT = 5.0
_BASS_ROOT_WEIGHT = 1.2
_STAY_IN_BAR = 0.7
"""Added to the log-probability of no change within a bar."""

_MIN_LOG_PROBABILITY = -7.0
_TRANSITIONS_PATH = Path(__file__).parent / "chord_transitions.npz"


def _log_emissions() -> F64:
    table = np.full((N_CHORDS, 12), np.log(_OTHER_PROBABILITY))
    for chord, tones in enumerate(CHORD_TONES):
        table[chord, list(tones)] = np.log(_TONE_PROBABILITY * 3 / len(tones))
        table[chord, tones[0]] += _ROOT_BONUS
    return np.asarray(table)


_LOG_EMISSIONS = _log_emissions()


def transpose_chord(chord: int, semitones: int) -> int:
    """Return a chord transposed by semitones.

    Examples
    --------
    >>> transpose_chord(11, 2), transpose_chord(12, -1)
    (1, 23)
    """
    return 12 * (chord // 12) + (chord + semitones) % 12


def _load_transitions() -> F64:
    """Return log-probabilities of one chord after another in C major and A minor, shape (48, 48)."""
    with np.load(_TRANSITIONS_PATH) as stored:
        return np.asarray(np.maximum(stored["logs"].astype(np.float64), _MIN_LOG_PROBABILITY))


_LOG_TRANSITIONS = _load_transitions()


def log_transitions(major_tonic: int) -> F64:
    """Return the log-probabilities of one chord after another in a key, shape (48, 48): from row to column."""
    relative = np.array([transpose_chord(chord, -major_tonic) for chord in range(N_CHORDS)])
    return np.asarray(_LOG_TRANSITIONS[np.ix_(relative, relative)])


def pitch_class_durations(parts: Sequence[tuple[Bars, float]], meter: str, steps_per_bar: int) -> F64:
    """Return how long each pitch class sounds in each half bar.

    Parameters
    ----------
    parts : sequence of (bars, weight)
        The notes of a role by bar, and the factor by which their durations count.
    meter : str
        Decides where a bar is divided.
    steps_per_bar : int
        12 or 16.

    Returns
    -------
    ndarray, shape (2 * n_bars, 12), float64
        Weighted durations in steps.
    """
    n_bars = len(parts[0][0]) if parts else 0
    starts = CHORD_STEPS[meter]
    bounds = [bar * steps_per_bar + start for bar in range(n_bars) for start in starts] + [n_bars * steps_per_bar]
    durations = np.zeros((2 * n_bars, 12))
    for bars, weight in parts:
        for index, bar in enumerate(bars):
            for note in bar:
                begin = index * steps_per_bar + note.onset
                end = min(begin + note.duration, bounds[-1])
                half = 2 * index + int(note.onset >= starts[1])
                while half < len(durations) and bounds[half] < end:
                    overlap = min(end, bounds[half + 1]) - max(begin, bounds[half])
                    durations[half, note.pitch % 12] += weight * overlap
                    half += 1
    return durations


def recognize_chords(durations: F64, bass_durations: F64, major_tonic: int) -> I64:
    """Return the most probable chord sequence.

    Parameters
    ----------
    durations : ndarray, shape (n, 12), float64
        How long each pitch class sounds in each half bar; silence takes the chord that the transitions prefer.
    bass_durations : ndarray, shape (n, 12), float64
        The same of the bass alone.
    major_tonic : int
        Tonic of the major key with the piece's signature, 0 to 11.

    Returns
    -------
    ndarray, shape (n,), int64
    """
    total = durations.sum(axis=1, keepdims=True)
    scores = _EMISSION_WEIGHT * (durations / np.maximum(total, 1e-9)) @ _LOG_EMISSIONS.T
    bass_shares = bass_durations / np.maximum(bass_durations.sum(axis=1, keepdims=True), 1e-9)
    scores += _BASS_ROOT_WEIGHT * np.tile(bass_shares, (1, len(QUALITIES))) + _QUALITY_LOG_PRIORS
    scores[total[:, 0] == 0] = 0.0
    across_bars = log_transitions(major_tonic)
    within_bar = across_bars + _STAY_IN_BAR * np.eye(N_CHORDS)
    return viterbi(scores, lambda index: within_bar if index % 2 else across_bars)


def viterbi(scores: F64, transition_scores: Callable[[int], F64]) -> I64:
    """Return the path with the highest sum of scores.

    Parameters
    ----------
    scores : ndarray, shape (n, n_states), float64
        Score of each state at each position.
    transition_scores : function
        Returns the scores of moves from position `index - 1` (rows) to `index` (columns), shape (n_states, n_states).

    Examples
    --------
    >>> viterbi(np.array([[1.0, 0.0], [0.0, 0.5]]), lambda index: -np.abs(np.subtract.outer([0, 1], [0, 1]))).tolist()
    [0, 0]
    """
    best = scores[0].copy()
    back = np.zeros(scores.shape, np.int64)
    columns = np.arange(scores.shape[1])
    for index in range(1, len(scores)):
        through = best[:, None] + transition_scores(index)
        back[index] = through.argmax(axis=0)
        best = through[back[index], columns] + scores[index]
    path = np.zeros(len(scores), np.int64)
    path[-1] = best.argmax()
    for index in range(len(scores) - 1, 0, -1):
        path[index - 1] = back[index, path[index]]
    return path
