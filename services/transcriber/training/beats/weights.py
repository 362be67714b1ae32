"""Arguments, pieces and weights of the scripts that train the beat tracker's networks."""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from score.arrays import F32

from training import corpus
from training.beats.written_rhythm import Piece

MANIFEST_NAME = "manifest.json"
TRAINING_FOLDS = tuple(fold for fold in range(10) if fold not in (corpus.TEST_FOLD, corpus.VALIDATION_FOLD))


def parse_arguments(doc: str | None) -> argparse.Namespace:
    """Parse where the rhythms are and where the weights go."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--rhythms", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    return parser.parse_args()


def read_pieces(path: Path, folds: Collection[int] = TRAINING_FOLDS) -> list[Piece]:
    """Read the pieces of some tenths of the corpus, by default those for training."""
    with path.open("rb") as file:
        return [piece for piece in pickle.load(file) if piece.row.fold in folds]


def save_network(
    folder: Path, name: str, tensors: Mapping[str, F32], settings: Mapping[str, int], pieces: Sequence[Piece]
) -> None:
    """Write weights as float16, and their entry in the manifest.

    Parameters
    ----------
    folder : Path
    name : str
        Of the network.
    tensors : mapping of str to ndarray
    settings : mapping of str to int
        Seed, number of examples and so on, for the manifest.
    pieces : sequence of Piece
        From which it was trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, manifest_path = folder / f"{name}.npz", folder / MANIFEST_NAME
    stored: dict[str, Any] = {key: tensor.astype(np.float16) for key, tensor in tensors.items()}
    np.savez_compressed(path, **stored)
    manifest = json.loads(manifest_path.read_text(encoding="utf-8")) if manifest_path.exists() else {}
    networks = manifest.get("networks", {})
    networks[name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **settings}
    sources = Counter((piece.row.source, piece.row.licence) for piece in pieces)
    manifest = {
        "licence": "Apache-2.0",
        "format": "npz, float16",
        "networks": dict(sorted(networks.items())),
        "data": [
            {"source": source, "licence": licence, "pieces": count}
            for (source, licence), count in sorted(sources.items())
        ],
    }
    manifest_path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
