"""The sampler: samples music from the generator step by step, for a batch of pieces at once.

The weights are packed once; the inputs that are known before the first step are computed by torch, and the steps by the
compiled kernels (`gan.sampling.kernels`), on all cores.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from score.arrays import F32, I64
from score.encoding import STEPS_PER_BAR
from torch import nn

from gan.network.batch import Conditions, playing_channels
from gan.network.dims import METERS, N_CHANNELS, NO_SOURCE
from gan.network.generator import N_CONTEXT_CODES, NoteGenerator
from gan.sampling import motif_lookup, pitch_range
from gan.sampling.kernels import HEAD_SIZES, PackedWeights, SamplingState, sample_steps

PROGRESS_INTERVAL_STEPS = 16
"""Steps after which progress is reported."""

ROWS_PER_TASK = 4
"""Rows that a thread samples side by side: enough to share each read of the weights, few enough for several threads."""


@dataclass(frozen=True, slots=True)
class SamplingInputs:
    """What is known of a batch of pieces before they are sampled.

    Attributes
    ----------
    positions : ndarray, shape (batch, steps, 4), int64
        See `gan.network.dims.POSITION_VOCAB_SIZES`.
    repeat_steps : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
        The earlier steps that each step may repeat, or `NO_SOURCE`.
    initial_states : ndarray, shape (batch, N_CHANNELS), int64
        The states before the first step.
    initial_notes : ndarray, shape (batch, N_CHANNELS), int64
        The latest note events before it, or 0.
    note_sources : ndarray, shape (batch, steps, N_CHANNELS), int64, optional
        The earlier step whose event a channel has to copy, or `NO_SOURCE`.
    rhythm_sources : ndarray, shape (batch, steps, N_CHANNELS), int64, optional
        The earlier step by which a note of a channel has to begin, or not, or `NO_SOURCE`; ignored for drums.
    chords : ndarray, shape (batch, steps), int64, optional
        The chord that a note of the bass has to be in, see `gan.planning.structure`, or `NO_SOURCE`.
    spans : array_like, shape (3,) or (batch, 3), optional
        Semitones between the lowest and highest note of lead, harmony and bass, see `gan.sampling.pitch_range`.
    """

    positions: I64
    repeat_steps: I64
    initial_states: I64
    initial_notes: I64
    note_sources: I64 | None = None
    rhythm_sources: I64 | None = None
    chords: I64 | None = None
    spans: npt.ArrayLike | None = None


class Samples(NamedTuple):
    """Sampled music.

    Attributes
    ----------
    events, states : ndarray, shape (batch, steps, N_CHANNELS), int64
    """

    events: I64
    states: I64


class Sampler:
    """Samples from a generator, whose weights it copies. Safe to use from several threads.

    Parameters
    ----------
    generator : NoteGenerator
    n_threads : int, optional
        Threads that share the rows of a batch; by default the number of cores.
    """

    def __init__(self, generator: NoteGenerator, n_threads: int | None = None) -> None:
        self._generator = generator
        self._weights = _pack_weights(generator)
        self._pool = ThreadPoolExecutor(n_threads or len(os.sched_getaffinity(0)), "sample")

    def sample(
        self,
        inputs: SamplingInputs,
        conditions: Conditions,
        temperatures: npt.NDArray[np.floating],
        random: np.random.Generator,
    ) -> Samples:
        """Sample a batch.

        Parameters
        ----------
        inputs : SamplingInputs
        conditions : Conditions
        temperatures : ndarray, shape (N_CHANNELS,)
            See `gan.sampling.kernels.sample_event`; 0 takes the likeliest event.
        random : numpy.random.Generator
            The only source of randomness.
        """
        steps = self.iter_sample(inputs, conditions, temperatures, random)
        while True:
            try:
                next(steps)
            except StopIteration as ended:
                samples: Samples = ended.value
                return samples

    def iter_sample(
        self,
        inputs: SamplingInputs,
        conditions: Conditions,
        temperatures: npt.NDArray[np.floating],
        random: np.random.Generator,
    ) -> Generator[float, None, Samples]:
        """Sample a batch, yielding progress every `PROGRESS_INTERVAL_STEPS` steps.

        Parameters
        ----------
        inputs : SamplingInputs
        conditions : Conditions
        temperatures : ndarray, shape (N_CHANNELS,)
            See `gan.sampling.kernels.sample_event`; 0 takes the likeliest event.
        random : numpy.random.Generator
            The only source of randomness.

        Yields
        ------
        float
            The share done, 0 to 1.

        Returns
        -------
        Samples
        """
        state = self._init_state(inputs, conditions, random)
        batch, n_steps = state.events.shape[:2]
        tasks = [_slice_rows(state, first, first + ROWS_PER_TASK) for first in range(0, batch, ROWS_PER_TASK)]
        of_channels = np.asarray(temperatures, np.float32)
        for first in range(0, n_steps, PROGRESS_INTERVAL_STEPS):
            yield first / n_steps
            last = min(first + PROGRESS_INTERVAL_STEPS, n_steps)
            list(self._pool.map(lambda task: sample_steps(self._weights, task, of_channels, first, last), tasks))  # noqa: B023
        return Samples(state.events, state.states)

    @torch.no_grad()
    def _init_state(self, inputs: SamplingInputs, conditions: Conditions, random: np.random.Generator) -> SamplingState:
        batch, n_steps = inputs.repeat_steps.shape[:2]
        lstm = self._generator.lstm
        no_sources = np.full((batch, n_steps, N_CHANNELS), NO_SOURCE, np.int64)
        sources = [no_sources if part is None else part for part in (inputs.note_sources, inputs.rhythm_sources)]
        # Steps first: the numbers of a step do not depend on how many steps follow.
        uniforms = random.random((n_steps, N_CHANNELS, batch), np.float32)
        return SamplingState(
            static_inputs=self._generator.static_inputs(torch.from_numpy(inputs.positions), conditions).numpy(),
            repeat_steps=np.ascontiguousarray(inputs.repeat_steps),
            source_steps=np.stack(sources, axis=-1),
            chords=no_sources[:, :, 0] if inputs.chords is None else inputs.chords,
            is_playing=playing_channels(conditions.roles).numpy() > 0,
            uniforms=np.ascontiguousarray(uniforms.transpose(2, 0, 1)),
            half_bar_steps=_HALF_BAR_STEPS[conditions.meter.numpy()],
            memory=np.zeros((batch, 2, lstm.num_layers, lstm.hidden_size), np.float32),
            range_state=pitch_range.init_range_state(inputs.spans, batch),
            **motif_lookup.init_history(inputs.initial_notes, n_steps)._asdict(),
            channel_state=np.stack([inputs.initial_states, inputs.initial_notes], axis=-1),
            events=np.zeros((batch, n_steps, N_CHANNELS), np.int64),
            states=np.zeros((batch, n_steps, N_CHANNELS), np.int64),
        )


_HALF_BAR_STEPS = np.array([STEPS_PER_BAR[meter] // 2 for meter in METERS])


def _slice_rows(state: SamplingState, first: int, last: int) -> SamplingState:
    """Return some rows of a state as views: what is written to them is written to the whole."""
    return SamplingState._make(part[first:last] for part in state)


def _pack_weights(generator: NoteGenerator) -> PackedWeights:
    (first, first_bias), (second, second_bias) = (pack_lstm_layer(generator.lstm, layer) for layer in range(2))
    heads = [_pack_heads(generator, channel) for channel in range(N_CHANNELS)]
    repeats = [_array(embedding.weight) for embedding in generator.repeat_embeddings]  # type: ignore[arg-type]
    channel_states = [_array(embedding.weight) for embedding in generator.channel_embeddings]  # type: ignore[arg-type]
    return PackedWeights(
        states=_array(generator.state_embedding.weight),
        repeats=np.stack(repeats),
        repeat_bias=_array(generator.repeat_bias),
        contexts=_array(generator.context_embedding.weight).reshape(N_CHANNELS - 1, N_CONTEXT_CODES, -1),
        first=first,
        first_bias=first_bias,
        second=second,
        second_bias=second_bias,
        projection=_transposed(generator.channel_projection.weight),
        projection_bias=_array(generator.channel_projection.bias),
        channel_states=np.concatenate(channel_states),
        channel_mix=_array(generator.channel_mix),
        heads=np.concatenate([weight.ravel() for weight, _ in heads]),
        head_bias=np.concatenate([bias for _, bias in heads]),
        offsets=np.asarray(generator.state_embedding.offsets.cpu().numpy()),
    )


def _array(values: torch.Tensor) -> F32:
    return np.array(values.detach().cpu().numpy(), np.float32)


def _transposed(weight: torch.Tensor) -> F32:
    return np.ascontiguousarray(_array(weight).T)


def pack_lstm_layer(lstm: nn.LSTM, layer: int) -> tuple[F32, F32]:
    """Return an LSTM layer's weight and bias as `gan.sampling.numba_ops.lstm_step` reads them.

    The columns of the sigmoid gates are halved: sigmoid(x) = 1/2 + 1/2 tanh(x/2), so one tanh serves all gates.
    """
    weight = np.concatenate([_transposed(getattr(lstm, f"weight_{part}_l{layer}")) for part in ("ih", "hh")])
    bias = sum(_array(getattr(lstm, f"bias_{part}_l{layer}")) for part in ("ih", "hh"))
    halved = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), lstm.hidden_size)
    return weight * halved, bias * halved


def _pack_heads(generator: NoteGenerator, channel: int) -> tuple[F32, F32]:
    """Return a channel's three heads side by side, events, intervals and copies: one product computes all logits."""
    events = generator.event_heads[channel]
    assert isinstance(events, nn.Linear)
    parts = [
        _array(events.weight).T,
        _array(generator.interval_weights[channel]),
        _array(generator.copy_weights[channel]),
    ]
    weight, bias = np.concatenate(parts, axis=1), np.zeros(HEAD_SIZES[channel], np.float32)
    bias[: events.out_features] = _array(events.bias)
    return weight, bias
