"""The networks of the beat tracker in numpy, beside the same layers in torch."""

from __future__ import annotations

import numpy as np
import pytest
from score.rhythm.network import MARGIN, WINDOW, RecurrentNetwork

torch = pytest.importorskip("torch")

N_FEATURES, N_OUTPUTS = 12, 5


class Layers(torch.nn.Module):  # type: ignore[misc, name-defined]
    """A dense layer, two bidirectional GRUs, and a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.input = torch.nn.Linear(N_FEATURES, 16)
        self.recurrent = torch.nn.GRU(16, 8, 2, batch_first=True, bidirectional=True)
        self.output = torch.nn.Linear(16, N_OUTPUTS)


@pytest.mark.parametrize("length", [1, 50, WINDOW])
def test_numpy_computes_what_torch_does(length: int) -> None:
    torch.manual_seed(1)
    layers = Layers()
    features = np.random.default_rng(1).normal(size=(length, N_FEATURES)).astype(np.float32)
    mean, deviation = np.full(N_FEATURES, 0.2, np.float32), np.full(N_FEATURES, 1.5, np.float32)
    tensors = {name: tensor.numpy() for name, tensor in layers.state_dict().items()}
    found = RecurrentNetwork({**tensors, "mean": mean, "deviation": deviation})(features)
    with torch.no_grad():
        inputs = torch.tensor((features - mean) / deviation)[None]
        expected = layers.output(layers.recurrent(torch.relu(layers.input(inputs)))[0])[0].numpy()
    assert np.abs(found - expected).max() < 1e-4


def test_windows_of_a_long_sequence_join() -> None:
    torch.manual_seed(1)
    tensors = {name: tensor.numpy() for name, tensor in Layers().state_dict().items()}
    mean, deviation = np.zeros(N_FEATURES, np.float32), np.ones(N_FEATURES, np.float32)
    network = RecurrentNetwork({**tensors, "mean": mean, "deviation": deviation})
    features = np.random.default_rng(1).normal(size=(3 * WINDOW, N_FEATURES)).astype(np.float32)
    whole, beginning = network(features), network(features[:WINDOW])
    assert np.abs(whole[: WINDOW - MARGIN] - beginning[: WINDOW - MARGIN]).max() < 1e-4
    assert whole.shape == (3 * WINDOW, N_OUTPUTS)
