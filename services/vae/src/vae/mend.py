"""What stands where a model does not know the music: a parent's own rhythm, with the chords of the blend.

A model that cannot give a window back cannot blend it either: what it decodes there is no music between two parents,
but noise or silence. So every window's parents are also decoded by themselves, and a window whose parents come back
unrecognised is made of the nearer parent's notes instead, some of its half-bars moved to the other's chords.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from score.encoding import MAX_PITCH, MIN_PITCH, OFF, PITCH_OFFSET

from vae.specs import RoleSpec

Events = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

KNOWN_FROM = 0.5
"""The fidelity from which a window counts as known to its model."""

_FARTHEST_MOVE_SEMITONES = 6


def fidelity(own: Events, said: Events, spec: RoleSpec) -> Floats:
    """Tell how much of a window's onsets a model gives back.

    Parameters
    ----------
    own, said : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        A parent's windows, and what its model makes of their latents.
    spec : RoleSpec

    Returns
    -------
    ndarray, shape (n_windows,), float32
        F1 of the onsets by step and pitch (drums: by step and class), 0 to 1; 1 for two silences.
    """
    wanted, given = _onsets(own, spec), _onsets(said, spec)
    both = (wanted & given).sum(axis=(1, 2))
    total = wanted.sum(axis=(1, 2)) + given.sum(axis=(1, 2))
    return np.asarray(np.divide(2.0 * both, total, out=np.ones(len(own)), where=total > 0), np.float32)


def _onsets(cut: Events, spec: RoleSpec) -> Flags:
    """Tell what begins at each step: shape (n_windows, steps, pitches or drum classes)."""
    if not spec.pitched:
        return np.asarray((cut[..., None] >> np.arange(9)) & 1 > 0)
    found = np.zeros((*cut.shape[:2], spec.classes), bool)
    window, step, voice = np.nonzero(cut.reshape(*cut.shape[:2], -1) > OFF)
    found[window, step, cut.reshape(*cut.shape[:2], -1)[window, step, voice]] = True
    return found


def rechord(cut: Events, chords: Flags, share: float) -> Events:
    """Move the notes of a window's last half-bars to other chords.

    Parameters
    ----------
    cut : ndarray, shape (steps,) or (steps, voices), int16
        A window of a pitched role.
    chords : ndarray, shape (steps, 12), bool
        The pitch classes of the other chords; where there are none, notes stay.
    share : float
        How much of the window is moved, 0 to 1.

    Returns
    -------
    ndarray
        Of the same shape and rhythm. No note moves farther than a tritone, and voices of a chord stay apart.
    """
    half_bar = len(cut) // 4
    first = half_bar * (4 - int(np.floor(4.0 * share + 0.5)))
    moved = cut.reshape(len(cut), -1).copy()
    for step in range(first, len(cut)):
        if chords[step].any():
            moved[step] = _moved(moved[step], chords[step])
    return moved.reshape(cut.shape)


def _moved(tokens: Events, chord: Flags) -> Events:
    moved, taken = tokens.copy(), set[int]()
    for voice in np.flatnonzero(tokens > OFF):
        pitch = int(tokens[voice]) + PITCH_OFFSET
        near = range(
            max(pitch - _FARTHEST_MOVE_SEMITONES, MIN_PITCH), min(pitch + _FARTHEST_MOVE_SEMITONES, MAX_PITCH) + 1
        )
        free = [other for other in near if chord[other % 12] and other not in taken]
        if free:
            pitch = min(free, key=lambda other: abs(other - pitch))
        taken.add(pitch)
        moved[voice] = pitch - PITCH_OFFSET
    return moved
