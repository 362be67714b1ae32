"""Writes a training run as a model folder: weights, styles, index of passages, reranker, manifest and card.

``weights.safetensors`` (float16) has the averaged generator and the critic. ``novelty.npz`` and ``realism.npz`` are
those that `training.ranking` wrote to the run.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import torch
from gan.model import RERANKER_NAME, STYLES_NAME, TRAINING_INDEX_NAME, WEIGHTS_NAME, build_networks
from gan.network.dims import NetworkSizes
from safetensors.torch import save_file
from score.encoding import GRID_ID
from servicekit.model_folder import MANIFEST_NAME

from ..data.corpus import load_corpus, read_styles
from ..data.piece_windows import ARRANGED_PREFIX, STYLES
from ..generator.training_run import CHECKPOINT, read_metrics, read_plan
from .model_card import card
from .style_table import served_styles

CARD_NAME = "card.md"

NOTE_NAME = "note.txt"
"""A file in a run with a note for the manifest; it may be missing."""

MANIFEST_STEP_KEYS = ("steps", "adversarial_steps", "rehearsal_steps")
"""Keys of a manifest's training: all steps, those of them that are adversarial, and those in fine-tunings."""

SUMMARY_KEYS = (*MANIFEST_STEP_KEYS, "seconds", "of_which_rehearsing", "note")
"""What the export adds to the plan of a run."""


def network_tensors(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the tensors that the service loads, by name: the averaged generator and the critic."""
    parts = {"generator": checkpoint["average"], "critic": checkpoint["critic"]}
    return {f"{part}.{name}": value.half() for part, state in parts.items() for name, value in state.items()}


def export(data: Path, run: Path, models: Path, excluded: Set[str], figures: Mapping[str, Any]) -> Path:
    """Write the model folder, and return it.

    Parameters
    ----------
    data : Path
        Folder of the prepared corpus.
    run : Path
        Folder of the run.
    models : Path
        The models folder.
    excluded : set of str
        Ids of styles that are not served.
    figures : mapping
        Errors by kind of reference, as `training.evaluation` writes them; may be empty.
    """
    folder = models / "gan"
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = torch.load(run / CHECKPOINT, weights_only=True)
    corpus = load_corpus(data)
    sizes = NetworkSizes(styles=len(corpus.styles))
    tensors = network_tensors(checkpoint)
    build_networks(sizes.as_dict(), tensors)
    save_file(tensors, folder / WEIGHTS_NAME)
    # safetensors writes files that only their owner may read.
    (folder / WEIGHTS_NAME).chmod(0o644)
    for name in (TRAINING_INDEX_NAME, RERANKER_NAME):
        shutil.copyfile(run / name, folder / name)
    statistics = read_styles(data)
    styles = served_styles(corpus, statistics, excluded)
    (folder / STYLES_NAME).write_text(json.dumps(styles, indent=1) + "\n")
    manifest = {
        "name": "gan",
        "grid": GRID_ID,
        "sha256": _digest(folder / WEIGHTS_NAME),
        "styles_sha256": _digest(folder / STYLES_NAME),
        "novelty_sha256": _digest(folder / TRAINING_INDEX_NAME),
        "realism_sha256": _digest(folder / RERANKER_NAME),
        "format": "safetensors, float16",
        "shape": sizes.as_dict(),
        "licence": "Apache-2.0",
        "data": _sources(statistics),
        "training": read_plan(run) | _summarize(checkpoint, run),
        "held_out": figures,
        "learning_curve": [line for line in map(json.loads, read_metrics(run)) if "held_out" in line],
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(card(manifest, json.loads((folder / STYLES_NAME).read_text())))
    return folder


def _summarize(checkpoint: Mapping[str, Any], run: Path) -> dict[str, Any]:
    """Return steps, seconds and the note of a run, by `SUMMARY_KEYS`."""
    counters = (checkpoint[key] for key in ("step", "adversarial_step", "rehearsal_step"))
    return {
        **dict(zip(MANIFEST_STEP_KEYS, counters, strict=True)),
        "seconds": round(checkpoint["elapsed_s"] + checkpoint["rehearsed_s"]),
        "of_which_rehearsing": round(checkpoint["rehearsed_s"]),
        "note": (run / NOTE_NAME).read_text().strip() if (run / NOTE_NAME).exists() else "",
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sources(statistics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the source of each style with its licence, and how many of its pieces were used."""
    sources = {
        style: _SOURCES["arranged" if name.startswith(ARRANGED_PREFIX) else name] for name, style in STYLES.items()
    }
    return [
        {
            "style": own["id"],
            "pieces": own["pieces"],
            "source": source,
            "licence": licence,
            "credits": own.get("credits", []),
        }
        for own in statistics
        for source, licence in [sources[own["id"]]]
        if own["pieces"]
    ]


_MUTOPIA = ("Mutopia Project", "public domain, CC BY in part")
_SOURCES = {
    "arranged": (
        "melodies of Aird, O'Neill and Ryan (printed 1782 to 1903), machine-made chords and bass, drums of Groove MIDI",
        "public domain; drums CC BY 4.0, Google LLC",
    ),
    "pop": ("POP909", "MIT (the data set; its songs are other people's)"),
    "game": ("Freedoom and Blasphemer", "BSD 3-clause"),
    "chorale": ("Bach chorales of the music21 corpus", "public-domain works; the encoding's licence is unstated"),
    "string-quartet": ("OpenScore String Quartets", "CC0"),
    "lied": ("OpenScore Lieder", "CC0"),
    "classical-piano": _MUTOPIA,
    "ragtime": _MUTOPIA,
}
"""Source and licence by style of the corpus's index; manifests store these texts."""
