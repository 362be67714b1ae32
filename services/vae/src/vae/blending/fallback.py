"""Fallback for windows that a model cannot reconstruct: a parent's own rhythm, on the chords of the blend.

A model that cannot reconstruct a window cannot blend it either: what it decodes there is noise or silence. So every
parent is also decoded from its own latents, and a window whose parents are not recognized again consists of the nearest
parent's notes, with some of its half-bars moved to the other parent's chords.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, F64, I16, Bool
from score.encoding import BARS_PER_WINDOW, MAX_PITCH, MIN_PITCH, OFF, PITCH_OFFSET
from score.model import Notice
from score.roles import Role

from vae.blending.interpolation import RoleInterpolation
from vae.pieces.window_events import count_sounding_steps, silent_windows, sounding_pitch_classes
from vae.reconstruction.quality import MIN_RECONSTRUCTION_F1, has_gap
from vae.reconstruction.store import Reconstruction

_MAX_MOVE_SEMITONES = 6


def nearest_reconstruction(interpolation: RoleInterpolation, reconstructions: Sequence[Reconstruction]) -> I16:
    """Return what the nearest parent's model decodes from that parent; silence where nothing sounds."""
    decoded = interpolation.from_nearest_parent([each.decoded for each in reconstructions])
    windows: I16 = decoded.astype(np.int16)
    windows[~interpolation.is_sounding] = silent_windows(interpolation.role, 1, interpolation.n_steps)
    return windows


def replace_unreconstructable(
    interpolation: RoleInterpolation, reconstructions: Sequence[Reconstruction], windows: I16, harmony: I16 | None
) -> tuple[I16, Bool]:
    """Replace windows that a model cannot reconstruct.

    A window with an unexpected gap becomes the nearest parent's reconstruction. One that still has a gap, or whose
    parents the model cannot reconstruct, becomes the nearest parent's own window, on the chords of both.

    Parameters
    ----------
    interpolation : RoleInterpolation
    reconstructions : sequence of Reconstruction
        One for each parent.
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The decoded windows.
    harmony : ndarray, shape (n_windows, n_steps, n_voices), int16, or None
        The blended harmony that the role is decoded on.

    Returns
    -------
    tuple of ndarray
        The windows, and which of them are a parent's own, shape (n_windows,).
    """
    replaced = windows.copy()
    with_gaps = unexpected_gaps(interpolation, windows)
    replaced[with_gaps] = nearest_reconstruction(interpolation, reconstructions)[with_gaps]
    mean_f1 = _mean_reconstruction_f1(interpolation, reconstructions)
    is_own = (mean_f1 < MIN_RECONSTRUCTION_F1) | unexpected_gaps(interpolation, replaced)
    for window in np.flatnonzero(is_own).tolist():
        replaced[window] = _nearest_parent_window(interpolation, window, harmony)
    return replaced, is_own


def fallback_notice(role: Role, n_own: int, n_windows: int, *, at_end: bool = False) -> Notice:
    """Return the notice about windows that are a parent's own.

    Parameters
    ----------
    role : Role
    n_own : int
        Number of those windows.
    n_windows : int
        Number of all windows.
    at_end : bool
        Whether the blend is one parent alone.
    """
    what = f"The model cannot reconstruct the {role.value} in {n_own} of {n_windows} places"
    if at_end:
        return Notice("PARENT_KEPT", f"{what}: the piece's own notes are used there.")
    return Notice("PARENT_KEPT", f"{what}: the nearest piece's own notes are used there, on the chords of both.")


def _mean_reconstruction_f1(interpolation: RoleInterpolation, reconstructions: Sequence[Reconstruction]) -> F32:
    """Return the mean of the parents' reconstruction F1 by their shares, shape (n_windows,); 1 where nothing sounds."""
    mean = 1.0 - interpolation.shares.sum(axis=1)
    for index, reconstruction in enumerate(reconstructions):
        f1 = reconstruction.f1[interpolation.alignment.source_windows[:, index]]
        mean += interpolation.shares[:, index] * f1
    return np.asarray(mean, np.float32)


def unexpected_gaps(interpolation: RoleInterpolation, windows: I16) -> Bool:
    """Return which windows have a bar that sounds far shorter than in every parent with a share there.

    A note that is held through a bar fills it, however many notes the parents have there.

    Parameters
    ----------
    interpolation : RoleInterpolation
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16

    Returns
    -------
    ndarray, shape (n_windows,), bool
    """
    expected: F64 = np.full((len(windows), BARS_PER_WINDOW), np.inf)
    for index, piece in enumerate(interpolation.pieces):
        if interpolation.role in piece.windows:
            has_share = (interpolation.shares[:, index] > 0)[:, None]
            n_steps = count_sounding_steps(piece.windows[interpolation.role], interpolation.role)
            aligned = n_steps[interpolation.alignment.source_windows[:, index]]
            expected = np.where(has_share, np.minimum(expected, aligned), expected)
    expected[np.isinf(expected)] = 0
    return has_gap(windows, interpolation.role, expected)


def _nearest_parent_window(interpolation: RoleInterpolation, window: int, harmony: I16 | None) -> I16:
    """Return the nearest parent's own window, partly on the chords that the blend has there."""
    role, pieces = interpolation.role, interpolation.pieces
    source_windows, shares = interpolation.alignment.source_windows[window], interpolation.shares[window]
    nearest, *others = np.argsort(-shares, kind="stable").tolist()
    own: I16 = pieces[nearest].windows[role][source_windows[nearest]]
    other_share = float(1.0 - shares[nearest])
    if role is Role.DRUMS or other_share == 0.0 or interpolation.divergence[window] == 0.0:
        return own
    if role is Role.HARMONY:
        chords = pieces[others[0]].windows[role][source_windows[others[0]]][None]
    elif harmony is not None:
        chords = harmony[window : window + 1]
    else:
        return own
    return reharmonize(own, sounding_pitch_classes(chords)[0], other_share)


def reharmonize(window: I16, chords: Bool, share: float) -> I16:
    """Move the notes of a window's last half-bars to other chords.

    Parameters
    ----------
    window : ndarray, shape (n_steps,) or (n_steps, n_voices), int16
        Of a pitched role.
    chords : ndarray, shape (n_steps, 12), bool
        The pitch classes of the other chords; where there are none, notes stay.
    share : float
        0 to 1: how much of the window is moved.

    Returns
    -------
    ndarray, int16
        The same shape and rhythm. No note moves farther than a tritone, and voices of a chord stay distinct.
    """
    n_half_bars = 2 * BARS_PER_WINDOW
    first_moved = len(window) // n_half_bars * (n_half_bars - int(np.floor(n_half_bars * share + 0.5)))
    moved = window.reshape(len(window), -1).copy()
    for step in range(first_moved, len(window)):
        if chords[step].any():
            moved[step] = _move_to_chord(moved[step], chords[step])
    return moved.reshape(window.shape)


def _move_to_chord(events: I16, chord: Bool) -> I16:
    """Move each pitch of a step, shape (n_voices,), to the nearest free chord tone."""
    moved, taken = events.copy(), set[int]()
    for voice in np.flatnonzero(events > OFF):
        pitch = int(events[voice]) + PITCH_OFFSET
        lowest, highest = max(pitch - _MAX_MOVE_SEMITONES, MIN_PITCH), min(pitch + _MAX_MOVE_SEMITONES, MAX_PITCH)
        free = [other for other in range(lowest, highest + 1) if chord[other % 12] and other not in taken]
        if free:
            pitch = min(free, key=lambda other: abs(other - pitch))
        taken.add(pitch)
        moved[voice] = pitch - PITCH_OFFSET
    return moved
