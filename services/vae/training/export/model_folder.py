"""Export a trained model into `models/`: float16 weights, manifest and model card.

python -m training.export --data windows.npz --checkpoint var/training/lead/checkpoint.pt --models models
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from score.encoding import GRID_ID
from servicekit.model_folder import MANIFEST_NAME
from vae.models.checkpoint import WEIGHTS_NAME
from vae.models.specs import BEAT_CODE, CONDUCTOR_DEPTH, DECODER_UNITS, LATENT_SIZE, ROLE_SPECS

from ..data import dataset
from ..evaluation.reconstruction_eval import report
from ..model.music_vae import MusicVae

CARD_NAME = "card.md"


def average_of(checkpoint: dict[str, Any]) -> MusicVae:
    """Return the model of a checkpoint with the running average of its weights, rounded as they are shipped."""
    model = MusicVae(ROLE_SPECS[checkpoint["plan"]["role"]])
    model.load_state_dict({name: value.half().float() for name, value in checkpoint["average"].items()})
    return model.eval()


def learning_curve(metrics: Path) -> list[dict[str, float]]:
    """Return the held-out measurements of a run's metrics file."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    names = ("windows", "step", "elapsed_s", "sampled", "greedy")
    return [{name: line[name] for name in names} for line in lines if "greedy" in line]


def attributions(path: Path) -> list[str]:
    """Read whom licences ask to name: a CSV with the columns title, composer, licence and `maintainer (credit)`."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [f"{row['title']} ({row['composer']}), {row['maintainer (credit)']}, {row['licence']}" for row in rows]


def export(
    checkpoint_path: Path,
    data: Path,
    models: Path,
    credits_path: Path | None = None,
    limit: int = 4096,
    note: str = "",
) -> Path:
    """Write the folder of a trained model and return it.

    Parameters
    ----------
    checkpoint_path : Path
        Beside it stands the run's `metrics.jsonl`.
    data : Path
        The windows, for their sources and the held-out figures.
    models : Path
        The folder `vae-<role>` is made or replaced in it.
    credits_path : Path, optional
        See `attributions`.
    limit : int
        Held-out windows to measure at most.
    note : str
        What else should be known of the run.
    """
    checkpoint = torch.load(checkpoint_path, weights_only=True)
    plan = checkpoint["plan"]
    folder = models / f"vae-{plan['role']}"
    folder.mkdir(parents=True, exist_ok=True)
    model = average_of(checkpoint)
    save_file({name: value.half().contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS_NAME)
    _, held_out = dataset.split(dataset.load(data, plan["role"]))
    manifest = {
        "name": f"vae-{plan['role']}",
        "role": plan["role"],
        "grid": GRID_ID,
        "sha256": hashlib.sha256((folder / WEIGHTS_NAME).read_bytes()).hexdigest(),
        "format": "safetensors, float16",
        "architecture": architecture(plan["role"]),
        "licence": "Apache-2.0",
        "data": dataset.sources(data),
        "note": note,
        "attributions": attributions(credits_path) if credits_path else [],
        "training": plan | {"steps_done": checkpoint["step"], "windows_seen": checkpoint["windows_seen"]},
        "held_out": report(model, held_out, limit),
        "learning_curve": learning_curve(checkpoint_path.with_name("metrics.jsonl")),
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(card(manifest))
    return folder


def architecture(role: str) -> dict[str, Any]:
    """Say how wide the networks of a role are."""
    spec = ROLE_SPECS[role]
    return {
        "encoder": {"embedding": spec.embedding_size, "beats": BEAT_CODE, "residual": [spec.encoder_units] * 2},
        "latent": LATENT_SIZE,
        "conductor": CONDUCTOR_DEPTH,
        "decoder": list(DECODER_UNITS),
        "chords": spec.has_chords,
    }


def card(manifest: dict[str, Any]) -> str:
    """Write the model card from a manifest."""
    sources = "\n".join(
        f"| {row['source']} | {row['licence']} | {row['pieces']} | {_credit(row)} |" for row in manifest["data"]
    )
    figures = "\n".join(f"| {name} | {value} |" for name, value in _flat(manifest["held_out"]))
    curve = "\n".join(
        f"| {row['windows']:,} | {row['sampled']:.3f} | {row['greedy']:.3f} |" for row in manifest["learning_curve"]
    )
    training = manifest["training"]
    return f"""# {manifest["name"]}

A MusicVAE of two-bar windows of {manifest["role"]}{_on_chords(manifest)}: codes of {BEAT_CODE} numbers a beat, a
residual encoder of {manifest["architecture"]["encoder"]["residual"][0]} over them, a latent of {LATENT_SIZE}, an LSTM
decoder of {DECODER_UNITS[0]} x {len(DECODER_UNITS)} with a conductor of {CONDUCTOR_DEPTH} a step.
Grid `{manifest["grid"]}`; windows of 4/4 (32 steps) and of 3/4 and 6/8 (24 steps) in one model. Weights:
{manifest["licence"]}, sha256 `{manifest["sha256"]}`.

## Training

{training["windows_seen"]:,} windows in {training["steps_done"]:,} steps of {training["batch_size"]}, seed
{training["seed"]}; Adam with a peak of {training["peak_rate"]}, warm-up and cosine; free bits
{training["free_bits"]}, beta {training["beta"]}. The running average of the weights is what ships. {manifest["note"]}

## Held-out figures

Works that training never saw (split by work). Share of steps given back, encoding by the posterior's mean and
decoding freely; baselines know nothing of the window.

| figure | value |
|---|---|
{figures}

| windows seen | sampled at T = 1 | greedy |
|---|---|---|
{curve}

## Data

| source | licence | pieces | credit |
|---|---|---|---|
{sources}

{_credits(manifest)}POP909's data set is MIT; the songs it transcribes are other people's. The chorales' encodings
state no licence; the works are in the public domain. `training.model.train --leave-out-risk` trains without both.

## Limits

It knows what these sources know: European concert, folk and hymn music, Chinese pop, game music and recorded rock,
funk, jazz and latin drumming. Rhythms finer than a sixteenth are rounded to the grid.
"""


def _on_chords(manifest: dict[str, Any]) -> str:
    return ", told the triad of each beat" if manifest["architecture"]["chords"] else ""


def _flat(figures: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{name}, {inner}", figure) for inner, figure in value.items())
        else:
            yield name, value


_NAMED = {
    "groove": "Groove MIDI Dataset: Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, David Bamman, Google LLC",
}


def _credit(row: dict[str, Any]) -> str:
    """Name whom a licence asks to name."""
    if not row["licence"].startswith("CC BY"):
        return ""
    return _NAMED.get(row["source"], "; ".join(row["credits"]))


def _credits(manifest: dict[str, Any]) -> str:
    """List the attributions of single pieces."""
    lines = "\n".join(f"- {line}" for line in manifest["attributions"])
    return f"Pieces under CC BY, with composer and the maintainer of the edition:\n\n{lines}\n\n" if lines else ""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--credits", type=Path, help="CSV of the attributions that CC BY asks for")
    parser.add_argument("--limit", type=int, default=4096, help="held-out windows to measure at most")
    parser.add_argument("--note", default="", help="what else should be known of the run")
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    print(export(options.checkpoint, options.data, options.models, options.credits, options.limit, options.note))


if __name__ == "__main__":
    main()
