"""Dense networks, and the check of their weights against the manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from servicekit.faults import ModelMismatch
from transcriber.dense_network import DenseNetwork, load_networks

MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.fixture
def models_copy(tmp_path: Path) -> Path:
    shutil.copytree(MODELS / "transcriber", tmp_path / "transcriber")
    return tmp_path


def test_a_network_standardizes_multiplies_and_rectifies() -> None:
    first = np.array([[1.0, -1.0], [0.0, 2.0]], np.float32), np.array([0.5, 0.0], np.float32)
    second = np.array([[1.0], [10.0]], np.float32), np.array([-1.0], np.float32)
    network = DenseNetwork(np.array([1.0, 0.0], np.float32), np.array([2.0, 1.0], np.float32), [first, second])
    # (3, 1) is (1, 1) standardized: hidden (1.5, 1), so 1.5 + 10 - 1. (1, -1): (0.5, -2 rectified to 0), so 0.5 - 1.
    logits = network.logits(np.array([[3.0, 1.0], [1.0, -1.0]], np.float32))
    assert logits == pytest.approx([10.5, -0.5])
    assert network.probabilities(np.array([[1.0, -1.0]], np.float32)) == pytest.approx([1 / (1 + np.exp(0.5))])


def test_the_installed_weights_match_the_manifest(models_copy: Path) -> None:
    manifest = json.loads((models_copy / "transcriber/manifest.json").read_text())
    assert load_networks(models_copy).sha256 == manifest["sha256"]


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [("features", "segue-transcriber-0", "made for"), ("sha256", "0" * 64, "not the file that its manifest names")],
)
def test_weights_of_another_manifest_are_refused(models_copy: Path, field: str, value: str, match: str) -> None:
    path = models_copy / "transcriber/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(ModelMismatch, match=match):
        load_networks(models_copy)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="SEGUE_MODELS"):
        load_networks(tmp_path)
