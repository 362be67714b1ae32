"""The peer: the same networks as Magenta decodes them, by its own loop (`dynamic_decode`), draw and controls.

Nothing here is faster than Magenta makes it, and nothing slower: there are no calls to the host, and controls come in
through `TrainedModel` itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class _Encoder(BeatEncoder):
    """Drops the places from the controls: they are the decoder's."""

    def encode(self, sequence: Any, sequence_length: Any) -> Any:
        depth = self.spec.depth
        told = tf.concat([sequence[:, :, :depth], sequence[:, :, depth + MAX_STEPS :]], axis=2)
        return super().encode(told, sequence_length)


class Cell(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc]
    """An LSTM whose output layer also reads what the conductor says of the step."""

    def __init__(self, cell: Any, token_depth: int) -> None:
        super().__init__()
        self._cell, self._first = cell, token_depth

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size + CONDUCTOR_DEPTH

    def __call__(self, inputs: Any, state: Any, _scope: Any = None) -> tuple[Any, Any]:
        outputs, state = self._cell(inputs, state)
        return tf.concat([outputs, inputs[:, self._first : self._first + CONDUCTOR_DEPTH]], axis=-1), state


class _Conducted:
    """Mixed into Magenta's decoders: what the conductor says stands where Magenta repeats the latent."""

    def build(self, hparams: Any, output_depth: int, is_training: bool = False) -> None:
        super().build(hparams, output_depth, is_training)  # type: ignore[misc]
        self._dec_cell: Any = Cell(self._dec_cell, output_depth)
        self._conductor = Conductor()

    def sample(self, n: int, max_length: Any, z: Any, c_input: Any, temperature: Any) -> Any:
        controls = tf.tile(tf.expand_dims(c_input, 1), [1, n, 1])
        told = tf.concat([tf.transpose(self._conductor(z, n), [1, 0, 2]), controls], axis=-1)
        start = tf.concat([tf.zeros([n, self._output_depth]), told[0]], axis=-1)  # type: ignore[attr-defined]

        def following(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
            del outputs
            return False, tf.concat([sample_ids, told[tf.minimum(time + 1, MAX_STEPS - 1)]], axis=-1), state

        helper = lstm_models.contrib_seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.zeros([n], tf.bool), start),
            sample_fn=lambda time, outputs, state: self._sample(outputs, temperature),  # type: ignore[attr-defined]  # noqa: ARG005
            next_inputs_fn=following,
            sample_ids_shape=[self._output_depth],  # type: ignore[attr-defined]
            sample_ids_dtype=tf.float32,
        )
        shape = start.shape[1:]
        results = self._decode(z, helper=helper, input_shape=shape, max_length=max_length)  # type: ignore[attr-defined]
        return results.samples, results


class _Single(_Conducted, lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    pass


class _Voices(_Conducted, lstm_models.MultiOutCategoricalLstmDecoder):  # type: ignore[misc]
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
        That of the product.
    """

    def __init__(self, spec: RoleSpec, checkpoint: Path) -> None:
        self.spec = spec
        decoder = _Voices([spec.n_classes] * spec.n_voices) if spec.n_voices > 1 else _Single()
        sizes = {"max_seq_len": MAX_STEPS, "z_size": LATENT_SIZE, "dec_rnn_size": list(DECODER_UNITS)}
        hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
        config = Config(model=MusicVAE(_Encoder(spec), decoder), hparams=hparams, data_converter=_Converter(spec))
        self._model = TrainedModel(config, 1, checkpoint_dir_or_path=str(checkpoint))

    def encode(self, tokens: Integers, chords: Integers) -> Floats:
        """Encode a window, shape (steps, voices), on the chords of its beats: shape (1, LATENT_SIZE)."""
        vectors = np.eye(self.spec.n_classes, dtype=np.float32)[tokens].reshape(len(tokens), -1)
        _, mean, _ = self._model.encode_tensors([vectors], [len(vectors)], [self._controls(chords)])
        return np.asarray(mean)

    def decode(self, z: Floats, chords: Integers, temperature: float) -> Integers:
        """Decode a latent, shape (1, LATENT_SIZE), to a window, shape (steps, voices)."""
        controls = self._controls(chords)
        (vectors,) = self._model.decode_to_tensors(z, length=MAX_STEPS, temperature=temperature, c_input=controls)
        return np.asarray(vectors.reshape(MAX_STEPS, self.spec.n_voices, self.spec.n_classes).argmax(axis=-1))

    def _controls(self, chords: Integers) -> Floats:
        places = np.eye(MAX_STEPS, dtype=np.float32)
        return np.concatenate([places, one_hot_chords(chords[None])[0, :, : self.spec.chord_depth]], axis=1)
