"""Export a training run as a model folder: float16 weights, manifest and model card.

python -m training.export --data windows.npz --checkpoint var/training/lead/checkpoint.pt --models models
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from score.encoding import GRID_ID
from servicekit.model_folder import MANIFEST_NAME
from vae.models.checkpoint import WEIGHTS_NAME
from vae.models.specs import BEAT_CODE, CONDUCTOR_DEPTH, FACTOR_SPECS, MODEL_SPECS

from ..data.dataset import load_sources, load_windows, split_by_work
from ..evaluation.factor_eval import evaluate_factor
from ..evaluation.reconstruction_eval import evaluate_reconstruction
from ..model.music_vae import MusicVae
from ..model.training_run import METRICS_NAME
from .model_card import CARD_NAME, model_card

DEFAULT_LIMIT = 4096
"""Maximum number of held-out windows to measure."""


def averaged_model(checkpoint: dict[str, Any]) -> MusicVae:
    """Return the model with a checkpoint's averaged weights, rounded to float16 as they are shipped."""
    model = MusicVae(MODEL_SPECS[checkpoint["plan"]["model"]])
    model.load_state_dict({name: value.half().float() for name, value in checkpoint["average"].items()})
    return model.eval()


def read_learning_curve(metrics: Path) -> list[dict[str, float]]:
    """Return the held-out measurements from the metrics file of a run."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    names = ("windows", "step", "elapsed_s", "sampled", "greedy")
    return [{name: line[name] for name in names} for line in lines if "greedy" in line]


def read_attributions(path: Path) -> list[str]:
    """Read whom licences require to credit: a CSV of the columns title, composer, licence, `maintainer (credit)`."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [f"{row['title']} ({row['composer']}), {row['maintainer (credit)']}, {row['licence']}" for row in rows]


def export(
    checkpoint_path: Path,
    data: Path,
    models: Path,
    credits_path: Path | None = None,
    limit: int = DEFAULT_LIMIT,
    note: str = "",
) -> Path:
    """Write the folder of a trained model.

    Parameters
    ----------
    checkpoint_path : Path
        In the folder of the run, beside its metrics.
    data : Path
        The windows, for their sources and the held-out figures.
    models : Path
        Folder of all models; `vae-<name>` in it is created or replaced.
    credits_path : Path, optional
        See `read_attributions`.
    limit : int
        Maximum number of held-out windows to measure.
    note : str
        Text about the run for the card.

    Returns
    -------
    Path
        The folder.
    """
    checkpoint = torch.load(checkpoint_path, weights_only=True)
    name = checkpoint["plan"]["model"]
    folder = models / f"vae-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    model = averaged_model(checkpoint)
    save_file({name: value.half().contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS_NAME)
    _, held_out = split_by_work(load_windows(data, name))
    manifest = {
        "name": f"vae-{name}",
        "role": model.spec.role,
        "factor": model.spec.factor,
        "grid": GRID_ID,
        "sha256": hashlib.sha256((folder / WEIGHTS_NAME).read_bytes()).hexdigest(),
        "format": "safetensors, float16",
        "architecture": describe_architecture(name),
        "licence": "Apache-2.0",
        "data": load_sources(data),
        "note": note,
        "attributions": read_attributions(credits_path) if credits_path else [],
        "training": checkpoint["plan"] | {"steps_done": checkpoint["step"], "windows_seen": checkpoint["windows_seen"]},
        "held_out": evaluate_reconstruction(model, held_out, limit),
        "held_out_leads": evaluate_factor(model, data, limit) if name in FACTOR_SPECS else {},
        "learning_curve": read_learning_curve(checkpoint_path.with_name(METRICS_NAME)),
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(model_card(manifest))
    return folder


def describe_architecture(name: str) -> dict[str, Any]:
    """Return the sizes of the networks of a model, for the manifest."""
    spec = MODEL_SPECS[name]
    return {
        "encoder": {"embedding": spec.embedding_size, "beats": BEAT_CODE, "residual": [spec.encoder_units] * 2},
        "latent": spec.latent_size,
        "conductor": CONDUCTOR_DEPTH,
        "decoder": list(spec.decoder_units),
        "chords": spec.has_chords,
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--credits", type=Path, help="CSV of the attributions that CC BY requires")
    parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="maximum number of held-out windows")
    parser.add_argument("--note", default="", help="text about the run for the card")
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    print(export(options.checkpoint, options.data, options.models, options.credits, options.limit, options.note))


if __name__ == "__main__":
    main()
