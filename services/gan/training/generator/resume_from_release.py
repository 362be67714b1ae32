"""Makes a run of the model that ships, so that its training can go on where its folder is gone.

    python -m training.generator.resume_from_release --models DIR --run DIR

in `services/gan`. The running average is all that a model keeps of its generator, in float16: the run begins from
there, and its optimisers anew.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from gan.model import WEIGHTS_NAME, build_networks
from gan.network.dims import NetworkSizes
from safetensors.torch import load_file
from servicekit.model_folder import MANIFEST_NAME

from ..export.model_folder import NOTE_NAME
from . import training_run
from .training_run import METRICS, Run, write_plan

OF_EXPORT = ("steps", "adversarial_steps", "rehearsal_steps", "seconds", "of_which_rehearsing", "note")
"""What `training.export` adds to a plan."""


def reopen(folder: Path, run: Path) -> None:
    """Write a model's folder as a run."""
    manifest = json.loads((folder / MANIFEST_NAME).read_text())
    told = manifest["training"]
    made = Run(training_run.Plan(seed=told["seed"]), NetworkSizes(**manifest["shape"]), run, torch.device("cpu"))
    generator, critic = build_networks(manifest["shape"], load_file(folder / WEIGHTS_NAME))
    for network in (made.generator, made.average):
        network.load_state_dict(generator.state_dict())
    made.critic.load_state_dict(critic.state_dict())
    made.step, made.adversarial_step, made.rehearsal_step = (told[name] for name in OF_EXPORT[:3])
    made.rehearsed_s = float(told["of_which_rehearsing"])
    made.elapsed_s = told["seconds"] - made.rehearsed_s
    run.mkdir(parents=True)
    write_plan(run, {name: value for name, value in told.items() if name not in OF_EXPORT})
    (run / METRICS).write_text("".join(f"{json.dumps(line)}\n" for line in manifest["learning_curve"]))
    if told["note"]:
        (run / NOTE_NAME).write_text(told["note"] + "\n")
    made.save()


def main() -> None:
    """Parse the command line and write the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run, to be made")
    options = parser.parse_args()
    if options.run.exists():
        parser.error(f"{options.run} is there; name a folder that is not")
    reopen(options.models / "gan", options.run)


if __name__ == "__main__":
    main()
