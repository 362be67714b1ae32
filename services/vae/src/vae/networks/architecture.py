"""The networks of a role's model as a Magenta `Config`: beat encoder, conductor, and a decoder with precomputed gates.

The decoder is Magenta's LSTM decoder. What its gates receive from the conductor, the position and the chord does not
depend on sampled tokens and is computed for all steps at once, before the loop over steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from score.arrays import F32, I64
from score.chords import BEATS_PER_WINDOW, N_CHORDS, STEPS_PER_BEAT

from vae.models.specs import (
    BEAT_CODE,
    BEAT_UNITS,
    CONDUCTOR_DEPTH,
    CONDUCTOR_UNITS,
    MAX_STEPS,
    RoleSpec,
)
from vae.networks.call_registry import CallRegistry
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
from vae.networks.token_sampling import SamplingTensors, fetch_call_inputs, sample_step

_FORGET_BIAS = 1.0
_CELL_SCOPE = "decoder/multi_rnn_cell/cell_{}/lstm_cell"


class BeatEncoder(BaseEncoder):  # type: ignore[misc]
    """Encodes each beat by one small network, then the beats' codes and the chords of the window by a residual one."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec

    @property
    def output_depth(self) -> int:
        """Width of the encoding."""
        return self.spec.encoder_units

    def build(self, hparams: Any, is_training: bool = True) -> None:
        """Create the layers."""
        del hparams, is_training
        widths = {"embedding": self.spec.embedding_size, "beat_code": BEAT_CODE}
        widths |= dict.fromkeys(("beat_first", "beat_second"), BEAT_UNITS)
        widths |= dict.fromkeys(("place", "first", "second"), self.output_depth)
        if self.spec.has_chords:
            widths["chord"] = self.output_depth
        self.layers = {
            name: tf.layers.Dense(width, use_bias=name not in ("embedding", "chord"), name=f"encoder/{name}")
            for name, width in widths.items()
        }

    def encode(self, sequence: Any, sequence_length: Any) -> Any:
        """Encode windows [batch, n_steps, depth + chord_depth] into [batch, encoder_units]."""
        del sequence_length  # steps beyond it are zero
        spec = self.spec
        windows = tf.pad(sequence, [[0, 0], [0, MAX_STEPS - tf.shape(sequence)[1]], [0, 0]])
        tokens = tf.reshape(windows[:, :, : spec.depth], [-1, MAX_STEPS * spec.n_voices, spec.n_classes])
        embedded = self.layers["embedding"](tokens)
        # One network for every beat: beats are a batch dimension here.
        beat_width = STEPS_PER_BEAT * spec.n_voices * spec.embedding_size
        beats = self.layers["beat_first"](tf.reshape(embedded, [-1, BEATS_PER_WINDOW, beat_width]))
        beats += self.layers["beat_second"](tf.nn.relu(beats))
        codes = self.layers["beat_code"](tf.nn.relu(beats))
        hidden = self.layers["place"](tf.reshape(codes, [-1, BEATS_PER_WINDOW * BEAT_CODE]))
        if spec.has_chords:
            chords = windows[:, ::STEPS_PER_BEAT, spec.depth :]
            hidden += self.layers["chord"](tf.reshape(chords, [-1, BEATS_PER_WINDOW * N_CHORDS]))
        hidden += self.layers["first"](tf.nn.relu(hidden))
        hidden += self.layers["second"](tf.nn.relu(hidden))
        return hidden


class Conductor:
    """Decodes a latent into a code for each beat, and each code into an input of the decoder at each of its steps."""

    def __init__(self) -> None:
        widths = {"plan": CONDUCTOR_UNITS}
        widths |= dict.fromkeys(("codes", "codes_line"), BEATS_PER_WINDOW * BEAT_CODE)
        widths |= dict.fromkeys(("score_first", "score_second"), BEAT_UNITS)
        widths["score"] = STEPS_PER_BEAT * CONDUCTOR_DEPTH
        self.layers = {
            name: tf.layers.Dense(width, use_bias=name != "codes_line", name=f"decoder/{name}")
            for name, width in widths.items()
        }

    def __call__(self, z: Any, batch_size: int) -> Any:
        """Decode latents [batch, z_size] into [batch, MAX_STEPS, CONDUCTOR_DEPTH]."""
        # Two paths from the latent to the codes: one with a hidden layer, and a linear one ("codes_line").
        codes = self.layers["codes"](tf.nn.relu(self.layers["plan"](z))) + self.layers["codes_line"](z)
        beats = self.layers["score_first"](tf.reshape(codes, [batch_size, BEATS_PER_WINDOW, BEAT_CODE]))
        beats += self.layers["score_second"](tf.nn.relu(beats))
        return tf.reshape(self.layers["score"](tf.nn.relu(beats)), [batch_size, MAX_STEPS, CONDUCTOR_DEPTH])


class ConductedDecoder(lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """Magenta's LSTM decoder with a conductor.

    The input of a step is the previous tokens, the conductor's output, the position and the chord, in this order; the
    output layer also receives the conductor's output. All voices of a step are sampled together.
    """

    def __init__(self, calls: CallRegistry) -> None:
        super().__init__()
        self.calls = calls

    def build(self, hparams: Any, output_depth: int, is_training: bool = False) -> None:
        """Create the layers.

        Parameters
        ----------
        hparams, output_depth, is_training
            As for Magenta's decoders.
        """
        super().build(hparams, output_depth, is_training)
        self._conductor = Conductor()

    def sample(self, n: int, max_length: Any, z: Any, _c_input: Any, temperature: Any) -> Any:
        """Decode latents.

        Parameters
        ----------
        n : int
            The batch size.
        max_length : tensor, scalar, int32
            Steps of a window.
        z : tensor, [n, z_size]
        _c_input : tensor
            Unused: Magenta's controls are the same for all windows.
        temperature : tensor, scalar, float32
            The id of the call in the `CallRegistry`, see `vae.networks`.

        Returns
        -------
        tuple
            Tokens [n, n_steps, n_voices], and a tuple of the logits [n, n_steps, depth] that they were sampled from.
        """
        chords, sampling = fetch_call_inputs(self.calls, temperature, n, max_length)
        conductor_out = tf.transpose(self._conductor(z, n), [1, 0, 2])[:max_length]
        variables = _DecoderVariables.create(self.calls.spec)
        gates, logits = variables.precompute(conductor_out, chords)
        state = lstm_utils.initial_cell_state_from_embedding(self._dec_cell, z, name="decoder/z_to_initial_state")
        return _decode_steps(variables, gates, logits, sampling, state)


class _DecoderVariables:
    """The variables of a decoder, divided by what they multiply."""

    def __init__(self, spec: RoleSpec, kernels: list[Any], biases: list[Any], output: Any, output_bias: Any) -> None:
        self.spec = spec
        sizes = [spec.depth, CONDUCTOR_DEPTH, MAX_STEPS, spec.chord_depth, spec.decoder_units[0]]
        tokens, self.conductor, self.position, self.chord, self.recurrent = tf.split(kernels[0], sizes)
        self.tokens = tf.pad(tokens, [[0, 1], [0, 0]])  # a zero row for "no token", before the first step
        self.first_bias, self.second, self.second_bias = biases[0], kernels[1], biases[1]
        self.output, self.output_conductor = tf.split(output, [spec.decoder_units[1], CONDUCTOR_DEPTH])
        self.output_bias = output_bias

    @classmethod
    def create(cls, spec: RoleSpec) -> _DecoderVariables:
        """Create the variables by the names that Magenta's layers give them, so that its checkpoints restore them."""
        inputs = (spec.depth + CONDUCTOR_DEPTH + spec.control_depth, spec.decoder_units[0])
        kernels, biases = [], []
        for index, (width, units) in enumerate(zip(inputs, spec.decoder_units, strict=True)):
            scope = _CELL_SCOPE.format(index)
            kernels.append(tf.get_variable(f"{scope}/kernel", [width + units, 4 * units]))
            biases.append(tf.get_variable(f"{scope}/bias", [4 * units]))
        scope = "decoder/output_projection"
        output = tf.get_variable(f"{scope}/kernel", [spec.decoder_units[1] + CONDUCTOR_DEPTH, spec.depth])
        return cls(spec, kernels, biases, output, tf.get_variable(f"{scope}/bias", [spec.depth]))

    def precompute(self, conductor_out: Any, chords: Any) -> tuple[Any, Any]:
        """Compute what does not depend on sampled tokens.

        Returns
        -------
        tuple of tensor
            The contribution of conductor, position and chord to the first layer's gates [n_steps, n, 4 * units], and of
            the conductor to the logits [n_steps, n, depth].
        """
        n_steps = tf.shape(conductor_out)[0]
        gates = tf.tensordot(conductor_out, self.conductor, 1) + self.position[:n_steps, None] + self.first_bias
        if self.spec.has_chords:
            gates += tf.gather(self.chord, chords)
        return gates, tf.tensordot(conductor_out, self.output_conductor, 1) + self.output_bias


def _decode_steps(variables: _DecoderVariables, gates: Any, logits: Any, sampling: SamplingTensors, state: Any) -> Any:
    """Run the loop over steps.

    `gates` and `logits` are the precomputed contributions; the loop adds those of the previous tokens and of the LSTM
    state, samples, and goes on.
    """
    spec = variables.spec
    n, n_steps = gates.shape[1], tf.shape(gates)[0]
    # Multiplying a one-hot vector is gathering a row: each voice has its own block of rows.
    voice_offsets = tf.range(spec.n_voices) * spec.n_classes
    no_token = tf.fill([n, spec.n_voices], spec.depth)
    all_tokens = tf.TensorArray(tf.int32, n_steps, element_shape=[n, spec.n_voices])
    all_logits = tf.TensorArray(tf.float32, n_steps, element_shape=[n, spec.depth])

    def run_step(step: Any, previous: Any, last_onsets: Any, state: Any, all_tokens: Any, all_logits: Any) -> Any:
        (cell, hidden), (second_cell, second_hidden) = state
        first_gates = gates[step] + tf.reduce_sum(tf.gather(variables.tokens, previous), axis=1)
        cell, hidden = _lstm_step(first_gates + tf.matmul(hidden, variables.recurrent), cell)
        inputs = tf.concat([hidden, second_hidden], axis=1)
        second_gates = tf.matmul(inputs, variables.second) + variables.second_bias
        second_cell, second_hidden = _lstm_step(second_gates, second_cell)
        step_logits = tf.matmul(second_hidden, variables.output) + logits[step]
        by_voice = tf.reshape(step_logits, [n, spec.n_voices, spec.n_classes])
        last = last_onsets if spec.is_melodic else None
        tokens = sample_step(by_voice, sampling, step, spec.first_onset_token, last)
        last_onsets = tf.where(tokens >= spec.first_onset_token, tokens, last_onsets)
        state = ((cell, hidden), (second_cell, second_hidden))
        all_tokens, all_logits = all_tokens.write(step, tokens), all_logits.write(step, step_logits)
        return step + 1, tokens + voice_offsets, last_onsets, state, all_tokens, all_logits

    no_onset = tf.zeros([n, spec.n_voices], tf.int32)
    start = (0, no_token, no_onset, tuple(tuple(each) for each in state), all_tokens, all_logits)
    *_, all_tokens, all_logits = tf.while_loop(lambda step, *_: step < n_steps, run_step, start)
    return tf.transpose(all_tokens.stack(), [1, 0, 2]), (tf.transpose(all_logits.stack(), [1, 0, 2]),)


def _lstm_step(gates: Any, cell: Any) -> tuple[Any, Any]:
    """Compute a step of an LSTM from its gates, which TensorFlow orders input, candidate, forget, output."""
    input_gate, candidate, forget_gate, output_gate = tf.split(gates, 4, axis=1)
    cell = cell * tf.sigmoid(forget_gate + _FORGET_BIAS) + tf.sigmoid(input_gate) * tf.tanh(candidate)
    return cell, tf.tanh(cell) * tf.sigmoid(output_gate)


def one_hot_chords(chords: I64) -> F32:
    """Convert triads by beat, shape (n, BEATS_PER_WINDOW), to one-hot vectors by step, (n, MAX_STEPS, N_CHORDS)."""
    return np.eye(N_CHORDS, dtype=np.float32)[np.repeat(chords, STEPS_PER_BEAT, axis=1)]


class _Converter(converters.BaseNoteSequenceConverter):  # type: ignore[misc]
    """States the depths of a role's model; `score` converts between music and tokens."""

    def __init__(self, spec: RoleSpec) -> None:
        depths = {"input_depth": spec.depth, "output_depth": spec.depth, "control_depth": spec.chord_depth}
        super().__init__(**depths, input_dtype=np.bool_, output_dtype=np.bool_, control_dtype=np.bool_)

    def to_tensors(self, item: Any) -> Any:
        raise NotImplementedError("score.windows divides pieces into windows")

    def from_tensors(self, samples: Any, controls: Any = None) -> Any:
        raise NotImplementedError("score.windows joins windows")


def build_config(calls: CallRegistry) -> Any:
    """Build Magenta's `Config` of a role's model."""
    spec = calls.spec
    sizes = {"max_seq_len": MAX_STEPS, "z_size": spec.latent_size, "dec_rnn_size": list(spec.decoder_units)}
    hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
    model = MusicVAE(BeatEncoder(spec), ConductedDecoder(calls))
    return Config(model=model, hparams=hparams, data_converter=_Converter(spec))
