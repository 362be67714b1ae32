"""Networks of the MuseGAN-like baseline: a generator of piano rolls by bar and role, and a critic of phrases."""

from __future__ import annotations

import torch
from score.encoding import N_DRUM_CLASSES
from score.roles import ROLES, Role
from torch import Tensor, nn
from torch.nn import functional

from .piano_rolls import N_BARS, N_OCTAVES, N_PITCHED_ROLES, Rolls

NOISE_SIZE = 32
"""Size of each of the four kinds of noise, as in the paper."""

N_NOISES = 2 + 2 * len(ROLES)
"""Noise of a phrase: shared constant, shared temporal, then constant and temporal of each role."""


class TemporalGenerator(nn.Module):
    """Maps the noise of a phrase, (n, NOISE_SIZE), to that of each of its bars, (n, N_BARS, NOISE_SIZE)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose1d(NOISE_SIZE, width, 2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.ConvTranspose1d(width, width, 2, 2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.ConvTranspose1d(width, NOISE_SIZE, 2, 2),
            nn.BatchNorm1d(NOISE_SIZE),
            nn.ReLU(),
        )

    def forward(self, noise: Tensor) -> Tensor:
        """Return the noise of each bar."""
        bars: Tensor = self.layers(noise[..., None])
        return bars.transpose(1, 2)


class Upsampling(nn.Module):
    """A transposed convolution with kernel = stride, so a matrix product: (n, steps, pitches, channels)."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], *, is_last: bool = False) -> None:
        super().__init__()
        self.kernel = kernel
        self.linear = nn.Linear(inputs, kernel[0] * kernel[1] * outputs)
        self.norm = None if is_last else nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply the numbers of steps and pitches by the kernel's."""
        cells = self.linear(x).unflatten(3, (*self.kernel, -1)).transpose(2, 3)
        out: Tensor = cells.flatten(1, 2).flatten(2, 3)
        if self.norm is None:
            return out
        activated: Tensor = self.norm(out.flatten(0, 2)).relu().view(out.shape)
        return activated


class Downsampling(nn.Module):
    """A convolution with kernel = stride, so a matrix product: (n, steps, pitches, channels)."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.kernel = kernel
        self.linear = nn.Linear(kernel[0] * kernel[1] * inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Divide the numbers of steps and pitches by the kernel's."""
        cells = x.unflatten(2, (-1, self.kernel[1])).unflatten(1, (-1, self.kernel[0])).transpose(2, 3)
        out: Tensor = functional.leaky_relu(self.linear(cells.flatten(3)), 0.2)
        return out


def build_bar_generator(n_inputs: int, width: int, *, is_drum: bool) -> nn.Sequential:
    """Return one role's network of a bar: (n, 1, 1, n_inputs) to logits, (n, 16, pitches, 1).

    Parameters
    ----------
    n_inputs : int
    width : int
        Channels of the widest layers are twice as many.
    is_drum : bool
        Whether pitches are drum classes.
    """
    narrow = width // 4
    layers = [
        Upsampling(n_inputs, 2 * width, (2, 1)),
        Upsampling(2 * width, width, (2, 1)),
        Upsampling(width, width, (4, 1)),
    ]
    if is_drum:
        return nn.Sequential(*layers, Upsampling(width, 1, (1, N_DRUM_CLASSES), is_last=True))
    octaves, pitches = Upsampling(width, narrow, (1, N_OCTAVES)), Upsampling(narrow, 1, (1, 12), is_last=True)
    return nn.Sequential(*layers, octaves, pitches)


class Generator(nn.Module):
    """MuseGAN's hybrid model: bars of each role from shared and private, constant and temporal noise, and the style.

    Parameters
    ----------
    n_styles : int
    width : int
    """

    def __init__(self, n_styles: int, width: int) -> None:
        super().__init__()
        self.style = nn.Embedding(n_styles, NOISE_SIZE)
        self.shared = TemporalGenerator(width)
        self.private = nn.ModuleList(TemporalGenerator(width) for _ in ROLES)
        self.bars = nn.ModuleList(
            build_bar_generator(5 * NOISE_SIZE, width, is_drum=role is Role.DRUMS) for role in ROLES
        )

    def forward(self, noise: Tensor, style: Tensor) -> Rolls:
        """Generate phrases.

        Parameters
        ----------
        noise : Tensor, shape (n, N_NOISES, NOISE_SIZE)
        style : Tensor, shape (n,), int64
        """
        constant = torch.cat([noise[:, 0], self.style(style)], 1)
        temporal = self.shared(noise[:, 1])
        rolls = [self._role(column, constant, temporal, noise) for column in range(len(ROLES))]
        pitched, drums = torch.cat(rolls[:N_PITCHED_ROLES], 3), rolls[N_PITCHED_ROLES]
        return Rolls(pitched.float().sigmoid(), drums.float().sigmoid())

    def _role(self, column: int, constant: Tensor, temporal: Tensor, noise: Tensor) -> Tensor:
        own_temporal = self.private[column](noise[:, 3 + 2 * column])
        own_constant = noise[:, 2 + 2 * column]
        constants = torch.cat([constant, own_constant], 1)[:, None].expand(-1, N_BARS, -1)
        inputs = torch.cat([constants, temporal, own_temporal], 2).flatten(0, 1)
        bars = self.bars[column](inputs[:, None, None])
        phrases: Tensor = bars.unflatten(0, (-1, N_BARS)).flatten(1, 2)
        return phrases


def sample_noise(count: int, random: torch.Generator) -> Tensor:
    """Sample the noise of phrases: (count, N_NOISES, NOISE_SIZE)."""
    return torch.randn(count, N_NOISES, NOISE_SIZE, generator=random)


class Critic(nn.Module):
    """Scores how real phrases are: streams of rolls, drums, chroma and onsets are joined by beat, then over bars.

    Parameters
    ----------
    n_styles : int
    width : int
    """

    def __init__(self, n_styles: int, width: int) -> None:
        super().__init__()
        half, narrow = width // 2, width // 4
        self.pitched = nn.Sequential(
            Downsampling(N_PITCHED_ROLES, narrow, (1, 12)),
            Downsampling(narrow, width, (4, 1)),
            Downsampling(width, 2 * width, (1, N_OCTAVES)),
        )
        self.drums = nn.Sequential(Downsampling(1, narrow, (1, N_DRUM_CLASSES)), Downsampling(narrow, half, (4, 1)))
        self.chroma = Downsampling(N_PITCHED_ROLES, width, (1, 12))
        self.onsets = Downsampling(len(ROLES), half, (4, 1))
        self.bars = nn.Sequential(
            Downsampling(4 * width, 2 * width, (4, 1)), Downsampling(2 * width, 2 * width, (2, 1))
        )
        self.phrase = nn.Linear(N_BARS * width, 4 * width)
        self.score = nn.Linear(4 * width, 1)
        self.style = nn.Embedding(n_styles, 4 * width)

    def forward(self, rolls: Rolls, style: Tensor) -> Tensor:
        """Score phrases, higher for more real: shape (n,)."""
        streams = [
            self.pitched(rolls.pitched),
            self.drums(rolls.drums),
            self.chroma(beat_chroma(rolls.pitched)),
            self.onsets(count_onsets(rolls)),
        ]
        bars = self.bars(torch.cat(streams, 3)).flatten(1)
        phrase = functional.leaky_relu(self.phrase(bars), 0.2)
        projection = (phrase * self.style(style)).sum(1) * self.style.embedding_dim**-0.5
        score: Tensor = self.score(phrase)[:, 0] + projection
        return score


def beat_chroma(pitched: Tensor) -> Tensor:
    """Return each beat's pitch classes, as a share of its steps: (n, beats, 12, 3)."""
    chroma: Tensor = pitched.unflatten(2, (N_OCTAVES, 12)).sum(2).unflatten(1, (-1, 4)).mean(2)
    return chroma


def count_onsets(rolls: Rolls) -> Tensor:
    """Return how many notes begin at each step in each role: (n, steps, 1, 4)."""
    before = functional.pad(rolls.pitched, (0, 0, 0, 0, 1, 0))[:, :-1]
    onsets = (rolls.pitched - before).clamp_min(0).sum(2, keepdim=True)
    return torch.cat([onsets, rolls.drums.sum(2, keepdim=True)], 3)
