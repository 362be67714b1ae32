"""Inputs of the networks: the conditions of a batch of pieces, and their music step by step."""

from __future__ import annotations

from dataclasses import dataclass

from score.roles import ROLES
from torch import Tensor

from gan.network.dims import CHANNEL_ROLES


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a batch, constant over each piece.

    Attributes
    ----------
    style, mode, meter : Tensor, shape (batch,), int64
        Rows of the embeddings; mode 0 is major, meter indexes `gan.network.dims.METERS`.
    features : Tensor, shape (batch, N_FEATURES)
        Standard scores within the style, see `gan.network.dims.FEATURES`.
    roles : Tensor, shape (batch, N_ROLES)
        1 for each role that plays.
    """

    style: Tensor
    mode: Tensor
    meter: Tensor
    features: Tensor
    roles: Tensor


@dataclass(frozen=True, slots=True)
class MusicBatch:
    """A batch of music, step by step.

    Attributes
    ----------
    previous_states : Tensor, shape (batch, steps, N_CHANNELS), int64
        The states before each step.
    states : Tensor, shape (batch, steps, N_CHANNELS), int64
        The states after each step, see `gan.network.dims.N_PITCHED_STATES`.
    last_notes : Tensor, shape (batch, steps, N_CHANNELS), int64
        The latest note event of each channel before the step, or 0.
    repeat_states : Tensor, shape (batch, steps, N_REPEAT_SOURCES, N_CHANNELS), int64
        The states at the earlier steps that may be repeated.
    repeat_events : Tensor, shape (batch, steps, N_REPEAT_SOURCES, N_CHANNELS), int64
        The events at these steps.
    has_repeat : Tensor, shape (batch, steps, N_REPEAT_SOURCES), bool
        Whether there is such a step.
    copy_hints : Tensor, shape (batch, steps, N_CHANNELS, N_COPY_HINTS), int64
        Events that `gan.sampling.motif_lookup` suggests, or -1.
    positions : Tensor, shape (batch, steps, len(POSITION_VOCAB_SIZES)), int64
    """

    previous_states: Tensor
    states: Tensor
    last_notes: Tensor
    repeat_states: Tensor
    repeat_events: Tensor
    has_repeat: Tensor
    copy_hints: Tensor
    positions: Tensor


def playing_channels(roles: Tensor) -> Tensor:
    """Return which channels play, 1 or 0: (batch, N_ROLES) to (batch, N_CHANNELS)."""
    return roles[:, [ROLES.index(role) for role in CHANNEL_ROLES]]
