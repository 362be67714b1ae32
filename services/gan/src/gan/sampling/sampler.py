"""Draws music from the generator, step by step, many pieces at once.

The same arithmetic as `NoteGenerator.forward`, laid out for one step at a time and compiled (`gan.sampling.kernels`).
What stands before the first step is summed before it, by torch.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from score.arrays import F32, I64
from score.encoding import STEPS_PER_BAR
from torch import nn

from gan.network.batch import Conditions
from gan.network.channels import NO_SOURCE
from gan.network.dims import METERS, N_CHANNELS
from gan.network.generator import N_CONTEXT_CODES, NoteGenerator
from gan.network.states import playing_channels
from gan.sampling import motif_lookup, pitch_range
from gan.sampling.kernels import HEAD_SIZES, PackedWeights, SamplingState, sample_steps

Samples = tuple[I64, I64]

TOLD_EVERY = 16
"""Steps after which it is told how far drawing has come."""

ROWS = 4
"""Rows that one thread draws side by side: enough to be worth reading the weights for, few enough for several threads.
"""


@dataclass(frozen=True, slots=True)
class SamplingInputs:
    """What is known of a batch of pieces before they are drawn.

    Attributes
    ----------
    places : ndarray, shape (batch, steps, 4), int64
        See `gan.network.generator.POSITION_VOCAB_SIZES`.
    echoes : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
        The earlier steps that each step may bring back, or `NO_SOURCE`.
    before : ndarray, shape (batch, N_CHANNELS), int64
        The states that the first step finds.
    last : ndarray, shape (batch, N_CHANNELS), int64
        The note events begun last before it, or 0.
    source : ndarray, shape (batch, steps, N_CHANNELS), int64, optional
        The earlier step that a channel repeats to the note, so that nothing is drawn, or `NO_SOURCE`.
    rhythm : ndarray, shape (batch, steps, N_CHANNELS), int64, optional
        The earlier step that a channel begins a note with, or not, or `NO_SOURCE`; drums follow none.
    chords : ndarray, shape (batch, steps), int64, optional
        The chord that a note which the bass begins has to be of, see `gan.planning.structure`, or `NO_SOURCE`.
    spans : array_like, shape (3,) or (batch, 3), optional
        How far the highest note of lead, harmony and bass may lie above the lowest, see `gan.sampling.pitch_range`.
    """

    places: I64
    echoes: I64
    before: I64
    last: I64
    source: I64 | None = None
    rhythm: I64 | None = None
    chords: I64 | None = None
    spans: npt.ArrayLike | None = None


class Sampler:
    """A generator made ready for drawing; copies its weights.

    Parameters
    ----------
    generator : NoteGenerator
    threads : int, optional
        That share the rows of a batch; as many as there are cores.
    """

    def __init__(self, generator: NoteGenerator, threads: int | None = None) -> None:
        self._generator = generator
        self._weights = _lay_out(generator)
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), "draw")

    def draw(
        self,
        plan: SamplingInputs,
        asked: Conditions,
        temperatures: npt.NDArray[np.floating],
        random: np.random.Generator,
    ) -> Samples:
        """Draw the events of a batch; see `speak`."""
        drawing = self.speak(plan, asked, temperatures, random)
        while True:
            try:
                next(drawing)
            except StopIteration as ended:
                drawn: Samples = ended.value
                return drawn

    def speak(
        self,
        plan: SamplingInputs,
        asked: Conditions,
        temperatures: npt.NDArray[np.floating],
        random: np.random.Generator,
    ) -> Generator[float, None, Samples]:
        """Draw the events of a batch, telling the share done once in sixteen steps.

        Parameters
        ----------
        plan : SamplingInputs
        asked : Conditions
        temperatures : ndarray, shape (N_CHANNELS,)
            0 takes the likeliest event.
        random : numpy.random.Generator
            Source of all chance.

        Yields
        ------
        float
            The share done.

        Returns
        -------
        events, states : ndarray, shape (batch, steps, N_CHANNELS), int64
        """
        task = self._begin(plan, asked, random)
        batch, steps = task.events.shape[:2]
        parts = [_rows(task, first, first + ROWS) for first in range(0, batch, ROWS)]
        cooled = np.asarray(temperatures, np.float32)
        for first in range(0, steps, TOLD_EVERY):
            yield first / steps
            last = min(first + TOLD_EVERY, steps)
            list(self._pool.map(lambda part: sample_steps(self._weights, part, cooled, first, last), parts))  # noqa: B023
        return task.events, task.states

    @torch.no_grad()
    def _begin(self, plan: SamplingInputs, asked: Conditions, random: np.random.Generator) -> SamplingState:
        batch, steps = plan.echoes.shape[:2]
        body = self._generator.body
        nowhere = np.full((batch, steps, N_CHANNELS), NO_SOURCE, np.int64)
        follows = [nowhere if part is None else part for part in (plan.source, plan.rhythm)]
        chance = random.random((steps, N_CHANNELS, batch), np.float32)
        return SamplingState(
            standing=self._generator.stand(torch.from_numpy(plan.places), asked).numpy(),
            echoes=np.ascontiguousarray(plan.echoes),
            follows=np.stack(follows, axis=-1),
            chords=nowhere[:, :, 0] if plan.chords is None else plan.chords,
            plays=playing_channels(asked.roles).numpy() > 0,
            chance=np.ascontiguousarray(chance.transpose(2, 0, 1)),
            half_bars=_HALF_BARS[asked.meter.numpy()],
            memory=np.zeros((batch, 2, body.num_layers, body.hidden_size), np.float32),
            register=pitch_range.init_range_state(plan.spans, batch),
            **motif_lookup.begin(plan.last, steps)._asdict(),
            found=np.stack([plan.before, plan.last], axis=-1),
            events=np.zeros((batch, steps, N_CHANNELS), np.int64),
            states=np.zeros((batch, steps, N_CHANNELS), np.int64),
        )


_HALF_BARS = np.array([STEPS_PER_BAR[meter] // 2 for meter in METERS])


def _rows(task: SamplingState, first: int, last: int) -> SamplingState:
    """Take some rows of a task: views, so that what is drawn of them is drawn of the whole."""
    return SamplingState._make(part[first:last] for part in task)


def _lay_out(generator: NoteGenerator) -> PackedWeights:
    (first, first_bias), (second, second_bias) = (pack_lstm_layer(generator.body, layer) for layer in range(2))
    weighing = [_weighing(generator, channel) for channel in range(N_CHANNELS)]
    return PackedWeights(
        heard=_array(generator.heard.weight),
        echoes=np.stack([_array(bag.weight) for bag in generator.echoes]),  # type: ignore[arg-type]
        can_echo=_array(generator.can_echo),
        recalls=_array(generator.recalls.weight).reshape(N_CHANNELS - 1, N_CONTEXT_CODES, -1),
        first=first,
        first_bias=first_bias,
        second=second,
        second_bias=second_bias,
        voices=_transposed(generator.voices.weight),
        voices_bias=_array(generator.voices.bias),
        said=np.concatenate([_array(said.weight) for said in generator.said]),  # type: ignore[arg-type]
        mix=_array(generator.mix),
        choose=np.concatenate([weight.ravel() for weight, _ in weighing]),
        choose_bias=np.concatenate([bias for _, bias in weighing]),
        starts=np.asarray(generator.heard.starts.cpu().numpy()),
    )


def _array(values: torch.Tensor) -> F32:
    return np.array(values.detach().cpu().numpy(), np.float32)


def _transposed(weight: torch.Tensor) -> F32:
    return np.ascontiguousarray(_array(weight).T)


def pack_lstm_layer(body: nn.LSTM, layer: int) -> tuple[F32, F32]:
    """Lay out a layer's weights and biases so that one tanh_ serves all gates.

    A sigmoid is half a tanh_ of half its argument, and a half more.
    """
    weight = np.concatenate([_transposed(getattr(body, f"weight_{way}_l{layer}")) for way in ("ih", "hh")])
    bias = sum(_array(getattr(body, f"bias_{way}_l{layer}")) for way in ("ih", "hh"))
    halved = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), body.hidden_size)
    return weight * halved, bias * halved


def _weighing(generator: NoteGenerator, channel: int) -> tuple[F32, F32]:
    """Lay out what weighs a channel's events side by side: each for itself, by interval, and as what comes back."""
    choose = generator.choose[channel]
    assert isinstance(choose, nn.Linear)
    parts = [_array(choose.weight).T, _array(generator.near[channel]), _array(generator.again[channel])]
    weight, bias = np.concatenate(parts, axis=1), np.zeros(HEAD_SIZES[channel], np.float32)
    bias[: choose.out_features] = _array(choose.bias)
    return weight, bias
