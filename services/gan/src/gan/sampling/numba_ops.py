"""The arithmetic of networks for a few rows at a time, compiled: products, a recurrent layer, activations.

A row has the same numbers whatever others there are beside it.
"""

from __future__ import annotations

import math

import numpy as np
from score.arrays import F32

from gan.sampling.jit import jit

HIDDEN, CELL = range(2)


@jit
def add(total: F32, values: F32) -> None:
    for at in range(len(total)):
        total[at] += values[at]


@jit
def matmul_bias(rows: F32, weight: F32, bias: F32) -> F32:
    """Multiply, four rows of the weight at once: (batch, inputs) by (inputs, outputs), and a bias.

    For few rows this is as fast as libraries are, and they round by how many rows there are.
    """
    batch, inputs = rows.shape
    made = np.zeros((batch, weight.shape[1]), np.float32)
    for row in range(batch):
        add(made[row], bias)
    fours = inputs - inputs % 4
    for at in range(0, fours, 4):
        one, two, three, four = weight[at], weight[at + 1], weight[at + 2], weight[at + 3]
        for row in range(batch):
            a, b, c, d = rows[row, at], rows[row, at + 1], rows[row, at + 2], rows[row, at + 3]
            own = made[row]
            for column in range(len(own)):
                own[column] += a * one[column] + b * two[column] + c * three[column] + d * four[column]
    for at in range(fours, inputs):
        for row in range(batch):
            for column in range(len(bias)):
                made[row, column] += rows[row, at] * weight[at, column]
    return made


@jit
def lstm_step(read: F32, weight: F32, bias: F32, memory: F32) -> F32:
    """Go on by a step in one layer: (batch, inputs) to (batch, units); the memory, (batch, 2, units), is written to.

    Gates are halved where they are sigmoids, so that one tanh_ serves all, see `gan.sampling.sampler`.
    """
    hidden, cell = memory[:, HIDDEN], memory[:, CELL]
    rows, units = hidden.shape
    inputs = read.shape[1]
    both = np.empty((rows, inputs + units), np.float32)
    for row in range(rows):
        for at in range(inputs):
            both[row, at] = read[row, at]
        for unit in range(units):
            both[row, inputs + unit] = hidden[row, unit]
    gates = matmul_bias(both, weight, bias)
    made = np.empty((rows, units), np.float32)
    half = np.float32(0.5)
    for row in range(rows):
        gate, out = gates[row], made[row]
        tanh_(gate)
        for unit in range(units):
            entered = (half + half * gate[unit]) * gate[2 * units + unit]
            cell[row, unit] = (half + half * gate[units + unit]) * cell[row, unit] + entered
            out[unit] = cell[row, unit]
        tanh_(out)
        for unit in range(units):
            out[unit] *= half + half * gate[3 * units + unit]
            hidden[row, unit] = out[unit]
    return made


@jit
def silu_(values: F32) -> None:
    """Multiply each value by its sigmoid (SiLU)."""
    half = np.float32(0.5)
    gate = np.empty(len(values), np.float32)
    for at in range(len(values)):
        gate[at] = half * values[at]
    tanh_(gate)
    for at in range(len(values)):
        values[at] *= half + half * gate[at]


@jit
def tanh_(values: F32) -> None:
    """Take the hyperbolic tanh_, in place, to some units of the last place of 1."""
    for at in range(len(values)):
        values[at] = np.float32(2) * min(max(values[at], np.float32(-9)), np.float32(9))
    exp_(values)
    for at in range(len(values)):
        values[at] = np.float32(1) - np.float32(2) / (values[at] + np.float32(1))


_LOG2_E, _LN_2 = np.float32(1 / math.log(2)), np.float32(math.log(2))
_TERMS = tuple(np.float32(1 / math.factorial(power)) for power in range(8))


@jit
def exp_(values: F32) -> None:
    """Take the exponential, in place: two to a whole power by its bits, what is left, half at most, by its series.

    What is under -80 is taken for it. Loops without calls, which compilers turn into vectors.
    """
    bits = np.empty(len(values), np.int32)
    for at in range(len(values)):
        power = max(values[at], np.float32(-80)) * _LOG2_E
        whole = np.floor(power + np.float32(0.5))
        bits[at] = (np.int32(whole) + np.int32(127)) << np.int32(23)
        rest = (power - whole) * _LN_2
        total = _TERMS[6] + rest * _TERMS[7]
        total = _TERMS[4] + rest * (_TERMS[5] + rest * total)
        total = _TERMS[2] + rest * (_TERMS[3] + rest * total)
        values[at] = _TERMS[0] + rest * (_TERMS[1] + rest * total)
    scale = bits.view(np.float32)
    for at in range(len(values)):
        values[at] *= scale[at]
