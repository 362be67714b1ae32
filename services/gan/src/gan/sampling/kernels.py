"""The sampling kernels: the arithmetic of `NoteGenerator.forward` for one step at a time, compiled.

What torch computes as products with one-hot vectors are look-ups here, and no logits are computed for channels whose
event is known. The rows of a batch are sampled side by side, so that each weight is read once for all of them, and
never read each other: how rows are divided among threads changes no note.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F32, I16, I64, Bool
from score.encoding import FIRST_PITCH_EVENT, HOLD, OFF

from gan.network.dims import (
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_INTERVALS,
    N_REPEAT_SOURCES,
    NO_SOURCE,
)
from gan.sampling import motif_lookup, pitch_range
from gan.sampling.event_sampling import forced_event, hold_state, mask_events, sample_event
from gan.sampling.jit import jit
from gan.sampling.motif_lookup import NO_HINT
from gan.sampling.numba_ops import add_, lstm_step, matmul_bias, silu_

N_COPY_CANDIDATES = N_REPEAT_SOURCES + N_COPY_HINTS
"""Events that a channel may copy: those at its repeat sources, and those that `motif_lookup` suggests."""

HEAD_SIZES = tuple(size + N_INTERVALS + N_COPY_CANDIDATES for size in EVENT_VOCAB_SIZES)
"""Logits of the three heads of each channel, side by side: events, intervals from the last note, copies."""

STATE, LAST_NOTE = range(2)


class PackedWeights(NamedTuple):
    """The generator's weights, packed for sequential reads.

    Attributes
    ----------
    states : ndarray, shape (states of all channels, embedding)
        State embeddings; those of channel c begin at row ``offsets[c]``.
    repeats : ndarray, shape (N_REPEAT_SOURCES, states of all channels, embedding)
    repeat_bias : ndarray, shape (N_REPEAT_SOURCES, embedding)
    contexts : ndarray, shape (lines, N_CONTEXT_CODES, embedding)
    first, second : ndarray, shape (inputs + units, 4 * units)
        The LSTM layers as `gan.sampling.sampler.pack_lstm_layer` packs them; ``first_bias`` and ``second_bias``
        likewise.
    projection : ndarray, shape (units, N_CHANNELS * voice)
        From the LSTM's output to the channels' hidden vectors; ``projection_bias`` likewise.
    channel_states : ndarray, shape (states of all channels, voice)
        Embeddings of the states already sampled in a step; rows as in ``states``.
    channel_mix : ndarray, shape (N_CHANNELS, voice, voice)
    heads : ndarray, shape (voice * sum of `HEAD_SIZES`,)
        (voice, `HEAD_SIZES`) of each channel, one after the other; ``head_bias`` likewise.
    offsets : ndarray, shape (N_CHANNELS,), int64
    """

    states: F32
    repeats: F32
    repeat_bias: F32
    contexts: F32
    first: F32
    first_bias: F32
    second: F32
    second_bias: F32
    projection: F32
    projection_bias: F32
    channel_states: F32
    channel_mix: F32
    heads: F32
    head_bias: F32
    offsets: I64


class SamplingState(NamedTuple):
    """The inputs of a batch and what has been sampled: arrays (batch, ...), those from ``memory`` on written to.

    Attributes
    ----------
    static_inputs : ndarray, shape (batch, steps, embedding)
        See `NoteGenerator.static_inputs`.
    repeat_steps : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
    source_steps : ndarray, shape (batch, steps, N_CHANNELS, 2), int64
        `NOTE_SOURCE` and `RHYTHM_SOURCE`, see `gan.sampling.sampler.SamplingInputs`, or `NO_SOURCE`.
    chords : ndarray, shape (batch, steps), int64
        The chord that a note of the bass has to be in, see `gan.planning.structure`, or `NO_SOURCE`.
    is_playing : ndarray, shape (batch, N_CHANNELS), bool
    uniforms : ndarray, shape (batch, steps, N_CHANNELS), float32
        Uniform random numbers in [0, 1).
    half_bar_steps : ndarray, shape (batch,), int64
        Steps of half a bar.
    memory : ndarray, shape (batch, 2, layers, units)
        `HIDDEN` and `CELL` of each LSTM layer.
    range_state : ndarray
        See `gan.sampling.pitch_range.init_range_state`.
    line_states, intervals, continuations : ndarray
        See `gan.sampling.motif_lookup.LineHistory`.
    channel_state : ndarray, shape (batch, N_CHANNELS, 2), int64
        `STATE` before the coming step, and the `LAST_NOTE` event, or 0.
    events, states : ndarray, shape (batch, steps, N_CHANNELS), int64
    """

    static_inputs: F32
    repeat_steps: I64
    source_steps: I64
    chords: I64
    is_playing: Bool
    uniforms: F32
    half_bar_steps: I64
    memory: F32
    range_state: I64
    line_states: I64
    intervals: I64
    continuations: I16
    channel_state: I64
    events: I64
    states: I64


@jit
def sample_steps(weights: PackedWeights, state: SamplingState, temperatures: F32, first: int, last: int) -> None:
    """Sample some steps of all rows; the steps before them have been sampled.

    Parameters
    ----------
    weights : PackedWeights
    state : SamplingState
        Written to.
    temperatures : ndarray, shape (N_CHANNELS,), float32
        See `sample_event`; 0 takes the likeliest event.
    first, last : int
        The first step, and the one after the last.
    """
    rows, embedding = len(state.static_inputs), state.static_inputs.shape[2]
    inputs = np.empty((rows, embedding), np.float32)
    copies = np.empty((rows, N_CHANNELS, N_COPY_CANDIDATES), np.int64)
    chosen = np.empty((rows, N_CHANNELS), np.int64)
    forbidden = np.zeros(max(EVENT_VOCAB_SIZES), np.bool_)
    for step in range(first, last):
        for row in range(rows):
            _prepare_row(weights, state, step, row, inputs[row], copies[row], chosen[row])
        hidden = lstm_step(inputs, weights.first, weights.first_bias, state.memory[:, :, 0])
        hidden = lstm_step(hidden, weights.second, weights.second_bias, state.memory[:, :, 1])
        projected = matmul_bias(hidden, weights.projection, weights.projection_bias)
        emitted = np.zeros((rows, weights.channel_mix.shape[1]), np.float32)
        column = 0
        for channel in range(N_CHANNELS):
            own, size = chosen[:, channel], HEAD_SIZES[channel]
            # Most steps of most channels are repeated or silent: the heads are computed only where a row samples.
            if _is_any_open(own):
                voice = _channel_hidden(projected, emitted, weights.channel_mix[channel], channel)
                logits = _channel_logits(voice, weights.heads, weights.head_bias, column, size)
                for row in range(rows):
                    if own[row] < 0:
                        last_note = state.channel_state[row, channel, LAST_NOTE]
                        _add_copy_logits(logits[row], channel, last_note, copies[row, channel])
                        mask_events(forbidden, channel, state.range_state[row], state.chords[row, step])
                        uniform = state.uniforms[row, step, channel]
                        own[row] = sample_event(
                            logits[row], channel, temperatures[channel], uniform, own[row], forbidden
                        )
            column += size
            for row in range(rows):
                _apply_event(state.channel_state[row, channel], state.range_state[row], channel, own[row])
                embedded = weights.offsets[channel] + state.channel_state[row, channel, STATE]
                add_(emitted[row], weights.channel_states[embedded])
        for row in range(rows):
            line_states, intervals = state.line_states[row], state.intervals[row]
            motif_lookup.update(line_states, intervals, state.continuations[row], step, chosen[row])
            _store_step(state.events[row, step], state.states[row, step], chosen[row], state.channel_state[row])


@jit
def _prepare_row(
    weights: PackedWeights, state: SamplingState, step: int, row: int, inputs: F32, copies: I64, chosen: I64
) -> None:
    """Write a row's network input, the events that it may copy, and which events are known."""
    repeat_steps, events, states = state.repeat_steps[row, step], state.events[row], state.states[row]
    channel_state = state.channel_state[row]
    _gather_copies(copies, events, repeat_steps)
    half_bar_steps, hints = state.half_bar_steps[row], copies[:, N_REPEAT_SOURCES:]
    motif_lookup.suggest(
        state.line_states[row], state.intervals[row], events, repeat_steps, half_bar_steps, step, hints
    )
    _add_states(inputs, state.static_inputs[row, step], weights.states, weights.offsets, channel_state)
    _add_repeats(inputs, weights.repeats, weights.repeat_bias, weights.offsets, repeat_steps, states)
    _add_contexts(inputs, weights.contexts, copies)
    _force_events(chosen, state.is_playing[row], state.source_steps[row, step], events, states, channel_state)


@jit
def _add_states(inputs: F32, static_inputs: F32, embeddings: F32, offsets: I64, channel_state: I64) -> None:
    """Write the static input and add the channels' states; see `NoteGenerator.step_inputs`."""
    for i in range(len(inputs)):
        inputs[i] = static_inputs[i]
    for channel in range(N_CHANNELS):
        add_(inputs, embeddings[offsets[channel] + channel_state[channel, STATE]])


@jit
def _add_repeats(inputs: F32, embeddings: F32, bias: F32, offsets: I64, repeat_steps: I64, states: I64) -> None:
    """Add the states at the steps that may be repeated."""
    for source in range(N_REPEAT_SOURCES):
        if repeat_steps[source] != NO_SOURCE:
            add_(inputs, bias[source])
            for channel in range(N_CHANNELS):
                add_(inputs, embeddings[source, offsets[channel] + states[repeat_steps[source], channel]])


@jit
def _add_contexts(inputs: F32, embeddings: F32, copies: I64) -> None:
    """Add the longest known context of each line; see `gan.network.generator.context_codes`."""
    for line in range(N_CHANNELS - 1):
        continuations = copies[line + 1, N_COPY_CANDIDATES - 2 * MAX_CONTEXT :]
        code = 0
        for length in range(MAX_CONTEXT):
            if continuations[2 * length] != NO_HINT:
                code = 2 * (length + 1)
            if continuations[2 * length + 1] != NO_HINT:
                code = 2 * (length + 1) + 1
        add_(inputs, embeddings[line, code])


@jit
def _gather_copies(copies: I64, events: I64, repeat_steps: I64) -> None:
    """Write the events at the steps that may be repeated, or `NO_HINT`."""
    for source in range(N_REPEAT_SOURCES):
        for channel in range(N_CHANNELS):
            has_source = repeat_steps[source] != NO_SOURCE
            copies[channel, source] = events[repeat_steps[source], channel] if has_source else NO_HINT


@jit
def _is_any_open(chosen: I64) -> bool:
    for row in range(len(chosen)):  # noqa: SIM110  # numba compiles no generator expressions
        if chosen[row] < 0:
            return True
    return False


@jit
def _force_events(
    chosen: I64, is_playing: Bool, source_steps: I64, events: I64, states: I64, channel_state: I64
) -> None:
    """Write the event of each channel where it is known, or else `SAMPLE` and its kin."""
    for channel in range(N_CHANNELS):
        chosen[channel] = HOLD
        if is_playing[channel]:
            state = channel_state[channel, STATE]
            chosen[channel] = forced_event(channel, source_steps[channel], events, states, state)


@jit
def _apply_event(channel_state: I64, range_state: I64, channel: int, event: int) -> None:
    """Update a channel's state and last note, and its part's range, by an event."""
    if event > OFF:
        channel_state[LAST_NOTE] = event
    if channel == DRUM_CHANNEL:
        channel_state[STATE] = event
        return
    pitch_range.update_range(range_state, channel, event)
    if event == HOLD:
        channel_state[STATE] = hold_state(channel_state[STATE])
    else:
        channel_state[STATE] = 0 if event == OFF else 2 * (event - 1)


@jit
def _store_step(events: I64, states: I64, chosen: I64, channel_state: I64) -> None:
    """Store the events of a step and the states after it."""
    for channel in range(N_CHANNELS):
        events[channel], states[channel] = chosen[channel], channel_state[channel, STATE]


@jit
def _channel_hidden(projected: F32, emitted: F32, mix: F32, channel: int) -> F32:
    """Return a channel's hidden vectors from the LSTM's output and the channels before it: (batch, voice)."""
    size = len(mix)
    hidden = matmul_bias(emitted, mix, np.zeros(size, np.float32))
    for row in range(len(hidden)):
        add_(hidden[row], projected[row, channel * size : (channel + 1) * size])
        silu_(hidden[row])
    return hidden


@jit
def _channel_logits(hidden: F32, heads: F32, bias: F32, column: int, size: int) -> F32:
    """Return the logits of a channel's heads, (batch, size), which begin at a column of all heads."""
    width = hidden.shape[1]
    weight = heads[column * width : (column + size) * width].reshape(width, size)
    return matmul_bias(hidden, weight, bias[column : column + size])


@jit
def _add_copy_logits(logits: F32, channel: int, last_note: int, copies: I64) -> None:
    """Add to the logits of events those of the copies and intervals that lead to them; all stand in one array."""
    n_events = EVENT_VOCAB_SIZES[channel]
    for candidate in range(N_COPY_CANDIDATES):
        if copies[candidate] != NO_HINT:
            logits[copies[candidate]] += logits[len(logits) - N_COPY_CANDIDATES + candidate]
    if channel != DRUM_CHANNEL and last_note > 0:
        for event in range(FIRST_PITCH_EVENT, n_events):
            interval = min(max(event - last_note, -MAX_INTERVAL), MAX_INTERVAL)
            logits[event] += logits[n_events + interval + MAX_INTERVAL]
