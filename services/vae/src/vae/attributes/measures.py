"""How attributes are measured in windows of events."""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I16, Bool
from score.encoding import N_DRUM_CLASSES, OFF, PITCH_OFFSET
from score.roles import Role

from vae.attributes.attribute import Attribute


def measure_attribute(attribute: Attribute, role: Role, windows: I16) -> F64:
    """Measure an attribute of windows.

    Parameters
    ----------
    attribute : Attribute
    role : Role
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16

    Returns
    -------
    ndarray, shape (n_windows,), float64
        Density: the share of steps with an onset. Register: the mean MIDI pitch of the onsets. Syncopation: the share
        of onset steps that precede an empty stronger step. Polyphony: the mean number of notes or strokes per onset
        step. NaN in a window without onsets (density: 0).
    """
    onsets: Bool = _onsets(role, windows)
    onset_steps: Bool = np.asarray(onsets.any(axis=2))
    n_onset_steps = np.where(onset_steps.any(axis=1), onset_steps.sum(axis=1), np.nan)
    if attribute is Attribute.DENSITY:
        return np.asarray(onset_steps.mean(axis=1))
    if attribute is Attribute.SYNCOPATION:
        return np.asarray(_syncopated_steps(onset_steps).sum(axis=1) / n_onset_steps)
    if attribute is Attribute.POLYPHONY:
        return np.asarray(onsets.sum(axis=(1, 2)) / n_onset_steps)
    pitches = np.where(onsets, windows.reshape(onsets.shape) + PITCH_OFFSET, 0)
    n_notes = onsets.sum(axis=(1, 2))
    return np.asarray(pitches.sum(axis=(1, 2)) / np.where(n_notes > 0, n_notes, np.nan))


def _onsets(role: Role, windows: I16) -> Bool:
    """Return what begins at each step: shape (n_windows, n_steps, n_voices or N_DRUM_CLASSES)."""
    if role is Role.DRUMS:
        return np.asarray(windows[..., None] >> np.arange(N_DRUM_CLASSES) & 1 > 0)
    return np.asarray(windows.reshape(*windows.shape[:2], -1) > OFF)


def _syncopated_steps(onset_steps: Bool) -> Bool:
    """Return which onsets are syncopated: the eighth or sixteenth after them is stronger and has no onset.

    Notes
    -----
    Longuet-Higgins and Lee, *The Rhythmic Interpretation of Monophonic Music*, Music Perception 1(4), 1984, with the
    levels of sixteenths and eighths only.
    """
    following = np.concatenate([onset_steps[:, 1:], np.ones_like(onset_steps[:, :2])], axis=1)
    n_steps = onset_steps.shape[1]
    steps = np.arange(n_steps)
    off_sixteenth = onset_steps & (steps % 2 == 1) & ~following[:, :n_steps]
    off_eighth = onset_steps & (steps % 4 == 2) & ~following[:, :n_steps] & ~following[:, 1 : n_steps + 1]
    return np.asarray(off_sixteenth | off_eighth)
