"""MusicVAE for windows of one role, in PyTorch.

The shapes and conventions are those of Magenta's `MusicVAE(BidirectionalLstmEncoder, CategoricalLstmDecoder)`, so
that the weights convert exactly into a Magenta checkpoint (`vae.checkpoint`): sigma is a softplus, the decoder
starts from tanh(dense(z)), split per layer into c and h, and reads the previous step's one-hot beside z.

Source: Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*, ICML 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from vae.specs import DECODER_UNITS, ENCODER_UNITS, LATENT_SIZE, RoleSpec

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
        self.encoder = nn.LSTM(spec.depth, ENCODER_UNITS, bidirectional=True, batch_first=True)
        self.mu = nn.Linear(2 * ENCODER_UNITS, LATENT_SIZE)
        self.sigma = nn.Linear(2 * ENCODER_UNITS, LATENT_SIZE)
        self.initial_state = nn.Linear(LATENT_SIZE, 2 * sum(DECODER_UNITS))
        self.decoder = nn.LSTM(spec.depth + LATENT_SIZE, DECODER_UNITS[0], num_layers=2, batch_first=True)
        self.output = nn.Linear(DECODER_UNITS[-1], spec.depth)
        self._open_forget_gates()

    def _open_forget_gates(self) -> None:
        for lstm in (self.encoder, self.decoder):
            for name, parameter in lstm.named_parameters():
                if name.startswith("bias_ih"):
                    units = parameter.shape[0] // 4
                    parameter.data[units : 2 * units] += FORGET_BIAS

    def one_hot(self, tokens: Tensor) -> Tensor:
        """Turn tokens into the vectors that the networks read.

        Parameters
        ----------
        tokens : Tensor, shape (batch, steps) or (batch, steps, voices), int64

        Returns
        -------
        Tensor, shape (batch, steps, depth), float32
        """
        vectors = functional.one_hot(tokens, self.spec.classes).float()
        return vectors.flatten(2) if self.spec.voices > 1 else vectors

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Encode windows of one length into the mean and deviation of their posterior.

        Parameters
        ----------
        vectors : Tensor, shape (batch, steps, depth)

        Returns
        -------
        tuple of Tensor, shape (batch, LATENT_SIZE) each
            Mean and standard deviation.
        """
        _, (hidden, _) = self.encoder(vectors)
        summary = torch.cat([hidden[0], hidden[1]], dim=-1)
        return self.mu(summary), functional.softplus(self.sigma(summary).float())

    def start(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first hidden and cell state, shape (2, batch, units) each."""
        c0, h0, c1, h1 = torch.tanh(self.initial_state(z)).chunk(4, dim=-1)
        return torch.stack([h0, h1]), torch.stack([c0, c1])

    def decode(self, z: Tensor, previous: Tensor) -> Tensor:
        """Return the logits of every step, given the true step before it.

        Parameters
        ----------
        z : Tensor, shape (batch, LATENT_SIZE)
        previous : Tensor, shape (batch, steps, depth)
            One-hot of the step before; zeros for the first.

        Returns
        -------
        Tensor, shape (batch, steps, depth)
        """
        inputs = torch.cat([previous, z.unsqueeze(1).expand(-1, previous.shape[1], -1)], dim=-1)
        outputs, _ = self.decoder(inputs, self.start(z))
        logits: Tensor = self.output(outputs)
        return logits

    @torch.no_grad()
    def generate(self, z: Tensor, steps: int, temperature: float, generator: torch.Generator | None = None) -> Tensor:
        """Decode latents step by step, each step reading the token it drew before.

        Parameters
        ----------
        z : Tensor, shape (batch, LATENT_SIZE)
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
        previous = z.new_zeros(len(z), 1, self.spec.depth)
        drawn = []
        for _ in range(steps):
            outputs, state = self.decoder(torch.cat([previous, z.unsqueeze(1)], dim=-1), state)
            tokens = self._draw(self.output(outputs[:, 0]), temperature, generator)
            drawn.append(tokens)
            previous = self.one_hot(tokens.unsqueeze(1) if self.spec.voices > 1 else tokens[:, None])
        return torch.stack(drawn, dim=1)

    def _draw(self, logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
        rows = logits.float().reshape(-1, self.spec.classes)
        if temperature > 0:
            chances = functional.softmax(rows / temperature, dim=-1)
            tokens = torch.multinomial(chances, 1, generator=generator)[:, 0]
        else:
            tokens = rows.argmax(dim=-1)
        return tokens.reshape(len(logits), self.spec.voices) if self.spec.voices > 1 else tokens


def reconstruction_nats(logits: Tensor, tokens: Tensor, classes: int) -> Tensor:
    """Return the cross entropy of each window, summed over its steps and voices: shape (batch,)."""
    rows = logits.float().reshape(-1, classes)
    return functional.cross_entropy(rows, tokens.reshape(-1), reduction="none").view(len(tokens), -1).sum(dim=1)


def divergence_nats(mean: Tensor, deviation: Tensor) -> Tensor:
    """Return the KL divergence of each posterior from the unit normal prior: shape (batch,)."""
    mean, variance = mean.float(), deviation.float().square()
    return 0.5 * (mean.square() + variance - variance.log() - 1).sum(dim=1)
