"""Distances between windows: by their events, by their notes, and both together.

Conventions: windows of one length, shape (n, n_steps) or (n, n_steps, n_voices), int16; every function compares the
two arrays row by row.
"""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I16, I64
from score.encoding import HOLD, N_DRUM_CLASSES

from vae.models.specs import RoleSpec

_N_PITCHES = 128


def hamming(first: I16, second: I16) -> F64:
    """Return the share of events that differ, shape (n,)."""
    return np.asarray((first != second).reshape(len(first), -1).mean(axis=1))


def note_ids(windows: I16, spec: RoleSpec, with_ends: bool = False) -> I64:
    """Return the notes of windows as integers that are equal where the notes are.

    An id encodes the window, step, pitch and optionally the end of a note. A drum note is a stroke of one class and has
    no end. Voices do not count: a chord is the set of its notes.

    Parameters
    ----------
    windows : ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
    spec : RoleSpec
    with_ends : bool
        Whether notes of different ends differ.

    Returns
    -------
    ndarray, shape (n_notes,), int64
        Sorted and distinct; the window of a note is its id divided by `ids_per_window`.
    """
    n_steps = windows.shape[1]
    if not spec.is_pitched:
        window, step, pitch = np.nonzero((windows[..., None] >> np.arange(N_DRUM_CLASSES)) & 1)
        end = np.zeros_like(step)
    else:
        events = windows.reshape(len(windows), n_steps, -1)
        window, step, voice = np.nonzero(events >= spec.first_onset_token)
        pitch = events[window, step, voice].astype(np.int64)
        end = _note_ends(events)[window, step, voice] if with_ends else np.zeros_like(step)
    ids: I64 = np.unique(((window * n_steps + step) * _N_PITCHES + pitch) * (n_steps + 1) + end)
    return ids


def ids_per_window(n_steps: int) -> int:
    """Return the number of ids that `note_ids` reserves for one window."""
    return n_steps * _N_PITCHES * (n_steps + 1)


def _note_ends(events: I16) -> I64:
    """Return, for every step and voice, the step of the next event after it: the shape of `events`."""
    n_steps = events.shape[1]
    event_steps = np.where(events != HOLD, np.arange(n_steps)[None, :, None], n_steps)
    following = np.minimum.accumulate(event_steps[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([following[:, 1:], np.full_like(following[:, :1], n_steps)], axis=1)


def note_f1(reference: I16, estimate: I16, spec: RoleSpec, with_ends: bool = False) -> F64:
    """Return the F1 of the notes of each window.

    A note is right if its step and pitch are (drums: step and class), and with `with_ends` its end too: the scores of
    `mir_eval.transcription` without and with offsets, on a grid.

    Parameters
    ----------
    reference, estimate : ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
    spec : RoleSpec
    with_ends : bool

    Returns
    -------
    ndarray, shape (n,), float64
        0 to 1; 1 for two silent windows.
    """
    n_windows, per_window = len(reference), ids_per_window(reference.shape[1])
    reference_ids, estimate_ids = note_ids(reference, spec, with_ends), note_ids(estimate, spec, with_ends)
    common = np.intersect1d(reference_ids, estimate_ids, assume_unique=True)
    n_notes = np.bincount(reference_ids // per_window, minlength=n_windows)
    n_notes = n_notes + np.bincount(estimate_ids // per_window, minlength=n_windows)
    n_common = 2.0 * np.bincount(common // per_window, minlength=n_windows)
    return np.asarray(np.divide(n_common, n_notes, out=np.ones(n_windows), where=n_notes > 0))


def distance(first: I16, second: I16, spec: RoleSpec) -> F64:
    """Return the mean of the Hamming distance of the events and of 1 - F1 of the notes.

    Events alone would call two sparse windows similar for their silences; notes alone would ignore durations.

    Parameters
    ----------
    first, second : ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
        Their rests written as by `vae.pieces.window_events.normalize_rests`.
    spec : RoleSpec

    Returns
    -------
    ndarray, shape (n,), float64
        0 (equal) to 1.
    """
    return 0.5 * hamming(first, second) + 0.5 * (1.0 - note_f1(first, second, spec))
