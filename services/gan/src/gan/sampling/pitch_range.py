"""Pitch-range limits: how far apart the highest and the lowest note of each part may be.

A part of real music keeps to a register of its own, whereas an autoregressive model drifts out of it. So each piece
takes the spans of lead, harmony and bass of one real passage of its style, and a note that would make a part exceed its
span is never sampled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from score.arrays import I64
from score.encoding import FIRST_PITCH_EVENT
from score.roles import PITCHED_ROLES

from gan.network.dims import CHANNEL_ROLES, N_PITCHED_EVENTS
from gan.sampling.jit import jit

RANGE_PASSAGE_BARS = 16
"""Bars of the passages whose spans a style stores."""

SPAN, LOWEST, HIGHEST = range(3)
"""Columns of the range state of a part: the span allowed, and the lowest and highest pitch event so far."""

# The part of each channel: the voices of the harmony share one.
_PARTS = tuple(PITCHED_ROLES.index(role) if role in PITCHED_ROLES else -1 for role in CHANNEL_ROLES)


def sample_spans(
    style_spans: Sequence[Sequence[int]], n_bars: int, random: np.random.Generator
) -> tuple[int, ...] | None:
    """Sample the pitch spans of a piece.

    Parameters
    ----------
    style_spans : sequence of sequence of int
        Spans in semitones of lead, harmony and bass in real passages of `RANGE_PASSAGE_BARS`; 0 for an absent role.
    n_bars : int
        Length of the piece. One passage is sampled for each 16 bars, and the widest span counts.
    random : numpy.random.Generator

    Returns
    -------
    tuple of int, or None
        None where the style has no passages.
    """
    if not style_spans:
        return None
    sampled = random.integers(len(style_spans), size=max(1, round(n_bars / RANGE_PASSAGE_BARS)))
    widest = np.array([style_spans[index] for index in sampled]).max(0)
    return tuple(int(span) for span in widest)


def init_range_state(spans: npt.ArrayLike | None, batch: int) -> I64:
    """Return the range state of a batch before its first note: (batch, parts, 3).

    ``spans`` are those of each part, or of each row and part; 0 or None sets no limit.
    """
    limits = np.asarray(0 if spans is None else spans, np.int64)
    state = np.zeros((batch, len(PITCHED_ROLES), 3), np.int64)
    state[:, :, SPAN] = np.where(limits > 0, limits, N_PITCHED_EVENTS)
    state[:, :, LOWEST] = N_PITCHED_EVENTS
    return state


@jit
def allowed_events(range_state: I64, channel: int) -> tuple[int, int]:
    """Return the lowest and the highest event that a pitched channel of a row may begin."""
    part = range_state[_PARTS[channel]]
    if part[LOWEST] > part[HIGHEST]:
        return FIRST_PITCH_EVENT, N_PITCHED_EVENTS - 1
    return max(part[HIGHEST] - part[SPAN], FIRST_PITCH_EVENT), min(part[LOWEST] + part[SPAN], N_PITCHED_EVENTS - 1)


@jit
def update_range(range_state: I64, channel: int, event: int) -> None:
    """Widen the range of a row's part by the event of a pitched channel.

    Parameters
    ----------
    range_state : ndarray, shape (parts, 3), int64
        Written to.
    channel : int
    event : int
        Holds and note-offs change nothing.
    """
    part = range_state[_PARTS[channel]]
    if event >= FIRST_PITCH_EVENT:
        part[LOWEST] = min(part[LOWEST], event)
        part[HIGHEST] = max(part[HIGHEST], event)
