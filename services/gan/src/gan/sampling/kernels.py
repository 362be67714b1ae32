"""The generator's arithmetic, one sixteenth at a time: what `NoteGenerator.forward` does, compiled.

Sums over one-hot vectors are look-ups, and of a channel that is given or silent nothing is weighed. Rows of a batch are
drawn side by side, so that weights are read once for all of them, and do not hear each other: how they are shared out
to threads changes no note.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F32, I16, I64, Bool
from score.encoding import HOLD, OFF, PITCH_OFFSET

from gan.network.channels import BASS_CHANNEL, NO_SOURCE
from gan.network.dims import (
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_REPEAT_SOURCES,
)
from gan.sampling import motif_lookup, pitch_range
from gan.sampling.jit import jit
from gan.sampling.motif_lookup import NO_HINT
from gan.sampling.numba_ops import add, exp_, lstm_step, matmul_bias, silu_

SAMPLE, FORCE_ONSET, FORCE_NO_ONSET = -1, -2, -3
"""What is known of an event that is not given: nothing, that it begins a note, or that it begins none."""

FIRST_NOTE = OFF + 1
COMES_BACK = N_REPEAT_SOURCES + N_COPY_HINTS
"""Events that a channel may take up: those at its `N_REPEAT_SOURCES`, and those that it is hinted at."""

HEAD_SIZES = tuple(choices + 2 * MAX_INTERVAL + 1 + COMES_BACK for choices in EVENT_VOCAB_SIZES)
"""What is weighed of each channel: its events, the intervals from its last note, what comes back."""

FIFTH = 7
SOURCE, RHYTHM = range(2)
STATE, LAST = range(2)

_MOST_FOR_OTHERS = 20
_LEAST = 0.05
"""A note that is less likely than this share of the likeliest is not drawn."""
_HARDLY = 1e-9
"""What is left of the chance that nothing begins where something should: enough to win over no chance at all."""


class PackedWeights(NamedTuple):
    """The generator's weights, laid out for reading in order.

    Attributes
    ----------
    heard : ndarray, shape (words, embedding)
        Channel c begins at ``starts[c]``.
    echoes : ndarray, shape (N_REPEAT_SOURCES, words, embedding)
    can_echo : ndarray, shape (N_REPEAT_SOURCES, embedding)
    recalls : ndarray, shape (lines, kinds, embedding)
    first, second : ndarray, shape (inputs + units, 4 * units)
        The two layers, see `gan.sampling.sampler`; each has a bias.
    voices : ndarray, shape (units, N_CHANNELS * voice)
    said : ndarray, shape (words, voice)
    mix : ndarray, shape (N_CHANNELS, voice, voice)
    choose : ndarray, shape (voice * sum of `HEAD_SIZES`,)
        (voice, `HEAD_SIZES`) of each channel, one after the other; ``choose_bias`` likewise.
    starts : ndarray, shape (N_CHANNELS,), int64
    """

    heard: F32
    echoes: F32
    can_echo: F32
    recalls: F32
    first: F32
    first_bias: F32
    second: F32
    second_bias: F32
    voices: F32
    voices_bias: F32
    said: F32
    mix: F32
    choose: F32
    choose_bias: F32
    starts: I64


class SamplingState(NamedTuple):
    """What is asked of a batch, and what has been drawn: arrays (batch, ...), the last ones written to.

    Attributes
    ----------
    standing : ndarray, shape (batch, steps, embedding)
        What is known before the first step.
    echoes : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
    follows : ndarray, shape (batch, steps, N_CHANNELS, 2), int64
        `SOURCE` and `RHYTHM` of `gan.sampling.sampler.SamplingInputs`, or `NO_SOURCE`.
    chords : ndarray, shape (batch, steps), int64
        The chord that a note of the bass has to be of, see `gan.planning.structure`, or `NO_SOURCE`.
    plays : ndarray, shape (batch, N_CHANNELS), bool
    chance : ndarray, shape (batch, steps, N_CHANNELS), float32
        Evenly from 0 to 1.
    half_bars : ndarray, shape (batch,), int64
        I64 of half a bar.
    memory : ndarray, shape (batch, 2, layers, units)
        `HIDDEN` and `CELL` of each layer.
    register : ndarray
        See `gan.sampling.pitch_range.init_range_state`.
    now, moved, after : ndarray
        See `gan.sampling.motif_lookup.Lines`.
    found : ndarray, shape (batch, N_CHANNELS, 2), int64
        The `STATE` that the coming step finds, and the note begun `LAST`, or 0.
    events, states : ndarray, shape (batch, steps, N_CHANNELS), int64
    """

    standing: F32
    echoes: I64
    follows: I64
    chords: I64
    plays: Bool
    chance: F32
    half_bars: I64
    memory: F32
    register: I64
    now: I64
    moved: I64
    after: I16
    found: I64
    events: I64
    states: I64


@jit
def sample_steps(weights: PackedWeights, task: SamplingState, temperatures: F32, first: int, last: int) -> None:
    """Draw the steps from the first to before the last of all rows; those before are drawn.

    Parameters
    ----------
    weights : PackedWeights
    task : SamplingState
    temperatures : ndarray, shape (N_CHANNELS,), float32
        0 takes the likeliest event.
    first, last : int
    """
    rows, embedding = len(task.standing), task.standing.shape[2]
    read = np.empty((rows, embedding), np.float32)
    comes_back = np.empty((rows, N_CHANNELS, COMES_BACK), np.int64)
    given = np.empty((rows, N_CHANNELS), np.int64)
    barred = np.zeros(max(EVENT_VOCAB_SIZES), np.bool_)
    for step in range(first, last):
        for row in range(rows):
            origin, events, states, found = task.echoes[row, step], task.events[row], task.states[row], task.found[row]
            _take_up(comes_back[row], events, origin)
            half_bar, hints = task.half_bars[row], comes_back[row, :, N_REPEAT_SOURCES:]
            motif_lookup.hint(task.now[row], task.moved[row], events, origin, half_bar, step, hints)
            _add_sums(read[row], task.standing[row, step], weights.heard, weights.starts, found)
            _add_echoes(read[row], weights.echoes, weights.can_echo, weights.starts, origin, states)
            _add_recalls(read[row], weights.recalls, comes_back[row])
            _give(given[row], task.plays[row], task.follows[row, step], events, states, found)
        hidden = lstm_step(read, weights.first, weights.first_bias, task.memory[:, :, 0])
        hidden = lstm_step(hidden, weights.second, weights.second_bias, task.memory[:, :, 1])
        heard = matmul_bias(hidden, weights.voices, weights.voices_bias)
        known = np.zeros((rows, weights.mix.shape[1]), np.float32)
        at = 0
        for channel in range(N_CHANNELS):
            own, width = given[:, channel], HEAD_SIZES[channel]
            if _any_open(own):
                voice = _speak(heard, known, weights.mix[channel], channel)
                weighed = _weigh(voice, weights.choose, weights.choose_bias, at, width)
                for row in range(rows):
                    if own[row] < 0:
                        _add_behind(weighed[row], channel, task.found[row, channel, LAST], comes_back[row, channel])
                        mask_events(barred, channel, task.register[row], task.chords[row, step])
                        chance = task.chance[row, step, channel]
                        own[row] = sample_event(weighed[row], channel, temperatures[channel], chance, own[row], barred)
            at += width
            for row in range(rows):
                _follow(task.found[row, channel], task.register[row], channel, own[row])
                add(known[row], weights.said[weights.starts[channel] + task.found[row, channel, STATE]])
        for row in range(rows):
            motif_lookup.take_in(task.now[row], task.moved[row], task.after[row], step, given[row])
            _write(task.events[row, step], task.states[row, step], given[row], task.found[row])


@jit
def _add_sums(read: F32, standing: F32, heard: F32, starts: I64, found: I64) -> None:
    """Begin what a step reads with what is known of it, and what is sounding; see `NoteGenerator.read`."""
    for at in range(len(read)):
        read[at] = standing[at]
    for channel in range(N_CHANNELS):
        add(read, heard[starts[channel] + found[channel, STATE]])


@jit
def _add_echoes(read: F32, echoes: F32, can_echo: F32, starts: I64, origin: I64, states: I64) -> None:
    """Add what was done at the steps that may come back."""
    for echo in range(N_REPEAT_SOURCES):
        if origin[echo] != NO_SOURCE:
            add(read, can_echo[echo])
            for channel in range(N_CHANNELS):
                add(read, echoes[echo, starts[channel] + states[origin[echo], channel]])


@jit
def _add_recalls(read: F32, recalls: F32, comes_back: I64) -> None:
    """Add how far lines are in figures gone before; see `gan.network.generator.recalls`."""
    for line in range(N_CHANNELS - 1):
        recalled = comes_back[line + 1, COMES_BACK - 2 * MAX_CONTEXT :]
        longest = 0
        for length in range(MAX_CONTEXT):
            if recalled[2 * length] != NO_HINT:
                longest = 2 * (length + 1)
            if recalled[2 * length + 1] != NO_HINT:
                longest = 2 * (length + 1) + 1
        add(read, recalls[line, longest])


@jit
def _take_up(comes_back: I64, events: I64, origin: I64) -> None:
    """Find the events at the steps that may come back, or `NO_HINT`."""
    for echo in range(N_REPEAT_SOURCES):
        for channel in range(N_CHANNELS):
            is_there = origin[echo] != NO_SOURCE
            comes_back[channel, echo] = events[origin[echo], channel] if is_there else NO_HINT


@jit
def _any_open(given: I64) -> bool:
    for row in range(len(given)):  # noqa: SIM110  # what is compiled knows no generators
        if given[row] < 0:
            return True
    return False


@jit
def _give(given: I64, plays: Bool, follows: I64, events: I64, states: I64, found: I64) -> None:
    """Say of each channel which event is given, or what else is known of it."""
    for channel in range(N_CHANNELS):
        given[channel] = HOLD
        if plays[channel]:
            given[channel] = forced_event(channel, follows[channel], events, states, found[channel, STATE])


@jit
def forced_event(channel: int, follows: I64, events: I64, states: I64, state: int) -> int:
    """Say which event is repeated to the note, or else what is known of it."""
    source, rhythm = follows[SOURCE], follows[RHYTHM]
    if source == NO_SOURCE:
        if channel == DRUM_CHANNEL or rhythm == NO_SOURCE:
            return SAMPLE
        return FORCE_ONSET if events[rhythm, channel] > OFF else FORCE_NO_ONSET
    event = int(events[source, channel])
    there = _held(states[source, channel])
    if channel == DRUM_CHANNEL or event != HOLD or there == _held(state):
        return event
    # A note that had been held over there is struck, if it does not sound.
    return (there + 1) // 2 + 1 if there > 0 else OFF


@jit
def _held(state: int) -> int:
    """Say in what state a hold leaves a channel: a pitch sounds on, no longer begun."""
    return state - 1 if state > 0 and state % 2 == 0 else state


@jit
def _follow(found: I64, register: I64, channel: int, event: int) -> None:
    """Go on by an event of a channel: the state that it leaves, the note begun last, and what its part has reached."""
    if event > OFF:
        found[LAST] = event
    if channel == DRUM_CHANNEL:
        found[STATE] = event
        return
    pitch_range.update_range(register, channel, event)
    if event == HOLD:
        found[STATE] = _held(found[STATE])
    else:
        found[STATE] = 0 if event == OFF else 2 * (event - 1)


@jit
def _write(events: I64, states: I64, said: I64, found: I64) -> None:
    """Write down what a step has said, and what states it leaves."""
    for channel in range(N_CHANNELS):
        events[channel], states[channel] = said[channel], found[channel, STATE]


@jit
def _speak(heard: F32, known: F32, mix: F32, channel: int) -> F32:
    """Make a channel's voice of what the layers say of it and what channels before it do: (batch, voice)."""
    size = len(mix)
    voice = matmul_bias(known, mix, np.zeros(size, np.float32))
    for row in range(len(voice)):
        add(voice[row], heard[row, channel * size : (channel + 1) * size])
        silu_(voice[row])
    return voice


@jit
def _weigh(voice: F32, choose: F32, bias: F32, at: int, width: int) -> F32:
    """Weigh what a channel may do: (batch, voice) to (batch, width); its weights begin at a column of all."""
    size = voice.shape[1]
    return matmul_bias(voice, choose[at * size : (at + width) * size].reshape(size, width), bias[at : at + width])


@jit
def _add_behind(weighed: F32, channel: int, last: int, comes_back: I64) -> None:
    """Add to the weights of a channel's events what stands behind them: those of intervals, and of what comes back."""
    choices = EVENT_VOCAB_SIZES[channel]
    for at in range(COMES_BACK):
        if comes_back[at] != NO_HINT:
            weighed[comes_back[at]] += weighed[len(weighed) - COMES_BACK + at]
    if channel != DRUM_CHANNEL and last > 0:
        for event in range(FIRST_NOTE, choices):
            weighed[event] += weighed[choices + min(max(event - last, -MAX_INTERVAL), MAX_INTERVAL) + MAX_INTERVAL]


@jit
def mask_events(barred: Bool, channel: int, register: I64, chord: int) -> None:
    """Say which events may not be drawn: notes beyond the compass, and those of the bass that are not of its chord."""
    low, high = pitch_range.allowed_events(register, channel)
    has_chord, third = channel == BASS_CHANNEL and chord != NO_SOURCE, 3 if chord % 2 else 4
    for event in range(EVENT_VOCAB_SIZES[channel]):
        above = (event + PITCH_OFFSET - chord // 2) % 12
        is_foreign = has_chord and above != 0 and above != third and above != FIFTH
        barred[event] = channel != DRUM_CHANNEL and event >= FIRST_NOTE and (is_foreign or not low <= event <= high)


@jit
def sample_event(logits: F32, channel: int, temperature: float, chance: float, known: int, barred: Bool) -> int:
    """Draw a channel's event by inverting its distribution.

    The temperature says how boldly one note is taken before another; whether a note begins at all is drawn as it was
    learnt, unless `FORCE_ONSET` or `FORCE_NO_ONSET` says it. A cooler whole would hold on and rest too much: doing
    nothing is the likeliest event by far. Notes that are hardly likely beside the likeliest are not drawn at all, but
    at a temperature of 1, where all is drawn as it was learnt (the min-p of Nguyen et al., *Turning Up the Heat*, ICLR
    2025): what is wrong is mostly among them. Of strokes all are: what drummers do seldom, between the beats, is what
    makes a groove. Of notes that are barred others come in the place, up to `_MOST_FOR_OTHERS` times as often.
    """
    choices, is_drum = EVENT_VOCAB_SIZES[channel], channel == DRUM_CHANNEL
    chances, cooled = logits[:choices].copy(), logits[:choices].copy()
    top = chances[_likeliest(chances)]
    for event in range(choices):
        chances[event] -= top
        cooled[event] = chances[event] / temperature if temperature > 0 else chances[event]
    exp_(chances)
    exp_(cooled)
    begun, able, likeliest, total = 0.0, 0.0, 0.0, 1e-30
    for event in range(FIRST_NOTE, choices):
        begun += chances[event]
        if not barred[event]:
            able += chances[event]
            likeliest = max(likeliest, chances[event])
    least = likeliest * _LEAST if temperature not in (0, 1) and not is_drum else 0.0
    for event in range(FIRST_NOTE, choices):
        if barred[event] or chances[event] < least:
            cooled[event] = 0
        total += cooled[event]
    scale = 0.0 if known == FORCE_NO_ONSET else min(begun, _MOST_FOR_OTHERS * able) / total
    for event in range(FIRST_NOTE, choices):
        chances[event] = cooled[event] * scale
    if known == FORCE_ONSET:
        for event in range(FIRST_NOTE):
            chances[event] *= _HARDLY
    return _likeliest(chances) if temperature == 0 else _invert(chances, chance)


@jit
def _likeliest(chances: F32) -> int:
    best = 0
    for event in range(len(chances)):
        if chances[event] > chances[best]:
            best = event
    return best


@jit
def _invert(chances: F32, chance: float) -> int:
    """Find the event at which so much of all chances is reached."""
    total, reached = 0.0, 0.0
    for event in range(len(chances)):
        total += chances[event]
    wanted = chance * total
    for event in range(len(chances)):
        reached += chances[event]
        if reached >= wanted and chances[event] > 0:
            return event
    return _likeliest(chances)
