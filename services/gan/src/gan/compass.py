"""The compass of each part: how far its highest note may lie above its lowest.

A part of real music keeps to a register of its own, and a generator that knows the last bars best wanders out of it.
So each piece is given the compasses of a real stretch of its style, of lead, harmony and bass together, and no note
that would be beyond is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.roles import PITCHED_ROLES

from gan.channels import Steps
from gan.hearing import FIRST_NOTE
from gan.shapes import CHANNELS, CHOICES

STRETCH_BARS = 16
"""Bars of the stretches of which a style keeps the compasses."""

_PITCHES = np.arange(FIRST_NOTE, CHOICES[-1])
_COLUMNS = [PITCHED_ROLES.index(role) if role in PITCHED_ROLES else -1 for role in CHANNELS]


def plan(known: Sequence[Sequence[int]], bars: int, random: np.random.Generator) -> tuple[int, ...] | None:
    """Draw the compasses of a piece.

    Parameters
    ----------
    known : sequence of sequence of int
        Of real stretches of `STRETCH_BARS`: semitones of lead, harmony and bass, 0 for a role that is not there.
    bars : int
        Of the piece: the widest of as many stretches as it has.
    random : numpy.random.Generator

    Returns
    -------
    tuple of int, or None
        None where nothing is known.
    """
    if not known:
        return None
    drawn = random.integers(len(known), size=max(1, round(bars / STRETCH_BARS)))
    widest = np.array([known[index] for index in drawn]).max(0)
    return tuple(int(span) for span in widest)


@dataclass
class Register:
    """What each part of a batch may span and has reached: events of pitches, lowest and highest, (batch, 3) each."""

    spans: Steps
    lowest: Steps
    highest: Steps

    @classmethod
    def of(cls, spans: npt.ArrayLike, batch: int) -> Register:
        """Begin: nothing has been reached. A span of 0 is no limit; there is one of each part, or for each row."""
        shape = batch, len(PITCHED_ROLES)
        told = np.broadcast_to(np.asarray(spans, np.int64), shape)
        return cls(np.where(told > 0, told, len(_PITCHES)), np.full(shape, CHOICES[-1]), np.zeros(shape, np.int64))

    def beyond(self, channel: int) -> npt.NDArray[np.bool_]:
        """Tell which pitches would be beyond the compass of a pitched channel's part: (batch, pitches)."""
        column = _COLUMNS[channel]
        span = self.spans[:, column, None]
        low, high = self.lowest[:, column, None], self.highest[:, column, None]
        # Both ends at once: p >= high - span and p <= low + span.
        outside: npt.NDArray[np.bool_] = np.abs(2 * _PITCHES - low - high) > 2 * span - (high - low)
        return outside

    def take_in(self, channel: int, events: Steps) -> None:
        """Widen by the events of a channel: (batch,)."""
        column = _COLUMNS[channel]
        begun = events >= FIRST_NOTE
        low, high = self.lowest[:, column], self.highest[:, column]
        self.lowest[:, column] = np.where(begun, np.minimum(low, events), low)
        self.highest[:, column] = np.where(begun, np.maximum(high, events), high)
