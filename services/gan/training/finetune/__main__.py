"""Fine-tunes a pretrained generator against discriminators of whole pieces; the critic scores only eight bars.

    python -m training.finetune --data DIR --run DIR --minutes 40

in `services/gan`. Continues a run of `training.generator.train` in its folder; minutes are processor time on a CPU. A
JSON line of metrics is appended to ``RUN/metrics.jsonl`` every ten steps. Resumes by itself; its discriminators are
then fitted to new rollouts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from gan.network.dims import NetworkSizes

from ..config import add_options, from_options, to_stored
from ..data.corpus import read_styles
from ..generator.training_run import FINETUNINGS, TrainingConfig, TrainingRun, read_plan, write_plan
from .loop import finetune
from .rollouts import FinetuneConfig


def main() -> None:
    """Parse the command line and fine-tune."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that training.data.prepare wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_options(parser, FinetuneConfig())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = from_options(FinetuneConfig, options)
    training_config = TrainingConfig(seed=config.seed, ema_decay=config.ema_decay)
    sizes = NetworkSizes(len(read_styles(options.data)))
    run = TrainingRun(training_config, sizes, options.run, torch.device(options.device))
    if not run.resume():
        parser.error(f"{options.run} holds no checkpoint.pt; training.generator.train writes one")
    planned = {"minutes": options.minutes, **to_stored(config)}
    before = read_plan(options.run).get(FINETUNINGS, [])
    write_plan(options.run, {FINETUNINGS: [*(each for each in before if each != planned), planned]})
    finetune(run, options.data, config, options.minutes)


if __name__ == "__main__":
    main()
