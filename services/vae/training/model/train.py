"""Train one model: of a role, or of a factor of the lead.

    python -m training.model.train --data windows.npz --model lead --out var/training/lead --minutes 60

A run resumes from the last checkpoint in its folder. The learning rate warms up and then follows a cosine over the
whole budget, which is a number of steps (reproducible) or of minutes (for a deadline on a busy machine).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from vae.models.specs import MODEL_SPECS

from ..data.dataset import WindowDataset, load_windows, split_by_work
from ..evaluation.reconstruction_eval import token_accuracy
from .batches import iter_training_batches
from .training_run import CHECKPOINT_NAME, Hyperparameters, TrainingRun

LOG_INTERVAL_STEPS = 100
INTERIM_LIMIT, FINAL_LIMIT = 512, 2048
"""Held-out windows that are evaluated during training and at its end."""


def train(
    run: TrainingRun,
    training: WindowDataset,
    held_out: WindowDataset,
    save_interval_s: float,
    evaluation_interval_s: float,
) -> None:
    """Train until the budget is used up; save and evaluate at intervals and at the end.

    Parameters
    ----------
    run : TrainingRun
    training, held_out : WindowDataset
    save_interval_s : float
        Seconds between checkpoints.
    evaluation_interval_s : float
        Seconds between evaluations on held-out windows.
    """
    rng = np.random.default_rng([run.hyperparameters.seed, run.step])
    batches = iter_training_batches(training, run.hyperparameters.batch_size, rng)
    started_s = time.monotonic() - run.elapsed_s
    saved_s = evaluated_s = run.elapsed_s
    while run.progress < 1.0:
        terms = run.optimizer_step(*next(batches))
        run.elapsed_s = time.monotonic() - started_s
        if run.step % LOG_INTERVAL_STEPS == 0:
            run.log(rate=run.learning_rate, **{name: round(value, 3) for name, value in terms.items()})
        if run.elapsed_s - saved_s > save_interval_s:
            run.save()
            saved_s = run.elapsed_s
        if run.elapsed_s - evaluated_s > evaluation_interval_s:
            run.log(**token_accuracy(run.average, held_out, INTERIM_LIMIT))
            evaluated_s = run.elapsed_s
    run.save()
    run.log(**token_accuracy(run.average, held_out, FINAL_LIMIT))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--model", choices=sorted(MODEL_SPECS), required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint and the metrics")
    parser.add_argument("--init", type=Path, help="start from the weights of this checkpoint")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to torch")
    parser.add_argument(
        "--leave-out-risk", action="store_true", help="skip pieces of copyrighted songs or of unclear licence"
    )
    parser.add_argument("--save-every-s", type=float, default=60.0)
    parser.add_argument("--evaluate-every-s", type=float, default=300.0)
    for name, kind in _hyperparameter_types():
        flag, default = "--" + name.replace("_", "-"), getattr(Hyperparameters, name)
        if kind is bool:
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=kind, default=default)
    return parser.parse_args()


def _hyperparameter_types() -> Iterator[tuple[str, type]]:
    """Yield the names and types of all hyperparameters but the name of the model."""
    return ((name, type(value)) for name, value in asdict(Hyperparameters(model="")).items() if name != "model")


def main() -> None:
    """Run the command line."""
    options = _arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    values = {name: getattr(options, name) for name, _ in _hyperparameter_types()}
    hyperparameters = Hyperparameters(options.model, **values)
    windows = load_windows(options.data, options.model)
    training, held_out = split_by_work(windows.take(~windows.has_risk) if options.leave_out_risk else windows)
    if not len(training):
        raise SystemExit(f"{options.data} has no windows of {options.model} to train on")
    run = TrainingRun(hyperparameters, options.out)
    if (options.out / CHECKPOINT_NAME).exists():
        run.resume(options.out / CHECKPOINT_NAME)
    elif options.init:
        run.resume(options.init, weights_only=True)
    train(run, training, held_out, options.save_every_s, options.evaluate_every_s)


if __name__ == "__main__":
    main()
