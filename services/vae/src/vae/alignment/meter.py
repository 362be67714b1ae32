"""One meter for a blend: pieces in other meters are converted to it, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from score.encoding import STEPS_PER_BAR
from score.meter_map import irregular_meters
from servicekit.faults import InvalidInput, IrregularMeter

from vae.pieces.piece import Piece, from_grid


class MeterPolicy(Enum):
    """What happens to pieces in different meters, and in irregular ones."""

    CONVERT_REGULAR = "convert regular"
    """Convert them to the meter of the piece with the largest share, the first among equals, with a notice; refuse
    irregular meters (5/4, 7/8), whose bars do not fit."""

    CONVERT = "convert"
    """Convert irregular meters as well: they are read as 4/4, and their bar lines move."""

    REFUSE = "refuse"
    """Refuse pieces in different meters, and in irregular ones."""


def unify_meter(pieces: Sequence[Piece], shares: NDArray[np.floating], policy: MeterPolicy) -> list[Piece]:
    """Convert pieces to one meter.

    Parameters
    ----------
    pieces : sequence of Piece
    shares : ndarray, shape (n_parents,)
        Shares of the whole piece.
    policy : MeterPolicy

    Raises
    ------
    IrregularMeter
        If a piece is in an irregular meter, unless the policy is to convert it.
    InvalidInput
        If the meters differ and the policy refuses that.
    """
    if policy is not MeterPolicy.CONVERT:
        _refuse_irregular(pieces)
    meters = [piece.grid.meter for piece in pieces]
    if policy is MeterPolicy.REFUSE and len({STEPS_PER_BAR[meter] for meter in meters}) > 1:
        names = " and ".join(dict.fromkeys(meters))
        message = f"The pieces are in {names}: choose pieces of one meter, or let them be converted."
        raise InvalidInput(message, meters=names)
    return convert_meter(pieces, meters[int(np.argmax(shares))])


def _refuse_irregular(pieces: Sequence[Piece]) -> None:
    names = " and ".join(dict.fromkeys(name for piece in pieces for name in irregular_meters(piece.score)))
    if names:
        message = (
            f"Bars of {names} do not fit a blend: choose pieces in 2/4, 3/4, 4/4 or a compound meter such as 6/8, or "
            "ask for conversion (`meter_policy` `convert`): the notes keep their rhythm, but the bar lines move."
        )
        raise IrregularMeter(message, meters=names)


def convert_meter(pieces: Sequence[Piece], meter: str) -> list[Piece]:
    """Convert every piece to a meter."""
    return [
        piece if piece.grid.meter == meter else from_grid(piece.score, piece.grid.to_meter(meter)) for piece in pieces
    ]
