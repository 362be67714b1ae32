"""One meter for a blend: pieces of others are converted to it, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt
from score.encoding import STEPS_PER_BAR
from servicekit.faults import InvalidInput

from vae.pieces.piece import Piece, of_grid


class MeterPolicy(Enum):
    """What becomes of pieces in different meters."""

    CONVERT = "convert"
    """They take the meter of the piece with the largest share, of the first among equals; a notice says so."""

    REFUSE = "refuse"


def agree(pieces: Sequence[Piece], shares: npt.NDArray[np.floating], policy: MeterPolicy) -> list[Piece]:
    """Put pieces in one meter.

    Parameters
    ----------
    pieces : sequence of Piece
    shares : ndarray, shape (n_parents,)
        Of the whole.
    policy : MeterPolicy

    Raises
    ------
    InvalidInput
        If meters differ and that is to be refused.
    """
    meters = [piece.grid.meter for piece in pieces]
    if policy is MeterPolicy.REFUSE and len({STEPS_PER_BAR[meter] for meter in meters}) > 1:
        told = " and ".join(dict.fromkeys(meters))
        raise InvalidInput(
            f"The pieces are in {told}: choose pieces of one meter, or let them be converted.", meters=told
        )
    meter = meters[int(np.argmax(shares))]
    return in_meter(pieces, meter)


def in_meter(pieces: Sequence[Piece], meter: str) -> list[Piece]:
    """Convert every piece to a meter."""
    return [
        piece if piece.grid.meter == meter else of_grid(piece.score, piece.grid.to_meter(meter)) for piece in pieces
    ]
