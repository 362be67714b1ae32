"""The generator: an autoregressive network that emits the events of all four roles step by step.

At every step a two-layer LSTM reads the state of each channel, what the earlier steps did that may be repeated, the
position in bar, phrase and piece, and the conditions. From its output the channels of the step are predicted one after
the other (drums, bass, the voices of the harmony, lead), each conditioned on those before it, as in Larochelle and
Murray, *The Neural Autoregressive Distribution Estimator*, AISTATS 2011.

Notes are discrete, so no gradient of the critic reaches the generator through them. After maximum likelihood, training
therefore uses policy gradients: the generator's own samples are weighted by the critic's scores (Yu et al., *SeqGAN*,
AAAI 2017), relative to other samples of the same conditions.
"""

from __future__ import annotations

import torch
from score.encoding import FIRST_PITCH_EVENT
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions, MusicBatch, playing_channels
from gan.network.dims import (
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_INTERVALS,
    N_PITCHED_EVENTS,
    N_REPEAT_SOURCES,
    POSITION_VOCAB_SIZES,
    STATE_VOCAB_SIZES,
    NetworkSizes,
)
from gan.network.layers import ConditionEmbedding, EmbeddingSum
from gan.network.stored_names import GENERATOR, use_stored_names

N_CONTEXT_CODES = 2 * (MAX_CONTEXT + 1)
"""Number of values that `context_codes` returns."""


class NoteGenerator(nn.Module):
    """The step-by-step generator. `forward` is for training; `gan.sampling.sampler` samples from it.

    Parameters
    ----------
    sizes : NetworkSizes
    """

    def __init__(self, sizes: NetworkSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.embedding
        # Seeded initialization depends on the order of these attributes.
        self.conditions = ConditionEmbedding(sizes.styles, width)
        self.state_embedding = EmbeddingSum(STATE_VOCAB_SIZES, width)
        self.repeat_embeddings = nn.ModuleList(EmbeddingSum(STATE_VOCAB_SIZES, width) for _ in range(N_REPEAT_SOURCES))
        self.repeat_bias = nn.Parameter(torch.zeros(N_REPEAT_SOURCES, width))
        self.context_embedding = EmbeddingSum((N_CONTEXT_CODES,) * (N_CHANNELS - 1), width)
        self.position_embedding = EmbeddingSum(POSITION_VOCAB_SIZES, width)
        self.lstm = nn.LSTM(width, sizes.units, num_layers=2, batch_first=True, dropout=sizes.dropout)
        self.channel_projection = nn.Linear(sizes.units, N_CHANNELS * sizes.voice)
        self.channel_embeddings = nn.ModuleList(nn.Embedding(size, sizes.voice) for size in STATE_VOCAB_SIZES)
        self.channel_mix = nn.Parameter(torch.randn(N_CHANNELS, sizes.voice, sizes.voice) * sizes.voice**-0.5)
        self.event_heads = nn.ModuleList(nn.Linear(sizes.voice, size) for size in EVENT_VOCAB_SIZES)
        self.interval_weights = nn.Parameter(torch.zeros(N_CHANNELS, sizes.voice, N_INTERVALS))
        self.copy_weights = nn.Parameter(torch.zeros(N_CHANNELS, sizes.voice, N_REPEAT_SOURCES + N_COPY_HINTS))
        use_stored_names(self, GENERATOR)

    def static_inputs(self, positions: Tensor, conditions: Conditions) -> Tensor:
        """Return the part of each step's input that is known before the first step: (batch, steps, embedding)."""
        static: Tensor = self.position_embedding(positions) + self.conditions(conditions)[:, None]
        return static

    def step_inputs(self, music: MusicBatch, static: Tensor) -> Tensor:
        """Return the input of each step, (batch, steps, embedding), given what `static_inputs` returns."""
        inputs: Tensor = self.state_embedding(music.previous_states) + static
        inputs = inputs + self.context_embedding(context_codes(music.copy_hints))
        for source, embedding in enumerate(self.repeat_embeddings):
            repeat = embedding(music.repeat_states[:, :, source]) + self.repeat_bias[source]
            inputs = inputs + torch.where(music.has_repeat[:, :, source, None], repeat, 0.0)
        return inputs

    def forward(self, music: MusicBatch, conditions: Conditions) -> list[Tensor]:
        """Return the logits of each channel's events given all states before them: (batch, steps, events) each."""
        inputs = self.step_inputs(music, self.static_inputs(music.positions, conditions))
        inputs = functional.dropout(inputs, self.sizes.dropout / 2, self.training)
        hidden, _ = self.lstm(inputs)
        hidden = functional.dropout(hidden, self.sizes.dropout, self.training)
        projected = self.channel_projection(hidden).unflatten(-1, (N_CHANNELS, -1))
        # Teacher forcing within the step: `emitted` sums the embeddings of the true states of the channels before.
        emitted: Tensor | None = None
        logits = []
        for channel in range(N_CHANNELS):
            hidden = projected[:, :, channel]
            hidden = hidden if emitted is None else hidden + emitted @ self.channel_mix[channel]
            logits.append(self._channel_logits(channel, functional.silu(hidden), music))
            embedded = self.channel_embeddings[channel](music.states[:, :, channel])
            emitted = embedded if emitted is None else emitted + embedded
        return logits

    def _channel_logits(self, channel: int, hidden: Tensor, music: MusicBatch) -> Tensor:
        """Return a channel's logits: the sum of three heads, over events, intervals and copies.

        The copy head adds a logit to the event at each repeat source and to each hint, wherever there is one; the
        interval head adds, to each pitch, the logit of its interval from the channel's last note. So what is learned
        about a repeat or a melodic step holds for all pitches.
        """
        logits: Tensor = self.event_heads[channel](hidden)
        hints = music.copy_hints[:, :, channel]
        copies = (hidden @ self.copy_weights[channel]) * torch.cat([music.has_repeat, hints >= 0], dim=-1)
        targets = torch.cat([music.repeat_events[..., channel], hints.clamp_min(0)], dim=-1)
        logits = logits.scatter_add(-1, targets, copies)
        if channel == DRUM_CHANNEL:
            return logits
        last = music.last_notes[:, :, channel]
        intervals = (hidden @ self.interval_weights[channel]) * (last > 0)[..., None]
        by_pitch = torch.take_along_dim(intervals, _INTERVAL_INDEX.to(last.device)[last], dim=-1)
        return logits + functional.pad(by_pitch, (FIRST_PITCH_EVENT, 0))


def context_codes(hints: Tensor) -> Tensor:
    """Encode, for each pitched channel, the longest context found in the line's past, and whether it is due.

    Parameters
    ----------
    hints : Tensor, shape (..., N_CHANNELS, N_COPY_HINTS), int64
        The last ``2 * MAX_CONTEXT`` are, for each length of context, its continuation before and at the due step.

    Returns
    -------
    Tensor, shape (..., N_CHANNELS - 1), int64
        Twice the number of intervals in the longest context, and 1 more if its continuation is due at this step.
    """
    is_found = (hints[..., 1:, -2 * MAX_CONTEXT :] >= 0).unflatten(-1, (MAX_CONTEXT, 2))
    lengths = torch.arange(1, MAX_CONTEXT + 1, device=hints.device)[:, None] * is_found
    longest = 2 * lengths.amax((-2, -1)) + (lengths[..., 1].amax(-1) == lengths.amax((-2, -1)))
    return torch.where(is_found.flatten(-2).any(-1), longest, 0)


def _interval_index() -> Tensor:
    """Return the index of the interval from each last event to each pitch, see `MAX_INTERVAL`: (events, pitches)."""
    last, pitch = torch.arange(N_PITCHED_EVENTS)[:, None], torch.arange(FIRST_PITCH_EVENT, N_PITCHED_EVENTS)
    return (pitch - last).clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL


_INTERVAL_INDEX = _interval_index()


def log_probabilities(logits: list[Tensor], events: Tensor, roles: Tensor) -> Tensor:
    """Return the log probabilities of the events of each step.

    Parameters
    ----------
    logits : list of Tensor
        As `NoteGenerator.forward` returns them.
    events : Tensor, shape (batch, steps, N_CHANNELS), int64
    roles : Tensor, shape (batch, N_ROLES)
        1 for each role that plays.

    Returns
    -------
    Tensor, shape (batch, steps, N_CHANNELS)
        Natural logarithms; 0 for the channels of roles that do not play.
    """
    of_channels = [
        -functional.cross_entropy(own.float().flatten(0, 1), events[:, :, channel].flatten(), reduction="none")
        for channel, own in enumerate(logits)
    ]
    return torch.stack(of_channels, dim=-1).view(events.shape) * playing_channels(roles)[:, None]
