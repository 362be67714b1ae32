"""A training run of the generator: its hyperparameters, and the state and metrics that it keeps in its folder."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from gan.network.critic import Critic
from gan.network.dims import NetworkSizes
from gan.network.generator import NoteGenerator

from ..config import Config, hyperparameter

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"
PLAN = "plan.json"

FINETUNINGS = "rehearsals"
"""Key of a plan under which the configurations of all fine-tunings of a run are listed."""


@dataclass(frozen=True, slots=True)
class TrainingConfig(Config):
    """Hyperparameters of pretraining.

    Attributes
    ----------
    seed : int
    batch_size : int
        Passages of a batch.
    learning_rate : float
        Of the likelihood steps, at its highest.
    weight_decay : float
    n_warm_up_steps : int
        Steps in which the learning rate rises.
    ema_decay : float
        Of the running average of the generator's weights.
    role_dropout : float
        Probability that a role is left out of a passage.
    n_conditions, group_size : int
        Passages of an adversarial step whose conditions are used, and how many are sampled for each.
    adversarial_learning_rate : float
        Of the generator in adversarial steps.
    reward_weight : float
        Weight of the policy gradient beside the likelihood.
    discount : float
        Of the scores of later bars, per bar.
    critic_learning_rate : float
    n_critic_warm_up_steps : int
        Adversarial steps in which only the critic is trained.
    penalty_weight : float
        Weight of the R1 gradient penalty.
    penalty_interval : int
        Steps from one penalty to the next.
    """

    seed: int = 1
    batch_size: int = hyperparameter(32, "batch")
    learning_rate: float = hyperparameter(2e-3, "rate")
    weight_decay: float = hyperparameter(0.02, "decay")
    n_warm_up_steps: int = hyperparameter(100, "warm_up")
    ema_decay: float = hyperparameter(0.998, "average")
    role_dropout: float = hyperparameter(0.08, "role_drop")
    n_conditions: int = hyperparameter(8, "conditions")
    group_size: int = hyperparameter(4, "group")
    adversarial_learning_rate: float = hyperparameter(2e-4, "adversarial_rate")
    reward_weight: float = 0.5
    discount: float = hyperparameter(0.7, "far_sight")
    critic_learning_rate: float = hyperparameter(4e-4, "critic_rate")
    n_critic_warm_up_steps: int = hyperparameter(120, "critic_first")
    penalty_weight: float = hyperparameter(1.0, "penalty")
    penalty_interval: int = hyperparameter(4, "penalty_every")


class TrainingRun:
    """The state of a run: networks, optimizers, running average and counters.

    Parameters
    ----------
    config : TrainingConfig
    sizes : NetworkSizes
    folder : Path
        Where checkpoints and metrics are written.
    device : torch.device

    Attributes
    ----------
    step, adversarial_step, finetuning_step : int
        Steps of the generator or critic; those of them that are adversarial; those in fine-tunings.
    elapsed_s, finetuning_s : float
        Training time before fine-tunings, and in them.
    """

    STORED_COUNTERS: Mapping[str, str] = {
        "step": "step",
        "adversarial_step": "adversarial_step",
        "finetuning_step": "rehearsal_step",
        "elapsed_s": "elapsed_s",
        "finetuning_s": "rehearsed_s",
    }
    """Attributes with the keys of checkpoints that store them."""

    def __init__(self, config: TrainingConfig, sizes: NetworkSizes, folder: Path, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config, self.sizes, self.folder, self.device = config, sizes, folder, device
        self.generator, self.critic = NoteGenerator(self.sizes).to(device), Critic(self.sizes).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.generator_optimizer = torch.optim.AdamW(
            self.generator.parameters(), config.learning_rate, (0.9, 0.98), weight_decay=config.weight_decay
        )
        self.critic_optimizer = torch.optim.AdamW(
            self.critic.parameters(), config.critic_learning_rate, (0.5, 0.98), weight_decay=config.weight_decay
        )
        self.step, self.adversarial_step, self.finetuning_step = 0, 0, 0
        self.elapsed_s, self.finetuning_s = 0.0, 0.0

    def stateful_parts(self) -> dict[str, Any]:
        """Return the networks and optimizers by the keys of checkpoints that store their states."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "average": self.average,
            "generator_steps": self.generator_optimizer,
            "critic_steps": self.critic_optimizer,
        }

    def save(self, name: str = CHECKPOINT) -> None:
        """Write a checkpoint to the run's folder."""
        state: dict[str, Any] = {part: value.state_dict() for part, value in self.stateful_parts().items()}
        state["torch"] = torch.get_rng_state()
        state |= {key: getattr(self, attribute) for attribute, key in self.STORED_COUNTERS.items()}
        write_checkpoint(state, self.folder / name)

    def resume(self, name: str = CHECKPOINT) -> bool:
        """Restore a checkpoint of the run's folder; return whether there is one."""
        path = self.folder / name
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True, map_location=self.device)
        for part, value in self.stateful_parts().items():
            value.load_state_dict(state[part])
        torch.set_rng_state(state["torch"].cpu())
        for attribute, key in self.STORED_COUNTERS.items():
            setattr(self, attribute, state[key])
        return True

    def log(self, **metrics: float | str) -> None:
        """Append a JSON line to the metrics, and print it."""
        line = {"step": self.step, "adversarial_step": self.adversarial_step, "elapsed_s": round(self.elapsed_s, 1)}
        text = json.dumps(
            line | {name: round(value, 4) if isinstance(value, float) else value for name, value in metrics.items()}
        )
        with (self.folder / METRICS).open("a") as out:
            out.write(text + "\n")
        print(text, flush=True)

    def update_average(self) -> None:
        """Move the running average towards the generator."""
        decay = min(self.config.ema_decay, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                slow.lerp_(fast, 1 - decay)


def write_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint atomically."""
    draft = path.with_suffix(".draft")
    torch.save(state, draft)
    draft.replace(path)


def read_plan(folder: Path) -> dict[str, Any]:
    """Read how a run is trained: a stored `TrainingConfig`, and under `FINETUNINGS` those of its fine-tunings."""
    path = folder / PLAN
    plan: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return plan


def write_plan(folder: Path, entries: Mapping[str, Any]) -> None:
    """Add entries to the plan of a run, or replace them."""
    (folder / PLAN).write_text(json.dumps({**read_plan(folder), **entries}, indent=1))


def read_metrics(folder: Path) -> list[str]:
    """Read the JSON lines of a run's metrics; a short run has none."""
    path = folder / METRICS
    return path.read_text().splitlines() if path.exists() else []
