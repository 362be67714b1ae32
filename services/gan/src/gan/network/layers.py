"""Embedding layers that the generator and the critic share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions
from gan.network.dims import METERS, N_FEATURES, N_ROLES
from gan.network.stored_names import CONDITION_EMBEDDING, use_stored_names


class EmbeddingSum(nn.Module):
    """The sum of one embedding for each of several categorical inputs: (..., inputs) to (..., width).

    Parameters
    ----------
    sizes : tuple of int
        Number of categories of each input. All share one table, the first input's rows first.
    width : int
    """

    offsets: Tensor

    def __init__(self, sizes: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(sum(sizes), width) * 0.1)
        self.register_buffer("offsets", _offsets(sizes), persistent=False)

    def forward(self, categories: Tensor) -> Tensor:
        """Return the sum of the embeddings."""
        rows = (categories + self.offsets).flatten(0, -2)
        return functional.embedding_bag(rows, self.weight, mode="sum").view(*categories.shape[:-1], -1)


def _offsets(sizes: tuple[int, ...]) -> Tensor:
    """Return the first row of each input in the common table."""
    return torch.tensor([0, *torch.tensor(sizes).cumsum(0)[:-1].tolist()])


class ConditionEmbedding(nn.Module):
    """Style, mode, meter, features and roles as one vector: (batch, width).

    Parameters
    ----------
    n_styles : int
    width : int
    """

    def __init__(self, n_styles: int, width: int) -> None:
        super().__init__()
        self.categories = EmbeddingSum((n_styles, 2, len(METERS)), width)
        self.scalars = nn.Linear(N_FEATURES + N_ROLES, width)
        use_stored_names(self, CONDITION_EMBEDDING)

    def forward(self, conditions: Conditions) -> Tensor:
        """Return the vectors of a batch."""
        categories = self.categories(torch.stack([conditions.style, conditions.mode, conditions.meter], dim=-1))
        total: Tensor = categories + self.scalars(torch.cat([conditions.features, conditions.roles], dim=-1))
        return total
