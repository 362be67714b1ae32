"""How like two windows are: by their tokens, and by their notes.

Conventions: windows of one length, shape (n, steps) or (n, steps, voices), as the models take them; every function
compares row by row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vae.models.specs import HOLD, RoleSpec

Events = npt.NDArray[np.int16]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_PITCHES = 128
_DRUMS = 9


def hamming(first: Events, second: Events) -> Floats:
    """Return the share of tokens that differ, shape (n,)."""
    return np.asarray((first != second).reshape(len(first), -1).mean(axis=1))


def notes(windows: Events, spec: RoleSpec, durations: bool = False) -> Integers:
    """List the notes of windows as numbers that are equal where the notes are: window, step, pitch and, if asked, end.

    A note of drums is a stroke of one class and has no end. Voices do not count: a chord is the set of its notes.

    Returns
    -------
    ndarray, shape (number of notes,), int64
        Sorted, each once; the window is the number divided by `notes_per_window`.
    """
    steps = windows.shape[1]
    if not spec.pitched:
        window, step, pitch = np.nonzero((windows[..., None] >> np.arange(_DRUMS)) & 1)
        end = np.zeros_like(step)
    else:
        voiced = windows.reshape(len(windows), steps, -1)
        window, step, voice = np.nonzero(voiced >= spec.first_sound)
        pitch = voiced[window, step, voice].astype(np.int64)
        end = _ends(voiced)[window, step, voice] if durations else np.zeros_like(step)
    numbers: Integers = np.unique(((window * steps + step) * _PITCHES + pitch) * (steps + 1) + end)
    return numbers


def notes_per_window(steps: int) -> int:
    """Return by what the numbers of `notes` are divided to give the window."""
    return steps * _PITCHES * (steps + 1)


def _ends(voiced: Events) -> Integers:
    """Return, for every step and voice, the step of the next event after it: shape of `voiced`."""
    steps = voiced.shape[1]
    events = np.where(voiced != HOLD, np.arange(steps)[None, :, None], steps)
    following = np.minimum.accumulate(events[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([following[:, 1:], np.full_like(following[:, :1], steps)], axis=1)


def note_f1(wanted: Events, given: Events, spec: RoleSpec, durations: bool = False) -> Floats:
    """Return the F1 of the notes of each window, shape (n,); 1 for two silences.

    A note is right if its step and pitch are (drums: step and class), with `durations` its end too. As the scores of
    `mir_eval.transcription` without and with offsets, on a grid.
    """
    count, size = len(wanted), notes_per_window(wanted.shape[1])
    mine, theirs = notes(wanted, spec, durations), notes(given, spec, durations)
    both = np.intersect1d(mine, theirs, assume_unique=True)
    total = np.bincount(mine // size, minlength=count) + np.bincount(theirs // size, minlength=count)
    shared = 2.0 * np.bincount(both // size, minlength=count)
    return np.asarray(np.divide(shared, total, out=np.ones(count), where=total > 0))


def distance(first: Events, second: Events, spec: RoleSpec) -> Floats:
    """Return how far two windows are apart, 0 to 1: half by their tokens (Hamming), half by their notes (1 - F1).

    Tokens alone would call two sparse windows alike for their silences, notes alone would not hear durations.
    """
    return 0.5 * hamming(first, second) + 0.5 * (1.0 - note_f1(first, second, spec))
