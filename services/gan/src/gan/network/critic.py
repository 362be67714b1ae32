"""The critic: scores how much each bar and a whole passage are like real music."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions
from gan.network.dims import N_CRITIC_WINDOWS, POSITION_VOCAB_SIZES, STATE_VOCAB_SIZES, NetworkSizes
from gan.network.layers import ConditionEmbedding, EmbeddingSum

N_CRITIC_BARS = 2 * N_CRITIC_WINDOWS
"""Bars that the critic hears at once."""


class Critic(nn.Module):
    """How much each bar of a stretch is like real music under its conditions; higher is more real."""

    def __init__(self, shape: NetworkSizes) -> None:
        super().__init__()
        width = shape.critic
        self.shape = shape
        self.asked = ConditionEmbedding(shape.styles, 2 * width)
        self.heard = EmbeddingSum(STATE_VOCAB_SIZES, width)
        self.places = EmbeddingSum(POSITION_VOCAB_SIZES[:1], width)
        self.chords = nn.Linear(INTERVAL_PROFILE_SIZE, width)
        self.steps = nn.Conv1d(width, width, 5, padding=2)
        self.beats = nn.Conv1d(width, 2 * width, 4, stride=4)
        self.bars = nn.Linear(4 * width, 2 * width)
        self.around = nn.ModuleList(nn.Conv1d(2 * width, 2 * width, 3, padding=1) for _ in range(2))
        self.bar_score = nn.Linear(2 * width, 1)
        self.whole_score = nn.Linear(2 * width, 1)
        self.form = nn.Sequential(nn.Linear(N_CRITIC_BARS * N_CRITIC_BARS, width), nn.SiLU(), nn.Linear(width, 1))

    def embed(self, states: Tensor, places: Tensor) -> Tensor:
        """Sum up what sounds at each step, and how its pitch classes meet: (batch, steps, width)."""
        total: Tensor = self.heard(states) + self.places(places[..., :1]) + self.chords(interval_profile(states))
        return total

    def forward(self, embedded: Tensor, asked: Conditions, present: Tensor) -> tuple[Tensor, Tensor]:
        """Score bars (batch, N_CRITIC_BARS), 0 where there is none, and wholes (batch,).

        Parameters
        ----------
        embedded : Tensor, shape (batch, steps, width)
            As `embed` returns it.
        asked : Conditions
        present : Tensor, shape (batch, steps, N_CRITIC_BARS)
            The share of each bar that each step is: rows of zeros where a stretch has ended.
        """
        sounding = embedded * (present.sum(-1, keepdim=True) > 0)
        local = self._silent(functional.silu(self.steps(sounding.transpose(1, 2))))
        beats = functional.silu(self.beats(local)).transpose(1, 2)
        share = present.unflatten(1, (-1, 4)).sum(2)
        mean = share.transpose(1, 2) @ beats
        here = share.sum(1, keepdim=True).transpose(1, 2) > 0
        most = torch.where(share[..., None] > 0, beats[:, :, None], -1e4).amax(1)
        bars = functional.silu(self.bars(torch.cat([mean, torch.where(here, most, 0.0)], -1))) * here
        around = bars.transpose(1, 2)
        for layer in self.around:
            around = self._silent(functional.silu(layer(around))) * here.transpose(1, 2)
        condition = self.asked(asked)
        context = around.transpose(1, 2)
        each = (self.bar_score(context)[..., 0] + (context * condition[:, None]).mean(-1)) * here[..., 0]
        pooled = context.sum(1) / here.sum(1)
        whole = self.whole_score(pooled)[:, 0] + (pooled * condition).mean(-1)
        return each, whole + self.form(_self_similarity(bars))[:, 0]

    def _silent(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.shape.dropout, self.training)


INTERVAL_PROFILE_SIZE = 24
"""What `interval_profile` says of a step."""


def interval_profile(states: Tensor) -> Tensor:
    """Return the intervals that sound at each step: (..., INTERVAL_PROFILE_SIZE).

    The first dozen counts intervals of the voices over the bass, the second those of the lead to all others: the same
    for every transposition.
    """
    pitched = states[..., 1:]
    sounds = (pitched > 0).float()
    classes = (pitched - 1).div(2, rounding_mode="floor") % 12
    over = _intervals(classes - classes[..., :1], sounds * sounds[..., :1])
    under = _intervals(classes[..., -1:] - classes, sounds * sounds[..., -1:])
    return torch.cat([over, under], dim=-1)


def _intervals(intervals: Tensor, weights: Tensor) -> Tensor:
    found = torch.zeros(*intervals.shape[:-1], 12)
    return found.scatter_add(-1, intervals % 12, weights)


def _self_similarity(bars: Tensor) -> Tensor:
    """Compare every two bars by their cosine: (batch, N_CRITIC_BARS * N_CRITIC_BARS)."""
    unit = bars / (bars.square().sum(-1, keepdim=True) + 1e-3).sqrt()
    return (unit @ unit.transpose(1, 2)).flatten(1)
