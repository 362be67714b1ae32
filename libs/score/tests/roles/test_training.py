"""Training of the network: labels of arrangements, gradients of the loss, weights as the manifest describes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from score.roles.part_features import PartNotes, part_features
from score.roles.part_network import PartNetwork, load_network
from score_training.arrangements import _KINDS, arrange  # type: ignore[import-not-found,unused-ignore]
from score_training.labelled_parts import (  # type: ignore[import-not-found,unused-ignore]
    UNKNOWN,
    LabelledParts,
    split_of_group,
)
from score_training.train import (  # type: ignore[import-not-found,unused-ignore]
    Rows,
    _gradients,
    _new_network,
    cross_entropy,
)

WEIGHTS = files("score").joinpath("roles", "weights")


def line(low: int, step: float, n_notes: int, width: int) -> PartNotes:
    onsets = np.arange(n_notes, dtype=np.float64) * step
    pitches = low + (np.arange(n_notes) * 5 % width)
    return PartNotes(onsets, onsets + 0.9 * step, pitches, np.full(n_notes, 80))


PIECE = LabelledParts(
    [line(72, 0.5, 64, 13), line(55, 1.0, 32, 8), line(36, 2.0, 16, 6)], 0, 2, "arr-test", "training", ""
)


@pytest.mark.parametrize("seed", range(12))
def test_an_arrangement_is_well_formed(seed: int) -> None:
    found = arrange(PIECE, np.random.default_rng(seed))
    assert -1 <= found.lead < len(found.parts)
    for part in found.parts:
        assert (np.diff(part.onsets) >= 0).all()
        assert (part.ends > part.onsets).all()
        assert part.pitches.min() >= 21
        assert part.pitches.max() <= 108


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.__name__)
def test_an_arrangement_has_its_tune_where_its_label_says(kind: Callable[..., LabelledParts]) -> None:
    found = kind(PIECE, np.random.default_rng(3))
    lead = found.parts[found.lead]
    tune = PIECE.parts[0]
    notes = set(zip(lead.onsets.tolist(), (lead.pitches % 12).tolist(), strict=True))
    assert notes >= set(zip(tune.onsets.tolist(), (tune.pitches % 12).tolist(), strict=True))


def test_the_gradients_are_those_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(6, 3, 5)).astype(np.float32)
    is_part = np.array([[True, True, index % 2 == 0] for index in range(6)])
    labels = np.array([[index % 2, UNKNOWN] for index in range(6)])
    rows = Rows(features, is_part, labels, np.ones(6))
    network = _new_network(rows, rng)
    gradients = _averaged_gradients(network, rows)
    for name in ("output", "bias"):
        values = getattr(network, name)
        index = (0,) * values.ndim
        losses = []
        for change in (0.05, -0.05):
            values[index] += change
            losses.append(cross_entropy(network, rows, 1.0))
            values[index] -= change
        assert gradients[name][index] == pytest.approx((losses[0] - losses[1]) / 0.1, abs=0.03)


def _averaged_gradients(
    network: PartNetwork, rows: Rows
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Average over many drops of hidden units, whose expectation is near the network without drops."""
    rng = np.random.default_rng(1)
    sampled = [_gradients(network, rows, rng) for _ in range(200)]
    return {name: np.mean([getattr(each, name) for each in sampled], axis=0) for name in ("output", "bias")}


def test_the_shipped_weights_are_those_of_the_manifest() -> None:
    manifest = json.loads(WEIGHTS.joinpath("manifest.json").read_text(encoding="utf-8"))
    assert sha256(WEIGHTS.joinpath("parts.npz").read_bytes()).hexdigest() == manifest["sha256"]
    assert manifest["held_out"]["calibration_error"] < 0.05
    assert load_network().hidden.shape == (part_features(PIECE.parts).shape[1], manifest["hidden_units"])
    assert all(source["licence"] for source in manifest["data"])


def test_works_are_never_divided_between_splits() -> None:
    splits = [split_of_group(f"work {number}") for number in range(1000)]
    assert [splits.count(name) > 60 for name in ("training", "development", "test")] == [True] * 3
    assert split_of_group("work 7") == splits[7]
