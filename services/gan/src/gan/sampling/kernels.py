"""The generator's arithmetic, one sixteenth at a time: what `NoteGenerator.forward` does, compiled.

Sums over one-hot vectors are look-ups, and of a channel that is given or silent nothing is weighed. Rows of a batch are
drawn side by side, so that weights are read once for all of them, and do not hear each other: how they are shared out
to threads changes no note.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, OFF, PITCH_OFFSET

from gan.network.channels import BASS_CHANNEL, NO_SOURCE, Steps
from gan.network.dims import CHANNEL_COUNT, CHOICES, DRUM_CHANNEL, ECHOES, HINTS, REACH, RECALLED
from gan.sampling import motif_lookup, pitch_range
from gan.sampling.jit import compiled
from gan.sampling.motif_lookup import NO_HINT
from gan.sampling.numba_ops import FloatArray, add, exponentiate, product, recur, squash

DRAW, BEGIN, STAY = -1, -2, -3
"""What is known of an event that is not given: nothing, that it begins a note, or that it begins none."""

FIRST_NOTE = OFF + 1
COMES_BACK = ECHOES + HINTS
"""Events that a channel may take up: those at its `ECHOES`, and those that it is hinted at."""

WEIGHED = tuple(choices + 2 * REACH + 1 + COMES_BACK for choices in CHOICES)
"""What is weighed of each channel: its events, the intervals from its last note, what comes back."""

FIFTH = 7
SOURCE, RHYTHM = range(2)
STATE, LAST = range(2)

_MOST_FOR_OTHERS = 20
_LEAST = 0.05
"""A note that is less likely than this share of the likeliest is not drawn."""
_HARDLY = 1e-9
"""What is left of the chance that nothing begins where something should: enough to win over no chance at all."""


class Weights(NamedTuple):
    """The generator's weights, laid out for reading in order.

    Attributes
    ----------
    heard : ndarray, shape (words, embedding)
        Channel c begins at ``starts[c]``.
    echoes : ndarray, shape (ECHOES, words, embedding)
    can_echo : ndarray, shape (ECHOES, embedding)
    recalls : ndarray, shape (lines, kinds, embedding)
    first, second : ndarray, shape (inputs + units, 4 * units)
        The two layers, see `gan.sampling.sampler`; each has a bias.
    voices : ndarray, shape (units, CHANNEL_COUNT * voice)
    said : ndarray, shape (words, voice)
    mix : ndarray, shape (CHANNEL_COUNT, voice, voice)
    choose : ndarray, shape (voice * sum of `WEIGHED`,)
        (voice, `WEIGHED`) of each channel, one after the other; ``choose_bias`` likewise.
    starts : ndarray, shape (CHANNEL_COUNT,), int64
    """

    heard: FloatArray
    echoes: FloatArray
    can_echo: FloatArray
    recalls: FloatArray
    first: FloatArray
    first_bias: FloatArray
    second: FloatArray
    second_bias: FloatArray
    voices: FloatArray
    voices_bias: FloatArray
    said: FloatArray
    mix: FloatArray
    choose: FloatArray
    choose_bias: FloatArray
    starts: Steps


class Task(NamedTuple):
    """What is asked of a batch, and what has been drawn: arrays (batch, ...), the last ones written to.

    Attributes
    ----------
    standing : ndarray, shape (batch, steps, embedding)
        What is known before the first step.
    echoes : ndarray, shape (batch, steps, ECHOES), int64
    follows : ndarray, shape (batch, steps, CHANNEL_COUNT, 2), int64
        `SOURCE` and `RHYTHM` of `gan.sampling.sampler.Plan`, or `NO_SOURCE`.
    chords : ndarray, shape (batch, steps), int64
        The chord that a note of the bass has to be of, see `gan.planning.structure`, or `NO_SOURCE`.
    plays : ndarray, shape (batch, CHANNEL_COUNT), bool
    chance : ndarray, shape (batch, steps, CHANNEL_COUNT), float32
        Evenly from 0 to 1.
    half_bars : ndarray, shape (batch,), int64
        Steps of half a bar.
    memory : ndarray, shape (batch, 2, layers, units)
        `HIDDEN` and `CELL` of each layer.
    register : ndarray
        See `gan.sampling.pitch_range.begin`.
    now, moved, after : ndarray
        See `gan.sampling.motif_lookup.Lines`.
    found : ndarray, shape (batch, CHANNEL_COUNT, 2), int64
        The `STATE` that the coming step finds, and the note begun `LAST`, or 0.
    events, states : ndarray, shape (batch, steps, CHANNEL_COUNT), int64
    """

    standing: FloatArray
    echoes: Steps
    follows: Steps
    chords: Steps
    plays: npt.NDArray[np.bool_]
    chance: FloatArray
    half_bars: Steps
    memory: FloatArray
    register: Steps
    now: Steps
    moved: Steps
    after: npt.NDArray[np.int16]
    found: Steps
    events: Steps
    states: Steps


@compiled
def draw_steps(weights: Weights, task: Task, temperatures: FloatArray, first: int, last: int) -> None:
    """Draw the steps from the first to before the last of all rows; those before are drawn.

    Parameters
    ----------
    weights : Weights
    task : Task
    temperatures : ndarray, shape (CHANNEL_COUNT,), float32
        0 takes the likeliest event.
    first, last : int
    """
    rows, embedding = len(task.standing), task.standing.shape[2]
    read = np.empty((rows, embedding), np.float32)
    comes_back = np.empty((rows, CHANNEL_COUNT, COMES_BACK), np.int64)
    given = np.empty((rows, CHANNEL_COUNT), np.int64)
    barred = np.zeros(max(CHOICES), np.bool_)
    for step in range(first, last):
        for row in range(rows):
            origin, events, states, found = task.echoes[row, step], task.events[row], task.states[row], task.found[row]
            _take_up(comes_back[row], events, origin)
            half_bar, hints = task.half_bars[row], comes_back[row, :, ECHOES:]
            motif_lookup.hint(task.now[row], task.moved[row], events, origin, half_bar, step, hints)
            _add_sums(read[row], task.standing[row, step], weights.heard, weights.starts, found)
            _add_echoes(read[row], weights.echoes, weights.can_echo, weights.starts, origin, states)
            _add_recalls(read[row], weights.recalls, comes_back[row])
            _give(given[row], task.plays[row], task.follows[row, step], events, states, found)
        hidden = recur(read, weights.first, weights.first_bias, task.memory[:, :, 0])
        hidden = recur(hidden, weights.second, weights.second_bias, task.memory[:, :, 1])
        heard = product(hidden, weights.voices, weights.voices_bias)
        known = np.zeros((rows, weights.mix.shape[1]), np.float32)
        at = 0
        for channel in range(CHANNEL_COUNT):
            own, width = given[:, channel], WEIGHED[channel]
            if _any_open(own):
                voice = _speak(heard, known, weights.mix[channel], channel)
                weighed = _weigh(voice, weights.choose, weights.choose_bias, at, width)
                for row in range(rows):
                    if own[row] < 0:
                        _add_behind(weighed[row], channel, task.found[row, channel, LAST], comes_back[row, channel])
                        bar_events(barred, channel, task.register[row], task.chords[row, step])
                        chance = task.chance[row, step, channel]
                        own[row] = draw_event(weighed[row], channel, temperatures[channel], chance, own[row], barred)
            at += width
            for row in range(rows):
                _follow(task.found[row, channel], task.register[row], channel, own[row])
                add(known[row], weights.said[weights.starts[channel] + task.found[row, channel, STATE]])
        for row in range(rows):
            motif_lookup.take_in(task.now[row], task.moved[row], task.after[row], step, given[row])
            _write(task.events[row, step], task.states[row, step], given[row], task.found[row])


@compiled
def _add_sums(read: FloatArray, standing: FloatArray, heard: FloatArray, starts: Steps, found: Steps) -> None:
    """Begin what a step reads with what is known of it, and what is sounding; see `NoteGenerator.read`."""
    for at in range(len(read)):
        read[at] = standing[at]
    for channel in range(CHANNEL_COUNT):
        add(read, heard[starts[channel] + found[channel, STATE]])


@compiled
def _add_echoes(
    read: FloatArray, echoes: FloatArray, can_echo: FloatArray, starts: Steps, origin: Steps, states: Steps
) -> None:
    """Add what was done at the steps that may come back."""
    for echo in range(ECHOES):
        if origin[echo] != NO_SOURCE:
            add(read, can_echo[echo])
            for channel in range(CHANNEL_COUNT):
                add(read, echoes[echo, starts[channel] + states[origin[echo], channel]])


@compiled
def _add_recalls(read: FloatArray, recalls: FloatArray, comes_back: Steps) -> None:
    """Add how far lines are in figures gone before; see `gan.network.generator.recalls`."""
    for line in range(CHANNEL_COUNT - 1):
        recalled = comes_back[line + 1, COMES_BACK - 2 * RECALLED :]
        longest = 0
        for length in range(RECALLED):
            if recalled[2 * length] != NO_HINT:
                longest = 2 * (length + 1)
            if recalled[2 * length + 1] != NO_HINT:
                longest = 2 * (length + 1) + 1
        add(read, recalls[line, longest])


@compiled
def _take_up(comes_back: Steps, events: Steps, origin: Steps) -> None:
    """Find the events at the steps that may come back, or `NO_HINT`."""
    for echo in range(ECHOES):
        for channel in range(CHANNEL_COUNT):
            is_there = origin[echo] != NO_SOURCE
            comes_back[channel, echo] = events[origin[echo], channel] if is_there else NO_HINT


@compiled
def _any_open(given: Steps) -> bool:
    for row in range(len(given)):  # noqa: SIM110  # what is compiled knows no generators
        if given[row] < 0:
            return True
    return False


@compiled
def _give(
    given: Steps, plays: npt.NDArray[np.bool_], follows: Steps, events: Steps, states: Steps, found: Steps
) -> None:
    """Say of each channel which event is given, or what else is known of it."""
    for channel in range(CHANNEL_COUNT):
        given[channel] = HOLD
        if plays[channel]:
            given[channel] = given_event(channel, follows[channel], events, states, found[channel, STATE])


@compiled
def given_event(channel: int, follows: Steps, events: Steps, states: Steps, state: int) -> int:
    """Say which event is repeated to the note, or else what is known of it."""
    source, rhythm = follows[SOURCE], follows[RHYTHM]
    if source == NO_SOURCE:
        if channel == DRUM_CHANNEL or rhythm == NO_SOURCE:
            return DRAW
        return BEGIN if events[rhythm, channel] > OFF else STAY
    event = int(events[source, channel])
    there = _held(states[source, channel])
    if channel == DRUM_CHANNEL or event != HOLD or there == _held(state):
        return event
    # A note that had been held over there is struck, if it does not sound.
    return (there + 1) // 2 + 1 if there > 0 else OFF


@compiled
def _held(state: int) -> int:
    """Say in what state a hold leaves a channel: a pitch sounds on, no longer begun."""
    return state - 1 if state > 0 and state % 2 == 0 else state


@compiled
def _follow(found: Steps, register: Steps, channel: int, event: int) -> None:
    """Go on by an event of a channel: the state that it leaves, the note begun last, and what its part has reached."""
    if event > OFF:
        found[LAST] = event
    if channel == DRUM_CHANNEL:
        found[STATE] = event
        return
    pitch_range.take_in(register, channel, event)
    if event == HOLD:
        found[STATE] = _held(found[STATE])
    else:
        found[STATE] = 0 if event == OFF else 2 * (event - 1)


@compiled
def _write(events: Steps, states: Steps, said: Steps, found: Steps) -> None:
    """Write down what a step has said, and what states it leaves."""
    for channel in range(CHANNEL_COUNT):
        events[channel], states[channel] = said[channel], found[channel, STATE]


@compiled
def _speak(heard: FloatArray, known: FloatArray, mix: FloatArray, channel: int) -> FloatArray:
    """Make a channel's voice of what the layers say of it and what channels before it do: (batch, voice)."""
    size = len(mix)
    voice = product(known, mix, np.zeros(size, np.float32))
    for row in range(len(voice)):
        add(voice[row], heard[row, channel * size : (channel + 1) * size])
        squash(voice[row])
    return voice


@compiled
def _weigh(voice: FloatArray, choose: FloatArray, bias: FloatArray, at: int, width: int) -> FloatArray:
    """Weigh what a channel may do: (batch, voice) to (batch, width); its weights begin at a column of all."""
    size = voice.shape[1]
    return product(voice, choose[at * size : (at + width) * size].reshape(size, width), bias[at : at + width])


@compiled
def _add_behind(weighed: FloatArray, channel: int, last: int, comes_back: Steps) -> None:
    """Add to the weights of a channel's events what stands behind them: those of intervals, and of what comes back."""
    choices = CHOICES[channel]
    for at in range(COMES_BACK):
        if comes_back[at] != NO_HINT:
            weighed[comes_back[at]] += weighed[len(weighed) - COMES_BACK + at]
    if channel != DRUM_CHANNEL and last > 0:
        for event in range(FIRST_NOTE, choices):
            weighed[event] += weighed[choices + min(max(event - last, -REACH), REACH) + REACH]


@compiled
def bar_events(barred: npt.NDArray[np.bool_], channel: int, register: Steps, chord: int) -> None:
    """Say which events may not be drawn: notes beyond the compass, and those of the bass that are not of its chord."""
    low, high = pitch_range.allowed(register, channel)
    has_chord, third = channel == BASS_CHANNEL and chord != NO_SOURCE, 3 if chord % 2 else 4
    for event in range(CHOICES[channel]):
        above = (event + PITCH_OFFSET - chord // 2) % 12
        is_foreign = has_chord and above != 0 and above != third and above != FIFTH
        barred[event] = channel != DRUM_CHANNEL and event >= FIRST_NOTE and (is_foreign or not low <= event <= high)


@compiled
def draw_event(
    logits: FloatArray, channel: int, temperature: float, chance: float, known: int, barred: npt.NDArray[np.bool_]
) -> int:
    """Draw a channel's event by inverting its distribution.

    The temperature says how boldly one note is taken before another; whether a note begins at all is drawn as it was
    learnt, unless `BEGIN` or `STAY` says it. A cooler whole would hold on and rest too much: doing nothing is the
    likeliest event by far. Notes that are hardly likely beside the likeliest are not drawn at all, but at a temperature
    of 1, where all is drawn as it was learnt (the min-p of Nguyen et al., *Turning Up the Heat*, ICLR 2025): what is
    wrong is mostly among them. Of strokes all are: what drummers do seldom, between the beats, is what makes a groove.
    Of notes that are barred others come in the place, up to `_MOST_FOR_OTHERS` times as often.
    """
    choices, is_drum = CHOICES[channel], channel == DRUM_CHANNEL
    chances, cooled = logits[:choices].copy(), logits[:choices].copy()
    top = chances[_likeliest(chances)]
    for event in range(choices):
        chances[event] -= top
        cooled[event] = chances[event] / temperature if temperature > 0 else chances[event]
    exponentiate(chances)
    exponentiate(cooled)
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
    scale = 0.0 if known == STAY else min(begun, _MOST_FOR_OTHERS * able) / total
    for event in range(FIRST_NOTE, choices):
        chances[event] = cooled[event] * scale
    if known == BEGIN:
        for event in range(FIRST_NOTE):
            chances[event] *= _HARDLY
    return _likeliest(chances) if temperature == 0 else _invert(chances, chance)


@compiled
def _likeliest(chances: FloatArray) -> int:
    best = 0
    for event in range(len(chances)):
        if chances[event] > chances[best]:
            best = event
    return best


@compiled
def _invert(chances: FloatArray, chance: float) -> int:
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
