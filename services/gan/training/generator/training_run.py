"""A run of the generator's training: what it is planned to be, and the state that it keeps in its folder."""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from gan.network.critic import Critic
from gan.network.dims import NetworkSizes
from gan.network.generator import NoteGenerator

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: every number that shapes the result."""

    seed: int = 1
    batch: int = 32
    rate: float = 2e-3
    decay: float = 0.02
    warm_up: int = 100
    average: float = 0.998
    role_drop: float = 0.08
    conditions: int = 8
    group: int = 4
    adversarial_rate: float = 2e-4
    reward_weight: float = 0.5
    far_sight: float = 0.7
    critic_rate: float = 4e-4
    critic_first: int = 120
    penalty: float = 1.0
    penalty_every: int = 4


class Run:
    """A training run in a folder: networks, optimisers, average, chance and counters.

    Parameters
    ----------
    plan : Plan
    shape : NetworkSizes
    folder : Path
    device : torch.device
    """

    COUNTERS = ("step", "adversarial_step", "rehearsal_step", "elapsed_s", "rehearsed_s")
    """Steps, those of them against the critic, and those in rehearsals; seconds before rehearsals, and in these."""

    def __init__(self, plan: Plan, shape: NetworkSizes, folder: Path, device: torch.device) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.shape, self.folder, self.device = plan, shape, folder, device
        self.generator, self.critic = NoteGenerator(self.shape).to(device), Critic(self.shape).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.generator_steps = torch.optim.AdamW(
            self.generator.parameters(), plan.rate, (0.9, 0.98), weight_decay=plan.decay
        )
        self.critic_steps = torch.optim.AdamW(
            self.critic.parameters(), plan.critic_rate, (0.5, 0.98), weight_decay=plan.decay
        )
        self.step, self.adversarial_step, self.rehearsal_step = 0, 0, 0
        self.elapsed_s, self.rehearsed_s = 0.0, 0.0

    def parts(self) -> dict[str, Any]:
        """Everything with a state."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "average": self.average,
            "generator_steps": self.generator_steps,
            "critic_steps": self.critic_steps,
        }

    def save(self, name: str = CHECKPOINT) -> None:
        """Write the checkpoint, whole or not at all."""
        state: dict[str, Any] = {part: value.state_dict() for part, value in self.parts().items()}
        state |= {"torch": torch.get_rng_state()} | {name: getattr(self, name) for name in self.COUNTERS}
        write_state(state, self.folder / name)

    def resume(self, name: str = CHECKPOINT) -> bool:
        """Read the checkpoint, if there is one."""
        path = self.folder / name
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True, map_location=self.device)
        for part, value in self.parts().items():
            value.load_state_dict(state[part])
        torch.set_rng_state(state["torch"].cpu())
        for name in self.COUNTERS:
            setattr(self, name, state[name])
        return True

    def log(self, **facts: float | str) -> None:
        """Append a line of metrics."""
        line = {"step": self.step, "adversarial_step": self.adversarial_step, "elapsed_s": round(self.elapsed_s, 1)}
        text = json.dumps(
            line | {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}
        )
        with (self.folder / METRICS).open("a") as out:
            out.write(text + "\n")
        print(text, flush=True)

    def follow(self) -> None:
        """Move the running average towards the generator."""
        keep = min(self.plan.average, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)


def write_state(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    draft = path.with_suffix(".draft")
    torch.save(state, draft)
    draft.replace(path)


def read_plan(folder: Path) -> dict[str, Any]:
    """Read how a run is trained: `Plan`, and ``rehearsals``, each a `training.finetune.rollouts.Plan`."""
    path = folder / "plan.json"
    plan: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return plan


def read_metrics(folder: Path) -> list[str]:
    """Read a run's lines of metrics; a short run has none."""
    path = folder / METRICS
    return path.read_text().splitlines() if path.exists() else []


def write_plan(folder: Path, facts: dict[str, Any]) -> None:
    """Add to what a run's folder tells of how it is trained."""
    (folder / "plan.json").write_text(json.dumps(read_plan(folder) | facts, indent=1))


def add_options(parser: argparse.ArgumentParser, plan: Any) -> None:
    """Let each number of a plan be told on the command line."""
    for field in fields(plan):
        value = getattr(plan, field.name)
        parser.add_argument("--" + field.name.replace("_", "-"), type=type(value), default=value)
