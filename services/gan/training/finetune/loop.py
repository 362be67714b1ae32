"""The loop of fine-tuning: samples rollouts, scores them, steps the generator, and guards against divergence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gan.network.dims import N_TRAINING_WINDOWS

from ..data.corpus import load_corpus
from ..data.dataset import Batch
from ..generator.likelihood import set_learning_rate
from ..generator.train import load_datasets
from ..generator.training_run import TrainingRun
from .discriminators import DiscriminatorEnsemble
from .policy_gradient import policy_step
from .rollouts import FinetuneConfig, RolloutPlanner, load_styles, sample_rollouts, to_pieces

LOG_INTERVAL = 10
"""Steps whose mean metrics are one line."""

SAVE_INTERVAL = 50
"""Steps from one checkpoint to the next."""


class DivergenceGuard:
    """Rolls the generator back to its running average when fine-tuning diverges.

    Where all siblings are bad, advantages are noise, and so is each step. It shows first in the surprise of the
    generator at its own notes.

    Parameters
    ----------
    max_surprise_ratio : float
        Surprise above which a run is rolled back, relative to the mean of the first steps.
    """

    N_FIRST_STEPS = 20
    """Steps whose surprise is taken as normal."""

    def __init__(self, max_surprise_ratio: float) -> None:
        self._max_surprise_ratio, self._first_surprises = max_surprise_ratio, list[float]()

    def check(self, run: TrainingRun, surprise: float) -> bool:
        """Roll a run back if it diverges; return whether it did.

        ``surprise`` is the mean negative log probability of the sampled events of a step.
        """
        if len(self._first_surprises) < self.N_FIRST_STEPS:
            self._first_surprises.append(surprise)
            return False
        is_diverging = surprise > self._max_surprise_ratio * float(np.mean(self._first_surprises))
        if is_diverging:
            run.generator.load_state_dict(run.average.state_dict())
            run.generator_optimizer.state.clear()
        return is_diverging


def finetune(run: TrainingRun, data: Path, config: FinetuneConfig, minutes: float) -> None:
    """Fine-tune a run until it has been fine-tuned for so many minutes.

    Parameters
    ----------
    run : TrainingRun
    data : Path
        Folder of the prepared corpus.
    config : FinetuneConfig
    minutes : float
        Processor time on a CPU, wall time on a GPU; earlier fine-tunings of the run count.
    """
    planner = RolloutPlanner(load_corpus(data, with_features=False), load_styles(data), config)
    print(f"{len(planner.pieces)} real pieces, {len(planner.feature_names)} features", flush=True)
    training, _ = load_datasets(data, N_TRAINING_WINDOWS)
    real = training.iter_batches(config.real_batch_size, np.random.default_rng((config.seed, 34, run.step)))
    loop = _Loop(run, planner, real, config)
    clock = time.process_time if run.device.type == "cpu" else time.monotonic
    end_s = 60 * minutes
    while run.finetuning_s < end_s:
        started_s = clock()
        rate = config.learning_rate * min(1.0, 2 - 2 * run.finetuning_s / end_s)
        set_learning_rate(run.generator_optimizer, rate)
        metrics = loop.step()
        run.finetuning_s += clock() - started_s
        loop.log(metrics)
    run.save()


class _Loop:
    """The steps of a fine-tuning and their metrics."""

    def __init__(
        self, run: TrainingRun, planner: RolloutPlanner, real: Iterator[Batch], config: FinetuneConfig
    ) -> None:
        self._run, self._planner, self._real, self._config = run, planner, real, config
        self._ensemble = DiscriminatorEnsemble(planner, config)
        self._guard = DivergenceGuard(config.max_surprise_ratio)
        self._n_policy_steps = 0
        self._values: dict[str, list[float]] = {}

    def step(self) -> dict[str, float]:
        """Sample and score rollouts, and step the generator once the discriminators are warm; return metrics."""
        run, config = self._run, self._config
        plan = self._planner.plan(run.step)
        rollouts = sample_rollouts(run, plan, run.step)
        refit = self._n_policy_steps % config.refit_interval == 0
        scores = self._ensemble.score(to_pieces(rollouts, plan), refit=refit)
        metrics = dict(scores.metrics)
        if self._ensemble.is_warm:
            metrics |= policy_step(run, config, plan, rollouts, scores, next(self._real).to(run.device))
            metrics["went_back"] = float(self._guard.check(run, metrics["surprise"]))
            self._n_policy_steps += 1
        else:
            run.step += 1
        run.finetuning_step += 1
        return metrics

    def log(self, metrics: dict[str, float]) -> None:
        """Add the metrics of a step; log and save at intervals. A step of the warm-up has none."""
        for name, value in metrics.items():
            self._values.setdefault(name, []).append(value)
        if metrics and self._n_policy_steps % LOG_INTERVAL == 0:
            means = {name: float(np.mean(values)) for name, values in self._values.items()}
            self._run.log(rehearsed_s=round(self._run.finetuning_s, 1), **means)
            self._values = {}
        if metrics and self._n_policy_steps % SAVE_INTERVAL == 0:
            self._run.save()
