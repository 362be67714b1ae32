"""One meter for a blend: pieces in other meters are converted to it, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from score.encoding import STEPS_PER_BAR
from servicekit.faults import InvalidInput

from vae.pieces.piece import Piece, from_grid


class MeterPolicy(Enum):
    """What happens to pieces in different meters."""

    CONVERT = "convert"
    """Convert them to the meter of the piece with the largest share, the first among equals, with a notice."""

    REFUSE = "refuse"


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
    InvalidInput
        If the meters differ and the policy refuses that.
    """
    meters = [piece.grid.meter for piece in pieces]
    if policy is MeterPolicy.REFUSE and len({STEPS_PER_BAR[meter] for meter in meters}) > 1:
        names = " and ".join(dict.fromkeys(meters))
        message = f"The pieces are in {names}: choose pieces of one meter, or let them be converted."
        raise InvalidInput(message, meters=names)
    return convert_meter(pieces, meters[int(np.argmax(shares))])


def convert_meter(pieces: Sequence[Piece], meter: str) -> list[Piece]:
    """Convert every piece to a meter."""
    return [
        piece if piece.grid.meter == meter else from_grid(piece.score, piece.grid.to_meter(meter)) for piece in pieces
    ]
