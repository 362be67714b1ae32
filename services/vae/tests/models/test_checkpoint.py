"""From shipped weights to Magenta's checkpoints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from servicekit.faults import ModelMismatch
from vae.models import checkpoint

MODELS = Path(__file__).resolve().parents[4] / "models"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of one shipped model that a test may damage."""
    shutil.copytree(MODELS / "vae-lead", tmp_path / "vae-lead")
    return tmp_path


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("sha256", "0" * 64, "is not the file that its manifest names"), ("grid", "segue-grid-0", "grid segue-grid-0")],
)
def test_weights_of_another_manifest_or_grid_are_refused(folder: Path, field: str, value: str, message: str) -> None:
    path = folder / "vae-lead" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(ModelMismatch, match=message):
        checkpoint.find_shipped_model(folder, "lead")


def test_a_checkpoint_is_built_once(folder: Path) -> None:
    shipped = checkpoint.find_shipped_model(folder, "lead")
    prefix = checkpoint.ensure_checkpoint(shipped, folder / "cache")
    index = prefix.with_name("model.ckpt.index")
    built_at = index.stat().st_mtime_ns
    assert checkpoint.ensure_checkpoint(shipped, folder / "cache") == prefix
    assert index.stat().st_mtime_ns == built_at
    assert [path.name for path in (folder / "cache").iterdir()] == [f"lead-{shipped.sha256[:16]}"]


def test_gates_are_reordered_and_the_forget_bias_taken_out() -> None:
    units = 2
    weights = {}
    for module, suffix, inputs in (
        ("encoder", "l0", 3),
        ("encoder", "l0_reverse", 3),
        ("decoder", "l0", 3),
        ("decoder", "l1", 3),
    ):
        rows = np.arange(4 * units, dtype=np.float32)
        weights[f"{module}.weight_ih_{suffix}"] = np.repeat(rows[:, None], inputs, axis=1)
        weights[f"{module}.weight_hh_{suffix}"] = np.repeat(rows[:, None] + 100, units, axis=1)
        weights[f"{module}.bias_ih_{suffix}"] = rows
        weights[f"{module}.bias_hh_{suffix}"] = np.zeros(4 * units, np.float32)
    for module in ("mu", "sigma", "initial_state", "output"):
        weights[f"{module}.weight"] = np.ones((2, 3), np.float32)
        weights[f"{module}.bias"] = np.zeros(2, np.float32)
    variables = checkpoint.to_magenta_variables(weights)
    cell = "decoder/multi_rnn_cell/cell_0/lstm_cell"
    # torch: i = 0 1, f = 2 3, g = 4 5, o = 6 7; TensorFlow: i, j (= g), f, o, and 1 less for f.
    assert variables[f"{cell}/bias"].tolist() == [0, 1, 4, 5, 1, 2, 6, 7]
    kernel = variables[f"{cell}/kernel"]
    assert kernel.shape == (5, 8)
    assert kernel[0].tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
    assert kernel[4].tolist() == [100, 101, 104, 105, 102, 103, 106, 107]
    assert variables["encoder/mu/kernel"].shape == (3, 2)
