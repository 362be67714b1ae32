"""The triad that sounds at each beat, as lead and bass models are told it.

Chords are numbered as Magenta's triad encoding numbers them: 0 for none, then twelve major, minor, augmented and
diminished triads, each from C upwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from score import windows
from score.arrays import F64, I8, I16, I64
from score.encoding import sounding_pitch
from score.grid import Grid
from score.roles import Role

N_CHORDS = 49
STEPS_PER_BEAT = 4
BEATS_PER_WINDOW = 8
"""Beats of a window of 4/4; one of 3/4 has 6, and two that are none."""
NO_CHORD = 0

_SHAPES = ((0, 4, 7), (0, 3, 7), (0, 4, 8), (0, 3, 6))
_PRIOR = (0.06, 0.04, -0.08, -0.02)
"""How much likelier a kind is before anything was heard: augmented triads are rare."""
_ABSENT = 0.18
_ROOT_IN_BASS = 0.15
_SAME_AS_BEFORE = 0.1
_LEAST_INSIDE = 0.6
_LEAST_CLASSES = 2


def _templates() -> F64:
    rows = np.zeros((N_CHORDS - 1, 12))
    for kind, shape in enumerate(_SHAPES):
        for root in range(12):
            rows[12 * kind + root, [(root + interval) % 12 for interval in shape]] = 1.0
    return rows


_TEMPLATES = _templates()
_PRIORS = np.repeat(_PRIOR, 12)
_ROOTS = np.tile(np.arange(12), len(_SHAPES))


def triads(parts: Sequence[I16]) -> I8:
    """Name the triad of each beat (quarter note).

    Parameters
    ----------
    parts : sequence of ndarray, shape (n_steps,) or (n_steps, voices), int16
        Tokens of the parts that carry the chords: harmony and bass.

    Returns
    -------
    ndarray, shape (n_steps // 4,), int8
        0 where no triad is clear.
    """
    pitches = np.concatenate([sounding_pitch(part.reshape(len(part), -1)) for part in parts], axis=1)
    n_beats = len(pitches) // STEPS_PER_BEAT
    heard = pitches[: n_beats * STEPS_PER_BEAT].reshape(n_beats, -1)
    chords = np.zeros(n_beats, np.int8)
    for beat, found in enumerate(heard):
        present = found[found > 0]
        chords[beat] = _triad(present, chords[beat - 1] if beat else NO_CHORD) if len(present) else NO_CHORD
    return chords


def grid_triads(grid: Grid) -> I8:
    """Name the triads of each window of a piece, of its harmony and bass.

    Returns
    -------
    ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
        All `NO_CHORD` where a piece has no harmony.
    """
    length = windows.steps_per_window(grid.meter)
    named = np.zeros((windows.count(grid), length // STEPS_PER_BEAT), np.int8)
    if Role.HARMONY in grid.events:
        found = triads([grid.events[role] for role in (Role.HARMONY, Role.BASS) if role in grid.events])
        named.reshape(-1)[: len(found)] = found
    return _whole(named)


def window_triads(harmony: I16) -> I8:
    """Name the triads of consecutive harmony windows.

    Parameters
    ----------
    harmony : ndarray, shape (n_windows, steps, voices), int16

    Returns
    -------
    ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
    """
    found = triads([harmony.reshape(-1, harmony.shape[2])])
    return _whole(found.reshape(len(harmony), -1))


def _whole(named: I8) -> I8:
    return np.pad(named, ((0, 0), (0, BEATS_PER_WINDOW - named.shape[1])))


def _triad(pitches: I64, before: int) -> int:
    weights = np.bincount(pitches % 12, minlength=12) / len(pitches)
    inside = _TEMPLATES @ weights
    classes = _TEMPLATES @ (weights > 0)
    score = inside - _ABSENT * (3 - classes) + _PRIORS + _ROOT_IN_BASS * (pitches.min() % 12 == _ROOTS)
    if before != NO_CHORD:
        score[before - 1] += _SAME_AS_BEFORE
    best = int(score.argmax())
    return best + 1 if inside[best] >= _LEAST_INSIDE and classes[best] >= _LEAST_CLASSES else NO_CHORD


def transpose(chords: I8, semitones: I64) -> I8:
    """Move chords by semitones.

    Parameters
    ----------
    chords : ndarray, shape (n, beats), int8
    semitones : ndarray, shape (n,), int64

    Returns
    -------
    ndarray, shape (n, beats), int8
    """
    kind, root = np.divmod(chords.astype(np.int64) - 1, 12)
    moved = 12 * kind + (root + semitones[:, None]) % 12 + 1
    return np.where(chords == NO_CHORD, NO_CHORD, moved).astype(np.int8)
