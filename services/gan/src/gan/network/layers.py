"""Embedding layers that the generator and the critic share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions
from gan.network.dims import METERS, N_FEATURES, N_ROLES


def _starts(sizes: tuple[int, ...]) -> Tensor:
    """Where each part of a common table begins."""
    return torch.tensor([0, *torch.tensor(sizes).cumsum(0)[:-1].tolist()])


class EmbeddingSum(nn.Module):
    """The sum of one embedding for each of several numbers: (..., numbers) to (..., width)."""

    starts: Tensor

    def __init__(self, sizes: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(sum(sizes), width) * 0.1)
        self.register_buffer("starts", _starts(sizes), persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Add up the rows."""
        rows = (numbers + self.starts).flatten(0, -2)
        return functional.embedding_bag(rows, self.weight, mode="sum").view(*numbers.shape[:-1], -1)


class ConditionEmbedding(nn.Module):
    """Style, mode, meter, features and roles as one vector."""

    def __init__(self, styles: int, width: int) -> None:
        super().__init__()
        self.names = EmbeddingSum((styles, 2, len(METERS)), width)
        self.numbers = nn.Linear(N_FEATURES + N_ROLES, width)

    def forward(self, asked: Conditions) -> Tensor:
        """Return (batch, width)."""
        names = self.names(torch.stack([asked.style, asked.mode, asked.meter], dim=-1))
        total: Tensor = names + self.numbers(torch.cat([asked.features, asked.roles], dim=-1))
        return total
