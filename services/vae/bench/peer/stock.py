"""The peer: the same networks decoded by Magenta's own loop (`dynamic_decode`), sampling and controls.

Nothing here is faster than Magenta makes it, and nothing slower: there is no side channel, and controls go through
`TrainedModel` itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from score.arrays import F32, I64
from vae.models.specs import CONDUCTOR_DEPTH, DECODER_UNITS, LATENT_SIZE, MAX_STEPS, RoleSpec
from vae.networks.architecture import BeatEncoder, Conductor, one_hot_chords
from vae.networks.magenta_imports import (
    Config,
    HParams,
    MusicVAE,
    TrainedModel,
    converters,
    lstm_models,
    merge_hparams,
    tf,
)


class _Encoder(BeatEncoder):
    """Leaves the positions out of the controls: only the decoder uses them."""

    def encode(self, sequence: Any, sequence_length: Any) -> Any:
        depth = self.spec.depth
        inputs = tf.concat([sequence[:, :, :depth], sequence[:, :, depth + MAX_STEPS :]], axis=2)
        return super().encode(inputs, sequence_length)


class ConductedCell(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc]
    """An LSTM whose output layer also receives the conductor's output of the step.

    TensorFlow takes its name for a scope: it must not begin with an underscore.
    """

    def __init__(self, cell: Any, token_depth: int) -> None:
        super().__init__()
        self._cell, self._token_depth = cell, token_depth

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size + CONDUCTOR_DEPTH

    def __call__(self, inputs: Any, state: Any, _scope: Any = None) -> tuple[Any, Any]:
        outputs, state = self._cell(inputs, state)
        conductor_out = inputs[:, self._token_depth : self._token_depth + CONDUCTOR_DEPTH]
        return tf.concat([outputs, conductor_out], axis=-1), state


class _ConductorMixin:
    """Replaces the latent that Magenta's decoders repeat at each step by the conductor's output."""

    def build(self, hparams: Any, output_depth: int, is_training: bool = False) -> None:
        super().build(hparams, output_depth, is_training)  # type: ignore[misc]
        self._dec_cell: Any = ConductedCell(self._dec_cell, output_depth)
        self._conductor = Conductor()

    def sample(self, n: int, max_length: Any, z: Any, c_input: Any, temperature: Any) -> Any:
        controls = tf.tile(tf.expand_dims(c_input, 1), [1, n, 1])
        step_inputs = tf.concat([tf.transpose(self._conductor(z, n), [1, 0, 2]), controls], axis=-1)
        start = tf.concat([tf.zeros([n, self._output_depth]), step_inputs[0]], axis=-1)  # type: ignore[attr-defined]

        def next_inputs(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
            del outputs
            return False, tf.concat([sample_ids, step_inputs[tf.minimum(time + 1, MAX_STEPS - 1)]], axis=-1), state

        helper = lstm_models.contrib_seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.zeros([n], tf.bool), start),
            sample_fn=lambda time, outputs, state: self._sample(outputs, temperature),  # type: ignore[attr-defined]  # noqa: ARG005
            next_inputs_fn=next_inputs,
            sample_ids_shape=[self._output_depth],  # type: ignore[attr-defined]
            sample_ids_dtype=tf.float32,
        )
        shape = start.shape[1:]
        results = self._decode(z, helper=helper, input_shape=shape, max_length=max_length)  # type: ignore[attr-defined]
        return results.samples, results


class _SingleVoiceDecoder(_ConductorMixin, lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    pass


class _MultiVoiceDecoder(_ConductorMixin, lstm_models.MultiOutCategoricalLstmDecoder):  # type: ignore[misc]
    pass


class _Converter(converters.BaseNoteSequenceConverter):  # type: ignore[misc]
    def __init__(self, spec: RoleSpec) -> None:
        depths = {"input_depth": spec.depth, "output_depth": spec.depth, "control_depth": spec.control_depth}
        super().__init__(**depths, input_dtype=np.bool_, output_dtype=np.bool_, control_dtype=np.bool_)

    def to_tensors(self, item: Any) -> Any:
        raise NotImplementedError

    def from_tensors(self, samples: Any, controls: Any = None) -> Any:
        raise NotImplementedError


class StockModel:
    """A role's model in `TrainedModel` at a batch of one.

    Parameters
    ----------
    spec : RoleSpec
    checkpoint : Path
        The product's own.
    """

    def __init__(self, spec: RoleSpec, checkpoint: Path) -> None:
        self.spec = spec
        is_single = spec.n_voices == 1
        decoder = _SingleVoiceDecoder() if is_single else _MultiVoiceDecoder([spec.n_classes] * spec.n_voices)
        sizes = {"max_seq_len": MAX_STEPS, "z_size": LATENT_SIZE, "dec_rnn_size": list(DECODER_UNITS)}
        hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
        config = Config(model=MusicVAE(_Encoder(spec), decoder), hparams=hparams, data_converter=_Converter(spec))
        self._model = TrainedModel(config, 1, checkpoint_dir_or_path=str(checkpoint))

    def encode(self, tokens: I64, chords: I64) -> F32:
        """Encode a window, shape (n_steps, n_voices), on the chords of its beats: shape (1, LATENT_SIZE)."""
        vectors = np.eye(self.spec.n_classes, dtype=np.float32)[tokens].reshape(len(tokens), -1)
        _, mean, _ = self._model.encode_tensors([vectors], [len(vectors)], [self._controls(chords)])
        return np.asarray(mean)

    def decode(self, latent: F32, chords: I64, temperature: float) -> I64:
        """Decode a latent.

        Parameters
        ----------
        latent : ndarray, shape (1, LATENT_SIZE), float32
        chords : ndarray, shape (BEATS_PER_WINDOW,), int64
        temperature : float

        Returns
        -------
        ndarray, shape (MAX_STEPS, n_voices), int64
        """
        controls = self._controls(chords)
        (vectors,) = self._model.decode_to_tensors(latent, length=MAX_STEPS, temperature=temperature, c_input=controls)
        return np.asarray(vectors.reshape(MAX_STEPS, self.spec.n_voices, self.spec.n_classes).argmax(axis=-1))

    def _controls(self, chords: I64) -> F32:
        positions = np.eye(MAX_STEPS, dtype=np.float32)
        return np.concatenate([positions, one_hot_chords(chords[None])[0, :, : self.spec.chord_depth]], axis=1)
