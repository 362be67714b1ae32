"""The adversarial pair: a generator that speaks all four roles step by step, and the critic that hears whole stretches.

The generator is recurrent. At every sixteenth it reads what each voice is doing, what the window that the form brings
back did at this place, where in the bar, phrase and piece it stands, and what is asked for; then it draws drums, bass,
the harmony's voices and lead, each knowing those before it. The critic hears bars, what lies around them, and the
self-similarity of the whole, and says of each bar how much it is like real music.

Notes are discrete, so that the critic's gradient cannot reach the generator through them: the generator is taught by
its own samples, weighed by what the critic says of them (Yu et al., *SeqGAN*, AAAI 2017), relative to others made under
the same conditions. It begins from maximum likelihood.

Other sources: Miyato and Koyama, *cGANs with Projection Discriminator*, ICLR 2018; Larochelle and Murray, *The Neural
Autoregressive Distribution Estimator*, AISTATS 2011 (for the voices of a step).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan.network.batch import Conditions, MusicBatch
from gan.network.dims import (
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_REPEAT_SOURCES,
    POSITION_VOCAB_SIZES,
    STATE_VOCAB_SIZES,
    NetworkSizes,
)
from gan.network.layers import ConditionEmbedding, EmbeddingSum
from gan.network.states import playing_channels


class NoteGenerator(nn.Module):
    """The step-by-step generator. `forward` is for training; `gan.sampling.sampler` draws from it."""

    def __init__(self, shape: NetworkSizes) -> None:
        super().__init__()
        self.shape = shape
        self.asked = ConditionEmbedding(shape.styles, shape.embedding)
        self.heard = EmbeddingSum(STATE_VOCAB_SIZES, shape.embedding)
        self.echoes = nn.ModuleList(EmbeddingSum(STATE_VOCAB_SIZES, shape.embedding) for _ in range(N_REPEAT_SOURCES))
        self.can_echo = nn.Parameter(torch.zeros(N_REPEAT_SOURCES, shape.embedding))
        self.recalls = EmbeddingSum((N_CONTEXT_CODES,) * (N_CHANNELS - 1), shape.embedding)
        self.places = EmbeddingSum(POSITION_VOCAB_SIZES, shape.embedding)
        self.body = nn.LSTM(shape.embedding, shape.units, num_layers=2, batch_first=True, dropout=shape.dropout)
        self.voices = nn.Linear(shape.units, N_CHANNELS * shape.voice)
        self.said = nn.ModuleList(nn.Embedding(words, shape.voice) for words in STATE_VOCAB_SIZES)
        self.mix = nn.Parameter(torch.randn(N_CHANNELS, shape.voice, shape.voice) * shape.voice**-0.5)
        self.choose = nn.ModuleList(nn.Linear(shape.voice, choices) for choices in EVENT_VOCAB_SIZES)
        self.near = nn.Parameter(torch.zeros(N_CHANNELS, shape.voice, 2 * MAX_INTERVAL + 1))
        self.again = nn.Parameter(torch.zeros(N_CHANNELS, shape.voice, N_REPEAT_SOURCES + N_COPY_HINTS))

    def read(self, music: MusicBatch, standing: Tensor) -> Tensor:
        """Sum up what each step reads: (batch, steps, embedding); `standing` is what `stand` returns."""
        total: Tensor = self.heard(music.before) + standing + self.recalls(recalls(music.hints))
        for echo, bag in enumerate(self.echoes):
            back = bag(music.echoes[:, :, echo]) + self.can_echo[echo]
            total = total + torch.where(music.can_echo[:, :, echo, None], back, 0.0)
        return total

    def stand(self, places: Tensor, asked: Conditions) -> Tensor:
        """Sum up what is known before the first step: (batch, steps, embedding)."""
        standing: Tensor = self.places(places) + self.asked(asked)[:, None]
        return standing

    def forward(self, music: MusicBatch, asked: Conditions) -> list[Tensor]:
        """Return the logits of each channel's events, each knowing the states before it: (batch, steps, choices)."""
        read = self.read(music, self.stand(music.places, asked))
        read = functional.dropout(read, self.shape.dropout / 2, self.training)
        hidden, _ = self.body(read)
        hidden = functional.dropout(hidden, self.shape.dropout, self.training)
        heard = self.voices(hidden).unflatten(-1, (N_CHANNELS, -1))
        known: Tensor | None = None
        logits = []
        for channel in range(N_CHANNELS):
            voice = heard[:, :, channel] if known is None else heard[:, :, channel] + known @ self.mix[channel]
            logits.append(self._weigh(channel, functional.silu(voice), music))
            said = self.said[channel](music.states[:, :, channel])
            known = said if known is None else known + said
        return logits

    def _weigh(self, channel: int, voice: Tensor, music: MusicBatch) -> Tensor:
        """Weigh a channel's events: each for itself, by its interval from the last note, as an echo, as hinted at."""
        logits: Tensor = self.choose[channel](voice)
        hints = music.hints[:, :, channel]
        gates = (voice @ self.again[channel]) * torch.cat([music.can_echo, hints >= 0], dim=-1)
        logits = logits.scatter_add(-1, torch.cat([music.echoed[..., channel], hints.clamp_min(0)], dim=-1), gates)
        if channel == DRUM_CHANNEL:
            return logits
        last = music.last[:, :, channel]
        near = (voice @ self.near[channel]) * (last > 0)[..., None]
        by_pitch = torch.take_along_dim(near, INTERVALS.to(last.device)[last], dim=-1)
        return logits + functional.pad(by_pitch, (FIRST_NOTE, 0))


N_CONTEXT_CODES = 2 * (MAX_CONTEXT + 1)
"""What `recalls` tells apart."""


def recalls(hints: Tensor) -> Tensor:
    """Say of each line how long a context has been recalled, and whether what followed is due now.

    (..., N_CHANNELS, N_COPY_HINTS) to (..., N_CHANNELS - 1): twice the intervals of the longest context, and 1 if due.
    """
    known = (hints[..., 1:, -2 * MAX_CONTEXT :] >= 0).unflatten(-1, (MAX_CONTEXT, 2))
    lengths = torch.arange(1, MAX_CONTEXT + 1, device=hints.device)[:, None] * known
    longest = 2 * lengths.amax((-2, -1)) + (lengths[..., 1].amax(-1) == lengths.amax((-2, -1)))
    return torch.where(known.flatten(-2).any(-1), longest, 0)


FIRST_NOTE = 2
"""The lowest event that is a pitch."""


def _intervals_from() -> Tensor:
    """Number the interval from each last event to each pitch: (events, pitches); see `MAX_INTERVAL`."""
    last, pitch = torch.arange(EVENT_VOCAB_SIZES[-1])[:, None], torch.arange(FIRST_NOTE, EVENT_VOCAB_SIZES[-1])
    return (pitch - last).clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL


INTERVALS = _intervals_from()


def log_probabilities(logits: list[Tensor], events: Tensor, roles: Tensor) -> Tensor:
    """Log chances of the events of each step: (batch, steps, N_CHANNELS), 0 for roles that do not play.

    Parameters
    ----------
    logits : list of Tensor
        As `NoteGenerator.forward` returns them.
    events : Tensor, shape (batch, steps, N_CHANNELS), int64
    roles : Tensor, shape (batch, N_ROLES)
    """
    chances = [
        -functional.cross_entropy(own.float().flatten(0, 1), events[:, :, channel].flatten(), reduction="none")
        for channel, own in enumerate(logits)
    ]
    return torch.stack(chances, dim=-1).view(events.shape) * playing_channels(roles)[:, None]
