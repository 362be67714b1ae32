"""Trains the generator: first by likelihood, then against the critic; `training.finetune` goes on from there.

    python -m training.generator.train --data DIR --out DIR --minutes 40 --adversarial-minutes 20

in `services/gan`. Resumes from ``--out`` by itself; the same seed, data and number of steps give the same
weights on the same kind of machine. Minutes are of processor time on a CPU, of the clock on a GPU. One JSON line every
fifty steps goes to ``OUT/metrics.jsonl``.

The adversarial part: for each of a few conditions several stretches are drawn; the critic, which is trained on them and
on real ones all the while, scores every bar; each note is then made likelier or less likely by how much the bars from
its own on were liked more than those of its siblings (Yu et al., *SeqGAN*, AAAI 2017; relative to a group as Shao et
al., *DeepSeekMath*, 2024). Likelihood of real music goes on being learnt beside it, and holds the generator in place.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import torch
from gan.network.batch import Conditions
from gan.network.critic import Critic
from gan.network.dims import N_CHANNELS, N_CRITIC_BARS, N_CRITIC_WINDOWS, N_TRAINING_WINDOWS, NetworkSizes
from gan.network.generator import NoteGenerator, log_probabilities
from gan.sampling.sampler import Sampler, SamplingInputs
from score.encoding import OFF
from torch import Tensor
from torch.nn import functional

from ..data import dataset
from .training_run import Plan, Run, add_options, write_plan


def cost(generator: NoteGenerator, batch: dataset.Batch) -> Tensor:
    """Cost of a batch in nats a step and channel that plays."""
    chances = log_probabilities(generator(batch.music, batch.asked), batch.events, batch.asked.roles)
    plays = batch.asked.roles.sum(1, keepdim=True) * batch.mask
    return -(chances.sum(-1) * batch.mask).sum() / plays.sum()


def learn(run: Run, batch: dataset.Batch) -> dict[str, Tensor]:
    """Take one step towards the likelihood of real music."""
    loss = cost(run.generator.train(), batch)
    descend(run.generator, run.generator_steps, loss)
    run.step += 1
    run.follow()
    return {"cost": loss}


def draw(run: Run, batch: dataset.Batch, seed: int) -> dataset.Batch:
    """Draw music under the conditions, forms and places of a batch."""
    music = batch.music
    parts = (music.positions, batch.origin, music.previous_states[:, 0], music.last_notes[:, 0])
    places, origin, before, last = (part.cpu().numpy() for part in parts)
    plan = SamplingInputs(places, origin, before, last)
    asked = Conditions(*(getattr(batch.asked, field.name).cpu() for field in fields(Conditions)))
    events, states = sampler_of(run).sample(
        plan, asked, np.ones(N_CHANNELS), np.random.default_rng((run.plan.seed, seed))
    )
    return made_like(batch, *(torch.from_numpy(part.copy()).to(run.device) for part in (events, states)))


def sampler_of(run: Run) -> Sampler:
    """Make the generator ready for drawing, which is done on the CPU."""
    generator = copy.deepcopy(run.generator).cpu() if run.device.type != "cpu" else run.generator
    return Sampler(generator, torch.get_num_threads())


def made_like(batch: dataset.Batch, events: Tensor, states: Tensor) -> dataset.Batch:
    """Put drawn music in the place of a batch's own."""
    music = batch.music
    began = torch.where(events > OFF, events, 0)
    last = [music.last_notes[:, 0]]
    for step in range(events.shape[1] - 1):
        last.append(torch.where(began[:, step] > 0, began[:, step], last[-1]))
    made = replace(
        music,
        previous_states=torch.cat([music.previous_states[:, :1], states[:, :-1]], dim=1),
        states=states,
        last_notes=torch.stack(last, dim=1),
        repeat_states=dataset.echo(states, batch.origin),
        repeat_events=dataset.echo(events, batch.origin),
        copy_hints=dataset.hint(events, batch.origin, music.last_notes, batch.asked.meter),
    )
    return replace(batch, music=made, events=events)


def judge(critic: Critic, batch: dataset.Batch, embedded: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Let the critic hear a batch: scores of bars and of wholes."""
    if embedded is None:
        embedded = critic.embed(batch.music.states, batch.music.positions)
    bars, wholes = critic(embedded, batch.asked, batch.present)
    return bars, wholes


def criticise(run: Run, real: dataset.Batch, made: dataset.Batch) -> dict[str, Tensor]:
    """Take one step of the critic, on bars and on wholes, now and then with a penalty on its slope at real music.

    The penalty is R1 (Mescheder et al., ICML 2018), on what the critic embeds.
    """
    critic = run.critic.train()
    embedded = critic.embed(real.music.states, real.music.positions)
    is_penalised = run.adversarial_step % run.plan.penalty_every == 0
    real_bars, real_wholes = judge(critic, real, embedded)
    made_bars, made_wholes = judge(critic, made)
    loss = _bar_mean(functional.softplus(-real_bars), real) + _bar_mean(functional.softplus(made_bars), made)
    loss = loss + functional.softplus(-real_wholes).mean() + functional.softplus(made_wholes).mean()
    facts = {"critic": loss, "right": 0.5 * ((real_wholes > 0).float().mean() + (made_wholes < 0).float().mean())}
    if is_penalised:
        (slope,) = torch.autograd.grad(real_bars.sum() + real_wholes.sum(), embedded, create_graph=True)
        penalty = slope.square().sum((1, 2)).mean()
        loss = loss + 0.5 * run.plan.penalty * run.plan.penalty_every * penalty
        facts["slope"] = penalty
    descend(run.critic, run.critic_steps, loss)
    return facts


def _bars_there(batch: dataset.Batch) -> Tensor:
    return (batch.present.sum(1) > 0).float()


def _bar_mean(values: Tensor, batch: dataset.Batch) -> Tensor:
    there = _bars_there(batch)
    return (values * there).sum() / there.sum()


@torch.no_grad()
def merits(run: Run, made: dataset.Batch) -> Tensor:
    """Say how much better than its siblings each bar's future is: (batch, N_CRITIC_BARS), of unit spread."""
    bars, wholes = judge(run.critic.eval(), made)
    there = _bars_there(made)
    future = torch.zeros_like(bars)
    reached = torch.zeros(len(bars), device=bars.device)
    for bar in reversed(range(N_CRITIC_BARS)):
        reached = bars[:, bar] * there[:, bar] + run.plan.far_sight * reached
        future[:, bar] = reached
    value = (future * (1 - run.plan.far_sight) + wholes[:, None]).unflatten(0, (-1, run.plan.group))
    better = (value - value.mean(1, keepdim=True)).flatten(0, 1) * there
    merit: Tensor = better / (better.square().sum() / there.sum()).sqrt().clamp_min(1e-3)
    return merit


def compete(run: Run, real: dataset.Batch, made: dataset.Batch) -> dict[str, Tensor]:
    """Take one step of the generator: what the critic liked becomes likelier, and real music stays likely."""
    merit = torch.einsum("btn,bn->bt", (made.present > 0).float(), merits(run, made))
    generator = run.generator.eval()
    chances = log_probabilities(generator(made.music, made.asked), made.events, made.asked.roles).sum(-1)
    plays = made.asked.roles.sum(1, keepdim=True) * made.mask
    reward = (merit * chances * made.mask).sum() / plays.sum()
    likelihood = cost(run.generator.train(), real)
    descend(run.generator, run.generator_steps, likelihood - run.plan.reward_weight * reward)
    run.step += 1
    run.follow()
    sure = -(chances * made.mask).sum() / plays.sum()
    return {"cost": likelihood, "surprise": sure}


def descend(network: torch.nn.Module, steps: torch.optim.Optimizer, loss: Tensor) -> None:
    steps.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    steps.step()


@torch.no_grad()
def held_out_cost(run: Run, batches: list[dataset.Batch]) -> float:
    """Mean cost of held-out music under the running average."""
    return float(torch.stack([cost(run.average, batch) for batch in batches]).mean())


class Log:
    """Means of what steps say, written every fifty steps."""

    def __init__(self, run: Run, held_out: list[dataset.Batch]) -> None:
        self._run, self._held_out = run, held_out
        self._sums: dict[str, list[float]] = {}

    def add(self, facts: dict[str, Tensor]) -> None:
        """Take in one step's facts."""
        run = self._run
        for name, value in facts.items():
            self._sums.setdefault(name, []).append(float(value.detach()))
        if run.step % 50:
            return
        means: dict[str, float | str] = {name: float(np.mean(values)) for name, values in self._sums.items()}
        if run.step % 250 == 0:
            means["held_out"] = held_out_cost(run, self._held_out)
            run.save()
        run.log(**means)
        self._sums = {}


def train_by_likelihood(
    run: Run, batches: Iterator[dataset.Batch], log: Log, clock: Callable[[], float], end_s: float
) -> None:
    """Train until the run is this old; the rate rises at first, and falls as a cosine."""
    while run.elapsed_s < end_s:
        began_s = clock()
        rise = min(1.0, (run.step + 1) / run.plan.warm_up)
        set_rate(
            run.generator_steps, run.plan.rate * rise * max(0.05, 0.5 + 0.5 * np.cos(np.pi * run.elapsed_s / end_s))
        )
        log.add(learn(run, next(batches)))
        run.elapsed_s += clock() - began_s


def train_against_critic(
    run: Run, batches: Iterator[dataset.Batch], log: Log, clock: Callable[[], float], begin_s: float, end_s: float
) -> None:
    """Train generator and critic against each other until the run is this old; the critic begins alone."""
    each = torch.arange(run.plan.conditions).repeat_interleave(run.plan.group)
    while run.elapsed_s < end_s:
        began_s = clock()
        left = (end_s - run.elapsed_s) / (end_s - begin_s)
        set_rate(run.generator_steps, run.plan.adversarial_rate * min(1.0, 2 * left))
        real = next(batches)
        made = draw(run, real.take(each), run.adversarial_step)
        facts = criticise(run, real, made)
        if run.adversarial_step < run.plan.critic_first:
            run.step += 1
        else:
            facts |= compete(run, real, made)
        run.adversarial_step += 1
        log.add(facts)
        run.elapsed_s += clock() - began_s


def set_rate(steps: torch.optim.Optimizer, rate: float) -> None:
    for group in steps.param_groups:
        group["lr"] = float(rate)


def _batches(run: Run, library: dataset.Library) -> Iterator[dataset.Batch]:
    random = np.random.default_rng((run.plan.seed, run.step))
    return (batch.to(run.device) for batch in library.batches(run.plan.batch, random, run.plan.role_drop))


def prepare(data: Path, windows: int) -> tuple[dataset.Library, dataset.Library]:
    """Load training and held-out chunks of so many windows."""
    corpus = dataset.load_corpus(data)
    chunks = dataset.cut(corpus, windows)
    held_out = corpus.pieces["held_out"][chunks.piece]
    scale = dataset.measure_features(corpus, chunks.take(~held_out))
    return tuple(dataset.Library(corpus, chunks.take(part), scale, windows) for part in (~held_out, held_out))  # type: ignore[return-value]


def train(run: Run, data: Path, minutes: float, adversarial_minutes: float) -> None:
    """Train both parts, or what is left of them."""
    clock = time.process_time if run.device.type == "cpu" else time.monotonic
    begin_s, end_s = 60 * minutes, 60 * (minutes + adversarial_minutes)
    if run.elapsed_s < begin_s:
        library, held_out = prepare(data, N_TRAINING_WINDOWS)
        batches = _batches(run, library)
        train_by_likelihood(run, batches, Log(run, _judges(run, held_out)), clock, begin_s)
        run.save()
        run.save("likelihood.pt")
    if run.elapsed_s < end_s:
        library, held_out = prepare(data, N_CRITIC_WINDOWS)
        batches = _batches(run, library)
        train_against_critic(run, batches, Log(run, _judges(run, held_out)), clock, begin_s, end_s)
        run.save()


def _judges(run: Run, held_out: dataset.Library) -> list[dataset.Batch]:
    """Four batches that every measurement is taken on."""
    drawn = held_out.batches(run.plan.batch, np.random.default_rng(run.plan.seed))
    return [next(drawn).to(run.device) for _ in range(4)]


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=40.0, help="of learning real music's likelihood")
    parser.add_argument("--adversarial-minutes", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_options(parser, Plan())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    plan = Plan(**{name: getattr(options, name) for name in Plan.__slots__})
    options.out.mkdir(parents=True, exist_ok=True)
    write_plan(options.out, asdict(plan))
    styles = len(json.loads((options.data / "styles.json").read_text()))
    run = Run(plan, NetworkSizes(styles), options.out, torch.device(options.device))
    run.resume()
    train(run, options.data, options.minutes, options.adversarial_minutes)


if __name__ == "__main__":
    main()
