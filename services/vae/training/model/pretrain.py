"""Pretrain encoder and conductor without the decoder, before `training.model.train`: first beats, then windows.

    python -m training.model.pretrain --data windows.npz --model harmony --out var/training/harmony-pretrained.pt
    python -m training.model.train --data windows.npz --model harmony --init var/training/harmony-pretrained.pt ...

A linear layer reads tokens from the conductor's output: at first directly from the codes of beats, then with the latent
in between. No step depends on the step before, so a core processes several times as many windows per second as with the
decoder, which afterwards starts with latents that already contain the notes. Without pretraining the decoder of harmony
takes many times as long to use its latents (docs/decisions/vae-networks.md).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from vae.models.specs import CONDUCTOR_DEPTH, MODEL_SPECS

from ..data.dataset import WindowDataset, load_windows, split_by_work
from .batches import iter_evaluation_batches, iter_training_batches
from .music_vae import MusicVae, divergence_nats, reconstruction_nats
from .training_run import MAX_GRADIENT_NORM, NATS_PER_BIT, WARM_UP_STEPS, Hyperparameters, half_precision

BATCH_SIZE = 256
REPORT_INTERVAL_STEPS = 500
REPORT_LIMIT = 1024
"""Held-out windows that each report evaluates."""

CODE_NOISE = 0.3
CODE_COST = 1e-3

Loss = Callable[[Tensor, Tensor], Tensor]


class Pretraining(nn.Module):
    """A model with a linear readout of its conductor in place of the decoder.

    Parameters
    ----------
    model : MusicVae
    hyperparameters : Hyperparameters
    """

    def __init__(self, model: MusicVae, hyperparameters: Hyperparameters) -> None:
        super().__init__()
        self.model, self.hyperparameters = model, hyperparameters
        self.readout = nn.Linear(CONDUCTOR_DEPTH, model.spec.depth)

    def beat_loss(self, tokens: Tensor, chords: Tensor) -> Tensor:
        """Return the mean loss of a batch, read from the codes of its beats, in nats per window."""
        del chords
        with half_precision(tokens.device.type):
            codes = self.model.encode_beats(tokens)
            logits = self.readout(self.model.conduct_beats(codes + CODE_NOISE * torch.randn_like(codes)))
        # The cost keeps codes from growing until the noise does not matter.
        squared_size = codes.float().square().sum(dim=(1, 2))
        return (self._reconstruction_nats(logits, tokens) + CODE_COST * squared_size).mean()

    def window_loss(self, tokens: Tensor, chords: Tensor) -> Tensor:
        """Return the mean loss of a batch, read from its latents, in nats per window."""
        with half_precision(tokens.device.type):
            mean, deviation = self.model.encode(tokens, chords)
            z = mean + deviation * torch.randn_like(deviation)
            logits = self.readout(self.model.conduct(z, tokens.shape[1]))
        free_nats = self.hyperparameters.free_bits * NATS_PER_BIT
        cost = torch.clamp(divergence_nats(mean, deviation) - free_nats, min=0.0)
        return (self._reconstruction_nats(logits, tokens) + self.hyperparameters.beta * cost).mean()

    def _reconstruction_nats(self, logits: Tensor, tokens: Tensor) -> Tensor:
        return reconstruction_nats(logits[:, : tokens.shape[1]], tokens, self.model.spec.n_classes)

    @torch.no_grad()
    def onset_accuracy(self, held_out: WindowDataset, limit: int) -> float:
        """Return the share of held-out onsets that are reconstructed, of at most `limit` windows."""
        n_right = n_onsets = 0
        for tokens, chords in iter_evaluation_batches(held_out, limit):
            mean, _ = self.model.encode(tokens, chords)
            logits = self.readout(self.model.conduct(mean, tokens.shape[1]))
            is_onset = tokens >= self.model.spec.first_onset_token
            n_right += int((logits.view(*tokens.shape, -1).argmax(-1) == tokens)[is_onset].sum())
            n_onsets += int(is_onset.sum())
        return n_right / max(n_onsets, 1)

    def fit(self, loss_of: Loss, batches: Iterator[tuple[Tensor, Tensor]], n_steps: int) -> Iterator[tuple[int, float]]:
        """Train for a number of steps; the learning rate warms up and follows a cosine.

        Parameters
        ----------
        loss_of : callable
            `beat_loss` or `window_loss`.
        batches : iterator of (tokens, chords)
            As `iter_training_batches` yields them.
        n_steps : int

        Yields
        ------
        tuple of (int, float)
            Step and loss, every `REPORT_INTERVAL_STEPS` steps and at the end.
        """
        peak_rate, final_rate = self.hyperparameters.peak_rate, self.hyperparameters.final_rate
        parameters = list(self.parameters())
        optimizer = torch.optim.Adam(parameters, lr=peak_rate, fused=True)
        for step in range(n_steps):
            cosine = 0.5 * peak_rate * (1.0 + math.cos(math.pi * step / n_steps))
            for group in optimizer.param_groups:
                group["lr"] = max(final_rate, cosine) * min(1.0, (step + 1) / WARM_UP_STEPS)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*next(batches))
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
            optimizer.step()
            if (step + 1) % REPORT_INTERVAL_STEPS == 0 or step + 1 == n_steps:
                yield step + 1, float(loss.detach())


def pretrain(
    pretraining: Pretraining, training: WindowDataset, held_out: WindowDataset, n_beat_steps: int, n_window_steps: int
) -> None:
    """Train on beats, then on windows, and print reports.

    Parameters
    ----------
    pretraining : Pretraining
    training, held_out : WindowDataset
    n_beat_steps, n_window_steps : int
    """
    rng = np.random.default_rng(pretraining.hyperparameters.seed)
    batches = iter_training_batches(training, BATCH_SIZE, rng)
    for name, loss_of, n_steps in (
        ("beats", pretraining.beat_loss, n_beat_steps),
        ("windows", pretraining.window_loss, n_window_steps),
    ):
        for step, loss in pretraining.fit(loss_of, batches, n_steps):
            accuracy = pretraining.onset_accuracy(held_out, REPORT_LIMIT)
            print(f"{name} {step} {loss:.2f} onsets {accuracy:.4f}", flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--model", choices=sorted(MODEL_SPECS), required=True)
    parser.add_argument("--beat-steps", type=int, default=1500)
    parser.add_argument("--window-steps", type=int, default=3000)
    parser.add_argument("--beta", type=float, default=Hyperparameters(model="").beta)
    parser.add_argument("--free-bits", type=float, default=Hyperparameters(model="").free_bits)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    training, held_out = split_by_work(load_windows(options.data, options.model))
    hyperparameters = Hyperparameters(
        options.model, options.seed, batch_size=BATCH_SIZE, beta=options.beta, free_bits=options.free_bits
    )
    pretraining = Pretraining(MusicVae(MODEL_SPECS[options.model]), hyperparameters)
    pretrain(pretraining, training, held_out, options.beat_steps, options.window_steps)
    state = pretraining.model.state_dict()
    torch.save({"model": state, "average": state}, options.out)


if __name__ == "__main__":
    main()
