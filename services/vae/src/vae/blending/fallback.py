"""What stands where a model does not know the music: a parent's own rhythm, with the chords of the blend.

A model that cannot give a window back cannot blend it either: what it decodes there is no music between two parents,
but noise or silence. So every window's parents are also decoded by themselves, and a window whose parents come back
unrecognised is made of the nearer parent's notes instead, some of its half-bars moved to the other's chords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from score.encoding import MAX_PITCH, MIN_PITCH, OFF, PITCH_OFFSET
from score.model import Notice
from score.roles import Role

from vae.conditioning import logit_bias
from vae.models.specs import RoleSpec
from vae.pieces import window_distance
from vae.pieces.piece import sounding_steps

if TYPE_CHECKING:
    from vae.blending.interpolation import Mixture

Events = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

KNOWN_FROM = 0.5
"""The fidelity from which a window counts as known to its model."""

_FARTHEST_MOVE_SEMITONES = 6

_LEAST_SOUND = 0.25
"""A bar that sounds for less than this share of the time that its sparsest parent does is a hole."""


def mend(mixture: Mixture, cut: Events, harmony: Events | None) -> tuple[Events, Flags]:
    """Mend what was decoded.

    A window with a hole where there should be none becomes what the model says of the nearer parent; one that has a
    hole even so, or whose parents the model does not know, becomes the nearer parent's own, on the chords of both.

    Parameters
    ----------
    mixture : Mixture
    cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        What was decoded.
    harmony : ndarray, shape (n_windows, steps, voices), int16, or None
        The blended one, for the other roles.

    Returns
    -------
    tuple of ndarray
        The windows, and which of them (n_windows,) the model does not know.
    """
    mended = cut.copy()
    with_holes = holes(mixture, cut)
    mended[with_holes] = mixture.said_of_nearest()[with_holes]
    unknown = (_known(mixture) < KNOWN_FROM) | holes(mixture, mended)
    for window in np.flatnonzero(unknown).tolist():
        mended[window] = _own(mixture, window, harmony)
    return mended, unknown


def notice(role: Role, n_unknown: int, n_windows: int) -> Notice:
    """Tell a person where a parent's own notes stand."""
    what = f"The model does not know the {role.value} in {n_unknown} of {n_windows} places"
    return Notice("PARENT_KEPT", f"{what}: the nearer piece's notes stand there, on the chords of both.")


def _known(mixture: Mixture) -> Floats:
    """Tell how well the model knows the parents of each window, by their shares; 1 where nothing sounds."""
    known = 1.0 - mixture.shares.sum(axis=1)
    for index, portrait in enumerate(mixture.portraits):
        known += mixture.shares[:, index] * portrait.fidelity[mixture.course.sources[:, index]]
    return np.asarray(known, np.float32)


def holes(mixture: Mixture, cut: Events) -> Flags:
    """Tell which windows have a bar that sounds far shorter than in every parent that counts there.

    A note that is held through it is no hole, however many notes the parents have there.
    """
    expected: npt.NDArray[np.float64] = np.full((len(cut), 2), np.inf)
    for index, piece in enumerate(mixture.pieces):
        if mixture.role in piece.windows:
            counts = (mixture.shares[:, index] > 0)[:, None]
            heard = sounding_steps(mixture.role, piece.windows[mixture.role])[mixture.course.sources[:, index]]
            expected = np.where(counts, np.minimum(expected, heard), expected)
    expected[np.isinf(expected)] = 0
    return _is_hollow(mixture.role, cut, expected)


def _is_hollow(role: Role, cut: Events, expected: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Flags:
    return np.asarray((sounding_steps(role, cut) < np.ceil(_LEAST_SOUND * expected)).any(axis=1))


def _own(mixture: Mixture, window: int, harmony: Events | None) -> Events:
    """Return the nearer parent's own window, part of it on the chords that the blend has there."""
    sources, shares = mixture.course.sources[window], mixture.shares[window]
    nearer, *others = np.argsort(-shares, kind="stable").tolist()
    own: Events = mixture.pieces[nearer].windows[mixture.role][sources[nearer]]
    share = float(1.0 - shares[nearer])
    if mixture.role is Role.DRUMS or share == 0.0 or mixture.unlike[window] == 0.0:
        return own
    if mixture.role is Role.HARMONY:
        chords = mixture.pieces[others[0]].windows[mixture.role][sources[others[0]]][None]
    elif harmony is not None:
        chords = harmony[window : window + 1]
    else:
        return own
    return rechord(own, logit_bias.sounding_classes(chords)[0], share)


def fidelity(own: Events, said: Events, spec: RoleSpec) -> Floats:
    """Tell how much of a window's notes a model gives back.

    Parameters
    ----------
    own, said : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        A parent's windows, and what its model makes of their latents.
    spec : RoleSpec

    Returns
    -------
    ndarray, shape (n_windows,), float32
        `vae.pieces.window_distance.note_f1`: of its notes by step and pitch (drums: by step and class).
    """
    return window_distance.note_f1(own, said, spec).astype(np.float32)


def given_back(own: Events, said: Events, known: Floats, role: Role) -> Events:
    """Return what stands at a parent's own end: what the model says of it; its own where the model does not know it.

    Parameters
    ----------
    own, said
        As for `fidelity`.
    known : ndarray, shape (n_windows,), float32
        As `Portrait.fidelity`.
    role : Role
    """
    is_own = (known < KNOWN_FROM) | _is_hollow(role, said, sounding_steps(role, own))
    return np.where(is_own.reshape(-1, *(1,) * (own.ndim - 1)), own, said)


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
