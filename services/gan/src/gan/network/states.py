"""Channel states: which channels play, and how events change states."""

from __future__ import annotations

import torch
from score.roles import ROLES
from torch import Tensor

from gan.network.dims import CHANNEL_ROLES, DRUM_CHANNEL


def playing_channels(roles: Tensor) -> Tensor:
    """Which channels play: (batch, N_ROLES) to (batch, N_CHANNELS)."""
    return roles[:, [ROLES.index(role) for role in CHANNEL_ROLES]]


def next_states(states: Tensor, events: Tensor) -> Tensor:
    """Say in what states events leave the channels: both (..., N_CHANNELS).

    A hold keeps a pitch, no longer begun; a note-off silences; a note begins one.
    """
    held = torch.where((states > 0) & (states % 2 == 0), states - 1, states)
    after = torch.where(events == 0, held, torch.where(events == 1, 0, 2 * (events - 1)))
    after[..., DRUM_CHANNEL] = events[..., DRUM_CHANNEL]
    return after
