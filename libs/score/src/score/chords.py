"""Chord labels: the triad that sounds on each beat, which conditions the lead and bass models.

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
"""Beats of a window in 4/4. A window in 3/4 has 6; its last two labels are `NO_CHORD`."""
NO_CHORD = 0

# Scoring of a triad against the pitch classes of a beat, set by hand.
_SHAPES = ((0, 4, 7), (0, 3, 7), (0, 4, 8), (0, 3, 6))
_PRIOR = (0.06, 0.04, -0.08, -0.02)
"""Prior of each triad quality: augmented and diminished triads are rare."""
_MISSING_CLASS_PENALTY = 0.18
_ROOT_IN_BASS_BONUS = 0.15
_UNCHANGED_BONUS = 0.1
_MIN_SHARE_INSIDE = 0.6
_MIN_CLASSES = 2


def _templates() -> F64:
    rows = np.zeros((N_CHORDS - 1, 12))
    for quality, shape in enumerate(_SHAPES):
        for root in range(12):
            rows[12 * quality + root, [(root + interval) % 12 for interval in shape]] = 1.0
    return rows


_TEMPLATES = _templates()
_PRIORS = np.repeat(_PRIOR, 12)
_ROOTS = np.tile(np.arange(12), len(_SHAPES))


def triads(parts: Sequence[I16]) -> I8:
    """Return the triad of each beat (quarter note).

    Parameters
    ----------
    parts : sequence of ndarray, shape (n_steps,) or (n_steps, n_voices), int16
        Events of the roles that carry the chords: harmony and bass.

    Returns
    -------
    ndarray, shape (n_steps // 4,), int8
        `NO_CHORD` where no triad is clear.

    Examples
    --------
    >>> c_major_then_a_minor = np.zeros((8, 3), np.int16)
    >>> c_major_then_a_minor[0] = [48, 45, 41]  # G, E, C
    >>> c_major_then_a_minor[4] = [45, 41, 38]  # E, C, A
    >>> triads([c_major_then_a_minor]).tolist()
    [1, 22]
    """
    pitches = np.concatenate([sounding_pitch(part.reshape(len(part), -1)) for part in parts], axis=1)
    n_beats = len(pitches) // STEPS_PER_BEAT
    by_beat = pitches[: n_beats * STEPS_PER_BEAT].reshape(n_beats, -1)
    chords = np.zeros(n_beats, np.int8)
    for beat, found in enumerate(by_beat):
        sounding = found[found > 0]
        chords[beat] = _triad(sounding, chords[beat - 1] if beat else NO_CHORD) if len(sounding) else NO_CHORD
    return chords


def grid_triads(grid: Grid) -> I8:
    """Return the triads of each window of a piece, from its harmony and bass.

    Returns
    -------
    ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
        All `NO_CHORD` if the piece has no harmony.
    """
    length = windows.steps_per_window(grid.meter)
    labels = np.zeros((windows.count(grid), length // STEPS_PER_BEAT), np.int8)
    if Role.HARMONY in grid.events:
        found = triads([grid.events[role] for role in (Role.HARMONY, Role.BASS) if role in grid.events])
        labels.reshape(-1)[: len(found)] = found
    return _pad_beats(labels)


def window_triads(harmony: I16) -> I8:
    """Return the triads of consecutive harmony windows.

    Parameters
    ----------
    harmony : ndarray, shape (n_windows, n_steps, n_voices), int16

    Returns
    -------
    ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
    """
    found = triads([harmony.reshape(-1, harmony.shape[2])])
    return _pad_beats(found.reshape(len(harmony), -1))


def _pad_beats(labels: I8) -> I8:
    return np.pad(labels, ((0, 0), (0, BEATS_PER_WINDOW - labels.shape[1])))


def _triad(pitches: I64, before: int) -> int:
    weights = np.bincount(pitches % 12, minlength=12) / len(pitches)
    inside = _TEMPLATES @ weights
    classes = _TEMPLATES @ (weights > 0)
    score = (
        inside - _MISSING_CLASS_PENALTY * (3 - classes) + _PRIORS + _ROOT_IN_BASS_BONUS * (pitches.min() % 12 == _ROOTS)
    )
    if before != NO_CHORD:
        score[before - 1] += _UNCHANGED_BONUS
    best = int(score.argmax())
    return best + 1 if inside[best] >= _MIN_SHARE_INSIDE and classes[best] >= _MIN_CLASSES else NO_CHORD


def transpose(chords: I8, semitones: I64) -> I8:
    """Return chords transposed by semitones, row by row.

    Parameters
    ----------
    chords : ndarray, shape (n, n_beats), int8
    semitones : ndarray, shape (n,), int64

    Returns
    -------
    ndarray, shape (n, n_beats), int8

    Examples
    --------
    >>> transpose(np.array([[1, 0], [13, 24]], np.int8), np.array([2, 1])).tolist()
    [[3, 0], [14, 13]]
    """
    quality, root = np.divmod(chords.astype(np.int64) - 1, 12)
    moved = 12 * quality + (root + semitones[:, None]) % 12 + 1
    return np.where(chords == NO_CHORD, NO_CHORD, moved).astype(np.int8)
