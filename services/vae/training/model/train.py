"""Train the model of one role.

    python -m training.model.train --data windows.npz --role lead --out var/training/lead --minutes 60

Resumes from the folder's last checkpoint. The learning rate warms up and then follows a cosine over the whole
budget, be it steps (reproducible) or minutes (fits a deadline on a busy machine).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from vae.models.specs import ROLE_SPECS

from ..data import dataset
from ..data.dataset import Windows
from ..evaluation.reconstruction_eval import accuracies
from .music_vae import MusicVae, divergence_nats, reconstruction_nats

WARM_UP_STEPS = 300
GRADIENT_NORM = 1.0
AVERAGE_DECAY = 0.999
NATS_PER_BIT = math.log(2.0)


@dataclass(frozen=True)
class Plan:
    """What a run was asked to do; kept in its checkpoints.

    `steps` or `minutes` is the budget; free bits and beta temper the KL term; `dropped` is the share of steps whose
    one-hot the decoder does not see, `chordless` the share of windows whose chords are withheld. With `freeze_encoder`
    the latents stay as they are, for what was built on them.
    """

    role: str
    seed: int = 1
    steps: int = 0
    minutes: float = 0.0
    batch_size: int = 128
    peak_rate: float = 3e-3
    final_rate: float = 1e-5
    free_bits: float = 64.0
    beta: float = 0.1
    dropped: float = 0.15
    chordless: float = 0.25
    freeze_encoder: bool = False


class Run:
    """A training run: networks, their running average, optimiser, and how far it has come."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        torch.manual_seed(plan.seed)
        spec = ROLE_SPECS[plan.role]
        self.model, self.average = MusicVae(spec), MusicVae(spec)
        self.average.load_state_dict(self.model.state_dict())
        for part in self.model.encoder_parts():
            part.requires_grad_(not plan.freeze_encoder)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=plan.peak_rate, fused=True)
        self.step, self.windows_seen, self.elapsed_s = 0, 0, 0.0

    @property
    def progress(self) -> float:
        """The share of the budget that is used up, 0 to 1."""
        if self.plan.steps:
            return min(1.0, self.step / self.plan.steps)
        return min(1.0, self.elapsed_s / (60.0 * self.plan.minutes))

    @property
    def rate(self) -> float:
        """The learning rate now."""
        span = self.plan.peak_rate - self.plan.final_rate
        cosine = self.plan.final_rate + 0.5 * span * (1.0 + math.cos(math.pi * self.progress))
        return cosine * min(1.0, (self.step + 1) / WARM_UP_STEPS)

    def train_on(self, tokens: Tensor, chords: Tensor) -> dict[str, float]:
        """Take one optimiser step on a batch and return its loss terms, in nats a window."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.zero_grad(set_to_none=True)
        terms = loss_terms(self.model, tokens, chords, self.plan)
        terms["loss"].backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_NORM)
        self.optimizer.step()
        self._follow()
        self.step += 1
        self.windows_seen += len(tokens)
        return {name: float(value.detach()) for name, value in terms.items()}

    def _follow(self) -> None:
        decay = min(AVERAGE_DECAY, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            mine: list[Tensor] = list(self.average.parameters())
            torch._foreach_lerp_(mine, list(self.model.parameters()), weight=1.0 - decay)

    def save(self) -> None:
        """Write the checkpoint; a killed run loses what came after it."""
        state = {
            "plan": asdict(self.plan),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "windows_seen": self.windows_seen,
            "elapsed_s": self.elapsed_s,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "checkpoint.tmp"
        torch.save(state, draft)
        draft.replace(self.folder / "checkpoint.pt")

    def resume(self, path: Path, weights_only: bool = False) -> None:
        """Go on from a checkpoint, or only start from its weights."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["average" if weights_only else "model"])
        self.average.load_state_dict(state["average"])
        if weights_only:
            return
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.windows_seen, self.elapsed_s = state["step"], state["windows_seen"], state["elapsed_s"]

    def log(self, **facts: float | str) -> None:
        """Append a line to the run's metrics."""
        line = {"step": self.step, "windows": self.windows_seen, "elapsed_s": round(self.elapsed_s, 1), **facts}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


def half_precision(device: str) -> torch.autocast:
    """Compute in bfloat16 where LSTMs can be: on a CPU without AVX-512 they cannot, and are computed in float32."""
    is_able = device != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.autocast(device, torch.bfloat16, enabled=is_able)


def loss_terms(model: MusicVae, tokens: Tensor, chords: Tensor, plan: Plan) -> dict[str, Tensor]:
    """Return the mean `loss`, `reconstruction` and `divergence` of a batch, in nats a window."""
    vectors = model.one_hot(tokens)
    seen = (torch.rand(vectors.shape[:2]) >= plan.dropped).unsqueeze(-1)
    previous = torch.nn.functional.pad((vectors * seen)[:, :-1], (0, 0, 1, 0))
    chords = chords * (torch.rand(len(chords), 1) >= plan.chordless)
    with half_precision("cpu"):
        mean, deviation = model.encode(tokens, chords)
        z = mean + deviation * torch.randn_like(deviation)
        logits = model.decode(z, chords, previous)
    reconstruction = reconstruction_nats(logits, tokens, model.spec.n_classes).mean()
    divergence = divergence_nats(mean, deviation)
    cost = torch.clamp(divergence - plan.free_bits * NATS_PER_BIT, min=0.0).mean()
    return {
        "loss": reconstruction + plan.beta * cost,
        "reconstruction": reconstruction,
        "divergence": divergence.mean(),
    }


def train(run: Run, training: Windows, held_out: Windows, save_every_s: float, evaluate_every_s: float) -> None:
    """Train until the budget is used up, saving and evaluating on the way."""
    rng = np.random.default_rng([run.plan.seed, run.step])
    source = dataset.batches(training, run.plan.batch_size, rng)
    began_s = time.monotonic() - run.elapsed_s
    saved_s = evaluated_s = run.elapsed_s
    while run.progress < 1.0:
        terms = run.train_on(*(torch.from_numpy(array.astype(np.int64)) for array in next(source)))
        run.elapsed_s = time.monotonic() - began_s
        if run.step % 100 == 0:
            run.log(rate=run.rate, **{name: round(value, 3) for name, value in terms.items()})
        if run.elapsed_s - saved_s > save_every_s:
            run.save()
            saved_s = run.elapsed_s
        if run.elapsed_s - evaluated_s > evaluate_every_s:
            run.log(**accuracies(run.average, held_out, limit=512))
            evaluated_s = run.elapsed_s
    run.save()
    run.log(**accuracies(run.average, held_out, limit=2048))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--role", choices=sorted(ROLE_SPECS), required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run's checkpoint and metrics")
    parser.add_argument("--init", type=Path, help="start from the weights of this checkpoint")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to torch")
    parser.add_argument(
        "--leave-out-risk", action="store_true", help="leave out rows with unclear or copyrighted songs"
    )
    parser.add_argument("--save-every-s", type=float, default=60.0)
    parser.add_argument("--evaluate-every-s", type=float, default=300.0)
    for name, kind in _plan_options():
        flag, default = "--" + name.replace("_", "-"), getattr(Plan, name)
        if kind is bool:
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=kind, default=default)
    return parser.parse_args()


def _plan_options() -> Iterator[tuple[str, type]]:
    return ((name, type(value)) for name, value in asdict(Plan(role="")).items() if name != "role")


def main() -> None:
    """Run the command line."""
    options = _arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    plan = Plan(options.role, **{name: getattr(options, name) for name, _ in _plan_options()})
    data = dataset.load(options.data, plan.role)
    training, held_out = dataset.split(data.take(~data.risk) if options.leave_out_risk else data)
    if not len(training):
        raise SystemExit(f"{options.data} has no windows of {plan.role} to train on")
    run = Run(plan, options.out)
    if (options.out / "checkpoint.pt").exists():
        run.resume(options.out / "checkpoint.pt")
    elif options.init:
        run.resume(options.init, weights_only=True)
    train(run, training, held_out, options.save_every_s, options.evaluate_every_s)


if __name__ == "__main__":
    main()
