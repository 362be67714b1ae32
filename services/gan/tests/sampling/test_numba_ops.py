"""Compiled network operations against those of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gan.sampling.numba_ops import CELL, HIDDEN, exp_, lstm_step, matmul_bias, silu_, tanh_
from gan.sampling.sampler import pack_lstm_layer
from score.arrays import F32
from torch import nn

RANDOM = np.random.default_rng(3)


def normal(*shape: int) -> F32:
    return RANDOM.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("inputs", [3, 8, 42])
def test_matmul_bias_is_that_of_numpy(inputs: int) -> None:
    rows, weight, bias = normal(5, inputs), normal(inputs, 19), normal(19)
    assert matmul_bias(rows, weight, bias) == pytest.approx(rows @ weight + bias, abs=1e-5)


def test_a_row_has_the_same_bits_in_any_batch() -> None:
    rows, weight, bias = normal(5, 42), normal(42, 19), normal(19)
    together = matmul_bias(rows, weight, bias)
    assert all(np.array_equal(matmul_bias(rows[row : row + 1], weight, bias)[0], together[row]) for row in range(5))


def test_activations_are_those_of_torch() -> None:
    values = np.concatenate([np.linspace(-100, 20, 4001), [-1e-4, 0, 1e-4]]).astype(np.float32)
    results = {function: values.copy() for function in (exp_, tanh_, silu_)}
    for function, own in results.items():
        function(own)
    assert results[exp_] == pytest.approx(np.exp(np.maximum(values, -80)), rel=1e-6)
    assert results[tanh_] == pytest.approx(np.tanh(values), abs=3e-7)
    assert results[silu_] == pytest.approx(nn.functional.silu(torch.from_numpy(values)).numpy(), abs=3e-6)


def test_lstm_steps_are_those_of_torch() -> None:
    torch.manual_seed(3)
    lstm = nn.LSTM(12, 20, batch_first=True)
    weight, bias = pack_lstm_layer(lstm, 0)
    memory = np.zeros((3, 2, 20), np.float32)
    inputs = normal(3, 9, 12)
    outputs = np.stack(
        [lstm_step(np.ascontiguousarray(inputs[:, step]), weight, bias, memory) for step in range(9)], axis=1
    )
    with torch.no_grad():
        expected, (hidden, cell) = lstm(torch.from_numpy(inputs))
    assert outputs == pytest.approx(expected.numpy(), abs=1e-5)
    assert memory[:, HIDDEN] == pytest.approx(hidden[0].numpy(), abs=1e-5)
    assert memory[:, CELL] == pytest.approx(cell[0].numpy(), abs=1e-5)
