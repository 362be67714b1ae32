"""Writes a released model as a run, so that training can continue where the folder of its run is gone.

    python -m training.generator.resume_from_release --models DIR --run DIR

in `services/gan`. Of its generator a model has only the running average, in float16: the run begins with that, and with
new optimizers.
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

from ..export.model_folder import MANIFEST_STEP_KEYS, NOTE_NAME, SUMMARY_KEYS
from .training_run import METRICS, TrainingConfig, TrainingRun, write_plan


def resume_from_release(folder: Path, run_folder: Path) -> None:
    """Write the model in one folder as a run in another."""
    manifest = json.loads((folder / MANIFEST_NAME).read_text())
    training = manifest["training"]
    config, sizes = TrainingConfig(seed=training["seed"]), NetworkSizes(**manifest["shape"])
    run = TrainingRun(config, sizes, run_folder, torch.device("cpu"))
    generator, critic = build_networks(manifest["shape"], load_file(folder / WEIGHTS_NAME))
    for network in (run.generator, run.average):
        network.load_state_dict(generator.state_dict())
    run.critic.load_state_dict(critic.state_dict())
    run.step, run.adversarial_step, run.finetuning_step = (training[key] for key in MANIFEST_STEP_KEYS)
    run.finetuning_s = float(training["of_which_rehearsing"])
    run.elapsed_s = training["seconds"] - run.finetuning_s
    run_folder.mkdir(parents=True)
    write_plan(run_folder, {name: value for name, value in training.items() if name not in SUMMARY_KEYS})
    (run_folder / METRICS).write_text("".join(f"{json.dumps(line)}\n" for line in manifest["learning_curve"]))
    if training["note"]:
        (run_folder / NOTE_NAME).write_text(training["note"] + "\n")
    run.save()


def main() -> None:
    """Parse the command line and write the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    parser.add_argument("--run", type=Path, required=True, help="new folder of the run")
    options = parser.parse_args()
    if options.run.exists():
        parser.error(f"{options.run} exists already")
    resume_from_release(options.models / "gan", options.run)


if __name__ == "__main__":
    main()
