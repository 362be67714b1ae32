"""What may sound where: a blend keeps to its parents' pitch classes and registers, lead and bass to its chords."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from score.encoding import N_PITCHED_CLASSES, OFF, PITCH_OFFSET
from score.roles import Role

from vae.alignment.window_alignment import Plan
from vae.models.sampling import FORBIDDEN
from vae.models.specs import ROLE_SPECS
from vae.pieces.piece import TOKEN_CLASSES, Piece, in_force

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Events = npt.NDArray[np.int16]

_FEWEST_CLASSES = 5
"""Fewer pitch classes than a pentatonic scale are no scale: the piece's commonest are added."""

_ROUNDING = 1e-4
"""Unlikeness below this is float32's, not the music's."""

_CHORD_TONE_NATS, _CLASH_NATS = np.float32(1.35), np.float32(-2.25)

_GIVEN_FACTOR = np.float32(4.0)
"""How much more chords weigh that one parent gives alone: what comes of several must fit what it did not help to make.
"""


def allowed_classes(pieces: Sequence[Piece], plan: Plan, shares: Floats) -> Flags:
    """Tell which pitch classes may sound in each window of a blend.

    They are those of the parents that have a share there, in the window met and its neighbours.

    Parameters
    ----------
    pieces : sequence of Piece
    plan : Plan
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows, 12), bool
    """
    allowed = np.zeros((len(plan), 12), bool)
    for index, piece in enumerate(pieces):
        classes = piece.pitch_classes()
        near = classes.copy()
        near[1:] |= classes[:-1]
        near[:-1] |= classes[1:]
        few = near.sum(axis=1) < _FEWEST_CLASSES
        near[few] |= np.argsort(np.argsort(-classes.sum(axis=0), kind="stable"), kind="stable") < 7
        allowed |= near[plan.sources[:, index]] & (shares[:, index] > 0)[:, None]
    return allowed


def bias(
    pieces: Sequence[Piece], plan: Plan, role: Role, shares: Floats, steps: int, lift_semitones: float = 0.0
) -> Floats | None:
    """Forbid what the parents of each window do not play there: other pitch classes, other registers.

    Parameters
    ----------
    pieces, plan, role, shares, steps
        See `allowed_classes` and `register_bias`.
    lift_semitones : float
        How far the registers reach further up or, negative, down.

    Returns
    -------
    ndarray, shape (n_windows, steps, 90), float32, or None
        None for drums.
    """
    if role is Role.DRUMS:
        return None
    by_class = scale_bias(allowed_classes(pieces, plan, shares), steps)
    return by_class + register_bias(pieces, plan, role, shares, steps, lift_semitones)


def scale_bias(allowed: Flags, steps: int) -> Floats:
    """Forbid the pitches of other classes.

    Parameters
    ----------
    allowed : ndarray, shape (n_windows, 12), bool
        A window without any forbids nothing.
    steps : int

    Returns
    -------
    ndarray, shape (n_windows, steps, 90), float32
    """
    tokens = allowed[:, TOKEN_CLASSES] | ~allowed.any(axis=1, keepdims=True)
    tokens[:, : OFF + 1] = True
    return np.repeat(np.where(tokens, np.float32(0), FORBIDDEN)[:, None, :], steps, axis=1)


def register_bias(
    pieces: Sequence[Piece], plan: Plan, role: Role, shares: Floats, steps: int, lift_semitones: float = 0.0
) -> Floats:
    """Forbid pitches below the lowest and above the highest that the parents of a window play in a role.

    Returns
    -------
    ndarray, shape (n_windows, steps, 90), float32
    """
    lowest: npt.NDArray[np.int64] = np.full(len(plan), N_PITCHED_CLASSES)
    highest: npt.NDArray[np.int64] = np.zeros(len(plan), np.int64)
    for index, piece in enumerate(pieces):
        tokens = piece.grid.events.get(role, np.zeros(0, np.int16))
        counts = shares[:, index] > 0
        if (tokens > OFF).any():
            lowest[counts] = np.minimum(lowest[counts], tokens[tokens > OFF].min())
            highest[counts] = np.maximum(highest[counts], tokens.max())
    lowest = lowest + round(min(lift_semitones, 0.0))
    highest = np.where(highest > 0, highest + round(max(lift_semitones, 0.0)), 0)
    every = np.arange(N_PITCHED_CLASSES)
    outside = ((every < lowest[:, None]) | (every > highest[:, None])) & (highest > 0)[:, None]
    outside[:, : OFF + 1] = False
    return np.repeat(np.where(outside, FORBIDDEN, np.float32(0))[:, None, :], steps, axis=1)


def heard_with(
    role: Role, decoded: Mapping[Role, Events], shares: Callable[[Role], npt.NDArray[np.float32]]
) -> Events | None:
    """Return the harmony that a role is decoded on; None if there is none or it hears none.

    A lead hears the bass too, as one voice more, where one parent alone gives both: elsewhere the weight of one role
    moves no other's notes.

    Parameters
    ----------
    role : Role
    decoded : mapping of Role to ndarray
        The roles that are finished.
    shares : callable
        Gives the parents' shares of a role: shape (n_windows, n_parents).

    Returns
    -------
    ndarray, shape (n_windows, steps, voices), int16, or None
    """
    if not ROLE_SPECS[role.value].chords or Role.HARMONY not in decoded:
        return None
    harmony = decoded[Role.HARMONY]
    if role is not Role.LEAD or Role.BASS not in decoded:
        return harmony
    is_led = ((shares(Role.HARMONY) == 1.0) & (shares(Role.BASS) == 1.0)).any(axis=1)
    silence = np.zeros_like(decoded[Role.BASS])
    silence[:, 0] = OFF
    bass = np.where(is_led[:, None], decoded[Role.BASS], silence)
    return np.asarray(np.concatenate([harmony, bass[:, :, None]], axis=2))


def chord_bias(chords: Events, unlikeness: Floats, is_given: Flags | None = None) -> Floats:
    """Favour the notes of the chord that sounds, and disfavour those a semitone beside one.

    Parameters
    ----------
    chords : ndarray, shape (n_windows, steps, voices), int16
        The blended harmony.
    unlikeness : ndarray, shape (n_windows,), float32
        0 where the parents agree, so that what they have in common stays; 1 where they have nothing in common.
    is_given : ndarray, shape (n_windows,), bool, optional
        Where one parent alone gives the harmony.

    Returns
    -------
    ndarray, shape (n_windows, steps, 90), float32
        Zero where no chord sounds.
    """
    sounding = sounding_classes(chords)
    beside = (np.roll(sounding, 1, axis=2) | np.roll(sounding, -1, axis=2)) & ~sounding
    by_class = np.where(sounding, _CHORD_TONE_NATS, np.where(beside, _CLASH_NATS, np.float32(0)))
    weight = unlikeness if is_given is None else unlikeness * np.where(is_given, _GIVEN_FACTOR, np.float32(1))
    bias = by_class[:, :, TOKEN_CLASSES] * weight[:, None, None]
    bias[:, :, : OFF + 1] = 0.0
    return bias.astype(np.float32)


def sounding_classes(chords: Events) -> Flags:
    """Tell which pitch classes sound at each step of harmony windows: shape (n_windows, steps, 12)."""
    sounding, found = in_force(chords), np.zeros((*chords.shape[:2], 12), bool)
    window, step, voice = np.nonzero(sounding > OFF)
    found[window, step, (sounding[window, step, voice] + PITCH_OFFSET) % 12] = True
    return found


def unlikeness(points: Sequence[Floats], shares: Floats) -> Floats:
    """Tell how far a window is from being one parent's own: 0 at the ends and between like parents, 1 at most.

    Parameters
    ----------
    points : sequence of ndarray, shape (n_windows, LATENT_SIZE) each
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows,), float32
    """
    stacked = np.stack(points, axis=1)
    length = np.maximum(np.linalg.norm(stacked, axis=2, keepdims=True), 1e-9)
    middle = (stacked / length * shares[:, :, None]).sum(axis=1)
    unlike = np.clip(2.0 * (1.0 - np.linalg.norm(middle, axis=1)), 0.0, 1.0)
    return np.where(unlike < _ROUNDING, 0.0, unlike).astype(np.float32)
