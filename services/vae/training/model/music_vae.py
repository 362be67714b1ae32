"""MusicVAE for windows of one role, in PyTorch.

The conventions are those of Magenta's `MusicVAE`, so that the weights convert exactly into a Magenta checkpoint
(`vae.models.checkpoint`): sigma is a softplus, the decoder starts from tanh(dense(z)), split per layer into c and h,
and reads the previous step's one-hot. It differs in two places, which together learn faster
(docs/decisions/vae-networks.md): the encoder is no bidirectional LSTM but makes a code of each beat, all by one small
network, and a residual network reads the codes of a window; and a conductor, built the other way round, tells the
decoder at each step what the latent says of that step, instead of the whole latent at every step.

Source: Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*, ICML 2018.
"""

from __future__ import annotations

import torch
from score.chords import BEATS_PER_WINDOW, N_CHORDS, STEPS_PER_BEAT
from torch import Tensor, nn
from torch.nn import functional
from vae.models.specs import (
    BEAT_CODE,
    BEAT_UNITS,
    CONDUCTOR_DEPTH,
    CONDUCTOR_UNITS,
    DECODER_UNITS,
    LATENT_SIZE,
    MAX_STEPS,
    RoleSpec,
)

FORGET_BIAS = 1.0


class MusicVae(nn.Module):
    """A variational autoencoder of two-bar windows.

    Parameters
    ----------
    spec : RoleSpec
        The role whose windows it models.
    """

    def __init__(self, spec: RoleSpec) -> None:
        super().__init__()
        self.spec = spec
        width, units = spec.encoder_units, DECODER_UNITS[0]
        self.embedding = nn.Linear(spec.n_classes, spec.embedding_size, bias=False)
        self.beat_first = nn.Linear(STEPS_PER_BEAT * spec.n_voices * spec.embedding_size, BEAT_UNITS)
        self.beat_second = nn.Linear(BEAT_UNITS, BEAT_UNITS)
        self.beat_code = nn.Linear(BEAT_UNITS, BEAT_CODE)
        self.place = nn.Linear(BEATS_PER_WINDOW * BEAT_CODE, width)
        self.chord = nn.Linear(BEATS_PER_WINDOW * N_CHORDS, width, bias=False) if spec.has_chords else None
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.mu, self.sigma = nn.Linear(width, LATENT_SIZE), nn.Linear(width, LATENT_SIZE)
        self.initial_state = nn.Linear(LATENT_SIZE, 2 * sum(DECODER_UNITS))
        self.plan = nn.Linear(LATENT_SIZE, CONDUCTOR_UNITS)
        self.codes = nn.Linear(CONDUCTOR_UNITS, BEATS_PER_WINDOW * BEAT_CODE)
        self.codes_line = nn.Linear(LATENT_SIZE, BEATS_PER_WINDOW * BEAT_CODE, bias=False)
        self.score_first = nn.Linear(BEAT_CODE, BEAT_UNITS)
        self.score_second = nn.Linear(BEAT_UNITS, BEAT_UNITS)
        self.score = nn.Linear(BEAT_UNITS, STEPS_PER_BEAT * CONDUCTOR_DEPTH)
        told = spec.depth + CONDUCTOR_DEPTH + spec.control_depth
        self.decoder = nn.LSTM(told, units, num_layers=2, batch_first=True)
        self.output = nn.Linear(DECODER_UNITS[-1] + CONDUCTOR_DEPTH, spec.depth)
        self._begin()

    def _begin(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.5)
        for name, parameter in self.decoder.named_parameters():
            if name.startswith("bias_ih"):
                units = parameter.shape[0] // 4
                parameter.data[units : 2 * units] += FORGET_BIAS

    def encoder_parts(self) -> list[nn.Module]:
        """Return the parts that make latents."""
        whole = [self.place, self.chord, self.first, self.second, self.mu, self.sigma]
        return [part for part in [*self.beat_parts(), *whole] if part is not None]

    def beat_parts(self) -> list[nn.Module]:
        """Return the parts that make the codes of beats."""
        return [self.embedding, self.beat_first, self.beat_second, self.beat_code]

    def score_parts(self) -> list[nn.Module]:
        """Return the parts that make of a beat's code what the decoder is told there."""
        return [self.score_first, self.score_second, self.score]

    def conductor_parts(self) -> list[nn.Module]:
        """Return the parts that make of latents what the decoder is told at each step."""
        return [self.plan, self.codes, self.codes_line, *self.score_parts()]

    def one_hot(self, tokens: Tensor) -> Tensor:
        """Turn tokens into the vectors that the networks read.

        Parameters
        ----------
        tokens : Tensor, shape (batch, steps) or (batch, steps, voices), int64

        Returns
        -------
        Tensor, shape (batch, steps, depth), float32
        """
        vectors = functional.one_hot(tokens, self.spec.n_classes).float()
        return vectors.flatten(2) if self.spec.n_voices > 1 else vectors

    def controls(self, chords: Tensor, steps: int) -> Tensor:
        """Return what the decoder is told at each step: its place in the window, and the chord of its beat.

        Parameters
        ----------
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        steps : int

        Returns
        -------
        Tensor, shape (batch, steps, control_depth), float32
        """
        places = torch.eye(MAX_STEPS)[:steps].expand(len(chords), -1, -1)
        if not self.spec.has_chords:
            return places
        of_step = chords.repeat_interleave(MAX_STEPS // BEATS_PER_WINDOW, dim=1)[:, :steps]
        return torch.cat([places, functional.one_hot(of_step, N_CHORDS).float()], dim=-1)

    def encode(self, tokens: Tensor, chords: Tensor) -> tuple[Tensor, Tensor]:
        """Encode windows of one length into the mean and deviation of their posterior.

        Parameters
        ----------
        tokens : Tensor, shape (batch, steps) or (batch, steps, voices), int64
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64

        Returns
        -------
        tuple of Tensor, shape (batch, LATENT_SIZE) each
            Mean and standard deviation.
        """
        hidden = self.place(self.encode_beats(tokens).flatten(1))
        if self.chord is not None:
            heard = (
                functional.one_hot(chords, N_CHORDS)
                .float()[:, : tokens.shape[1] * BEATS_PER_WINDOW // MAX_STEPS]
                .flatten(1)
            )
            hidden = hidden + self.chord(functional.pad(heard, (0, self.chord.in_features - heard.shape[1])))
        hidden = hidden + self.first(functional.relu(hidden))
        hidden = hidden + self.second(functional.relu(hidden))
        return self.mu(hidden), functional.softplus(self.sigma(hidden).float())

    def encode_beats(self, tokens: Tensor) -> Tensor:
        """Return the code of each beat of windows, shape (batch, BEATS_PER_WINDOW, BEAT_CODE)."""
        embedded = functional.embedding(tokens, self.embedding.weight.T).flatten(1)
        whole = functional.pad(embedded, (0, BEATS_PER_WINDOW * self.beat_first.in_features - embedded.shape[1]))
        hidden = self.beat_first(whole.view(len(tokens), BEATS_PER_WINDOW, -1))
        hidden = hidden + self.beat_second(functional.relu(hidden))
        codes: Tensor = self.beat_code(functional.relu(hidden))
        return codes

    def start(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first hidden and cell state, shape (2, batch, units) each."""
        c0, h0, c1, h1 = torch.tanh(self.initial_state(z)).chunk(4, dim=-1)
        return torch.stack([h0, h1]), torch.stack([c0, c1])

    def conduct(self, z: Tensor, steps: int) -> Tensor:
        """Return what the latent says of each step, shape (batch, steps, CONDUCTOR_DEPTH)."""
        codes = self.codes(functional.relu(self.plan(z))) + self.codes_line(z)
        return self.conduct_beats(codes.view(len(z), BEATS_PER_WINDOW, BEAT_CODE))[:, :steps]

    def conduct_beats(self, codes: Tensor) -> Tensor:
        """Return what the codes of beats say of each step, shape (batch, MAX_STEPS, CONDUCTOR_DEPTH)."""
        hidden = self.score_first(codes)
        hidden = hidden + self.score_second(functional.relu(hidden))
        score: Tensor = self.score(functional.relu(hidden))
        return score.view(len(codes), MAX_STEPS, CONDUCTOR_DEPTH)

    def decode(self, z: Tensor, chords: Tensor, previous: Tensor) -> Tensor:
        """Return the logits of every step, given the true step before it.

        Parameters
        ----------
        z : Tensor, shape (batch, LATENT_SIZE)
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        previous : Tensor, shape (batch, steps, depth)
            One-hot of the step before; zeros for the first.

        Returns
        -------
        Tensor, shape (batch, steps, depth)
        """
        conducted = self.conduct(z, previous.shape[1])
        outputs, _ = self.decoder(self._told(previous, conducted, chords), self.start(z))
        logits: Tensor = self.output(torch.cat([outputs, conducted.to(outputs.dtype)], dim=-1))
        return logits

    def _told(self, previous: Tensor, conducted: Tensor, chords: Tensor) -> Tensor:
        return torch.cat([previous, conducted, self.controls(chords, previous.shape[1])], dim=-1)

    @torch.no_grad()
    def generate(
        self, z: Tensor, chords: Tensor, steps: int, temperature: float, generator: torch.Generator | None = None
    ) -> Tensor:
        """Decode latents step by step, each step reading the token it drew before.

        Parameters
        ----------
        z : Tensor, shape (batch, LATENT_SIZE)
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        steps : int
        temperature : float
            0 takes the likeliest token.
        generator : torch.Generator, optional
            Source of chance.

        Returns
        -------
        Tensor, shape (batch, steps) or (batch, steps, voices), int64
        """
        state = self.start(z)
        told = torch.cat([self.conduct(z, steps), self.controls(chords, steps)], dim=-1)
        previous = z.new_zeros(len(z), 1, self.spec.depth)
        drawn = []
        for step in range(steps):
            here = told[:, step : step + 1]
            outputs, state = self.decoder(torch.cat([previous, here], dim=-1), state)
            summary = torch.cat([outputs[:, 0], here[:, 0, :CONDUCTOR_DEPTH]], dim=-1)
            tokens = self._draw(self.output(summary), temperature, generator)
            drawn.append(tokens)
            previous = self.one_hot(tokens.unsqueeze(1) if self.spec.n_voices > 1 else tokens[:, None])
        return torch.stack(drawn, dim=1)

    def _draw(self, logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
        rows = logits.float().reshape(-1, self.spec.n_classes)
        if temperature > 0:
            chances = functional.softmax(rows / temperature, dim=-1)
            tokens = torch.multinomial(chances, 1, generator=generator)[:, 0]
        else:
            tokens = rows.argmax(dim=-1)
        return tokens.reshape(len(logits), self.spec.n_voices) if self.spec.n_voices > 1 else tokens


def reconstruction_nats(logits: Tensor, tokens: Tensor, classes: int) -> Tensor:
    """Return the cross entropy of each window, summed over its steps and voices: shape (batch,)."""
    rows = logits.float().reshape(-1, classes)
    return functional.cross_entropy(rows, tokens.reshape(-1), reduction="none").view(len(tokens), -1).sum(dim=1)


def divergence_nats(mean: Tensor, deviation: Tensor) -> Tensor:
    """Return the KL divergence of each posterior from the unit normal prior: shape (batch,)."""
    mean, variance = mean.float(), deviation.float().square()
    return 0.5 * (mean.square() + variance - variance.log() - 1).sum(dim=1)
