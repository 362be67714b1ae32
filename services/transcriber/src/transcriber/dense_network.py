"""Small dense networks (multilayer perceptrons) in numpy, and their weights.

They correct basic-pitch (which of its onsets are notes, and where notes end), and name drum strokes.
Each has two or three layers over a few hundred features, for which numpy is fast enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load
from score.arrays import F32
from servicekit.faults import ModelMismatch
from servicekit.model_folder import ModelFolder

FEATURES_ID = "segue-transcriber-2"
"""Identifies the features that the networks are trained on. It changes with them, so that older weights are refused."""
MODEL_NAME = "transcriber"
NETWORK_NAMES = ("onset", "end", "drums")
WEIGHTS_NAME = "weights.safetensors"


class DenseNetwork:
    """Dense layers with rectifiers between them.

    Parameters
    ----------
    mean, deviation : ndarray, shape (features,), float32
        By which the features are standardized.
    layers : list of (weights, biases)
        Shapes (inputs, outputs) and (outputs,), float32; the last layer has an output for each class, mostly one.
    """

    def __init__(self, mean: F32, deviation: F32, layers: list[tuple[F32, F32]]) -> None:
        # The standardization is folded into the first layer.
        weights, biases = layers[0]
        self._layers = [(weights / deviation[:, None], biases - (mean / deviation) @ weights), *layers[1:]]

    def logits(self, features: F32) -> F32:
        """Apply the layers and return the first output: shape (n, features) to (n,)."""
        return self._outputs(features)[:, 0]

    def probabilities(self, features: F32) -> F32:
        """Apply the layers and the logistic function, and return the first output: shape (n, features) to (n,)."""
        return _logistic(self.logits(features))

    def class_probabilities(self, features: F32) -> F32:
        """Apply the layers and the logistic function: shape (n, features) to (n, outputs)."""
        return _logistic(self._outputs(features))

    def _outputs(self, features: F32) -> F32:
        hidden = features
        for index, (weights, biases) in enumerate(self._layers):
            hidden = (np.maximum(hidden, 0) if index else hidden) @ weights + biases
        return hidden


def _logistic(logits: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


class TranscriptionNetworks(NamedTuple):
    """All networks of the service, and the digest of their weights."""

    onset: DenseNetwork
    end: DenseNetwork
    drums: DenseNetwork
    sha256: str


def load_networks(models: Path) -> TranscriptionNetworks:
    """Load the networks from the folder of all models.

    Raises
    ------
    ModelMismatch
        If the model is missing, made for other features, or does not match its manifest.
    """
    folder = ModelFolder.open(models / MODEL_NAME)
    folder.require("features", FEATURES_ID)
    data = folder.read(WEIGHTS_NAME)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ModelMismatch("The transcriber's weights cannot be read.", model=folder.name) from error
    onset, end, drums = (network_from_tensors(tensors, name) for name in NETWORK_NAMES)
    return TranscriptionNetworks(onset, end, drums, folder.sha256)


def network_from_tensors(tensors: Mapping[str, F32], name: str) -> DenseNetwork:
    """Build a network from the tensors ``<name>.mean``, ``.deviation``, ``.weights0``, ``.biases0`` and so on."""
    own = {key: np.asarray(value, dtype=np.float32) for key, value in tensors.items() if key.startswith(f"{name}.")}
    n_layers = sum(key.startswith(f"{name}.weights") for key in own)
    layers = [(own[f"{name}.weights{index}"], own[f"{name}.biases{index}"]) for index in range(n_layers)]
    return DenseNetwork(own[f"{name}.mean"], own[f"{name}.deviation"], layers)
