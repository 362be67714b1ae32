"""The networks of a role's model as a Magenta `Config`: encoder, conductor, decoder, and how its graph draws tokens.

Magenta's decoders draw tokens from a random state inside TensorFlow that no caller can set. Here the graph asks the
host once a batch for all it draws with (`vae.models.sampling.WindowDraw`): the same seed gives the same notes, and what
would be wrong where it stands is ruled out. What does not depend on the token before is computed for all steps at once.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from vae.conditioning.interval_prior import N_INTERVALS
from vae.models.sampling import FORBIDDEN, WindowDraw
from vae.models.specs import (
    BEAT_CODE,
    BEAT_STEPS,
    BEAT_UNITS,
    BEATS,
    CHORD_CLASSES,
    CONDUCTOR_DEPTH,
    CONDUCTOR_UNITS,
    DECODER_UNITS,
    LATENT_SIZE,
    MAX_STEPS,
    RoleSpec,
)
from vae.networks.magenta_imports import (
    BaseEncoder,
    Config,
    HParams,
    MusicVAE,
    converters,
    lstm_models,
    lstm_utils,
    merge_hparams,
    tf,
)

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_FORGET_BIAS = 1.0
_TICKETS = 1 << 20  # a ticket travels as float32
_CELL = "decoder/multi_rnn_cell/cell_{}/lstm_cell"


class Host:
    """Where a model's graph finds the chords and chances of a call, by its ticket."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec
        self._next = count(1)
        self._calls: dict[int, tuple[Integers, WindowDraw]] = {}

    def admit(self, chords: Integers, draw: WindowDraw) -> int:
        """Keep what a call needs until its graph asks, and return its ticket."""
        ticket = next(self._next) % _TICKETS
        self._calls[ticket] = chords, draw
        return ticket

    def __deepcopy__(self, memo: object) -> Host:
        """Stay the same object: `TrainedModel` copies its config, and the graph must keep this one."""
        return self

    def told(self, ticket: float, size: int, steps: int) -> tuple[Integers, Floats, Floats, np.float32, Floats, Floats]:
        """Return chords (steps, size), bias, noise, temperature, mixing and melody of a call, padded to `size`."""
        chords, draw = self._calls.pop(int(ticket))
        count, spec = len(draw.bias), self.spec
        by_step = np.zeros((steps, size), np.int64)
        by_step[:, :count] = np.repeat(chords, MAX_STEPS // BEATS, axis=1)[:, :steps].T
        bias = np.zeros((steps, size, spec.classes), np.float32)
        bias[:, :count] = draw.bias[:, :steps].swapaxes(0, 1)
        noise, heat = np.zeros((steps, size, spec.voices, spec.classes + 1), np.float32), 1.0
        if draw.noise is not None:
            noise[:, :count], heat = draw.noise[:, :steps].swapaxes(0, 1), draw.temperature
        mixing = np.eye(size, dtype=np.float32)
        if draw.mixing is not None:
            mixing[:count, :count] = draw.mixing
        melody = np.zeros((size, 1 + N_INTERVALS), np.float32)
        if draw.melody is not None:
            melody[:count] = draw.melody
        return by_step, bias, noise, np.float32(heat), mixing, melody


class BeatEncoder(BaseEncoder):  # type: ignore[misc]
    """Makes a code of each beat by one small network, and reads a window's codes, and its chords, by a residual one."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec

    @property
    def output_depth(self) -> int:
        """Width of the summary."""
        return self.spec.encoder_units

    def build(self, hparams: Any, is_training: bool = True) -> None:
        """Make the layers."""
        del hparams, is_training
        widths = {"embedding": self.spec.embedding, "beat_code": BEAT_CODE}
        widths |= dict.fromkeys(("beat_first", "beat_second"), BEAT_UNITS)
        widths |= dict.fromkeys(("place", "first", "second"), self.output_depth)
        if self.spec.chords:
            widths["chord"] = self.output_depth
        self.layers = {
            name: tf.layers.Dense(width, use_bias=name not in ("embedding", "chord"), name=f"encoder/{name}")
            for name, width in widths.items()
        }

    def encode(self, sequence: Any, sequence_length: Any) -> Any:
        """Summarise windows [batch, steps, depth and chords]: [batch, encoder_units]."""
        del sequence_length  # what lies beyond it is zero
        spec = self.spec
        whole = tf.pad(sequence, [[0, 0], [0, MAX_STEPS - tf.shape(sequence)[1]], [0, 0]])
        tokens = tf.reshape(whole[:, :, : spec.depth], [-1, MAX_STEPS * spec.voices, spec.classes])
        embedded = self.layers["embedding"](tokens)
        beat = self.layers["beat_first"](tf.reshape(embedded, [-1, BEATS, BEAT_STEPS * spec.voices * spec.embedding]))
        beat += self.layers["beat_second"](tf.nn.relu(beat))
        hidden = self.layers["place"](tf.reshape(self.layers["beat_code"](tf.nn.relu(beat)), [-1, BEATS * BEAT_CODE]))
        if spec.chords:
            chords = whole[:, ::BEAT_STEPS, spec.depth :]
            hidden += self.layers["chord"](tf.reshape(chords, [-1, BEATS * CHORD_CLASSES]))
        hidden += self.layers["first"](tf.nn.relu(hidden))
        hidden += self.layers["second"](tf.nn.relu(hidden))
        return hidden


class Conductor:
    """Makes of a latent a code of each beat, and of each code what the decoder is told at the beat's steps."""

    def __init__(self) -> None:
        widths = {"plan": CONDUCTOR_UNITS, "codes": BEATS * BEAT_CODE, "codes_line": BEATS * BEAT_CODE}
        widths |= {"score_first": BEAT_UNITS, "score_second": BEAT_UNITS, "score": BEAT_STEPS * CONDUCTOR_DEPTH}
        self.layers = {
            name: tf.layers.Dense(width, use_bias=name != "codes_line", name=f"decoder/{name}")
            for name, width in widths.items()
        }

    def __call__(self, z: Any, count: int) -> Any:
        """Conduct latents [count, z_size]: [count, MAX_STEPS, CONDUCTOR_DEPTH]."""
        codes = self.layers["codes"](tf.nn.relu(self.layers["plan"](z))) + self.layers["codes_line"](z)
        beat = self.layers["score_first"](tf.reshape(codes, [count, BEATS, BEAT_CODE]))
        beat += self.layers["score_second"](tf.nn.relu(beat))
        return tf.reshape(self.layers["score"](tf.nn.relu(beat)), [count, MAX_STEPS, CONDUCTOR_DEPTH])


class ConductedDecoder(lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """Magenta's LSTM decoder with a conductor: at each step it is told the place, the chord, and what is planned there.

    A step's input is the tokens before, what the conductor says, place and chord, in this order; the output layer
    reads what the conductor says too. All voices of a step are drawn together.
    """

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    def build(self, hparams: Any, output_depth: int, is_training: bool = False) -> None:
        """Make the layers."""
        super().build(hparams, output_depth, is_training)
        self._conductor = Conductor()

    def sample(self, n: int, max_length: Any, z: Any, _c_input: Any, temperature: Any) -> Any:
        """Decode latents [n, z_size].

        Controls and temperature of `TrainedModel` are the same for all windows: the host has each one's, and what is
        passed as a temperature is the ticket of the call.

        Returns
        -------
        tuple
            Tokens [n, steps, voices], and a tuple of the logits [n, steps, depth] that they were drawn from.
        """
        chords, chance = chances(self.host, temperature, n, max_length)
        said = tf.transpose(self._conductor(z, n), [1, 0, 2])[:max_length]
        weights = _Weights.of(self.host.spec)
        gates, logits = weights.told(said, chords)
        state = lstm_utils.initial_cell_state_from_embedding(self._dec_cell, z, name="decoder/z_to_initial_state")
        return _decoded(weights, gates, logits, chance, state)


def chances(host: Host, ticket: Any, n: int, steps: Any) -> tuple[Any, tuple[Any, ...]]:
    """Ask the host for the chords [steps, n] of a call, and for what `chosen` draws with at each step."""
    voices, classes = host.spec.voices, host.spec.classes
    asked = tf.numpy_function(host.told, [ticket, tf.constant(n), steps], [tf.int64, *[tf.float32] * 5])
    shapes: tuple[list[int | None], ...] = (
        [None, n],
        [None, n, classes],
        [None, n, voices, classes + 1],
        [],
        [n, n],
        [n, 1 + N_INTERVALS],
    )
    for given, shape in zip(asked, shapes, strict=True):
        given.set_shape(shape)
    chords, bias, noise, heat, mixing, melody = asked
    return chords, (bias[:, :, None], noise, heat, mixing, melody)


def chosen(logits: Any, chance: tuple[Any, ...], time: Any, first_sound: int, last: Any = None) -> Any:
    """Draw the tokens of a step from logits [n, voices, classes] of all windows that have a part in them.

    Parameters
    ----------
    logits : tensor
    chance : tuple of tensor
        As `chances` returns it.
    time : tensor
        The step.
    first_sound : int
    last : tensor, [n, voices], int32, optional
        The last token of each voice that began a note, 0 before the first; without it no melody is steered.
    """
    bias, noise, heat, mixing, melody = chance
    said = tf.tensordot(mixing, tf.nn.log_softmax(logits), 1)
    scores = said + bias[time]
    if last is not None:
        allowed = said + tf.where_v2(bias[time] <= FORBIDDEN, FORBIDDEN, 0.0)
        scores = tf.where_v2(
            tf.reduce_any(tf.not_equal(melody, 0.0), axis=1)[:, None, None],
            steered(scores, allowed, melody, last, first_sound),
            scores,
        )
    return draw(scores, noise[time], heat, first_sound)


def steered(scores: Any, allowed: Any, melody: Any, last: Any, first_sound: int) -> Any:
    """Favour the pitches that a melody goes on to: see `vae.conditioning.interval_prior.steering`.

    All that is added to pitches, there and in `scores`, then says which one begins, not whether one does: that is as
    likely as in `allowed`, by the nats that the melody says of it likelier.

    Parameters
    ----------
    scores, allowed : tensor, [n, 1, classes]
        What has been found so far; the same with nothing added to what is not forbidden.
    melody : tensor, [n, 1 + N_INTERVALS]
    last : tensor, [n, 1], int32
    first_sound : int
    """
    tokens = tf.range(scores.shape[-1])
    begins, known = tokens >= first_sound, last[..., None] >= first_sound
    size = tf.minimum(tf.abs(tokens - last[..., None]), N_INTERVALS - 1)
    found = scores + tf.where_v2(known & begins, tf.gather(melody[:, 1:], size, batch_dims=1), 0.0)
    before, after = (tf.reduce_logsumexp(each[..., first_sound:], axis=-1, keepdims=True) for each in (allowed, found))
    return found + tf.where_v2(begins, melody[:, :1, None] + before - after, 0.0)


class _Weights:
    """A decoder's variables, cut by what they multiply."""

    def __init__(self, spec: RoleSpec, kernels: list[Any], biases: list[Any], output: Any, output_bias: Any) -> None:
        self.spec = spec
        sizes = [spec.depth, CONDUCTOR_DEPTH, MAX_STEPS, spec.chord_depth, DECODER_UNITS[0]]
        tokens, self.said, self.place, self.chord, self.hidden = tf.split(kernels[0], sizes)
        self.tokens = tf.pad(tokens, [[0, 1], [0, 0]])  # the row of no token: there is none before the first step
        self.first_bias, self.second, self.second_bias = biases[0], kernels[1], biases[1]
        self.output, self.output_said = tf.split(output, [DECODER_UNITS[1], CONDUCTOR_DEPTH])
        self.output_bias = output_bias

    @classmethod
    def of(cls, spec: RoleSpec) -> _Weights:
        """Name the variables as Magenta's layers do."""
        inputs = (spec.depth + CONDUCTOR_DEPTH + spec.control_depth, DECODER_UNITS[0])
        kernels, biases = [], []
        for index, (width, units) in enumerate(zip(inputs, DECODER_UNITS, strict=True)):
            kernels.append(tf.get_variable(f"{_CELL.format(index)}/kernel", [width + units, 4 * units]))
            biases.append(tf.get_variable(f"{_CELL.format(index)}/bias", [4 * units]))
        layer = "decoder/output_projection"
        output = tf.get_variable(f"{layer}/kernel", [DECODER_UNITS[1] + CONDUCTOR_DEPTH, spec.depth])
        return cls(spec, kernels, biases, output, tf.get_variable(f"{layer}/bias", [spec.depth]))

    def told(self, said: Any, chords: Any) -> tuple[Any, Any]:
        """Return what place, chord and conductor add to gates and logits: [steps, n, 4 * units] and [.., depth]."""
        length = tf.shape(said)[0]
        gates = tf.tensordot(said, self.said, 1) + self.place[:length, None] + self.first_bias
        if self.spec.chords:
            gates += tf.gather(self.chord, chords)
        return gates, tf.tensordot(said, self.output_said, 1) + self.output_bias


def _decoded(weights: _Weights, gates: Any, logits: Any, chance: tuple[Any, ...], state: Any) -> Any:
    """Take all steps: what is told at each comes in as `gates` and `logits`, what is drawn with as `chance`."""
    spec = weights.spec
    n, length, offsets = gates.shape[1], tf.shape(gates)[0], tf.range(spec.voices) * spec.classes
    before = tf.fill([n, spec.voices], spec.depth)
    drawn = tf.TensorArray(tf.int32, length, element_shape=[n, spec.voices])
    heard = tf.TensorArray(tf.float32, length, element_shape=[n, spec.depth])

    def step(time: Any, before: Any, last: Any, state: Any, drawn: Any, heard: Any) -> Any:
        (cell, hidden), (second_cell, second_hidden) = state
        told = gates[time] + tf.reduce_sum(tf.gather(weights.tokens, before), axis=1)
        cell, hidden = _lstm(told + tf.matmul(hidden, weights.hidden), cell)
        inner = tf.matmul(tf.concat([hidden, second_hidden], axis=1), weights.second) + weights.second_bias
        second_cell, second_hidden = _lstm(inner, second_cell)
        scores = tf.matmul(second_hidden, weights.output) + logits[time]
        by_voice = tf.reshape(scores, [n, spec.voices, spec.classes])
        tokens = chosen(by_voice, chance, time, spec.first_sound, last if spec.is_melodic else None)
        last = tf.where(tokens >= spec.first_sound, tokens, last)
        state = ((cell, hidden), (second_cell, second_hidden))
        return time + 1, tokens + offsets, last, state, drawn.write(time, tokens), heard.write(time, scores)

    silent = tf.zeros([n, spec.voices], tf.int32)
    start = (0, before, silent, tuple(tuple(each) for each in state), drawn, heard)
    *_, drawn, heard = tf.while_loop(lambda time, *_: time < length, step, start)
    return tf.transpose(drawn.stack(), [1, 0, 2]), (tf.transpose(heard.stack(), [1, 0, 2]),)


def _lstm(gates: Any, cell: Any) -> tuple[Any, Any]:
    """Take a step of an LSTM, by the gates in TensorFlow's order."""
    takes, news, keeps, gives = tf.split(gates, 4, axis=1)
    cell = cell * tf.sigmoid(keeps + _FORGET_BIAS) + tf.sigmoid(takes) * tf.tanh(news)
    return cell, tf.tanh(cell) * tf.sigmoid(gives)


def draw(scores: Any, noise: Any, heat: Any, first_sound: int) -> Any:
    """Draw a token for each window and voice: first whether something begins, then what.

    Where a note is likely but its pitch is not sure, no single pitch may be as likely as a hold, and taking the
    likeliest token would leave holes. Drawing both with Gumbel noise (Gumbel 1954) is drawing from the softmax of the
    scaled logits, in two steps.

    Parameters
    ----------
    scores : tensor, [windows, voices, classes]
        Logits and what is added to them.
    noise : tensor, [windows, voices, classes + 1]
        Of the kinds (each rest, and "begins"), then of what may begin. Zeros take the likeliest.
    heat : tensor, scalar
        The temperature.
    first_sound : int
        The first token that begins something.

    Returns
    -------
    tensor, [windows, voices], int32
    """
    rest, begun = scores[..., :first_sound], scores[..., first_sound:]
    kinds = tf.concat([rest, tf.reduce_logsumexp(begun, axis=-1, keepdims=True)], axis=-1)
    kind = tf.argmax(kinds / heat + noise[..., : first_sound + 1], axis=-1, output_type=tf.int32)
    what = tf.argmax(begun / heat + noise[..., first_sound + 1 :], axis=-1, output_type=tf.int32)
    return tf.where(kind < first_sound, kind, first_sound + what)


def chord_vectors(chords: Integers) -> Floats:
    """Turn triads a beat, shape (n, BEATS), into one-hot vectors a step, shape (n, MAX_STEPS, CHORD_CLASSES)."""
    return np.eye(CHORD_CLASSES, dtype=np.float32)[np.repeat(chords, MAX_STEPS // BEATS, axis=1)]


class _Converter(converters.BaseNoteSequenceConverter):  # type: ignore[misc]
    """States the depths of a role's model; what is music and what tokens is between `score` and this package."""

    def __init__(self, spec: RoleSpec) -> None:
        depths = {"input_depth": spec.depth, "output_depth": spec.depth, "control_depth": spec.chord_depth}
        super().__init__(**depths, input_dtype=np.bool_, output_dtype=np.bool_, control_dtype=np.bool_)

    def to_tensors(self, item: Any) -> Any:
        raise NotImplementedError("windows are cut by score")

    def from_tensors(self, samples: Any, controls: Any = None) -> Any:
        raise NotImplementedError("windows are joined by score")


def config_of(host: Host) -> Any:
    """Make Magenta's `Config` of a role's model."""
    sizes = {"max_seq_len": MAX_STEPS, "z_size": LATENT_SIZE, "dec_rnn_size": list(DECODER_UNITS)}
    hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
    model = MusicVAE(BeatEncoder(host.spec), ConductedDecoder(host))
    return Config(model=model, hparams=hparams, data_converter=_Converter(host.spec))
