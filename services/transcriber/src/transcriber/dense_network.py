"""Small networks of dense layers, and where their weights are from.

What is trained here corrects basic-pitch: which of its onsets are notes, and where notes end; which period is a
quarter, and which beat begins a bar. Each network is two or three layers over a few hundred numbers: numpy is enough.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load
from servicekit.faults import ModelMismatch

from transcriber.constants import Floats

FORMAT = "segue-transcriber-1"
"""What the networks are fed. Changes with the features, so that other weights are refused."""
NAMES = ("onset", "end", "tempo", "downbeat")
WEIGHTS_NAME, MANIFEST_NAME = "weights.safetensors", "manifest.json"


class Network:
    """Dense layers with rectifiers between them.

    Parameters
    ----------
    mean, deviation : ndarray, shape (features,)
        Of the features in training.
    layers : list of (weights, biases)
        Shapes (inputs, outputs) and (outputs,); the last has one output.
    """

    def __init__(self, mean: Floats, deviation: Floats, layers: list[tuple[Floats, Floats]]) -> None:
        # Standardising is part of the first layer.
        weights, biases = layers[0]
        self._layers = [(weights / deviation[:, None], biases - (mean / deviation) @ weights), *layers[1:]]

    def logits(self, features: Floats) -> Floats:
        """Apply the layers: shape (n, features) to (n,)."""
        hidden = features
        for index, (weights, biases) in enumerate(self._layers):
            hidden = (np.maximum(hidden, 0) if index else hidden) @ weights + biases
        return hidden[:, 0]

    def probabilities(self, features: Floats) -> Floats:
        """Apply the layers and the logistic function."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.logits(features), -30, 30))), dtype=np.float32)


class Networks(NamedTuple):
    """All networks of the service."""

    onset: Network
    end: Network
    tempo: Network
    downbeat: Network
    sha256: str


def load_networks(folder: Path) -> Networks:
    """Read ``transcriber/`` in the folder of all models.

    Raises
    ------
    ModelMismatch
        If it is missing, made for other features, or not what its manifest names.
    """
    home = folder / "transcriber"
    try:
        manifest = json.loads((home / MANIFEST_NAME).read_text(encoding="utf-8"))
        data = (home / WEIGHTS_NAME).read_bytes()
    except OSError as error:
        raise ModelMismatch("The transcriber's model is not installed: SEGUE_MODELS names the folder.") from error
    if manifest["features"] != FORMAT:
        raise ModelMismatch(f"The transcriber's model was made for {manifest['features']}; this is {FORMAT}.")
    if (digest := hashlib.sha256(data).hexdigest()) != manifest["sha256"]:
        raise ModelMismatch("The transcriber's weights are not those that the manifest names.", sha256=digest)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ModelMismatch("The transcriber's weights cannot be read.") from error
    onset, end, tempo, downbeat = (build(tensors, name) for name in NAMES)
    return Networks(onset, end, tempo, downbeat, digest)


def build(tensors: Mapping[str, Floats], name: str) -> Network:
    """Make a network of the tensors ``<name>.mean``, ``.deviation``, ``.weights0``, ``.biases0`` and so on."""
    wide = {key: np.asarray(value, dtype=np.float32) for key, value in tensors.items() if key.startswith(f"{name}.")}
    n_layers = sum(key.startswith(f"{name}.weights") for key in wide)
    layers = [(wide[f"{name}.weights{index}"], wide[f"{name}.biases{index}"]) for index in range(n_layers)]
    return Network(wide[f"{name}.mean"], wide[f"{name}.deviation"], layers)
