"""Training of the baseline as a WGAN-GP, and sampling from it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from score.arrays import I16
from score.roles import Role
from torch import Tensor

from ..config import Config, from_stored, hyperparameter, to_stored
from ..evaluation.pieces import Piece
from .networks import Critic, Generator, sample_noise
from .piano_rolls import N_BARS, PhraseDataset, Rolls, decode_rolls

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"

THRESHOLD = 0.5
"""Value of a roll above which a step sounds in samples."""

LOG_INTERVAL = 50
"""Steps whose mean metrics are one line."""


@dataclass(frozen=True, slots=True)
class BaselineConfig(Config):
    """Hyperparameters of the baseline.

    Attributes
    ----------
    seed : int
    batch_size : int
    learning_rate : float
    n_critic_steps : int
        Steps of the critic for each step of the generator.
    penalty_weight : float
        Weight of the gradient penalty.
    width : int
        Width of the networks.
    """

    seed: int = 1
    batch_size: int = hyperparameter(16, "batch")
    learning_rate: float = hyperparameter(1e-3, "rate")
    n_critic_steps: int = hyperparameter(5, "critic_steps")
    penalty_weight: float = hyperparameter(10.0, "penalty")
    width: int = 64


class BaselineRun:
    """The state of a run: networks, optimizers, random state and counters.

    Parameters
    ----------
    config : BaselineConfig
    styles : sequence of str
        Ids, in the order of the networks' embeddings.
    folder : Path
    """

    def __init__(self, config: BaselineConfig, styles: Sequence[str], folder: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.styles, self.folder = config, list(styles), folder
        self.generator = Generator(len(self.styles), config.width)
        self.critic = Critic(len(self.styles), config.width)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), config.learning_rate, (0.5, 0.9))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), config.learning_rate, (0.5, 0.9))
        self.random = torch.Generator().manual_seed(config.seed)
        self.step, self.elapsed_s = 0, 0.0

    def stateful_parts(self) -> dict[str, Any]:
        """Return the networks and optimizers by the keys of checkpoints that store their states."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "generator_steps": self.generator_optimizer,
            "critic_steps": self.critic_optimizer,
        }

    def save(self) -> None:
        """Write the checkpoint atomically."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.stateful_parts().items()}
        state |= {"random": self.random.get_state(), "step": self.step, "elapsed_s": self.elapsed_s}
        draft = self.folder / "checkpoint.draft"
        torch.save(state | {"plan": to_stored(self.config), "styles": self.styles}, draft)
        draft.replace(self.folder / CHECKPOINT)

    def log(self, metrics: Mapping[str, float]) -> None:
        """Append a JSON line to the metrics, and print it."""
        line = {"step": self.step, "elapsed_s": round(self.elapsed_s, 1), **metrics}
        with (self.folder / METRICS).open("a") as out:
            out.write(json.dumps(line) + "\n")
        print(line, flush=True)


def load_run(folder: Path) -> BaselineRun:
    """Return a run as it was when its checkpoint was written."""
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    run = BaselineRun(from_stored(BaselineConfig, state["plan"]), state["styles"], folder)
    for name, part in run.stateful_parts().items():
        part.load_state_dict(state[name])
    run.random.set_state(state["random"])
    run.step, run.elapsed_s = state["step"], state["elapsed_s"]
    return run


def critic_losses(run: BaselineRun, phrases: PhraseDataset) -> tuple[Tensor, Tensor]:
    """Return the Wasserstein loss of the critic on random phrases, and its gradient penalty."""
    config = run.config
    real, style = phrases.sample(config.batch_size, run.random)
    with torch.no_grad():
        generated = run.generator(sample_noise(config.batch_size, run.random), style)
    both = Rolls(*(torch.cat(pair) for pair in zip(real, generated, strict=True)))
    real_scores, generated_scores = run.critic(both, style.repeat(2)).chunk(2)
    share = torch.rand(config.batch_size, 1, 1, 1, generator=run.random)
    mixed = Rolls(*(torch.lerp(a, b, share).requires_grad_(True) for a, b in zip(real, generated, strict=True)))
    gradients = torch.autograd.grad(run.critic(mixed, style).sum(), list(mixed), create_graph=True)
    norm = torch.cat([gradient.flatten(1) for gradient in gradients], 1).norm(dim=1)
    return generated_scores.mean() - real_scores.mean(), config.penalty_weight * (norm - 1).square().mean()


def train_step(run: BaselineRun, phrases: PhraseDataset) -> dict[str, float]:
    """Take the steps of the critic and one of the generator; return their metrics."""
    config = run.config
    gap, penalty = torch.zeros(()), torch.zeros(())
    for _ in range(config.n_critic_steps):
        gap, penalty = critic_losses(run, phrases)
        _optimizer_step(run.critic_optimizer, gap + penalty)
    _, style = phrases.sample(config.batch_size, run.random)
    run.critic.requires_grad_(False)
    loss = -run.critic(run.generator(sample_noise(config.batch_size, run.random), style), style).mean()
    _optimizer_step(run.generator_optimizer, loss)
    run.critic.requires_grad_(True)
    run.step += 1
    return {"gap": float(gap.detach()), "penalty": float(penalty.detach()), "generator": float(loss.detach())}


def _optimizer_step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def train(run: BaselineRun, phrases: PhraseDataset, minutes: float) -> None:
    """Train until the run has used so much processor time, and save and log at intervals.

    Parameters
    ----------
    run : BaselineRun
    phrases : PhraseDataset
    minutes : float
    """
    end_s = 60 * minutes
    sums: dict[str, float] = {}
    while run.elapsed_s < end_s:
        started_s = time.process_time()
        _set_learning_rate(run, 1 - run.elapsed_s / end_s)
        for name, value in train_step(run, phrases).items():
            sums[name] = sums.get(name, 0.0) + value
        run.elapsed_s += time.process_time() - started_s
        if run.step % LOG_INTERVAL == 0:
            run.log({name: round(value / LOG_INTERVAL, 4) for name, value in sums.items()})
            run.save()
            sums = {}
    run.save()


def _set_learning_rate(run: BaselineRun, remaining: float) -> None:
    """Set the learning rate, which is constant in the first half of a run, then falls linearly."""
    for optimizer in (run.generator_optimizer, run.critic_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = run.config.learning_rate * min(1.0, 2 * remaining + 0.01)


@torch.inference_mode()
def sample(run: BaselineRun, references: Sequence[Piece], random: torch.Generator) -> list[Piece]:
    """Generate a piece for each reference, of its style, roles and length, phrase after phrase.

    Its mode is copied from the reference only in name: all training music is in C major or A minor, and the networks
    are not given the mode.

    Parameters
    ----------
    run : BaselineRun
    references : sequence of Piece
    random : torch.Generator
    """
    run.generator.eval()
    return [replace(piece, events=_sample_events(run, piece, random)) for piece in references]


def _sample_events(run: BaselineRun, reference: Piece, random: torch.Generator) -> dict[Role, I16]:
    count = -(-reference.n_bars // N_BARS)
    style = torch.tensor([run.styles.index(reference.style)] * count)
    rolls = run.generator(sample_noise(count, random), style)
    pitched, drums = ((roll > THRESHOLD).flatten(0, 1)[: reference.n_steps].numpy() for roll in rolls)
    events = decode_rolls(pitched, drums[..., 0])
    return {role: events[role] for role in reference.roles}
