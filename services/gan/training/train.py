"""Trains the generator against its critic.

    python -m training.train --data DIR --out DIR --minutes 30

in this folder's parent. Resumes from ``--out`` by itself; the same seed, data and number of steps give the same
weights on the same kind of machine. One JSON line a hundred steps goes to ``OUT/metrics.jsonl``.

The loss is relativistic and paired (Huang et al., *The GAN is dead; long live the GAN!*, NeurIPS 2024): each real
sequence is compared with one made under its own conditions, with a gradient penalty between the two (Gulrajani et al.,
NeurIPS 2017, centred at zero). The generator is also held to the features that were asked for, as far as the probe
hears them.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.network import Conditions, Critic, Generator, LatentSpace, Probe, Sequences, Shape
from gan.shapes import BEATS
from torch import Tensor
from torch.nn import functional

from . import dataset
from .curve import Curve


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: every number that shapes the result."""

    seed: int = 1
    batch: int = 64
    rate: float = 4e-4
    critic_rate: float = 4e-4
    penalty: float = 120.0
    penalty_every: int = 8
    feature_weight: float = 0.5
    average: float = 0.998
    jitter: float = 0.2
    components: int = 160
    probe_steps: int = 1200


class Run:
    """A training run in a folder: networks, optimisers, average, chance and counters.

    Parameters
    ----------
    plan : Plan
    styles : int
    folder : Path
    """

    def __init__(self, plan: Plan, styles: int, folder: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.folder = plan, folder
        self.shape = Shape(styles=styles, components=plan.components)
        self.generator, self.critic = Generator(self.shape), Critic(self.shape)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.space = LatentSpace(plan.components)
        self.random = torch.Generator().manual_seed(plan.seed)
        trained = [parameter for parameter in self.critic.parameters() if parameter.requires_grad]
        self.generator_steps = torch.optim.Adam(self.generator.parameters(), plan.rate, (0.0, 0.99), fused=True)
        self.critic_steps = torch.optim.Adam(trained, plan.critic_rate, (0.0, 0.99), fused=True)
        self.step, self.elapsed_s = 0, 0.0

    def parts(self) -> dict[str, Any]:
        """Everything with a state."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "average": self.average,
            "space": self.space,
            "generator_steps": self.generator_steps,
            "critic_steps": self.critic_steps,
        }

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.parts().items()}
        state |= {"random": self.random.get_state(), "step": self.step, "elapsed_s": self.elapsed_s}
        draft = self.folder / "checkpoint.draft"
        torch.save(state, draft)
        draft.replace(self.folder / "checkpoint.pt")

    def resume(self) -> bool:
        """Read the checkpoint, if there is one."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.random.set_state(state["random"])
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]
        return True

    def log(self, **facts: float | str) -> None:
        """Append a line of metrics."""
        line = {"step": self.step, "elapsed_s": round(self.elapsed_s, 1), **facts}
        with (self.folder / "metrics.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")
        print(line, flush=True)


def train_probe(probe: Probe, points: Tensor, known: npt.NDArray[np.intp], corpus: dataset.Corpus, plan: Plan) -> float:
    """Teach the probe what the known windows sound like, under a little noise; returns its last loss."""
    heard, sounding = corpus.windows["heard"], corpus.windows["sounding"]
    rng = np.random.default_rng(plan.seed)
    probe.requires_grad_(True)
    steps = torch.optim.Adam(probe.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, plan.probe_steps)
    loss = torch.zeros(())
    for _ in range(plan.probe_steps):
        chosen = known[rng.integers(0, len(known), 256)]
        inputs = points[torch.from_numpy(chosen)]
        inputs = inputs + 0.15 * torch.randn(inputs.shape)
        target = torch.from_numpy(heard[chosen].astype(np.float32))
        raw, split = probe(inputs), 12 * BEATS
        presence = functional.binary_cross_entropy_with_logits(raw[..., :split], target[..., :split], reduction="none")
        rest = (raw[..., split:] - target[..., split:]).square()
        each = presence.mean(-1) + 4 * rest.mean(-1)
        loss = (each * torch.from_numpy(sounding[chosen].astype(np.float32))).mean()
        steps.zero_grad()
        loss.backward()
        steps.step()
        schedule.step()
    probe.requires_grad_(False)
    return float(loss.detach())


def critic_loss(run: Run, batch: dataset.Batch, fake: Sequences) -> tuple[dict[str, Tensor], Tensor]:
    """Return the critic's terms, how far real stands above fake and its slope between, and the scores of the real."""
    real, conditions = _jitter(batch.real, run), batch.conditions
    with torch.autocast("cpu", torch.bfloat16):
        real_score = run.critic(real, conditions).float()
        gap = real_score - run.critic(fake, conditions).float()
    terms = {"critic": functional.softplus(-gap).mean()}
    if run.step % run.plan.penalty_every == 0:
        weight = 0.5 * run.plan.penalty * run.plan.penalty_every
        terms["slope"] = weight * _slope(run, _between(real, fake, run), conditions)
    return terms, real_score.detach()


def _between(real: Sequences, fake: Sequences, run: Run) -> Sequences:
    """Draw a point on the line between each real sequence and the one made under its conditions.

    Real and made sequences lie far apart at first: a critic that is only flat at both ends is a cliff between them.
    """
    share = torch.rand(len(real.points), 1, 1, 1, generator=run.random)
    return replace(real, points=torch.lerp(real.points, fake.points, share))


def _slope(run: Run, sequences: Sequences, conditions: Conditions) -> Tensor:
    points = sequences.points.detach().requires_grad_(True)
    score = run.critic(replace(sequences, points=points), conditions).sum()
    (gradient,) = torch.autograd.grad(score, points, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def _jitter(sequences: Sequences, run: Run) -> Sequences:
    noise = torch.randn(sequences.points.shape, generator=run.random)
    return Sequences(sequences.points + run.plan.jitter * noise, sequences.sounding)


def generator_loss(
    run: Run, batch: dataset.Batch, fake: Sequences, real_score: Tensor, scale: dataset.FeatureScale
) -> dict[str, Tensor]:
    """Return the generator's terms: how far it stands below real, and how far from the features asked for."""
    conditions = batch.conditions
    with torch.autocast("cpu", torch.bfloat16):
        gap = run.critic(fake, conditions).float() - real_score
    known = conditions.roles[:, None] * conditions.present[:, :, None]
    heard = run.critic.probe.listen(fake.points)
    features = scale.standardise(dataset.raw_features(heard, fake.sounding * known), conditions.style)
    miss = (features - conditions.features).square().mean()
    return {"generator": functional.softplus(-gap).mean(), "feature": run.plan.feature_weight * miss}


def step(run: Run, batch: dataset.Batch, scale: dataset.FeatureScale) -> dict[str, float]:
    """Take one step of the critic and one of the generator, on the same made sequences."""
    noise = run.generator.draw(batch.letters, run.random)
    with torch.autocast("cpu", torch.bfloat16):
        made = run.generator(noise, batch.conditions)
    fake = _jitter(Sequences(made.float(), batch.real.sounding), run)
    seen, real_score = critic_loss(run, batch, replace(fake, points=fake.points.detach()))
    _descend(run.critic_steps, list(seen.values()))
    run.critic.requires_grad_(False)
    terms = generator_loss(run, batch, fake, real_score, scale)
    _descend(run.generator_steps, list(terms.values()))
    run.critic.requires_grad_(True)
    run.critic.probe.requires_grad_(False)
    keep = min(run.plan.average, (run.step + 1) / (run.step + 10))
    with torch.no_grad():
        for slow, fast in zip(run.average.parameters(), run.generator.parameters(), strict=True):
            slow.lerp_(fast, 1 - keep)
    run.step += 1
    return {name: float(term.detach()) for name, term in (seen | terms).items()}


def _descend(steps: torch.optim.Optimizer, terms: list[Tensor]) -> None:
    steps.zero_grad(set_to_none=True)
    torch.stack(terms).sum().backward()
    steps.step()


def train(
    run: Run, batches: Iterator[dataset.Batch], scale: dataset.FeatureScale, curve: Curve, minutes: float
) -> None:
    """Train until the run is this old, logging and saving on the way; the rate falls to zero at the end."""
    sums: dict[str, float] = {}
    saved_s = run.elapsed_s
    while run.elapsed_s < 60 * minutes:
        began_s = time.monotonic()
        _set_rates(run, 1 - run.elapsed_s / (60 * minutes))
        for name, value in step(run, next(batches), scale).items():
            sums[name] = sums.get(name, 0.0) + value
        run.elapsed_s += time.monotonic() - began_s
        if run.step % 100 == 0:
            facts = {name: round(value / 100, 4) for name, value in sums.items()}
            if run.step % 500 == 0:
                facts |= curve.measure(run.average, run.critic)
            run.log(**facts)
            sums = {}
        if run.elapsed_s - saved_s > 120:
            run.save()
            saved_s = run.elapsed_s
    run.save()
    run.log(**curve.measure(run.average, run.critic))


def _set_rates(run: Run, left: float) -> None:
    """Hold the rates for the first two thirds of a run, then let them fall in a straight line."""
    share = min(1.0, 3 * left) + 1e-3
    for steps, rate in ((run.generator_steps, run.plan.rate), (run.critic_steps, run.plan.critic_rate)):
        for group in steps.param_groups:
            group["lr"] = rate * share


def prepare_run(plan: Plan, data: Path, out: Path) -> tuple[Run, dataset.Encoded, dataset.Encoded]:
    """Load data, and a run with its space and probe fitted or resumed; returns run, training and held-out chunks."""
    corpus = dataset.load_corpus(data)
    latents = np.load(data / "latents.npy", mmap_mode="r")
    chunks = dataset.cut(corpus)
    held_out = corpus.pieces["held_out"][chunks.piece]
    run = Run(plan, len(corpus.styles), out)
    resumed = run.resume()
    if not resumed:
        run.space = dataset.fit_space(np.asarray(latents), corpus.windows["sounding"], plan.components)
    with torch.no_grad():
        points = run.space.points(torch.from_numpy(np.asarray(latents, np.float32)))
    known = np.flatnonzero(np.asarray(latents[:, :, 0] != 0).any(1))
    if not resumed:
        run.log(probe=train_probe(run.critic.probe, points, known, corpus, plan))
    scale = dataset.measure_features(corpus, chunks.take(~held_out))
    training = dataset.Encoded(corpus, chunks.take(~held_out), points, scale)
    return run, training, dataset.Encoded(corpus, chunks.take(held_out), points, scale)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that prepare and encode wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    defaults = Plan()
    for name in Plan.__slots__:
        parser.add_argument(
            "--" + name.replace("_", "-"), type=type(getattr(defaults, name)), default=getattr(defaults, name)
        )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    plan = Plan(**{name: getattr(options, name) for name in Plan.__slots__})
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "plan.json").write_text(json.dumps({name: getattr(plan, name) for name in Plan.__slots__}, indent=1))
    run, training, held_out = prepare_run(plan, options.data, options.out)
    batches = training.batches(plan.batch, np.random.default_rng((plan.seed, run.step)))
    train(run, batches, training.scale, Curve(held_out, plan.seed), options.minutes)


if __name__ == "__main__":
    main()
