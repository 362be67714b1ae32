"""Takes the mean of rehearsals that went on from one run: it is told from real music less often than each of them.

    python -m training.generator.average_weights --parent RUN --of RUN RUN --out RUN

in `services/gan`. Each run of ``--of`` is a copy of the parent that `training.finetune` took further with another
seed. Their weights are near enough to each other for a mean (Wortsman et al., *Model soups*, ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from .training_run import CHECKPOINT, METRICS, Run, read_metrics, read_plan, write_plan, write_state


def mean_state(parent: dict[str, Any], states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Take the mean of checkpoints.

    Parameters
    ----------
    parent : dict
        What all of them went on from.
    states : sequence of dict
        Checkpoints of `training.generator.training_run.Run`.

    Returns
    -------
    dict
        The first one with the mean of generators and of running averages, and with the steps and seconds of all.
    """
    made = dict(states[0])
    for part in ("generator", "average"):
        made[part] = {name: torch.stack([each[part][name] for each in states]).mean(0) for name in made[part]}
    for name in Run.COUNTERS:
        made[name] = parent[name] + sum(state[name] - parent[name] for state in states)
    return made


def mean(parent: Path, runs: Sequence[Path], out: Path) -> None:
    """Write the mean of runs as a run, with what the folders of all tell."""
    parent_state, *states = (torch.load(run / CHECKPOINT, weights_only=True) for run in (parent, *runs))
    out.mkdir(parents=True, exist_ok=True)
    plan, lines = read_plan(parent), read_metrics(parent)
    rehearsals, told = [*plan.get("rehearsals", [])], [*lines]
    for run in runs:
        rehearsals += read_plan(run)["rehearsals"][len(plan.get("rehearsals", [])) :]
        told += read_metrics(run)[len(lines) :]
    write_plan(out, plan | {"rehearsals": rehearsals})
    (out / METRICS).write_text("".join(f"{line}\n" for line in told))
    write_state(mean_state(parent_state, states), out / CHECKPOINT)


def main() -> None:
    """Parse the command line and take the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parent", type=Path, required=True, help="folder of the run that they went on from")
    parser.add_argument("--of", type=Path, nargs="+", required=True, help="folders of the runs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the mean")
    options = parser.parse_args()
    mean(options.parent, options.of, options.out)


if __name__ == "__main__":
    main()
