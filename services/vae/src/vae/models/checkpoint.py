"""Conversion of shipped weights (safetensors, PyTorch's layout) to checkpoints that Magenta restores.

    python -m vae.models.checkpoint --models models --cache var/cache/vae

A checkpoint is built once for each set of weights: its folder is named by their sha256. The service builds missing
checkpoints when it starts.

Conventions. TensorFlow's LSTM kernel is [input + hidden, 4 * hidden] with the gates in the order i, j, f, o, where
PyTorch has two matrices [4 * hidden, ...] and i, f, g, o (j is g). TensorFlow adds a forget bias of 1 at run time,
PyTorch keeps it in the bias. Dense kernels are each other's transposes.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from score.arrays import F32
from score.encoding import GRID_ID
from servicekit.model_folder import ModelFolder

from vae.models.specs import MODEL_SPECS

FORGET_BIAS = 1.0
WEIGHTS_NAME = "weights.safetensors"
CHECKPOINT_NAME = "model.ckpt"

_LSTM_LAYERS = {
    "decoder/multi_rnn_cell/cell_0/lstm_cell": ("decoder", "l0"),
    "decoder/multi_rnn_cell/cell_1/lstm_cell": ("decoder", "l1"),
}
"""TensorFlow's variable scope of each LSTM layer -> PyTorch's module and parameter suffix."""

_DENSE_LAYERS = {
    "encoder/embedding": "embedding",
    "encoder/beat_first": "beat_first",
    "encoder/beat_second": "beat_second",
    "encoder/beat_code": "beat_code",
    "encoder/place": "place",
    "encoder/chord": "chord",
    "encoder/first": "first",
    "encoder/second": "second",
    "encoder/mu": "mu",
    "encoder/sigma": "sigma",
    "decoder/z_to_initial_state": "initial_state",
    "decoder/plan": "plan",
    "decoder/codes": "codes",
    "decoder/codes_line": "codes_line",
    "decoder/score_first": "score_first",
    "decoder/score_second": "score_second",
    "decoder/score": "score",
    "decoder/output_projection": "output",
}
"""TensorFlow's scope of each dense layer -> PyTorch's module.

Layers that a model lacks (chords) and biases that a layer lacks (embeddings) are skipped.
"""


@dataclass(frozen=True)
class ShippedModel:
    """A shipped model, checked against its manifest."""

    name: str
    folder: ModelFolder

    @property
    def sha256(self) -> str:
        """The sha256 of the weights, in hexadecimal."""
        return self.folder.sha256

    @property
    def weights_path(self) -> Path:
        """Path of the weights file."""
        return self.folder.path / WEIGHTS_NAME


def find_shipped_model(models_dir: Path, name: str) -> ShippedModel:
    """Find the weights of a model and check them.

    Parameters
    ----------
    models_dir : Path
        Folder that contains `vae-<name>/`.
    name : str
        Of a role or of a factor of the lead.

    Raises
    ------
    ModelMismatch
        If the weights are missing, damaged, or made for another grid.
    """
    folder = ModelFolder.open(models_dir / f"vae-{name}")
    folder.read(WEIGHTS_NAME)
    folder.require("grid", GRID_ID)
    return ShippedModel(name, folder)


def ensure_checkpoint(model: ShippedModel, cache_dir: Path) -> Path:
    """Return the prefix of a model's checkpoint, after building it if it is missing.

    Parameters
    ----------
    model : ShippedModel
    cache_dir : Path
        Folder of all checkpoints; created if absent. Several processes may build the same one at once.
    """
    folder = cache_dir / f"{model.name}-{model.sha256[:16]}"
    if not folder.is_dir():
        cache_dir.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache_dir, prefix=".draft-"))
        _write_checkpoint(draft / CHECKPOINT_NAME, to_magenta_variables(load_file(model.weights_path)))
        _move_into_place(draft, folder)
    return folder / CHECKPOINT_NAME


def _write_checkpoint(prefix: Path, variables: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays by their TensorFlow names as a checkpoint; the prefix lacks the endings of its files."""
    # TensorFlow takes seconds to import, and an existing checkpoint needs none of it.
    from vae.networks.magenta_imports import tf

    with tf.Graph().as_default(), tf.Session() as session:
        placed = [tf.get_variable(name, value.shape, value.dtype) for name, value in variables.items()]
        saver = tf.train.Saver(placed)
        for variable, value in zip(placed, variables.values(), strict=True):
            variable.load(value, session)
        saver.save(session, str(prefix), write_meta_graph=False)


def _move_into_place(draft: Path, folder: Path) -> None:
    """Rename a finished folder, unless another process was faster."""
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)
        if not folder.is_dir():
            raise


def to_magenta_variables(tensors: Mapping[str, npt.NDArray[np.floating]]) -> dict[str, npt.NDArray[np.generic]]:
    """Convert PyTorch's parameters into Magenta's variables.

    Parameters
    ----------
    tensors : mapping of str to ndarray, float16 or float32
        By the parameter names of `training.model.music_vae.MusicVae`.

    Returns
    -------
    dict of str to ndarray, float32
        By TensorFlow's variable names; and `global_step`.
    """
    wide = {name: value.astype(np.float32) for name, value in tensors.items()}
    variables: dict[str, npt.NDArray[np.generic]] = {"global_step": np.zeros((), np.int64)}
    for scope, (module, suffix) in _LSTM_LAYERS.items():
        kernel, bias = _convert_lstm(wide, module, suffix)
        variables |= {f"{scope}/kernel": kernel, f"{scope}/bias": bias}
    for scope, module in _DENSE_LAYERS.items():
        if f"{module}.weight" in wide:
            variables[f"{scope}/kernel"] = np.ascontiguousarray(wide[f"{module}.weight"].T)
        if f"{module}.bias" in wide:
            variables[f"{scope}/bias"] = wide[f"{module}.bias"]
    return variables


def _convert_lstm(tensors: Mapping[str, F32], module: str, suffix: str) -> tuple[F32, F32]:
    names = (f"{module}.{kind}_{suffix}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    inputs, recurrent, first_bias, second_bias = (tensors[name] for name in names)
    kernel = _reorder_gates(np.concatenate([inputs, recurrent], axis=1)).T
    bias = _reorder_gates(first_bias + second_bias)
    units = len(bias) // 4
    bias[2 * units : 3 * units] -= FORGET_BIAS
    return np.ascontiguousarray(kernel), bias


def _reorder_gates(gates: F32) -> F32:
    """Reorder gates along the first axis from i, f, g, o to i, j, f, o."""
    i, f, g, o = np.split(gates, 4)
    return np.concatenate([i, g, f, o])


def main() -> None:
    """Build the checkpoints of all models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    options = parser.parse_args()
    for name in MODEL_SPECS:
        print(ensure_checkpoint(find_shipped_model(options.models, name), options.cache))


if __name__ == "__main__":
    main()
