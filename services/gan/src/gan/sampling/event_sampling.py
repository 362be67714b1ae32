"""The event of a channel at one step: forced by the structure, or sampled from its logits, compiled."""

from __future__ import annotations

from score.arrays import F32, I64, Bool
from score.encoding import FIRST_PITCH_EVENT, HOLD, OFF, PITCH_OFFSET

from gan.network.dims import BASS_CHANNEL, DRUM_CHANNEL, EVENT_VOCAB_SIZES, NO_SOURCE
from gan.sampling.jit import jit
from gan.sampling.numba_ops import exp_
from gan.sampling.pitch_range import allowed_events

SAMPLE, FORCE_ONSET, FORCE_NO_ONSET = -1, -2, -3
"""In place of a known event: it is sampled freely, it has to begin a note, or it must not begin one."""

NOTE_SOURCE, RHYTHM_SOURCE = range(2)
"""Columns of a channel's source steps: whose event it copies, and whose onsets."""

FIFTH_SEMITONES = 7

_MAX_REWEIGHT = 20
"""By how much the allowed notes may at most be made likelier in place of the forbidden ones."""

_MIN_P = 0.05
"""Notes less likely than this share of the likeliest one are not sampled."""

_EPSILON = 1e-9
"""Factor on the weights of a hold and a note-off where an onset is forced. They still win where no note is allowed."""


@jit
def forced_event(channel: int, source_steps: I64, events: I64, states: I64, state: int) -> int:
    """Return the event that a channel repeats, or what else is known of it.

    Parameters
    ----------
    channel : int
    source_steps : ndarray, shape (2,), int64
        `NOTE_SOURCE` and `RHYTHM_SOURCE`, or `NO_SOURCE`.
    events, states : ndarray, shape (steps, N_CHANNELS), int64
        Those of the row, known up to the step.
    state : int
        The channel's state before the step.

    Returns
    -------
    int
        An event, `SAMPLE`, `FORCE_ONSET` or `FORCE_NO_ONSET`.
    """
    notes_from, rhythm_from = source_steps[NOTE_SOURCE], source_steps[RHYTHM_SOURCE]
    if notes_from == NO_SOURCE:
        if channel == DRUM_CHANNEL or rhythm_from == NO_SOURCE:
            return SAMPLE
        return FORCE_ONSET if events[rhythm_from, channel] > OFF else FORCE_NO_ONSET
    event = int(events[notes_from, channel])
    held_there = hold_state(states[notes_from, channel])
    if channel == DRUM_CHANNEL or event != HOLD or held_there == hold_state(state):
        return event
    # The source holds a note that began before it, and that does not sound here: begin it, or end what sounds.
    return (held_there + 1) // 2 + 1 if held_there > 0 else OFF


@jit
def hold_state(state: int) -> int:
    """Return the state after a hold: a pitch at its onset becomes a held pitch."""
    return state - 1 if state > 0 and state % 2 == 0 else state


@jit
def mask_events(forbidden: Bool, channel: int, range_state: I64, chord: int) -> None:
    """Mark the events that must not be sampled: notes out of range, and notes of the bass outside its chord.

    Parameters
    ----------
    forbidden : ndarray, shape (events or more,), bool
        Written to.
    channel : int
    range_state : ndarray, shape (parts, 3), int64
        The row's, see `gan.sampling.pitch_range`.
    chord : int
        See `gan.planning.structure.N_CHORDS`, or `NO_SOURCE`.
    """
    low, high = allowed_events(range_state, channel)
    has_chord, third_semitones = channel == BASS_CHANNEL and chord != NO_SOURCE, 3 if chord % 2 else 4
    for event in range(EVENT_VOCAB_SIZES[channel]):
        above_root = (event + PITCH_OFFSET - chord // 2) % 12
        is_foreign = has_chord and above_root != 0 and above_root != third_semitones and above_root != FIFTH_SEMITONES
        is_outside = is_foreign or not low <= event <= high
        forbidden[event] = channel != DRUM_CHANNEL and event >= FIRST_PITCH_EVENT and is_outside


@jit
def sample_event(logits: F32, channel: int, temperature: float, uniform: float, known: int, forbidden: Bool) -> int:
    """Sample a channel's event by inverting its cumulative distribution.

    Parameters
    ----------
    logits : ndarray, shape (events or more,), float32
    channel : int
    temperature : float
        Applies to the choice among notes only; 0 takes the likeliest event.
    uniform : float
        Random number in [0, 1).
    known : int
        `SAMPLE`, `FORCE_ONSET` or `FORCE_NO_ONSET`.
    forbidden : ndarray, shape (events or more,), bool

    Returns
    -------
    int
        The event.

    Notes
    -----
    Whether a note begins at all keeps its learned probability at any temperature: a lower temperature on everything
    would hold and rest too much, because doing nothing is the likeliest event by far. Notes far less likely than the
    likeliest are cut off, as most mistakes are among them (min-p: Nguyen et al., *Turning Up the Heat*, ICLR 2025), but
    not at a temperature of 1, which samples the learned distribution, and not for drums, whose rare strokes between the
    beats make the groove. Forbidden notes pass their probability on to the allowed ones, up to `_MAX_REWEIGHT` times
    that of these.
    """
    n_events, is_drum = EVENT_VOCAB_SIZES[channel], channel == DRUM_CHANNEL
    weights, tempered = logits[:n_events].copy(), logits[:n_events].copy()
    top = weights[_argmax(weights)]
    for event in range(n_events):
        weights[event] -= top
        tempered[event] = weights[event] / temperature if temperature > 0 else weights[event]
    exp_(weights)
    exp_(tempered)
    onset_weight, allowed_weight, likeliest, total = 0.0, 0.0, 0.0, 1e-30
    for event in range(FIRST_PITCH_EVENT, n_events):
        onset_weight += weights[event]
        if not forbidden[event]:
            allowed_weight += weights[event]
            likeliest = max(likeliest, weights[event])
    cutoff = likeliest * _MIN_P if temperature not in (0, 1) and not is_drum else 0.0
    for event in range(FIRST_PITCH_EVENT, n_events):
        if forbidden[event] or weights[event] < cutoff:
            tempered[event] = 0
        total += tempered[event]
    scale = 0.0 if known == FORCE_NO_ONSET else min(onset_weight, _MAX_REWEIGHT * allowed_weight) / total
    for event in range(FIRST_PITCH_EVENT, n_events):
        weights[event] = tempered[event] * scale
    if known == FORCE_ONSET:
        for event in range(FIRST_PITCH_EVENT):
            weights[event] *= _EPSILON
    return _argmax(weights) if temperature == 0 else _invert(weights, uniform)


@jit
def _argmax(values: F32) -> int:
    best = 0
    for i in range(len(values)):
        if values[i] > values[best]:
            best = i
    return best


@jit
def _invert(weights: F32, uniform: float) -> int:
    """Return the event at which the cumulative weight reaches a share of the total."""
    total, reached = 0.0, 0.0
    for event in range(len(weights)):
        total += weights[event]
    target = uniform * total
    for event in range(len(weights)):
        reached += weights[event]
        if reached >= target and weights[event] > 0:
            return event
    return _argmax(weights)
