"""Writes a trained run as the model that the service loads.

    python -m training.export --data DIR --run DIR --models DIR

in this folder's parent. Writes ``gan/weights.safetensors`` (float16), ``styles.json``, ``manifest.json``, ``card.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gan.models import MANIFEST_NAME, STYLES_NAME, WEIGHTS_NAME
from gan.network import Critic, Generator, LatentSpace, Shape
from gan.shapes import BEATS
from gan.style import PROFILES
from safetensors.torch import save_file
from score.encoding import GRID_ID
from score.roles import ROLES

from . import dataset
from .card import card
from .prepare import STYLES
from .resting import count_rests

USUAL_METER_SHARE = 0.1
"""A meter is offered where a style has so much of its music in it."""

ROLE_SHARE = 0.5
"""A style has a role where so many of its pieces do."""

CARD_NAME = "card.md"


def network_tensors(checkpoint: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Collect what the service needs, by name: the averaged generator, the critic, the space."""
    parts = {"generator": checkpoint["average"], "critic": checkpoint["critic"], "space": checkpoint["space"]}
    return {f"{part}.{name}": value.half() for part, state in parts.items() for name, value in state.items()}


def served_styles(corpus: dataset.Corpus, facts: list[dict[str, Any]], left_out: set[str]) -> list[dict[str, Any]]:
    """Describe the styles that are offered: those with a profile and pieces that were learnt from."""
    rests = count_rests(corpus)
    return [
        {
            "id": fact["id"],
            "index": index,
            "meters": _meters(fact),
            "rests": rests[index],
            "roles": [role.value for role in ROLES if fact["role_shares"][role.value] >= ROLE_SHARE],
            "chromatic_share": _chromatic_share(corpus, index),
            **{name: fact[name] for name in ("pieces", "windows", "tempo_bpm", "minor_share", "loudness")},
        }
        for index, fact in enumerate(facts)
        if fact["id"] in PROFILES and fact["id"] not in left_out and fact["pieces"]
    ]


def _meters(fact: dict[str, Any]) -> dict[str, int]:
    """Count the pieces in each meter that is offered, the usual one first."""
    total = sum(fact["meters"].values())
    return {meter: count for meter, count in fact["meters"].items() if count >= USUAL_METER_SHARE * total}


def _chromatic_share(corpus: dataset.Corpus, style: int) -> float:
    own = np.repeat(corpus.pieces["style"] == style, corpus.pieces["count"])
    heard = corpus.windows["heard"][own][:, :3, : 12 * BEATS].astype(np.float32)
    chroma = heard.reshape(-1, 12).sum(0)
    return round(float((chroma * (1 - dataset.WHITE)).sum() / max(chroma.sum(), 1.0)), 4)


def export(data: Path, run: Path, models: Path, left_out: set[str], figures: dict[str, Any]) -> Path:
    """Write the model's folder and return it."""
    folder = models / "gan"
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = torch.load(run / "checkpoint.pt", weights_only=True)
    plan = json.loads((run / "plan.json").read_text())
    corpus = dataset.load_corpus(data)
    shape = Shape(styles=len(corpus.styles), components=plan["components"])
    tensors = network_tensors(checkpoint)
    check_complete(shape, tensors)
    save_file(tensors, folder / WEIGHTS_NAME)
    facts = json.loads((data / "styles.json").read_text())
    (folder / STYLES_NAME).write_text(json.dumps(served_styles(corpus, facts, left_out), indent=1) + "\n")
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    manifest = {
        "name": "gan",
        "grid": GRID_ID,
        "sha256": _digest(folder / WEIGHTS_NAME),
        "styles_sha256": _digest(folder / STYLES_NAME),
        "decoders": json.loads((data / "encoder.json").read_text()),
        "format": "safetensors, float16",
        "shape": shape.as_dict(),
        "licence": "Apache-2.0",
        "data": _sources(facts),
        "training": plan | {"steps": checkpoint["step"], "seconds": round(checkpoint["elapsed_s"])},
        "held_out": figures,
        "learning_curve": [line for line in metrics if "distance" in line],
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(card(manifest, json.loads((folder / STYLES_NAME).read_text())))
    # The writer of safetensors leaves files that only their owner can read.
    (folder / WEIGHTS_NAME).chmod(0o644)
    return folder


def check_complete(shape: Shape, tensors: dict[str, torch.Tensor]) -> None:
    """Fail unless the tensors are exactly those of the networks."""
    networks = {"generator": Generator(shape), "critic": Critic(shape), "space": LatentSpace(shape.components)}
    wanted = {f"{part}.{name}" for part, network in networks.items() for name in network.state_dict()}
    if wanted != set(tensors):
        raise ValueError(f"the checkpoint does not fit its plan: {sorted(wanted ^ set(tensors))[:4]}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sources(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name every source with its licence and how many of its pieces were used."""
    sources = {style: _SOURCES["arranged" if name.startswith("arr-") else name] for name, style in STYLES.items()}
    return [
        {
            "style": fact["id"],
            "pieces": fact["pieces"],
            "source": source,
            "licence": licence,
            "credits": fact.get("credits", []),
        }
        for fact in facts
        for source, licence in [sources[fact["id"]]]
        if fact["pieces"]
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


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], help="style ids that are not to be offered")
    parser.add_argument("--figures", type=Path, help="what `evaluate --out` wrote, to be told in the manifest and card")
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text()) if options.figures else {}
    print(export(options.data, options.run, options.models, set(options.leave_out), figures))


if __name__ == "__main__":
    main()
