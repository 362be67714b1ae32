"""Pretrains the generator: by maximum likelihood, then adversarially; `training.finetune` continues from there.

    python -m training.generator.train --data DIR --out DIR --minutes 40 --adversarial-minutes 20

in `services/gan`. Resumes from ``--out``; the same seed, data and number of steps give the same weights on the same
kind of machine. Minutes are processor time on a CPU, wall time on a GPU. A JSON line of metrics is appended to
``OUT/metrics.jsonl`` every fifty steps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gan.network.dims import N_CRITIC_WINDOWS, N_TRAINING_WINDOWS, NetworkSizes
from torch import Tensor

from ..config import add_options, from_options, to_stored
from ..data import dataset
from ..data.corpus import load_corpus, read_styles
from ..data.dataset import Batch, PassageDataset
from .adversarial import critic_step, generator_step
from .batch_sampling import sample_like
from .likelihood import held_out_loss, mle_step, set_learning_rate
from .training_run import TrainingConfig, TrainingRun, write_plan

LOG_INTERVAL = 50
"""Steps whose mean metrics are one line."""

SAVE_INTERVAL = 250
"""Steps from one checkpoint and held-out loss to the next."""

N_HELD_OUT_BATCHES = 4

LIKELIHOOD_CHECKPOINT = "likelihood.pt"
"""Written when the first part ends."""


class MetricsLog:
    """Means of the metrics of steps, logged every `LOG_INTERVAL` steps.

    Parameters
    ----------
    run : TrainingRun
    held_out : sequence of Batch
        What the held-out loss is measured on.
    """

    def __init__(self, run: TrainingRun, held_out: Sequence[Batch]) -> None:
        self._run, self._held_out = run, held_out
        self._values: dict[str, list[float]] = {}

    def add(self, metrics: Mapping[str, Tensor]) -> None:
        """Add the metrics of a step."""
        run = self._run
        for name, value in metrics.items():
            self._values.setdefault(name, []).append(float(value.detach()))
        if run.step % LOG_INTERVAL:
            return
        means: dict[str, float | str] = {name: float(np.mean(values)) for name, values in self._values.items()}
        if run.step % SAVE_INTERVAL == 0:
            means["held_out"] = held_out_loss(run, self._held_out)
            run.save()
        run.log(**means)
        self._values = {}


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the two parts of pretraining.

    Attributes
    ----------
    batches : iterator of Batch
        Random batches of training music, without end.
    log : MetricsLog
    clock : callable
        Returns seconds.
    begin_s, end_s : float
        Training time at which the part begins and ends.
    """

    batches: Iterator[Batch]
    log: MetricsLog
    clock: Callable[[], float]
    begin_s: float
    end_s: float


def train_by_likelihood(run: TrainingRun, phase: Phase) -> None:
    """Train by maximum likelihood; the learning rate rises at first, then falls as a cosine."""
    config = run.config
    while run.elapsed_s < phase.end_s:
        started_s = phase.clock()
        warm_up = min(1.0, (run.step + 1) / config.n_warm_up_steps)
        decay = max(0.05, 0.5 + 0.5 * np.cos(np.pi * run.elapsed_s / phase.end_s))
        set_learning_rate(run.generator_optimizer, config.learning_rate * warm_up * decay)
        phase.log.add(mle_step(run, next(phase.batches)))
        run.elapsed_s += phase.clock() - started_s


def train_adversarially(run: TrainingRun, phase: Phase) -> None:
    """Train generator and critic against each other, at first the critic alone."""
    config = run.config
    groups = torch.arange(config.n_conditions).repeat_interleave(config.group_size)
    while run.elapsed_s < phase.end_s:
        started_s = phase.clock()
        remaining = (phase.end_s - run.elapsed_s) / (phase.end_s - phase.begin_s)
        set_learning_rate(run.generator_optimizer, config.adversarial_learning_rate * min(1.0, 2 * remaining))
        real = next(phase.batches)
        generated = sample_like(run, real.take(groups), run.adversarial_step)
        metrics = critic_step(run, real, generated)
        if run.adversarial_step < config.n_critic_warm_up_steps:
            run.step += 1
        else:
            metrics |= generator_step(run, real, generated)
        run.adversarial_step += 1
        phase.log.add(metrics)
        run.elapsed_s += phase.clock() - started_s


def load_datasets(data: Path, n_windows: int) -> tuple[PassageDataset, PassageDataset]:
    """Return training and held-out passages of so many windows."""
    corpus = load_corpus(data)
    passages = dataset.cut_passages(corpus, n_windows)
    is_held_out = corpus.pieces["held_out"][passages.piece]
    scale = dataset.fit_feature_scale(corpus, passages.take(~is_held_out))
    training, held_out = (
        PassageDataset(corpus, passages.take(part), scale, n_windows) for part in (~is_held_out, is_held_out)
    )
    return training, held_out


def train(run: TrainingRun, data: Path, minutes: float, adversarial_minutes: float) -> None:
    """Train both parts, or what remains of them.

    Parameters
    ----------
    run : TrainingRun
    data : Path
        Folder of the prepared corpus.
    minutes, adversarial_minutes : float
        Training time of each part.
    """
    begin_s, end_s = 60 * minutes, 60 * (minutes + adversarial_minutes)
    if run.elapsed_s < begin_s:
        train_by_likelihood(run, _phase(run, data, N_TRAINING_WINDOWS, 0.0, begin_s))
        run.save()
        run.save(LIKELIHOOD_CHECKPOINT)
    if run.elapsed_s < end_s:
        train_adversarially(run, _phase(run, data, N_CRITIC_WINDOWS, begin_s, end_s))
        run.save()


def _phase(run: TrainingRun, data: Path, n_windows: int, begin_s: float, end_s: float) -> Phase:
    training, held_out = load_datasets(data, n_windows)
    clock = time.process_time if run.device.type == "cpu" else time.monotonic
    return Phase(_iter_batches(run, training), MetricsLog(run, _held_out_batches(run, held_out)), clock, begin_s, end_s)


def _iter_batches(run: TrainingRun, training: PassageDataset) -> Iterator[Batch]:
    random = np.random.default_rng((run.config.seed, run.step))
    batches = training.iter_batches(run.config.batch_size, random, run.config.role_dropout)
    return (batch.to(run.device) for batch in batches)


def _held_out_batches(run: TrainingRun, held_out: PassageDataset) -> list[Batch]:
    """Return the batches of which the held-out loss is measured: always the same."""
    batches = held_out.iter_batches(run.config.batch_size, np.random.default_rng(run.config.seed))
    return [next(batches).to(run.device) for _ in range(N_HELD_OUT_BATCHES)]


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that training.data.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=40.0, help="of maximum likelihood")
    parser.add_argument("--adversarial-minutes", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_options(parser, TrainingConfig())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = from_options(TrainingConfig, options)
    options.out.mkdir(parents=True, exist_ok=True)
    write_plan(options.out, to_stored(config))
    sizes = NetworkSizes(len(read_styles(options.data)))
    run = TrainingRun(config, sizes, options.out, torch.device(options.device))
    run.resume()
    train(run, options.data, options.minutes, options.adversarial_minutes)


if __name__ == "__main__":
    main()
