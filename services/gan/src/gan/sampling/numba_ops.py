"""Network operations for a few rows at a time, compiled: matrix product, LSTM step, activations.

Each row of a batch is computed with the same bits whatever other rows there are. Names that end in an underscore work
in place, as in torch.
"""

from __future__ import annotations

import math

import numpy as np
from score.arrays import F32

from gan.sampling.jit import jit

HIDDEN, CELL = range(2)
"""Rows of an LSTM layer's memory."""


@jit
def add_(total: F32, values: F32) -> None:
    """Add to a vector in place."""
    for i in range(len(total)):
        total[i] += values[i]


@jit
def matmul_bias(rows: F32, weight: F32, bias: F32) -> F32:
    """Multiply rows by a weight matrix and add a bias.

    Parameters
    ----------
    rows : ndarray, shape (batch, inputs), float32
    weight : ndarray, shape (inputs, outputs), float32
    bias : ndarray, shape (outputs,), float32

    Returns
    -------
    ndarray, shape (batch, outputs), float32

    Notes
    -----
    For so few rows memory bandwidth is the limit: each weight is read once for all rows, four of its rows at a time so
    that the running sums stay in registers. A BLAS is no faster here, and rounds differently for other batch sizes.
    """
    batch, n_inputs = rows.shape
    out = np.zeros((batch, weight.shape[1]), np.float32)
    for row in range(batch):
        add_(out[row], bias)
    n_blocked = n_inputs - n_inputs % 4
    for i in range(0, n_blocked, 4):
        w0, w1, w2, w3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for row in range(batch):
            x0, x1, x2, x3 = rows[row, i], rows[row, i + 1], rows[row, i + 2], rows[row, i + 3]
            own = out[row]
            for column in range(len(own)):
                own[column] += x0 * w0[column] + x1 * w1[column] + x2 * w2[column] + x3 * w3[column]
    for i in range(n_blocked, n_inputs):
        for row in range(batch):
            for column in range(len(bias)):
                out[row, column] += rows[row, i] * weight[i, column]
    return out


@jit
def lstm_step(inputs: F32, weight: F32, bias: F32, memory: F32) -> F32:
    """Advance one LSTM layer by a step.

    Parameters
    ----------
    inputs : ndarray, shape (batch, inputs), float32
    weight : ndarray, shape (inputs + units, 4 * units), float32
        As `gan.sampling.sampler.pack_lstm_layer` packs it: the columns of sigmoid gates are halved, so that one tanh
        serves all four gates.
    bias : ndarray, shape (4 * units,), float32
    memory : ndarray, shape (batch, 2, units), float32
        `HIDDEN` and `CELL`; written to.

    Returns
    -------
    ndarray, shape (batch, units), float32
        The layer's output.
    """
    hidden, cell = memory[:, HIDDEN], memory[:, CELL]
    batch, n_units = hidden.shape
    n_inputs = inputs.shape[1]
    joined = np.empty((batch, n_inputs + n_units), np.float32)
    for row in range(batch):
        for i in range(n_inputs):
            joined[row, i] = inputs[row, i]
        for unit in range(n_units):
            joined[row, n_inputs + unit] = hidden[row, unit]
    gates = matmul_bias(joined, weight, bias)
    outputs = np.empty((batch, n_units), np.float32)
    half = np.float32(0.5)
    for row in range(batch):
        # The gates stand in torch's order: input, forget, cell, output. sigmoid(x) = 1/2 + 1/2 tanh(x/2).
        gate, out = gates[row], outputs[row]
        tanh_(gate)
        for unit in range(n_units):
            entering = (half + half * gate[unit]) * gate[2 * n_units + unit]
            cell[row, unit] = (half + half * gate[n_units + unit]) * cell[row, unit] + entering
            out[unit] = cell[row, unit]
        tanh_(out)
        for unit in range(n_units):
            out[unit] *= half + half * gate[3 * n_units + unit]
            hidden[row, unit] = out[unit]
    return outputs


@jit
def silu_(values: F32) -> None:
    """Multiply each value by its sigmoid, in place (SiLU)."""
    half = np.float32(0.5)
    gate = np.empty(len(values), np.float32)
    for i in range(len(values)):
        gate[i] = half * values[i]
    tanh_(gate)
    for i in range(len(values)):
        values[i] *= half + half * gate[i]


@jit
def tanh_(values: F32) -> None:
    """Compute the hyperbolic tangent in place, to a few units in the last place of 1."""
    for i in range(len(values)):
        values[i] = np.float32(2) * min(max(values[i], np.float32(-9)), np.float32(9))
    exp_(values)
    for i in range(len(values)):
        values[i] = np.float32(1) - np.float32(2) / (values[i] + np.float32(1))


_LOG2_E, _LN_2 = np.float32(1 / math.log(2)), np.float32(math.log(2))
_EXP_SERIES = tuple(np.float32(1 / math.factorial(power)) for power in range(8))


@jit
def exp_(values: F32) -> None:
    """Compute the exponential in place; arguments below -80 are taken for -80.

    The argument is split into a whole power of two, written straight into the bits of the exponent, and a rest of at
    most half of ln 2, whose exponential is a series. Unlike calls of ``math.exp``, such loops are vectorized by the
    compiler.
    """
    bits = np.empty(len(values), np.int32)
    for i in range(len(values)):
        power = max(values[i], np.float32(-80)) * _LOG2_E
        whole = np.floor(power + np.float32(0.5))
        bits[i] = (np.int32(whole) + np.int32(127)) << np.int32(23)
        rest = (power - whole) * _LN_2
        total = _EXP_SERIES[6] + rest * _EXP_SERIES[7]
        total = _EXP_SERIES[4] + rest * (_EXP_SERIES[5] + rest * total)
        total = _EXP_SERIES[2] + rest * (_EXP_SERIES[3] + rest * total)
        values[i] = _EXP_SERIES[0] + rest * (_EXP_SERIES[1] + rest * total)
    scale = bits.view(np.float32)
    for i in range(len(values)):
        values[i] *= scale[i]
