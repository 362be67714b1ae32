"""Averages the weights of fine-tuning runs that continued from one run.

    python -m training.generator.average_weights --parent RUN --runs RUN RUN --out RUN

in `services/gan`. Each run of ``--runs`` is a copy of the parent that `training.finetune` continued with another seed.
Their weights are near enough for a mean, which classifiers distinguish from real music less often than each of the runs
(Wortsman et al., *Model Soups*, ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from .training_run import (
    CHECKPOINT,
    FINETUNINGS,
    METRICS,
    TrainingRun,
    read_metrics,
    read_plan,
    write_checkpoint,
    write_plan,
)


def average_checkpoints(parent: dict[str, Any], states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Average checkpoints of `TrainingRun`.

    Parameters
    ----------
    parent : dict
        The checkpoint from which all of them continued.
    states : sequence of dict

    Returns
    -------
    dict
        The first one with the mean of the generators and running averages, and with the steps and seconds of all.
    """
    averaged = dict(states[0])
    for part in ("generator", "average"):
        averaged[part] = {name: torch.stack([state[part][name] for state in states]).mean(0) for name in averaged[part]}
    for key in TrainingRun.STORED_COUNTERS.values():
        averaged[key] = parent[key] + sum(state[key] - parent[key] for state in states)
    return averaged


def average_runs(parent: Path, runs: Sequence[Path], out: Path) -> None:
    """Write the average of runs as a run, with the plans and metrics of all.

    Parameters
    ----------
    parent : Path
        Folder of the run from which they continued.
    runs : sequence of Path
        Their folders.
    out : Path
        Folder of the average.
    """
    parent_state, *states = (torch.load(run / CHECKPOINT, weights_only=True) for run in (parent, *runs))
    out.mkdir(parents=True, exist_ok=True)
    plan, parent_lines = read_plan(parent), read_metrics(parent)
    finetunings, lines = [*plan.get(FINETUNINGS, [])], [*parent_lines]
    for run in runs:
        finetunings += read_plan(run)[FINETUNINGS][len(plan.get(FINETUNINGS, [])) :]
        lines += read_metrics(run)[len(parent_lines) :]
    write_plan(out, plan | {FINETUNINGS: finetunings})
    (out / METRICS).write_text("".join(f"{line}\n" for line in lines))
    write_checkpoint(average_checkpoints(parent_state, states), out / CHECKPOINT)


def main() -> None:
    """Parse the command line and write the average."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parent", type=Path, required=True, help="folder of the run that they continued from")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of the runs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the average")
    options = parser.parse_args()
    average_runs(options.parent, options.runs, options.out)


if __name__ == "__main__":
    main()
