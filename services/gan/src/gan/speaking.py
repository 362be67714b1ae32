"""Draws music from the generator, step by step, many pieces at once.

The same arithmetic as `gan.network.Generator.forward`, laid out for one step at a time in numpy, whose calls cost a
fraction of torch's; the large products alone are torch's, which are three times as fast for a few rows. Products of
one-hot vectors are look-ups, what stands before the first step is summed before it, and of a channel that is given or
silent nothing is weighed.
"""

from __future__ import annotations

from collections.abc import Generator as Steadily
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from score.encoding import OFF, STEPS_PER_BAR
from torch import nn

from gan.channels import NO_SOURCE, Steps, repeated
from gan.compass import Register
from gan.motif import Motifs
from gan.network import FIRST_NOTE, INTERVALS, Bag, Conditions, Generator, playing
from gan.shapes import CHANNEL_COUNT, CHOICES, DRUM_CHANNEL, ECHOES, HINTS, METERS, RECALLED

FloatArray = npt.NDArray[np.float32]
Drawn = tuple[Steps, Steps]

DRAW, BEGIN, STAY = -1, -2, -3
"""What is known of an event that is not given: nothing, that it begins a note, or that it begins none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a batch of pieces before they are drawn.

    Attributes
    ----------
    places : ndarray, shape (batch, steps, 4), int64
        See `gan.network.PLACES`.
    echoes : ndarray, shape (batch, steps, ECHOES), int64
        The earlier steps that each step may bring back, or `NO_SOURCE`.
    before : ndarray, shape (batch, CHANNEL_COUNT), int64
        The states that the first step finds.
    last : ndarray, shape (batch, CHANNEL_COUNT), int64
        The note events begun last before it, or 0.
    source : ndarray, shape (batch, steps, CHANNEL_COUNT), int64, optional
        The earlier step that a channel repeats to the note, so that nothing is drawn, or `NO_SOURCE`.
    rhythm : ndarray, shape (batch, steps, CHANNEL_COUNT), int64, optional
        The earlier step that a channel begins a note with, or not, or `NO_SOURCE`; drums follow none.
    spans : array_like, shape (3,) or (batch, 3), optional
        How far the highest note of lead, harmony and bass may lie above the lowest, see `gan.compass`.
    """

    places: Steps
    echoes: Steps
    before: Steps
    last: Steps
    source: Steps | None = None
    rhythm: Steps | None = None
    spans: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a step finds: states, last notes, and the events that may come back or are hinted at, and which there are.

    ``hinted``, (batch, CHANNEL_COUNT, ECHOES + HINTS), and ``is_hinted`` of the same shape.
    """

    before: Steps
    last: Steps
    hinted: Steps
    is_hinted: npt.NDArray[np.bool_]
    given: Steps | None = None
    """Events that are not drawn; elsewhere `DRAW`, `BEGIN` or `STAY`."""
    register: Register | None = None
    """What the parts have reached, and how far they may go."""


class Speaker:
    """A generator made ready for drawing; copies its weights.

    Parameters
    ----------
    generator : Generator
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        body = generator.body
        self.units = generator.shape.units
        self._layers = [_layer(body, layer) for layer in range(body.num_layers)]
        self._heard, self._heard_starts = _table(generator.heard)
        self._echoes = np.concatenate([_table(bag)[0] for bag in generator.echoes])  # type: ignore[arg-type]
        self._can_echo = _array(generator.can_echo)
        self._recalls = _table(generator.recalls)
        self._voices = _transposed(generator.voices.weight), generator.voices.bias.detach().cpu().clone()
        self._said = [_array(said.weight) for said in generator.said]  # type: ignore[arg-type]  # a module list's items
        self._mix = _array(generator.mix)
        self._choose = [_weighing(generator, channel) for channel in range(CHANNEL_COUNT)]

    def draw(
        self, plan: Plan, asked: Conditions, temperatures: npt.NDArray[np.floating], random: np.random.Generator
    ) -> Drawn:
        """Draw the events of a batch; see `speak`."""
        drawing = self.speak(plan, asked, temperatures, random)
        while True:
            try:
                next(drawing)
            except StopIteration as ended:
                drawn: Drawn = ended.value
                return drawn

    def speak(
        self, plan: Plan, asked: Conditions, temperatures: npt.NDArray[np.floating], random: np.random.Generator
    ) -> Steadily[float, None, Drawn]:
        """Draw the events of a batch, telling the share done once in sixteen steps.

        Parameters
        ----------
        plan : Plan
        asked : Conditions
        temperatures : ndarray, shape (CHANNEL_COUNT,)
            0 takes the likeliest event.
        random : numpy.random.Generator
            Source of all chance.

        Yields
        ------
        float
            The share done.

        Returns
        -------
        events, states : ndarray, shape (batch, steps, CHANNEL_COUNT), int64
        """
        batch, steps = plan.echoes.shape[:2]
        standing = self._stand(plan.places, asked)
        plays = playing(asked.roles).numpy().astype(np.int64)
        memory: list[list[FloatArray]] = [
            [np.zeros((batch, self.units), np.float32) for _ in range(2)] for _ in self._layers
        ]
        events, states = np.zeros((2, steps, batch, CHANNEL_COUNT), np.int64)
        chance = random.random((steps, CHANNEL_COUNT, batch, 1), np.float32)
        before, last = plan.before, plan.last
        register = Register.of(plan.spans, batch) if plan.spans is not None else None
        motifs = Motifs(last, _HALF_BARS[asked.meter.numpy()], steps)
        rows = np.arange(batch)[:, None]
        for step in range(steps):
            if step % 16 == 0:
                yield step / steps
            origin = plan.echoes[:, step]
            can_echo = (origin != NO_SOURCE)[:, :, None]
            read = standing[step] + self._heard[before + self._heard_starts].sum(1)
            hints = motifs.hint(origin)
            read = read + self._bring_back(states[origin, rows], can_echo) + self._recall(hints)
            hidden = self._recur(read, memory)
            hinted = np.concatenate([events[origin, rows].swapaxes(1, 2), hints], axis=2)
            is_hinted = np.concatenate(
                [np.broadcast_to(can_echo.swapaxes(1, 2), hinted[..., :ECHOES].shape), hints >= 0], 2
            )
            found = Found(before, last, np.maximum(hinted, 0), is_hinted, register=register)
            if plan.source is not None:
                given = _given(before, states, events, plan.source[:, step])
                if plan.rhythm is not None:
                    given = _in_rhythm(given, events, plan.rhythm[:, step])
                found = replace(found, given=given)
            events[step], states[step] = self._say(hidden, found, plays, temperatures, chance[step])
            motifs.take_in(events[step])
            before = states[step]
            last = np.where(events[step] > OFF, events[step], last)
        return events.swapaxes(0, 1), states.swapaxes(0, 1)

    def _bring_back(self, states: Steps, can_echo: npt.NDArray[np.bool_]) -> FloatArray:
        """Read what was done at the steps that may come back, (batch, ECHOES, CHANNEL_COUNT): (batch, embedding)."""
        starts = np.arange(ECHOES)[:, None] * len(self._heard) + self._heard_starts
        back = self._echoes[states + starts].sum(2) + self._can_echo
        summed: FloatArray = (back * can_echo).sum(1)
        return summed

    def _recall(self, hints: Steps) -> FloatArray:
        """Read how far lines are in figures gone before: (batch, embedding); see `gan.network.recalls`."""
        table, starts = self._recalls
        known = (hints[:, 1:, -2 * RECALLED :] >= 0).reshape(len(hints), -1, RECALLED, 2)
        lengths = known * _LENGTHS
        longest = lengths.max((2, 3))
        at = 2 * longest + (lengths[..., 1].max(2) == longest) * (longest > 0)
        return np.asarray(table[at + starts].sum(1), np.float32)

    @torch.no_grad()
    def _stand(self, places: Steps, asked: Conditions) -> FloatArray:
        """Sum up what is known before the first step: (steps, batch, embedding)."""
        standing = self._generator.stand(torch.from_numpy(places), asked)
        return np.ascontiguousarray(standing.transpose(0, 1).numpy())

    def _recur(self, read: FloatArray, memory: list[list[FloatArray]]) -> FloatArray:
        units = self.units
        for (weight, bias), cell in zip(self._layers, memory, strict=True):
            gates = np.tanh(_product(np.concatenate([read, cell[0]], 1), weight, bias))
            enter, forget, out = (_HALF + _HALF * gates[:, part * units : (part + 1) * units] for part in (0, 1, 3))
            cell[1] = forget * cell[1] + enter * gates[:, 2 * units : 3 * units]
            cell[0] = read = out * np.tanh(cell[1])
        return read

    def _say(
        self, hidden: FloatArray, found: Found, plays: Steps, temperatures: npt.NDArray[np.floating], chance: FloatArray
    ) -> tuple[Steps, Steps]:
        """Draw the events of one step, channel by channel, and say what follows: (batch, CHANNEL_COUNT) each."""
        heard = _product(hidden, *self._voices).reshape(len(hidden), CHANNEL_COUNT, -1)
        register = found.register
        given = np.where(plays > 0, DRAW if found.given is None else found.given, 0)
        is_open = np.any(given < 0, axis=0)
        held = found.before - ((found.before > 0) & (found.before % 2 == 0))
        said, after = given.copy(), np.empty_like(given)
        known: FloatArray | None = None
        for channel in range(CHANNEL_COUNT):
            if is_open[channel]:
                voice = heard[:, channel] if known is None else heard[:, channel] + known @ self._mix[channel]
                logits = self._weigh(channel, _silu(voice), found)
                beyond = None if register is None or channel == DRUM_CHANNEL else register.beyond(channel)
                least = _LEAST_DRUMS if channel == DRUM_CHANNEL else _LEAST
                own = _draw(logits, float(temperatures[channel]), chance[channel], given[:, channel], beyond, least)
                said[:, channel] = np.where(given[:, channel] < 0, own, given[:, channel])
            own = said[:, channel]
            if channel != DRUM_CHANNEL:
                if register is not None:
                    register.take_in(channel, own)
                own = np.where(own == 0, held[:, channel], np.where(own == 1, 0, 2 * (own - 1)))
            after[:, channel] = own
            table = self._said[channel][own]
            known = table if known is None else known + table
        return said, after

    def _weigh(self, channel: int, voice: FloatArray, found: Found) -> FloatArray:
        """Weigh a channel's events: (batch, choices); see `Generator.forward`."""
        weight, bias = self._choose[channel]
        weighed: FloatArray = voice @ weight + bias
        choices = CHOICES[channel]
        gates = weighed[:, -ECHOES - HINTS :] * found.is_hinted[:, channel]
        logits = weighed[:, :choices]
        rows = np.arange(len(logits))
        at = rows[:, None] * weighed.shape[1] + found.hinted[:, channel]
        np.add.at(weighed.reshape(-1), at.reshape(-1), gates.reshape(-1))
        if channel != DRUM_CHANNEL:
            last = found.last[:, channel, None]
            near = weighed[rows[:, None], choices + _INTERVALS[last[:, 0]]]
            logits[:, FIRST_NOTE:] += np.where(last > 0, near, np.float32(0))
        return logits


_HALF = np.float32(0.5)
_INTERVALS = INTERVALS.numpy()
_HALF_BARS = np.array([STEPS_PER_BAR[meter] // 2 for meter in METERS])
_LENGTHS = np.arange(1, RECALLED + 1)[:, None]


def _given(before: Steps, states: Steps, events: Steps, source: Steps) -> Steps:
    """Say which events are repeated to the note, and `DRAW` for the others: (batch, CHANNEL_COUNT)."""
    at = source, np.arange(len(source))[:, None], np.arange(CHANNEL_COUNT)
    again = repeated(before, states[at], events[at])
    again[:, DRUM_CHANNEL] = events[at][:, DRUM_CHANNEL]
    return np.where(source == NO_SOURCE, DRAW, again)


def _in_rhythm(given: Steps, events: Steps, rhythm: Steps) -> Steps:
    """Say of what is to be drawn whether it begins a note: (batch, CHANNEL_COUNT)."""
    struck = events[rhythm, np.arange(len(rhythm))[:, None], np.arange(CHANNEL_COUNT)] > OFF
    is_led = (given == DRAW) & (rhythm != NO_SOURCE)
    is_led[:, DRUM_CHANNEL] = False
    return np.where(is_led, np.where(struck, BEGIN, STAY), given)


def _array(values: torch.Tensor) -> FloatArray:
    return np.array(values.detach().cpu().numpy(), np.float32)


def _table(bag: Bag) -> tuple[FloatArray, Steps]:
    return _array(bag.weight), np.asarray(bag.starts.cpu().numpy())


def _transposed(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().cpu().float().T.contiguous()


def _layer(body: nn.LSTM, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Lay out a layer's weights and biases for `_recur`, so that one tangent serves all gates.

    A sigmoid is half a tangent of half its argument, and a half more.
    """
    weight = torch.cat([_transposed(getattr(body, f"weight_{way}_l{layer}")) for way in ("ih", "hh")])
    bias = sum(getattr(body, f"bias_{way}_l{layer}").detach().cpu().float() for way in ("ih", "hh"))
    halved = torch.full((4, body.hidden_size), 0.5)
    halved[2] = 1
    return weight * halved.flatten(), bias * halved.flatten()


def _weighing(generator: Generator, channel: int) -> tuple[FloatArray, FloatArray]:
    """Lay out what weighs a channel's events side by side: each for itself, by interval, and as an echo."""
    choose = generator.choose[channel]
    assert isinstance(choose, nn.Linear)
    parts = [_array(choose.weight).T, _array(generator.near[channel]), _array(generator.again[channel])]
    weight = np.ascontiguousarray(np.concatenate(parts, axis=1))
    bias = np.zeros(weight.shape[1], np.float32)
    bias[: choose.out_features] = _array(choose.bias)
    return weight, bias


def _product(rows: FloatArray, weight: torch.Tensor, bias: torch.Tensor) -> FloatArray:
    product: FloatArray = torch.addmm(bias, torch.from_numpy(rows), weight).numpy()
    return product


def _silu(values: FloatArray) -> FloatArray:
    squashed: FloatArray = values * (_HALF + _HALF * np.tanh(_HALF * values))
    return squashed


def _draw(
    logits: FloatArray,
    temperature: float,
    chance: FloatArray,
    known: Steps,
    beyond: npt.NDArray[np.bool_] | None,
    least: np.float32,
) -> Steps:
    """Draw an event of each row by inverting its distribution: (batch, choices) and (batch, 1) to (batch,).

    The temperature says how boldly one note is taken before another; whether a note begins at all is drawn as it was
    learnt, unless `BEGIN` or `STAY` says it. A cooler whole would hold on and rest too much: doing nothing is the
    likeliest event by far. Notes that are hardly likely beside the likeliest are not drawn at all, but at a temperature
    of 1, where all is drawn as it was learnt (the min-p of Nguyen et al., *Turning Up the Heat*, ICLR 2025): what is
    wrong is mostly among them. Of notes that may not be drawn, (batch, notes), others come in the place, up to
    `_MOST_FOR_OTHERS` times as often.
    """
    top = logits.max(1, keepdims=True)
    weights = np.exp(logits - top)
    begun = weights[:, OFF + 1 :]
    if temperature not in (0, 1) or beyond is not None:
        able = begun if beyond is None else np.where(beyond, np.float32(0), begun)
        learnt = begun.sum(1) if beyond is None else np.minimum(begun.sum(1), _MOST_FOR_OTHERS * able.sum(1))
        cooled = able ** np.float32(1 / temperature) if temperature else able.copy()
        if least and temperature not in (0, 1):
            cooled[able < least * able.max(1, keepdims=True)] = 0
        cooled *= (learnt / np.maximum(cooled.sum(1), np.float32(1e-30)))[:, None]
        weights[:, OFF + 1 :] = cooled
    weights[known == BEGIN, : OFF + 1] *= _HARDLY
    weights[known == STAY, OFF + 1 :] = 0
    if temperature == 0:
        return np.asarray(weights.argmax(1))
    reached = weights.cumsum(1)
    return np.asarray((reached < chance * reached[:, -1:]).sum(1), np.int64)


_MOST_FOR_OTHERS = np.float32(20)
_LEAST = np.float32(0.05)
"""A note that is less likely than this share of the likeliest is not drawn."""
_LEAST_DRUMS = np.float32(0)
"""Of strokes all are: what drummers do seldom, between the beats, is what makes a groove."""
_HARDLY = np.float32(1e-9)
"""What is left of the chance that nothing begins where something should: enough to win over no chance at all."""
