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

from dataclasses import asdict, dataclass

import torch
from score.roles import ROLES
from torch import Tensor, nn
from torch.nn import functional

from gan.shapes import (
    CHANNEL_COUNT,
    CHANNELS,
    CHOICES,
    DRUM_CHANNEL,
    ECHOES,
    FEATURE_COUNT,
    HEARD_WINDOWS,
    HINTS,
    METERS,
    PHRASE_BARS,
    REACH,
    RECALLED,
    ROLE_COUNT,
    STATES,
    WORDS,
)

STEPS_IN_BAR = 16
PLACES: tuple[int, ...] = (STEPS_IN_BAR * len(METERS), PHRASE_BARS, PHRASE_BARS + 1, PHRASE_BARS + 1)
"""What a step's place is said by: step of the bar in its meter, bar of the phrase, bars since the start, bars left."""

BARS = 2 * HEARD_WINDOWS
"""Bars that the critic hears at once."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Every size of the networks; the manifest carries it, so that weights rebuild their own networks."""

    styles: int
    embedding: int = 192
    units: int = 320
    voice: int = 112
    dropout: float = 0.1
    critic: int = 96

    def as_dict(self) -> dict[str, float]:
        """The sizes by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of a batch.

    Attributes
    ----------
    style, mode, meter : Tensor, shape (batch,), int64
        Rows of the embeddings; mode 0 is major, meter indexes `gan.shapes.METERS`.
    features : Tensor, shape (batch, FEATURE_COUNT)
        Standard scores within the style, see `gan.shapes.FEATURES`.
    roles : Tensor, shape (batch, ROLE_COUNT)
        1 for each role that plays.
    """

    style: Tensor
    mode: Tensor
    meter: Tensor
    features: Tensor
    roles: Tensor


@dataclass(frozen=True, slots=True)
class Stretch:
    """A batch of music, step by step.

    Attributes
    ----------
    before : Tensor, shape (batch, steps, CHANNEL_COUNT), int64
        The states that each step finds: those after the step before it.
    states : Tensor, shape (batch, steps, CHANNEL_COUNT), int64
        The states after each step, see `gan.shapes.STATES`.
    last : Tensor, shape (batch, steps, CHANNEL_COUNT), int64
        The note event that each channel began last before the step, or 0.
    echoes : Tensor, shape (batch, steps, ECHOES, CHANNEL_COUNT), int64
        The states at the steps that may come back, see `gan.shapes.ECHOES`.
    echoed : Tensor, shape (batch, steps, ECHOES, CHANNEL_COUNT), int64
        The events there.
    can_echo : Tensor, shape (batch, steps, ECHOES), bool
        Whether there is such a step.
    hints : Tensor, shape (batch, steps, CHANNEL_COUNT, HINTS), int64
        Events that the line's figures lead to, or -1, see `gan.motif`.
    places : Tensor, shape (batch, steps, len(PLACES)), int64
    """

    before: Tensor
    states: Tensor
    last: Tensor
    echoes: Tensor
    echoed: Tensor
    can_echo: Tensor
    hints: Tensor
    places: Tensor


def _starts(sizes: tuple[int, ...]) -> Tensor:
    """Where each part of a common table begins."""
    return torch.tensor([0, *torch.tensor(sizes).cumsum(0)[:-1].tolist()])


class Bag(nn.Module):
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


class Asked(nn.Module):
    """Style, mode, meter, features and roles as one vector."""

    def __init__(self, styles: int, width: int) -> None:
        super().__init__()
        self.names = Bag((styles, 2, len(METERS)), width)
        self.numbers = nn.Linear(FEATURE_COUNT + ROLE_COUNT, width)

    def forward(self, asked: Conditions) -> Tensor:
        """Return (batch, width)."""
        names = self.names(torch.stack([asked.style, asked.mode, asked.meter], dim=-1))
        total: Tensor = names + self.numbers(torch.cat([asked.features, asked.roles], dim=-1))
        return total


class Generator(nn.Module):
    """The step-by-step generator. `forward` is for training; `gan.speaking` draws from it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.asked = Asked(shape.styles, shape.embedding)
        self.heard = Bag(WORDS, shape.embedding)
        self.echoes = nn.ModuleList(Bag(WORDS, shape.embedding) for _ in range(ECHOES))
        self.can_echo = nn.Parameter(torch.zeros(ECHOES, shape.embedding))
        self.recalls = Bag((RECALLS,) * (CHANNEL_COUNT - 1), shape.embedding)
        self.places = Bag(PLACES, shape.embedding)
        self.body = nn.LSTM(shape.embedding, shape.units, num_layers=2, batch_first=True, dropout=shape.dropout)
        self.voices = nn.Linear(shape.units, CHANNEL_COUNT * shape.voice)
        self.said = nn.ModuleList(nn.Embedding(words, shape.voice) for words in WORDS)
        self.mix = nn.Parameter(torch.randn(CHANNEL_COUNT, shape.voice, shape.voice) * shape.voice**-0.5)
        self.choose = nn.ModuleList(nn.Linear(shape.voice, choices) for choices in CHOICES)
        self.near = nn.Parameter(torch.zeros(CHANNEL_COUNT, shape.voice, 2 * REACH + 1))
        self.again = nn.Parameter(torch.zeros(CHANNEL_COUNT, shape.voice, ECHOES + HINTS))

    def read(self, music: Stretch, standing: Tensor) -> Tensor:
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

    def forward(self, music: Stretch, asked: Conditions) -> list[Tensor]:
        """Return the logits of each channel's events, each knowing the states before it: (batch, steps, choices)."""
        read = self.read(music, self.stand(music.places, asked))
        read = functional.dropout(read, self.shape.dropout / 2, self.training)
        hidden, _ = self.body(read)
        hidden = functional.dropout(hidden, self.shape.dropout, self.training)
        heard = self.voices(hidden).unflatten(-1, (CHANNEL_COUNT, -1))
        known: Tensor | None = None
        logits = []
        for channel in range(CHANNEL_COUNT):
            voice = heard[:, :, channel] if known is None else heard[:, :, channel] + known @ self.mix[channel]
            logits.append(self._weigh(channel, functional.silu(voice), music))
            said = self.said[channel](music.states[:, :, channel])
            known = said if known is None else known + said
        return logits

    def _weigh(self, channel: int, voice: Tensor, music: Stretch) -> Tensor:
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


RECALLS = 2 * (RECALLED + 1)
"""What `recalls` tells apart."""


def recalls(hints: Tensor) -> Tensor:
    """Say of each line how long a context has been recalled, and whether what followed is due now.

    (..., CHANNEL_COUNT, HINTS) to (..., CHANNEL_COUNT - 1): twice the intervals of the longest context, and 1 if due.
    """
    known = (hints[..., 1:, -2 * RECALLED :] >= 0).unflatten(-1, (RECALLED, 2))
    lengths = torch.arange(1, RECALLED + 1, device=hints.device)[:, None] * known
    longest = 2 * lengths.amax((-2, -1)) + (lengths[..., 1].amax(-1) == lengths.amax((-2, -1)))
    return torch.where(known.flatten(-2).any(-1), longest, 0)


FIRST_NOTE = 2
"""The lowest event that is a pitch."""


def _intervals_from() -> Tensor:
    """Number the interval from each last event to each pitch: (events, pitches); see `REACH`."""
    last, pitch = torch.arange(CHOICES[-1])[:, None], torch.arange(FIRST_NOTE, CHOICES[-1])
    return (pitch - last).clamp(-REACH, REACH) + REACH


INTERVALS = _intervals_from()


def log_chances(logits: list[Tensor], events: Tensor, roles: Tensor) -> Tensor:
    """Log chances of the events of each step: (batch, steps, CHANNEL_COUNT), 0 for roles that do not play.

    Parameters
    ----------
    logits : list of Tensor
        As `Generator.forward` returns them.
    events : Tensor, shape (batch, steps, CHANNEL_COUNT), int64
    roles : Tensor, shape (batch, ROLE_COUNT)
    """
    chances = [
        -functional.cross_entropy(own.float().flatten(0, 1), events[:, :, channel].flatten(), reduction="none")
        for channel, own in enumerate(logits)
    ]
    return torch.stack(chances, dim=-1).view(events.shape) * playing(roles)[:, None]


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


class Critic(nn.Module):
    """How much each bar of a stretch is like real music under its conditions; higher is more real."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.critic
        self.shape = shape
        self.asked = Asked(shape.styles, 2 * width)
        self.heard = Bag(WORDS, width)
        self.places = Bag(PLACES[:1], width)
        self.chords = nn.Linear(CHORD_SIZE, width)
        self.steps = nn.Conv1d(width, width, 5, padding=2)
        self.beats = nn.Conv1d(width, 2 * width, 4, stride=4)
        self.bars = nn.Linear(4 * width, 2 * width)
        self.around = nn.ModuleList(nn.Conv1d(2 * width, 2 * width, 3, padding=1) for _ in range(2))
        self.bar_score = nn.Linear(2 * width, 1)
        self.whole_score = nn.Linear(2 * width, 1)
        self.form = nn.Sequential(nn.Linear(BARS * BARS, width), nn.SiLU(), nn.Linear(width, 1))

    def embed(self, states: Tensor, places: Tensor) -> Tensor:
        """Sum up what sounds at each step, and how its pitch classes meet: (batch, steps, width)."""
        total: Tensor = self.heard(states) + self.places(places[..., :1]) + self.chords(meetings(states))
        return total

    def forward(self, embedded: Tensor, asked: Conditions, present: Tensor) -> tuple[Tensor, Tensor]:
        """Score bars (batch, BARS), 0 where there is none, and wholes (batch,).

        Parameters
        ----------
        embedded : Tensor, shape (batch, steps, width)
            As `embed` returns it.
        asked : Conditions
        present : Tensor, shape (batch, steps, BARS)
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


CHORD_SIZE = 24
"""What `meetings` says of a step."""


def meetings(states: Tensor) -> Tensor:
    """Say of each step how its pitch classes meet: the intervals over the bass, and between any two: (..., CHORD_SIZE).

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
    """Compare every two bars by their cosine: (batch, BARS * BARS)."""
    unit = bars / (bars.square().sum(-1, keepdim=True) + 1e-3).sqrt()
    return (unit @ unit.transpose(1, 2)).flatten(1)


assert max(WORDS[1:]) == STATES
