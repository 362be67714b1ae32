"""Training of the key networks: the gradient, that fitting works, and that the installed weights match the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from score.model import Score
from transposer.key_detection.key_features import extract_key_features, rotate_to_tonics
from transposer.key_detection.key_network import KeyNetwork, load_network, softmax
from transposer.key_detection.pitched_notes import extract_pitched_notes
from transposer_training.network_fit import (  # type: ignore[import-not-found,unused-ignore]
    Hyperparameters,
    LabelledRows,
    _gradients,
    apply_temperature,
    fit_network,
)

Make = Callable[..., Score]

N_FEATURES = 12
ROTATIONS = (np.arange(12) + np.arange(12)[:, None]) % 12


def scale_rows(n_rows: int, seed: int = 1) -> LabelledRows:
    """Build scales in one key each, with some noise."""
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 24, n_rows)
    scales = np.zeros((2, 12))
    scales[0, [0, 2, 4, 5, 7, 9, 11]] = scales[1, [0, 2, 3, 5, 7, 8, 11]] = 1
    features = np.array([np.roll(scales[key // 12], key % 12) for key in keys])
    noisy = (features + 0.2 * rng.standard_normal(features.shape)).astype(np.float32)
    return LabelledRows(noisy, ROTATIONS, keys, np.ones(n_rows))


def loss(network: KeyNetwork, rows: LabelledRows) -> float:
    probabilities = softmax(network.logits(rows.features[:, ROTATIONS])).reshape(-1, 24)
    return float(np.mean(rows.weights * -np.log(probabilities[np.arange(len(rows.keys)), rows.keys])))


def test_the_gradient_is_that_of_the_loss() -> None:
    rows = scale_rows(6)._replace(weights=np.array([1.0, 0.5, 0.1, 1, 1, 0]))
    rng = np.random.default_rng(2)
    shapes = ((N_FEATURES, 2), (N_FEATURES, 5), (5,), (5, 2), (2,))
    network = KeyNetwork(*(rng.standard_normal(shape).astype(np.float32) for shape in shapes))
    gradients = _gradients(network, rows, np.arange(6), 0.0, rng)
    step = 1e-2
    for part, gradient in enumerate(gradients):
        nudge = np.sign(gradient) * step
        ahead, behind = ([*network], [*network])
        ahead[part], behind[part] = network[part] + nudge, network[part] - nudge
        slope = (loss(KeyNetwork(*ahead), rows) - loss(KeyNetwork(*behind), rows)) / (2 * step)
        assert slope == pytest.approx(float(np.abs(gradient).sum()), rel=0.05)


def test_a_fitted_network_generalizes_to_unseen_scales() -> None:
    network = fit_network(scale_rows(300), Hyperparameters(n_hidden=4, epochs=20, rate=0.02, decay=0.0, dropout=0.1))
    unseen = scale_rows(100, seed=7)
    predicted = network.logits(unseen.features[:, ROTATIONS]).reshape(-1, 24).argmax(axis=1)
    assert (predicted == unseen.keys).mean() > 0.9


def test_the_same_hyperparameters_give_the_same_weights() -> None:
    hyperparameters = Hyperparameters(n_hidden=2, epochs=1)
    runs = [fit_network(scale_rows(64), hyperparameters) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        assert (first == second).all()


def test_a_temperature_scales_the_logits() -> None:
    network = fit_network(scale_rows(100), Hyperparameters(n_hidden=2, epochs=2))
    features = scale_rows(10).features[:, ROTATIONS]
    tempered = apply_temperature(network, 2.0)
    assert tempered.logits(features) == pytest.approx(network.logits(features) / 2, abs=1e-5)


def test_the_manifest_describes_the_installed_weights(cadence: Make) -> None:
    folder = files("transposer").joinpath("weights")
    manifest = json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["networks"]) == {"key", "segment", "bar"}
    for name, entry in manifest["networks"].items():
        assert sha256(folder.joinpath(f"{name}.npz").read_bytes()).hexdigest() == entry["sha256"]
    features = rotate_to_tonics(extract_key_features(extract_pitched_notes(cadence())))
    assert load_network("key").direct.shape == (features.shape[1], 2)
    assert all(row["licence"] and row["pieces"] for row in manifest["data"])
