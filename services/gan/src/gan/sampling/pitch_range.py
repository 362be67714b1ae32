"""The compass of each part: how far its highest note may lie above its lowest.

A part of real music keeps to a register of its own, and a generator that knows the last bars best wanders out of it.
So each piece is given the compasses of a real stretch of its style, of lead, harmony and bass together, and no note
that would be beyond is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from score.arrays import I64
from score.roles import PITCHED_ROLES

from gan.measures.events import FIRST_NOTE
from gan.network.dims import CHANNEL_ROLES, EVENT_VOCAB_SIZES
from gan.sampling.jit import jit

STRETCH_BARS = 16
"""Bars of the stretches of which a style keeps the compasses."""

_PARTS = tuple(PITCHED_ROLES.index(role) if role in PITCHED_ROLES else -1 for role in CHANNEL_ROLES)


def sample_ranges(known: Sequence[Sequence[int]], bars: int, random: np.random.Generator) -> tuple[int, ...] | None:
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


SPAN, LOWEST, HIGHEST = range(3)
"""What is kept of a part: how far it may span, and the events of pitches that it has reached."""


def init_range_state(spans: npt.ArrayLike | None, batch: int) -> I64:
    """Begin to keep what the parts of a batch reach: (batch, parts, 3).

    A span of 0, or None, is no limit; there is one of each part, or for each row.
    """
    told = np.asarray(0 if spans is None else spans, np.int64)
    register = np.zeros((batch, len(PITCHED_ROLES), 3), np.int64)
    register[:, :, SPAN] = np.where(told > 0, told, EVENT_VOCAB_SIZES[-1])
    register[:, :, LOWEST] = EVENT_VOCAB_SIZES[-1]
    return register


@jit
def allowed_events(register: I64, channel: int) -> tuple[int, int]:
    """Say between which events of pitches, both of them too, a channel of a row may begin a note; drums anywhere."""
    part = register[_PARTS[channel]]
    if part[LOWEST] > part[HIGHEST]:
        return FIRST_NOTE, EVENT_VOCAB_SIZES[-1] - 1
    return max(part[HIGHEST] - part[SPAN], FIRST_NOTE), min(part[LOWEST] + part[SPAN], EVENT_VOCAB_SIZES[-1] - 1)


@jit
def update_range(register: I64, channel: int, event: int) -> None:
    """Widen by the event of a pitched channel of a row."""
    part = register[_PARTS[channel]]
    if event >= FIRST_NOTE:
        part[LOWEST] = min(part[LOWEST], event)
        part[HIGHEST] = max(part[HIGHEST], event)
