"""Channel states: which channels play, and how events change states."""

from __future__ import annotations

import torch
from score.roles import ROLES
from torch import Tensor

from gan.network.dims import CHANNELS, DRUM_CHANNEL


def playing(roles: Tensor) -> Tensor:
    """Which channels play: (batch, ROLE_COUNT) to (batch, CHANNEL_COUNT)."""
    return roles[:, [ROLES.index(role) for role in CHANNELS]]


def advance(states: Tensor, events: Tensor) -> Tensor:
    """Say in what states events leave the channels: both (..., CHANNEL_COUNT).

    A hold keeps a pitch, no longer begun; a note-off silences; a note begins one.
    """
    held = torch.where((states > 0) & (states % 2 == 0), states - 1, states)
    after = torch.where(events == 0, held, torch.where(events == 1, 0, 2 * (events - 1)))
    after[..., DRUM_CHANNEL] = events[..., DRUM_CHANNEL]
    return after
