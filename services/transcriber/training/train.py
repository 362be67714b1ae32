r"""Train the networks, and write them to the folder of models.

    cd services/transcriber && python -m training.train --recordings RUNS/recordings --corpus DIR --corpus DIR2 \
        --models ../../models

The network of onsets continues from the one in the folder of models (with ``--afresh`` from random weights); networks
named by ``--keep`` remain as they are. About a quarter of an hour on one free core. Prints the results of each network
on the validation tenth of the corpus; the test tenth is not read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save
from score.arrays import F32, Bool
from score.encoding import N_DRUM_CLASSES
from servicekit.model_folder import MANIFEST_NAME
from transcriber.dense_network import FEATURES_ID, MODEL_NAME, NETWORK_NAMES, WEIGHTS_NAME

from training import corpus
from training.examples import Examples, LabelledRecording, label_recording, read_recording
from training.networks import Hyperparameters, Report, TrainedNetwork, fit, initialize

Tensor = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

ONSET = Hyperparameters((192, 48), 10, 2.0, 0.25)
ONSET_CONTINUED = ONSET._replace(epochs=6, learning_rate=1e-3)
DRUMS = Hyperparameters((128, 48), 40, 1.0, 0.25)
END = Hyperparameters((96, 32), 5, 1.0, 0.15)
N_LAST_FEATURES = 23
"""Features of all pitches together and of the register, which are the last ones of a candidate."""


def main() -> None:
    """Train all networks and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--afresh", action="store_true")
    parser.add_argument("--keep", action="append", default=[], choices=NETWORK_NAMES)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = corpus.sample_pieces(corpus.read_index(arguments.corpus))
    rng = np.random.default_rng(0)
    recordings = [label_recording(read_recording(path), rng) for path in sorted(arguments.recordings.glob("*.npz"))]
    earlier = load_file(arguments.models / MODEL_NAME / WEIGHTS_NAME)
    tensors = {key: value for key, value in earlier.items() if key.partition(".")[0] in arguments.keep}
    start = None if arguments.afresh else earlier
    trainers: dict[str, Callable[[], TrainedNetwork]] = {
        "onset": lambda: train_onset(recordings, start),
        "end": lambda: train_end(recordings),
        "drums": lambda: train_drums(recordings),
    }
    for name in NETWORK_NAMES:
        if name not in arguments.keep:
            tensors |= trainers[name]().tensors(name)
    write_model(arguments.models / MODEL_NAME, tensors, rows, len(recordings))


def train_onset(recordings: Sequence[LabelledRecording], start: Mapping[str, F32] | None) -> TrainedNetwork:
    """Train the network that separates notes from other candidates; `start` holds earlier weights."""
    n_missed = sum(recording.n_missed for recording in recordings if recording.is_validation)
    training, validation = divide(recordings, "onsets")
    if start is None:
        return fit(initialize(ONSET, training.features), ONSET, training, validation, f1_report(n_missed))
    n_features, n_old = training.features.shape[1], len(start["onset.mean"])
    # Features were added before those of the register.
    columns = np.concatenate((np.arange(n_old - N_LAST_FEATURES), np.arange(n_features - N_LAST_FEATURES, n_features)))
    loaded = initialize(ONSET, training.features).load(start, "onset", columns)
    return fit(loaded, ONSET_CONTINUED, training, validation, f1_report(n_missed))


def train_end(recordings: Sequence[LabelledRecording]) -> TrainedNetwork:
    """Train the network that decides whether a note still sounds."""
    training, validation = divide(recordings, "ends")

    def report(sounds: F32, labels: Bool) -> str:
        return f"right {((sounds > 0.5) == labels).mean():.4f}"

    return fit(initialize(END, training.features), END, training, validation, report)


def train_drums(recordings: Sequence[LabelledRecording]) -> TrainedNetwork:
    """Train the network that names drum strokes."""
    training, validation = divide(recordings, "drums")
    return fit(initialize(DRUMS, training.features, N_DRUM_CLASSES), DRUMS, training, validation, f1_report(0))


def divide(recordings: Sequence[LabelledRecording], kind: str) -> list[Examples]:
    """Return the examples for training and those for validation."""
    return [
        Examples.concatenate([getattr(each, kind) for each in recordings if each.is_validation == is_validation])
        for is_validation in (False, True)
    ]


def f1_report(n_missed: int) -> Report:
    """Return a report of the highest F1 and its threshold, given the number of notes without a candidate."""

    def report(probabilities: F32, labels: Bool) -> str:
        scores = []
        for threshold in np.arange(0.2, 0.8, 0.05):
            hits = 2 * (labels & (probabilities > threshold)).sum()
            scores.append((hits / ((probabilities > threshold).sum() + labels.sum() + n_missed), threshold))
        return "F1 {:.4f} above {:.2f}".format(*max(scores))

    return report


def write_model(
    folder: Path, tensors: Mapping[str, Tensor], rows: Sequence[corpus.CorpusRow], n_recordings: int
) -> None:
    """Write weights and manifest.

    Parameters
    ----------
    folder : Path
        The model's folder.
    tensors : mapping of str to ndarray
        Of all networks.
    rows : sequence of CorpusRow
        The pieces that were used.
    n_recordings : int
        Number of recordings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = save(dict(sorted(tensors.items())))
    (folder / WEIGHTS_NAME).write_bytes(data)
    sources = Counter((row.source, row.licence) for row in rows)
    manifest = {
        "name": MODEL_NAME,
        "features": FEATURES_ID,
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": "safetensors, float16",
        "licence": "Apache-2.0",
        "seed": 0,
        "recordings": n_recordings,
        "data": [
            {"source": source, "licence": licence, "pieces": count}
            for (source, licence), count in sorted(sources.items())
        ],
    }  # fmt: skip
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
