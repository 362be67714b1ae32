"""MusicVAE for windows of one role, in PyTorch.

The conventions are those of Magenta's `MusicVAE`, so that the weights convert exactly into a Magenta checkpoint
(`vae.models.checkpoint`): sigma is a softplus, the decoder starts from tanh(dense(z)), divided by layer into c and h,
and the decoder reads the one-hot vector of the previous step. There are two differences, with which training is faster
(docs/decisions/vae-networks.md). First, the encoder is not a bidirectional LSTM: one small network encodes each beat,
and a residual network reads the codes of a window. Second, a conductor, its mirror image, gives the decoder an input
for each step, where Magenta's decoder reads the whole latent at every step.

References
----------
Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*, ICML 2018.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from score.chords import BEATS_PER_WINDOW, N_CHORDS, STEPS_PER_BEAT
from torch import Tensor, nn
from torch.nn import functional
from vae.models.checkpoint import find_shipped_model
from vae.models.specs import (
    BEAT_CODE,
    BEAT_UNITS,
    CONDUCTOR_DEPTH,
    CONDUCTOR_UNITS,
    MAX_STEPS,
    MODEL_SPECS,
    RoleSpec,
)

INITIAL_FORGET_BIAS = 1.0


class MusicVae(nn.Module):
    """A variational autoencoder of two-bar windows.

    The names of the layers are those of the weights file.

    Parameters
    ----------
    spec : RoleSpec
        The role, or the factor of it, whose windows it models.
    """

    def __init__(self, spec: RoleSpec) -> None:
        super().__init__()
        self.spec = spec
        width, latent_size, units = spec.encoder_units, spec.latent_size, spec.decoder_units[0]
        # Encoder: each beat, then the window. The order of the layers fixes their random weights.
        self.embedding = nn.Linear(spec.n_classes, spec.embedding_size, bias=False)
        self.beat_first = nn.Linear(STEPS_PER_BEAT * spec.n_voices * spec.embedding_size, BEAT_UNITS)
        self.beat_second = nn.Linear(BEAT_UNITS, BEAT_UNITS)
        self.beat_code = nn.Linear(BEAT_UNITS, BEAT_CODE)
        self.place = nn.Linear(BEATS_PER_WINDOW * BEAT_CODE, width)
        self.chord = nn.Linear(BEATS_PER_WINDOW * N_CHORDS, width, bias=False) if spec.has_chords else None
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.mu, self.sigma = nn.Linear(width, latent_size), nn.Linear(width, latent_size)
        self.initial_state = nn.Linear(latent_size, 2 * sum(spec.decoder_units))
        # Conductor: a code for each beat, by a hidden layer and a linear path; then an output for each step of it.
        self.plan = nn.Linear(latent_size, CONDUCTOR_UNITS)
        self.codes = nn.Linear(CONDUCTOR_UNITS, BEATS_PER_WINDOW * BEAT_CODE)
        self.codes_line = nn.Linear(latent_size, BEATS_PER_WINDOW * BEAT_CODE, bias=False)
        self.score_first = nn.Linear(BEAT_CODE, BEAT_UNITS)
        self.score_second = nn.Linear(BEAT_UNITS, BEAT_UNITS)
        self.score = nn.Linear(BEAT_UNITS, STEPS_PER_BEAT * CONDUCTOR_DEPTH)
        # Decoder.
        self.decoder = nn.LSTM(spec.depth + CONDUCTOR_DEPTH + spec.control_depth, units, num_layers=2, batch_first=True)
        self.output = nn.Linear(units + CONDUCTOR_DEPTH, spec.depth)
        self._initialize()

    def _initialize(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.5)
        for name, parameter in self.decoder.named_parameters():
            if name.startswith("bias_ih"):
                units = parameter.shape[0] // 4
                parameter.data[units : 2 * units] += INITIAL_FORGET_BIAS

    @classmethod
    def load_shipped(cls, models: Path, name: str) -> MusicVae:
        """Load the shipped weights of a model from the folder of all models, for evaluation.

        Raises
        ------
        ModelMismatch
            If the weights are missing, damaged, or made for another grid.
        """
        model = cls(MODEL_SPECS[name])
        weights = load_file(find_shipped_model(models, name).weights_path)
        model.load_state_dict({name: value.float() for name, value in weights.items()})
        return model.eval()

    def encoder_layers(self) -> list[nn.Module]:
        """Return the layers of the encoder."""
        beats = [self.embedding, self.beat_first, self.beat_second, self.beat_code]
        window = [self.place, self.chord, self.first, self.second, self.mu, self.sigma]
        return [layer for layer in [*beats, *window] if layer is not None]

    def one_hot(self, tokens: Tensor) -> Tensor:
        """Convert tokens to one-hot vectors, those of several voices side by side.

        Parameters
        ----------
        tokens : Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64

        Returns
        -------
        Tensor, shape (batch, n_steps, depth), float32
        """
        vectors = functional.one_hot(tokens, self.spec.n_classes).float()
        return vectors.flatten(2) if self.spec.n_voices > 1 else vectors

    def controls(self, chords: Tensor, n_steps: int) -> Tensor:
        """Return the decoder's controls at each step: the position in the window, and the chord of the beat.

        Parameters
        ----------
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        n_steps : int

        Returns
        -------
        Tensor, shape (batch, n_steps, control_depth), float32
        """
        positions = torch.eye(MAX_STEPS)[:n_steps].expand(len(chords), -1, -1)
        if not self.spec.has_chords:
            return positions
        by_step = chords.repeat_interleave(MAX_STEPS // BEATS_PER_WINDOW, dim=1)[:, :n_steps]
        return torch.cat([positions, functional.one_hot(by_step, N_CHORDS).float()], dim=-1)

    def encode(self, tokens: Tensor, chords: Tensor) -> tuple[Tensor, Tensor]:
        """Encode windows of one length into the mean and standard deviation of their posterior.

        Parameters
        ----------
        tokens : Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64

        Returns
        -------
        tuple of Tensor, shape (batch, latent_size) each
        """
        hidden = self.place(self.encode_beats(tokens).flatten(1))
        if self.chord is not None:
            n_beats = tokens.shape[1] * BEATS_PER_WINDOW // MAX_STEPS
            vectors = functional.one_hot(chords, N_CHORDS).float()[:, :n_beats].flatten(1)
            hidden = hidden + self.chord(functional.pad(vectors, (0, self.chord.in_features - vectors.shape[1])))
        hidden = hidden + self.first(functional.relu(hidden))
        hidden = hidden + self.second(functional.relu(hidden))
        return self.mu(hidden), functional.softplus(self.sigma(hidden).float())

    @torch.no_grad()
    def posterior_mean(self, tokens: Tensor, chords: Tensor) -> Tensor:
        """Return the posterior means of windows of one length, shape (batch, latent_size), without gradients."""
        mean, _ = self.encode(tokens, chords)
        return mean.float()

    def encode_beats(self, tokens: Tensor) -> Tensor:
        """Return the code of each beat of windows, shape (batch, BEATS_PER_WINDOW, BEAT_CODE)."""
        embedded = functional.embedding(tokens, self.embedding.weight.T).flatten(1)
        # A window of 3/4 or 6/8 is padded to the beats of one of 4/4.
        padded = functional.pad(embedded, (0, BEATS_PER_WINDOW * self.beat_first.in_features - embedded.shape[1]))
        hidden = self.beat_first(padded.view(len(tokens), BEATS_PER_WINDOW, -1))
        hidden = hidden + self.beat_second(functional.relu(hidden))
        codes: Tensor = self.beat_code(functional.relu(hidden))
        return codes

    def initial_decoder_state(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's initial hidden and cell state, shape (2, batch, units) each."""
        c0, h0, c1, h1 = torch.tanh(self.initial_state(z)).chunk(4, dim=-1)
        return torch.stack([h0, h1]), torch.stack([c0, c1])

    def conduct(self, z: Tensor, n_steps: int) -> Tensor:
        """Return the conductor's output for each step of latents, shape (batch, n_steps, CONDUCTOR_DEPTH)."""
        codes = self.codes(functional.relu(self.plan(z))) + self.codes_line(z)
        return self.conduct_beats(codes.view(len(z), BEATS_PER_WINDOW, BEAT_CODE))[:, :n_steps]

    def conduct_beats(self, codes: Tensor) -> Tensor:
        """Return the conductor's output for each step of beat codes, shape (batch, MAX_STEPS, CONDUCTOR_DEPTH)."""
        hidden = self.score_first(codes)
        hidden = hidden + self.score_second(functional.relu(hidden))
        by_beat: Tensor = self.score(functional.relu(hidden))
        return by_beat.view(len(codes), MAX_STEPS, CONDUCTOR_DEPTH)

    def decode(self, z: Tensor, chords: Tensor, previous: Tensor) -> Tensor:
        """Return the logits of every step, given the true tokens of the step before (teacher forcing).

        Parameters
        ----------
        z : Tensor, shape (batch, latent_size)
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        previous : Tensor, shape (batch, n_steps, depth)
            One-hot vectors of the step before; zeros for the first step.

        Returns
        -------
        Tensor, shape (batch, n_steps, depth)
        """
        n_steps = previous.shape[1]
        conductor_out = self.conduct(z, n_steps)
        inputs = torch.cat([previous, conductor_out, self.controls(chords, n_steps)], dim=-1)
        outputs, _ = self.decoder(inputs, self.initial_decoder_state(z))
        logits: Tensor = self.output(torch.cat([outputs, conductor_out.to(outputs.dtype)], dim=-1))
        return logits

    @torch.no_grad()
    def generate(
        self, z: Tensor, chords: Tensor, n_steps: int, temperature: float, generator: torch.Generator | None = None
    ) -> Tensor:
        """Decode latents step by step, each step reading the tokens sampled before.

        Parameters
        ----------
        z : Tensor, shape (batch, latent_size)
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        n_steps : int
        temperature : float
            0 takes the likeliest token.
        generator : torch.Generator, optional
            Source of randomness.

        Returns
        -------
        Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64
        """
        state = self.initial_decoder_state(z)
        inputs = torch.cat([self.conduct(z, n_steps), self.controls(chords, n_steps)], dim=-1)
        previous = z.new_zeros(len(z), 1, self.spec.depth)
        sampled = []
        for step in range(n_steps):
            step_inputs = inputs[:, step : step + 1]
            outputs, state = self.decoder(torch.cat([previous, step_inputs], dim=-1), state)
            features = torch.cat([outputs[:, 0], step_inputs[:, 0, :CONDUCTOR_DEPTH]], dim=-1)
            tokens = self._sample_tokens(self.output(features), temperature, generator)
            sampled.append(tokens)
            previous = self.one_hot(tokens.unsqueeze(1) if self.spec.n_voices > 1 else tokens[:, None])
        return torch.stack(sampled, dim=1)

    def _sample_tokens(self, logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
        by_voice = logits.float().reshape(-1, self.spec.n_classes)
        if temperature > 0:
            probabilities = functional.softmax(by_voice / temperature, dim=-1)
            tokens = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
        else:
            tokens = by_voice.argmax(dim=-1)
        return tokens.reshape(len(logits), self.spec.n_voices) if self.spec.n_voices > 1 else tokens


def reconstruction_nats(logits: Tensor, tokens: Tensor, n_classes: int) -> Tensor:
    """Return the cross entropy of each window, summed over its steps and voices.

    Parameters
    ----------
    logits : Tensor, shape (batch, n_steps, n_voices * n_classes)
    tokens : Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64
    n_classes : int

    Returns
    -------
    Tensor, shape (batch,)
        In nats.
    """
    by_voice = logits.float().reshape(-1, n_classes)
    token_nats = functional.cross_entropy(by_voice, tokens.reshape(-1), reduction="none")
    return token_nats.view(len(tokens), -1).sum(dim=1)


def divergence_nats(mean: Tensor, deviation: Tensor) -> Tensor:
    """Return the KL divergence of each posterior from the standard normal prior, in nats: shape (batch,)."""
    mean, variance = mean.float(), deviation.float().square()
    return 0.5 * (mean.square() + variance - variance.log() - 1).sum(dim=1)
