"""From shipped weights (safetensors, PyTorch's layout) to checkpoints that Magenta restores.

    python -m vae.models.checkpoint --models models --cache var/cache/vae

A checkpoint is made once for each set of weights: its folder is named by their sha256. The service makes what is
missing when it starts.

Conventions. TensorFlow's LSTM kernel is [input + hidden, 4 * hidden] with the gates in the order i, j, f, o, where
PyTorch has two matrices [4 * hidden, ...] and i, f, g, o (j is g). TensorFlow adds a forget bias of 1 when it runs,
PyTorch keeps it in the bias. Dense kernels are each other's transposes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from servicekit.faults import ModelMismatch

from vae.models.specs import GRID_ID, ROLE_SPECS

Floats = npt.NDArray[np.float32]

FORGET_BIAS = 1.0
WEIGHTS_NAME = "weights.safetensors"
MANIFEST_NAME = "manifest.json"
PREFIX = "model.ckpt"

_LSTMS = {
    "decoder/multi_rnn_cell/cell_0/lstm_cell": ("decoder", "l0"),
    "decoder/multi_rnn_cell/cell_1/lstm_cell": ("decoder", "l1"),
}
_DENSES = {
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
"""Layers that a role lacks (chords) and biases that a layer lacks (embeddings) are left out."""


@dataclass(frozen=True)
class ShippedModel:
    """One folder of `models/`: the weights of a role, checked against their manifest.

    Attributes
    ----------
    role : str
    folder : Path
    sha256 : str
        Of the weights file, in hex.
    """

    role: str
    folder: Path
    sha256: str

    @property
    def weights(self) -> Path:
        """The weights file."""
        return self.folder / WEIGHTS_NAME


@dataclass(frozen=True)
class Published:
    """A model of Magenta's own: the name of its config, and its checkpoint (prefix, folder or tar file)."""

    config: str
    checkpoint: Path

    def digest(self, role: str) -> str:
        """Return the sha256 of the name and the weights, in hex.

        Raises
        ------
        ModelMismatch
            If there is no checkpoint.
        """
        folder, stem = (self.checkpoint, "*") if self.checkpoint.is_dir() else (self.checkpoint.parent, None)
        patterns = [f"{stem or self.checkpoint.name}.{kind}" for kind in ("index", "data-*")]
        files = (
            [self.checkpoint] if self.checkpoint.is_file() else [each for of in patterns for each in folder.glob(of)]
        )
        if not files:
            message = f"There is no checkpoint for {role} at {self.checkpoint}: name its prefix, folder or tar file."
            raise ModelMismatch(message, role=role, checkpoint=str(self.checkpoint))
        whole = hashlib.sha256(self.config.encode())
        for file in sorted(files):
            with file.open("rb") as opened:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
        return whole.hexdigest()


def find(models: Path, role: str) -> ShippedModel:
    """Find a role's weights and check them.

    Parameters
    ----------
    models : Path
        Folder that holds `vae-<role>/`.
    role : str

    Raises
    ------
    ModelMismatch
        If the weights are missing, damaged, or made for another grid.
    """
    folder = models / f"vae-{role}"
    manifest_path, weights_path = folder / MANIFEST_NAME, folder / WEIGHTS_NAME
    if not manifest_path.is_file() or not weights_path.is_file():
        raise ModelMismatch(f"There are no weights for {role}: {folder.name} needs a manifest and weights.", role=role)
    manifest = json.loads(manifest_path.read_text())
    digest = hashlib.sha256(weights_path.read_bytes()).hexdigest()
    if manifest["sha256"] != digest:
        raise ModelMismatch(f"The weights for {role} are not those of their manifest.", role=role)
    if manifest["grid"] != GRID_ID:
        raise ModelMismatch(f"The weights for {role} are for grid {manifest['grid']}, not {GRID_ID}.", role=role)
    return ShippedModel(role, folder, digest)


def prepare(model: ShippedModel, cache: Path) -> Path:
    """Return the prefix of a model's checkpoint, after making it where it is missing.

    Parameters
    ----------
    model : ShippedModel
    cache : Path
        Folder of all checkpoints; made when absent. Several processes may prepare at once.
    """
    from vae.networks.role_model import write_checkpoint

    folder = cache / f"{model.role}-{model.sha256[:16]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=cache, prefix=".draft-"))
        write_checkpoint(draft / PREFIX, magenta_variables(load_file(model.weights)))
        _publish(draft, folder)
    return folder / PREFIX


def _publish(draft: Path, folder: Path) -> None:
    """Move a finished folder into place, unless another process was faster."""
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)
        if not folder.is_dir():
            raise


def magenta_variables(weights: Mapping[str, npt.NDArray[np.floating]]) -> dict[str, npt.NDArray[np.generic]]:
    """Convert PyTorch's parameters into Magenta's variables.

    Parameters
    ----------
    weights : mapping
        Parameter names of `training.model.MusicVae` -> values, float16 or float32.

    Returns
    -------
    dict
        TensorFlow's variable names -> float32 values, and `global_step`.
    """
    wide = {name: value.astype(np.float32) for name, value in weights.items()}
    variables: dict[str, npt.NDArray[np.generic]] = {"global_step": np.zeros((), np.int64)}
    for scope, (module, suffix) in _LSTMS.items():
        kernel, bias = _lstm(wide, module, suffix)
        variables |= {f"{scope}/kernel": kernel, f"{scope}/bias": bias}
    for scope, module in _DENSES.items():
        if f"{module}.weight" in wide:
            variables[f"{scope}/kernel"] = np.ascontiguousarray(wide[f"{module}.weight"].T)
        if f"{module}.bias" in wide:
            variables[f"{scope}/bias"] = wide[f"{module}.bias"]
    return variables


def _lstm(weights: Mapping[str, Floats], module: str, suffix: str) -> tuple[Floats, Floats]:
    names = (f"{module}.{kind}_{suffix}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    inputs, recurrent, first_bias, second_bias = (weights[name] for name in names)
    kernel = _reorder(np.concatenate([inputs, recurrent], axis=1)).T
    bias = _reorder(first_bias + second_bias)
    units = len(bias) // 4
    bias[2 * units : 3 * units] -= FORGET_BIAS
    return np.ascontiguousarray(kernel), bias


def _reorder(gates: Floats) -> Floats:
    """Reorder gates along the first axis from i, f, g, o to i, j, f, o."""
    i, f, g, o = np.split(gates, 4)
    return np.concatenate([i, g, f, o])


def main() -> None:
    """Make the checkpoints of all roles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    options = parser.parse_args()
    for role in ROLE_SPECS:
        print(prepare(find(options.models, role), options.cache))


if __name__ == "__main__":
    main()
