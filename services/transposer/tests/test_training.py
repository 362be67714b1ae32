"""How the weights are made: the gradient, that learning learns, and that what ships is what its manifest says."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from score.model import Score
from transposer.key_detection import key_features, key_network
from transposer.key_detection.key_network import Network, chances
from transposer.key_detection.pitched_notes import gather
from transposer_training.network_fit import Labelled, Plan, _gradients, cooled, fit  # type: ignore[import-not-found,unused-ignore]

Make = Callable[..., Score]

N_VALUES = 12
TURNS = (np.arange(12) + np.arange(12)[:, None]) % 12


def rows(n_rows: int, seed: int = 1) -> Labelled:
    """Make scales of one key each, with some noise."""
    chance = np.random.default_rng(seed)
    keys = chance.integers(0, 24, n_rows)
    scales = np.zeros((2, 12))
    scales[0, [0, 2, 4, 5, 7, 9, 11]] = scales[1, [0, 2, 3, 5, 7, 8, 11]] = 1
    values = np.array([np.roll(scales[key // 12], key % 12) for key in keys])
    noisy = (values + 0.2 * chance.standard_normal(values.shape)).astype(np.float32)
    return Labelled(noisy, TURNS, keys, np.ones(n_rows))


def loss(found: Network, some: Labelled) -> float:
    likely = chances(found.scores(some.values[:, TURNS])).reshape(-1, 24)
    return float(np.mean(some.weights * -np.log(likely[np.arange(len(some.keys)), some.keys])))


def test_the_gradient_is_that_of_the_loss() -> None:
    some = rows(6)._replace(weights=np.array([1.0, 0.5, 0.1, 1, 1, 0]))
    chance = np.random.default_rng(2)
    shapes = ((N_VALUES, 2), (N_VALUES, 5), (5,), (5, 2), (2,))
    begun = Network(*(chance.standard_normal(shape).astype(np.float32) for shape in shapes))
    gradients = _gradients(begun, some, np.arange(6), 0.0, chance)
    step = 1e-2
    for part, gradient in enumerate(gradients):
        nudge = np.sign(gradient) * step
        ahead, behind = ([*begun], [*begun])
        ahead[part], behind[part] = begun[part] + nudge, begun[part] - nudge
        rise = (loss(Network(*ahead), some) - loss(Network(*behind), some)) / (2 * step)
        assert rise == pytest.approx(float(np.abs(gradient).sum()), rel=0.05)


def test_it_learns_scales_that_it_has_not_seen() -> None:
    learned = fit(rows(300), Plan(n_hidden=4, epochs=20, rate=0.02, decay=0.0, dropout=0.1))
    unseen = rows(100, seed=7)
    found = learned.scores(unseen.values[:, TURNS]).reshape(-1, 24).argmax(axis=1)
    assert (found == unseen.keys).mean() > 0.9


def test_the_same_plan_gives_the_same_weights() -> None:
    plan = Plan(n_hidden=2, epochs=1)
    for first, second in zip(fit(rows(64), plan), fit(rows(64), plan), strict=True):
        assert (first == second).all()


def test_a_temperature_changes_confidence_and_not_the_answer() -> None:
    learned = fit(rows(100), Plan(n_hidden=2, epochs=2))
    views = rows(10).values[:, TURNS]
    assert cooled(learned, 2.0).scores(views) == pytest.approx(learned.scores(views) / 2, abs=1e-5)


def test_the_manifest_tells_of_the_weights_that_ship(cadence: Make) -> None:
    folder = files("transposer").joinpath("weights")
    manifest = json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["networks"]) == {"key", "stretch", "local"}
    for name, told in manifest["networks"].items():
        assert sha256(folder.joinpath(f"{name}.npz").read_bytes()).hexdigest() == told["sha256"]
    views = key_features.seen_from_every_tonic(key_features.measure(gather(cadence())))
    assert key_network.load("key").direct.shape == (views.shape[1], 2)
    assert all(row["licence"] and row["pieces"] for row in manifest["data"])
