"""The critic: scores how real each bar of a passage, and the passage as a whole, are under their conditions.

A step is embedded by its states and the intervals between them; convolutions summarize steps into beats, beats into
bars, and each bar with its neighbors. Conditions enter by projection (Miyato and Koyama, *cGANs with Projection
Discriminator*, ICLR 2018). The self-similarity matrix of the bars shows repetition over the whole passage.
"""

from __future__ import annotations

import torch
from score.encoding import STEPS_PER_QUARTER
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions
from gan.network.dims import N_CRITIC_BARS, POSITION_VOCAB_SIZES, STATE_VOCAB_SIZES, NetworkSizes
from gan.network.layers import ConditionEmbedding, EmbeddingSum
from gan.network.stored_names import CRITIC, use_stored_names

INTERVAL_PROFILE_SIZE = 24
"""Number of values that `interval_profile` returns for a step."""


class Critic(nn.Module):
    """Scores the bars of a passage and the passage as a whole. Higher is more real.

    Parameters
    ----------
    sizes : NetworkSizes
    """

    def __init__(self, sizes: NetworkSizes) -> None:
        super().__init__()
        width = sizes.critic
        self.sizes = sizes
        # Seeded initialization depends on the order of these attributes.
        self.conditions = ConditionEmbedding(sizes.styles, 2 * width)
        self.state_embedding = EmbeddingSum(STATE_VOCAB_SIZES, width)
        self.position_embedding = EmbeddingSum(POSITION_VOCAB_SIZES[:1], width)
        self.interval_projection = nn.Linear(INTERVAL_PROFILE_SIZE, width)
        self.step_conv = nn.Conv1d(width, width, 5, padding=2)
        self.beat_conv = nn.Conv1d(width, 2 * width, STEPS_PER_QUARTER, stride=STEPS_PER_QUARTER)
        self.bar_projection = nn.Linear(4 * width, 2 * width)
        self.context_convs = nn.ModuleList(nn.Conv1d(2 * width, 2 * width, 3, padding=1) for _ in range(2))
        self.bar_score = nn.Linear(2 * width, 1)
        self.passage_score = nn.Linear(2 * width, 1)
        self.similarity_head = nn.Sequential(
            nn.Linear(N_CRITIC_BARS * N_CRITIC_BARS, width), nn.SiLU(), nn.Linear(width, 1)
        )
        use_stored_names(self, CRITIC)

    def embed(self, states: Tensor, positions: Tensor) -> Tensor:
        """Return the embedding of each step: (batch, steps, width).

        Kept apart from `forward` because the gradient penalty of training is taken on it.
        """
        position = self.position_embedding(positions[..., :1])
        intervals = self.interval_projection(interval_profile(states))
        embedded: Tensor = self.state_embedding(states) + position + intervals
        return embedded

    def forward(self, embedded: Tensor, conditions: Conditions, bar_shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores of bars and of whole passages.

        Parameters
        ----------
        embedded : Tensor, shape (batch, steps, width)
            As `embed` returns it.
        conditions : Conditions
        bar_shares : Tensor, shape (batch, steps, N_CRITIC_BARS)
            The share of each bar that each step is; rows of zeros after a passage has ended.

        Returns
        -------
        bars : Tensor, shape (batch, N_CRITIC_BARS)
            0 for bars after the end.
        passages : Tensor, shape (batch,)
        """
        bars, is_bar = self._embed_bars(embedded, bar_shares)
        context = bars.transpose(1, 2)
        for layer in self.context_convs:
            context = self._dropout(functional.silu(layer(context))) * is_bar.transpose(1, 2)
        context = context.transpose(1, 2)
        condition = self.conditions(conditions)
        of_bars = (self.bar_score(context)[..., 0] + (context * condition[:, None]).mean(-1)) * is_bar[..., 0]
        pooled = context.sum(1) / is_bar.sum(1)
        of_passages = self.passage_score(pooled)[:, 0] + (pooled * condition).mean(-1)
        return of_bars, of_passages + self.similarity_head(_self_similarity(bars))[:, 0]

    def _embed_bars(self, embedded: Tensor, bar_shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return the embedding of each bar, (batch, bars, 2 * width), and whether it is there: (batch, bars, 1).

        Meters differ in steps, so a bar is the mean and the maximum of its beats by the shares that it has in them.
        """
        sounding = embedded * (bar_shares.sum(-1, keepdim=True) > 0)
        steps = self._dropout(functional.silu(self.step_conv(sounding.transpose(1, 2))))
        beats = functional.silu(self.beat_conv(steps)).transpose(1, 2)
        shares = bar_shares.unflatten(1, (-1, STEPS_PER_QUARTER)).sum(2)
        mean = shares.transpose(1, 2) @ beats
        is_bar = shares.sum(1, keepdim=True).transpose(1, 2) > 0
        maximum = torch.where(shares[..., None] > 0, beats[:, :, None], -1e4).amax(1)
        bars = self.bar_projection(torch.cat([mean, torch.where(is_bar, maximum, 0.0)], -1))
        return functional.silu(bars) * is_bar, is_bar

    def _dropout(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.sizes.dropout, self.training)


def interval_profile(states: Tensor) -> Tensor:
    """Return the intervals that sound at each step: (..., N_CHANNELS) to (..., INTERVAL_PROFILE_SIZE).

    The first twelve count the pitch-class intervals of all channels above the bass, the last twelve those of the lead
    above all channels. They are the same for every transposition.
    """
    pitched = states[..., 1:]
    sounds = (pitched > 0).float()
    pitch_classes = (pitched - 1).div(2, rounding_mode="floor") % 12
    above_bass = _count_intervals(pitch_classes - pitch_classes[..., :1], sounds * sounds[..., :1])
    below_lead = _count_intervals(pitch_classes[..., -1:] - pitch_classes, sounds * sounds[..., -1:])
    return torch.cat([above_bass, below_lead], dim=-1)


def _count_intervals(intervals: Tensor, weights: Tensor) -> Tensor:
    counts = torch.zeros(*intervals.shape[:-1], 12)
    return counts.scatter_add(-1, intervals % 12, weights)


def _self_similarity(bars: Tensor) -> Tensor:
    """Return the cosine of every two bars, flattened: (batch, N_CRITIC_BARS * N_CRITIC_BARS)."""
    unit = bars / (bars.square().sum(-1, keepdim=True) + 1e-3).sqrt()
    return (unit @ unit.transpose(1, 2)).flatten(1)
