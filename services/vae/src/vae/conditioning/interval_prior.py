"""How the lead of a blend goes on from note to note: by the steps and leaps that its parents take.

Decoders that speak together agree on a note more rarely than each sets one, and where they plan different registers
they take turns: alone they make a melody with too few notes and too many leaps. So the blend's lead hears one expert
more (a product of experts: Hinton, Neural Computation 2002), who knows the parents' intervals, and notes are a little
likelier to begin. The constants were measured on hybrids, see docs/decisions/blend-path.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from score.quantization.note_table import PITCH
from score.roles import Role

from vae.pieces.piece import Piece

Floats = npt.NDArray[np.float32]

N_INTERVALS = 25
"""Sizes that are told apart, in semitones: 0 to 23, and two octaves or more."""

_BEGIN_NATS = np.float32(0.8)
"""So many notes then begin as begin in the parents."""

_USUAL_SEMITONES, _USUAL_NOTES = 2.4, 10.0
"""The mean interval of leads that people and the generator made, and for how many intervals of a piece that counts."""

_REPEATED, _FAR_SEMITONES = 0.25, 9.0
"""What decoders that speak together do by themselves: every fourth note is a repeat, the others go nearly anywhere."""

_WHOLE_FROM = 0.5
"""The unlikeness from which all of it counts: half-way between two parents that have nothing in common it is .59."""


def steering(pieces: Sequence[Piece], role: Role, shares: Floats, unlikeness: Floats) -> Floats | None:
    """Return what a melody is drawn with, for `vae.models.sampling.Draw`.

    Parameters
    ----------
    pieces : sequence of Piece
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    unlikeness : ndarray, shape (n_windows,), float32
        See `vae.conditioning.logit_bias.unlikeness`: where parents agree, nothing is steered.

    Returns
    -------
    ndarray, shape (n_windows, 1 + N_INTERVALS), float32, or None
        Nats by which notes are likelier to begin, then what is added to a pitch by its distance from the note before.
        None for roles that are no melody.
    """
    if role is not Role.LEAD:
        return None
    own = np.array([intervals(piece, role) for piece in pieces])
    wanted = np.log(shares @ own / _decoders_own())
    whole = np.concatenate([np.full((len(shares), 1), _BEGIN_NATS), wanted], axis=1)
    return np.asarray(whole * np.minimum(unlikeness / _WHOLE_FROM, 1.0)[:, None], np.float32)


def intervals(piece: Piece, role: Role) -> npt.NDArray[np.float64]:
    """Return how often a piece takes each interval in a role, up or down: shape (N_INTERVALS,), the sum is 1."""
    pitches = piece.grid.notes(role)[:, PITCH] if role in piece.grid.events else np.zeros(0, np.int64)
    sizes = np.minimum(np.abs(np.diff(pitches)), N_INTERVALS - 1)
    counts = np.bincount(sizes, minlength=N_INTERVALS) + _USUAL_NOTES * _falling(_USUAL_SEMITONES)
    return np.asarray(counts / counts.sum())


def _decoders_own() -> npt.NDArray[np.float64]:
    elsewhere = _falling(_FAR_SEMITONES)
    elsewhere[0] = 0.0
    found = (1.0 - _REPEATED) * elsewhere / elsewhere.sum()
    found[0] = _REPEATED
    return np.asarray(found)


def _falling(mean_semitones: float) -> npt.NDArray[np.float64]:
    """Return a distribution over intervals that falls evenly: shape (N_INTERVALS,)."""
    found = np.exp(-np.arange(N_INTERVALS) / mean_semitones)
    return np.asarray(found / found.sum())
