"""Train encoder and conductor alone, before `training.model.train`: first beats, then windows.

    python -m training.model.pretrain --data windows.npz --role harmony --out var/training/harmony-pretrained.pt
    python -m training.model.train --data windows.npz --role harmony --init var/training/harmony-pretrained.pt ...

First the codes of beats are read by the conductor and a linear layer, past the latents; then latents are put between.
No step waits for the one before it, so that a core sees several times as many windows a second as with the decoder, and
the decoder, which comes after, starts with latents that already tell the notes. Without it the harmony's decoder takes
many times as long to heed its latents (docs/decisions/vae-networks.md).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from vae.models.specs import CONDUCTOR_DEPTH, ROLE_SPECS

from ..data import dataset
from ..data.dataset import Windows
from ..evaluation.reconstruction_eval import fixed_batches
from .music_vae import MusicVae, divergence_nats, reconstruction_nats
from .train import GRADIENT_NORM, NATS_PER_BIT, WARM_UP_STEPS, Plan, half_precision

BATCH_SIZE = 256
REPORT_STEPS = 500
CODE_NOISE = 0.3
CODE_COST = 1e-3

Loss = Callable[[Tensor, Tensor], Tensor]


class Direct(nn.Module):
    """A model whose conductor is read without its decoder.

    Parameters
    ----------
    model : MusicVae
    plan : training.model.train.Plan
    """

    def __init__(self, model: MusicVae, plan: Plan) -> None:
        super().__init__()
        self.model, self.plan = model, plan
        self.reader = nn.Linear(CONDUCTOR_DEPTH, model.spec.depth)

    def of_beats(self, tokens: Tensor, chords: Tensor) -> Tensor:
        """Return the mean loss of a batch read from the codes of its beats, in nats a window."""
        del chords
        with half_precision(tokens.device.type):
            codes = self.model.encode_beats(tokens)
            logits = self.reader(self.model.conduct_beats(codes + CODE_NOISE * torch.randn_like(codes)))
        size = codes.float().square().sum(dim=(1, 2))
        return (self._missed(logits, tokens) + CODE_COST * size).mean()

    def of_windows(self, tokens: Tensor, chords: Tensor) -> Tensor:
        """Return the mean loss of a batch read from its latents, in nats a window."""
        with half_precision(tokens.device.type):
            mean, deviation = self.model.encode(tokens, chords)
            z = mean + deviation * torch.randn_like(deviation)
            logits = self.reader(self.model.conduct(z, tokens.shape[1]))
        cost = torch.clamp(divergence_nats(mean, deviation) - self.plan.free_bits * NATS_PER_BIT, min=0.0)
        return (self._missed(logits, tokens) + self.plan.beta * cost).mean()

    def _missed(self, logits: Tensor, tokens: Tensor) -> Tensor:
        return reconstruction_nats(logits[:, : tokens.shape[1]], tokens, self.model.spec.n_classes)

    @torch.no_grad()
    def onsets(self, held_out: Windows, limit: int) -> float:
        """Return the share of held-out onsets that latents give back."""
        right = total = 0
        for tokens, chords in fixed_batches(held_out, limit):
            mean, _ = self.model.encode(tokens, chords)
            logits = self.reader(self.model.conduct(mean, tokens.shape[1]))
            begins = tokens >= self.model.spec.first_onset_token
            right += int((logits.view(*tokens.shape, -1).argmax(-1) == tokens)[begins].sum())
            total += int(begins.sum())
        return right / max(total, 1)

    def fit(self, loss_of: Loss, source: Iterator[tuple[Tensor, Tensor]], steps: int) -> Iterator[tuple[int, float]]:
        """Train for some steps with a warm-up and a cosine; yield step and loss now and then."""
        plan, parameters = self.plan, list(self.parameters())
        optimizer = torch.optim.Adam(parameters, lr=plan.peak_rate, fused=True)
        for step in range(steps):
            cosine = 0.5 * plan.peak_rate * (1.0 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = max(plan.final_rate, cosine) * min(1.0, (step + 1) / WARM_UP_STEPS)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*next(source))
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
            optimizer.step()
            if (step + 1) % REPORT_STEPS == 0 or step + 1 == steps:
                yield step + 1, float(loss.detach())


def train(direct: Direct, training: Windows, held_out: Windows, beat_steps: int, window_steps: int) -> None:
    """Train on beats, then on windows, saying on the way how far it has come."""
    batches = dataset.batches(training, BATCH_SIZE, np.random.default_rng(direct.plan.seed))
    source = (tuple(torch.from_numpy(array.astype(np.int64)) for array in batch) for batch in batches)
    for name, loss_of, steps in (
        ("beats", direct.of_beats, beat_steps),
        ("windows", direct.of_windows, window_steps),
    ):
        for step, loss in direct.fit(loss_of, source, steps):  # type: ignore[arg-type]
            print(f"{name} {step} {loss:.2f} onsets {direct.onsets(held_out, 1024):.4f}", flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--role", choices=sorted(ROLE_SPECS), required=True)
    parser.add_argument("--beat-steps", type=int, default=1500)
    parser.add_argument("--window-steps", type=int, default=3000)
    parser.add_argument("--beta", type=float, default=Plan(role="").beta)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    training, held_out = dataset.split(dataset.load(options.data, options.role))
    plan = Plan(options.role, options.seed, batch_size=BATCH_SIZE, beta=options.beta)
    direct = Direct(MusicVae(ROLE_SPECS[options.role]), plan)
    train(direct, training, held_out, options.beat_steps, options.window_steps)
    state = direct.model.state_dict()
    torch.save({"model": state, "average": state}, options.out)


if __name__ == "__main__":
    main()
