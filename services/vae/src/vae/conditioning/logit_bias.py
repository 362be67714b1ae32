"""Logit biases: the pitch classes and registers of the parents as a mask, and chord tones as a preference.

Conventions: a bias is added to the logits of every voice of a window's steps; shape (n_windows, n_steps,
N_PITCHED_CLASSES), float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from score.arrays import F32, I16, I64, Bool
from score.encoding import FIRST_PITCH_EVENT, N_PITCHED_CLASSES
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.models.sampling import FORBIDDEN
from vae.models.specs import ROLE_SPECS
from vae.pieces.piece import Piece
from vae.pieces.window_events import EVENT_PITCH_CLASSES, silent_windows, sounding_pitch_classes

_MIN_PITCH_CLASSES = 5
"""Fewer pitch classes than a pentatonic scale make no scale: the piece's seven most frequent ones are added."""

_SCALE_SIZE = 7

_CHORD_TONE_NATS, _CLASH_NATS = np.float32(1.35), np.float32(-2.25)

_FIXED_HARMONY_FACTOR = np.float32(4.0)
"""How much more chords weigh that one parent gives alone: the blended lines must fit chords that were not blended."""


def allowed_pitch_classes(pieces: Sequence[Piece], alignment: Alignment, shares: F32) -> Bool:
    """Return which pitch classes may sound in each window of a blend.

    They are those of the parents that have a share there, in the window that meets and in its neighbors.

    Parameters
    ----------
    pieces : sequence of Piece
    alignment : Alignment
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows, 12), bool
    """
    allowed = np.zeros((len(alignment), 12), bool)
    for index, piece in enumerate(pieces):
        classes = piece.pitch_classes()
        nearby = classes.copy()
        nearby[1:] |= classes[:-1]
        nearby[:-1] |= classes[1:]
        is_sparse = nearby.sum(axis=1) < _MIN_PITCH_CLASSES
        frequency_rank = np.argsort(np.argsort(-classes.sum(axis=0), kind="stable"), kind="stable")
        nearby[is_sparse] |= frequency_rank < _SCALE_SIZE
        allowed |= nearby[alignment.source_windows[:, index]] & (shares[:, index] > 0)[:, None]
    return allowed


def pitch_bias(pieces: Sequence[Piece], alignment: Alignment, role: Role, shares: F32) -> F32 | None:
    """Forbid pitch classes and registers that the parents of each window do not play there.

    Parameters
    ----------
    pieces : sequence of Piece
    alignment : Alignment
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows, n_steps, N_PITCHED_CLASSES), float32, or None
        None for drums.
    """
    if role is Role.DRUMS:
        return None
    n_steps = pieces[0].steps_per_window
    class_bias = pitch_class_bias(allowed_pitch_classes(pieces, alignment, shares), n_steps)
    return class_bias + register_bias(pieces, alignment, role, shares)


def pitch_class_bias(allowed: Bool, n_steps: int) -> F32:
    """Forbid the pitches of other pitch classes.

    Parameters
    ----------
    allowed : ndarray, shape (n_windows, 12), bool
        A window that allows none forbids nothing.
    n_steps : int

    Returns
    -------
    ndarray, shape (n_windows, n_steps, N_PITCHED_CLASSES), float32
    """
    tokens = allowed[:, EVENT_PITCH_CLASSES] | ~allowed.any(axis=1, keepdims=True)
    tokens[:, :FIRST_PITCH_EVENT] = True
    return np.repeat(np.where(tokens, np.float32(0), FORBIDDEN)[:, None, :], n_steps, axis=1)


def register_bias(pieces: Sequence[Piece], alignment: Alignment, role: Role, shares: F32) -> F32:
    """Forbid pitches below the lowest and above the highest one that the parents of a window play in a role.

    Parameters
    ----------
    pieces : sequence of Piece
    alignment : Alignment
    role : Role
        A pitched one.
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows, n_steps, N_PITCHED_CLASSES), float32
    """
    lowest: I64 = np.full(len(alignment), N_PITCHED_CLASSES)
    highest: I64 = np.zeros(len(alignment), np.int64)
    for index, piece in enumerate(pieces):
        events = piece.grid.events.get(role, np.zeros(0, np.int16))
        pitch_events, has_share = events[events >= FIRST_PITCH_EVENT], shares[:, index] > 0
        if len(pitch_events):
            lowest[has_share] = np.minimum(lowest[has_share], pitch_events.min())
            highest[has_share] = np.maximum(highest[has_share], pitch_events.max())
    tokens = np.arange(N_PITCHED_CLASSES)
    is_outside = ((tokens < lowest[:, None]) | (tokens > highest[:, None])) & (highest > 0)[:, None]
    is_outside[:, :FIRST_PITCH_EVENT] = False
    bias = np.where(is_outside, FORBIDDEN, np.float32(0))
    return np.repeat(bias[:, None, :], pieces[0].steps_per_window, axis=1)


def harmony_context(role: Role, decoded: Mapping[Role, I16], shares_of: Callable[[Role], F32]) -> I16 | None:
    """Return the harmony that a role is decoded on.

    Where one parent alone gives harmony and bass, the lead is decoded on the bass too, as one voice more. Elsewhere it
    is not, so that the weight of one role changes the notes of no other role but through the harmony.

    Parameters
    ----------
    role : Role
    decoded : mapping of Role to ndarray, int16
        The windows of the roles that are finished.
    shares_of : callable
        Returns the parents' shares of a role, shape (n_windows, n_parents).

    Returns
    -------
    ndarray, shape (n_windows, n_steps, n_voices), int16, or None
        None if there is no harmony or the role's model is not conditioned on chords.
    """
    if not ROLE_SPECS[role].has_chords or Role.HARMONY not in decoded:
        return None
    harmony = decoded[Role.HARMONY]
    if role is not Role.LEAD or Role.BASS not in decoded:
        return harmony
    is_fixed = ((shares_of(Role.HARMONY) == 1.0) & (shares_of(Role.BASS) == 1.0)).any(axis=1)
    bass = decoded[Role.BASS]
    audible_bass = np.where(is_fixed[:, None], bass, silent_windows(Role.BASS, *bass.shape))
    return np.asarray(np.concatenate([harmony, audible_bass[:, :, None]], axis=2))


def chord_tone_bias(harmony: I16, divergence: F32, is_fixed: Bool | None = None) -> F32:
    """Favor the notes of the sounding chord, and disfavor those a semitone from one.

    Parameters
    ----------
    harmony : ndarray, shape (n_windows, n_steps, n_voices), int16
        From `harmony_context`.
    divergence : ndarray, shape (n_windows,), float32
        From `vae.blending.latents.parent_divergence`: 0 where the parents agree, so that what they have in common
        stays; 1 where they have nothing in common.
    is_fixed : ndarray, shape (n_windows,), bool, optional
        Where one parent alone gives the harmony.

    Returns
    -------
    ndarray, shape (n_windows, n_steps, N_PITCHED_CLASSES), float32
        Zero where no chord sounds.
    """
    is_chord_tone = sounding_pitch_classes(harmony)
    is_clash = (np.roll(is_chord_tone, 1, axis=2) | np.roll(is_chord_tone, -1, axis=2)) & ~is_chord_tone
    by_class = np.where(is_chord_tone, _CHORD_TONE_NATS, np.where(is_clash, _CLASH_NATS, np.float32(0)))
    strength = divergence
    if is_fixed is not None:
        strength = divergence * np.where(is_fixed, _FIXED_HARMONY_FACTOR, np.float32(1))
    bias = by_class[:, :, EVENT_PITCH_CLASSES] * strength[:, None, None]
    bias[:, :, :FIRST_PITCH_EVENT] = 0.0
    return bias.astype(np.float32)
