"""Instruments of a blend: the General MIDI program of each role."""

from __future__ import annotations

from collections.abc import Sequence

from score.arrays import F32
from score.grid import DEFAULT_PROGRAMS
from score.roles import Role

from vae.pieces.piece import Piece


def choose_program(pieces: Sequence[Piece], role: Role, shares: F32) -> int:
    """Return the program of the parent with the largest mean share of a role.

    Parameters
    ----------
    pieces : sequence of Piece
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    """
    candidates = [index for index, piece in enumerate(pieces) if role in piece.grid.programs]
    if not candidates:
        return DEFAULT_PROGRAMS[role]
    return pieces[max(candidates, key=lambda index: float(shares[:, index].mean()))].grid.programs[role]
