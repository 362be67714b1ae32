"""Magenta's MusicVAE on TensorFlow: the only module that imports either.

`note_seq` and `magenta` import packages at module level that serving does not use (librosa, pandas and others).
Empty modules stand in for those while they are imported, and are taken out again.

Magenta's decoders draw tokens inside TensorFlow's graph, from a random state that no caller can set. Here the step
that draws asks a function of the host instead (`Chooser`): the same seed gives the same notes, and the function may
refuse tokens that would be wrong where they stand.
"""

from __future__ import annotations

import os
import sys
import threading
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vae.specs import (
    BEATS,
    CHORD_CLASSES,
    CONDUCTOR_DEPTH,
    CONDUCTOR_UNITS,
    DECODER_UNITS,
    LATENT_SIZE,
    MAX_STEPS,
    RoleSpec,
)

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf_slim and Magenta are written for Keras 2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its order of additions depends on the machine

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_UNUSED = ("librosa", "numba", "pandas", "bokeh", "scipy", "pydub", "IPython", "tensorflow_datasets", "keras")


class _StandIns(MetaPathFinder, Loader):
    """Answers imports of unused packages with empty modules."""

    def __init__(self) -> None:
        self.names = tuple(name for name in _UNUSED if name not in sys.modules)

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Claim an unused package and its submodules."""
        claimed = fullname.partition(".")[0] in self.names
        return ModuleSpec(fullname, self, is_package=True) if claimed else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Make the empty module."""
        return types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill it with nothing."""


@contextmanager
def _stand_ins() -> Iterator[None]:
    finder = _StandIns()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in finder.names]:
            del sys.modules[name]


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorflow.compat.v1 as tf
    import tensorflow_probability  # noqa: F401  (before the stand-ins: it looks for scipy itself)

with warnings.catch_warnings(), _stand_ins():
    warnings.simplefilter("ignore")
    from magenta.common import merge_hparams
    from magenta.contrib import seq2seq as contrib_seq2seq
    from magenta.contrib.training import HParams
    from magenta.models.music_vae import data as converters
    from magenta.models.music_vae import lstm_models
    from magenta.models.music_vae.base_model import BaseEncoder, MusicVAE
    from magenta.models.music_vae.configs import Config
    from magenta.models.music_vae.trained_model import TrainedModel

tf.get_logger().setLevel("ERROR")


class Chooser(Protocol):
    """Draws the tokens of one step for a batch of windows."""

    def __call__(self, logits: Floats, step: int) -> Integers:
        """Choose.

        Parameters
        ----------
        logits : ndarray, shape (batch, voices, classes), float32
        step : int
            0 for the first.

        Returns
        -------
        ndarray, shape (batch, voices), int64
            A token for each voice.
        """
        ...


class _Host:
    """Where a model's graph finds the chooser of the call under way."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec
        self.chooser: Chooser | None = None
        self.chords: Integers = np.zeros((0, BEATS), np.int64)
        self.step = 0

    def __deepcopy__(self, memo: object) -> _Host:
        """Stay the same object: `TrainedModel` copies its config, and the graph must keep this one."""
        return self

    def controls(self, count: int) -> Floats:
        """Return the controls of a batch, shape (count, MAX_STEPS, control_depth): places, and chords if any."""
        told = np.zeros((count, MAX_STEPS, self.spec.control_depth), np.float32)
        told[:, :, :MAX_STEPS] = np.eye(MAX_STEPS, dtype=np.float32)
        if self.spec.chords:
            told[: len(self.chords), :, MAX_STEPS:] = chord_vectors(self.chords)
        return told

    def draw(self, logits: Floats) -> Floats:
        """Return the chosen tokens of a step as one-hot vectors, shape (batch, depth)."""
        assert self.chooser is not None
        tokens = self.chooser(logits.reshape(len(logits), self.spec.voices, self.spec.classes), self.step)
        self.step += 1
        return np.eye(self.spec.classes, dtype=np.float32)[tokens].reshape(len(logits), self.spec.depth)


class _PlaceEncoder(BaseEncoder):  # type: ignore[misc]
    """A residual network over the embedded tokens of all places of a window, and its chords."""

    def __init__(self, spec: RoleSpec) -> None:
        self.spec = spec

    @property
    def output_depth(self) -> int:
        """Width of the summary."""
        return self.spec.encoder_units

    def build(self, hparams: Any, is_training: bool = True) -> None:
        """Make the layers."""
        del hparams, is_training
        widths = {"embedding": self.spec.embedding, **dict.fromkeys(("place", "first", "second"), self.output_depth)}
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
        hidden = self.layers["place"](tf.reshape(embedded, [-1, MAX_STEPS * spec.voices * spec.embedding]))
        if spec.chords:
            chords = whole[:, :: MAX_STEPS // BEATS, spec.depth :]
            hidden += self.layers["chord"](tf.reshape(chords, [-1, BEATS * CHORD_CLASSES]))
        hidden += self.layers["first"](tf.nn.relu(hidden))
        hidden += self.layers["second"](tf.nn.relu(hidden))
        return tf.nn.relu(hidden)


class ConductedCell(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc]
    """An LSTM whose output layer also reads what the conductor says of the step.

    Its input is the token before, what the conductor says, and the controls, in this order.
    """

    def __init__(self, cell: Any, token_depth: int) -> None:
        super().__init__()
        self._cell, self._first = cell, token_depth

    @property
    def state_size(self) -> Any:
        """That of the LSTM."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """Width of the LSTM's output and the conductor's."""
        return self._cell.output_size + CONDUCTOR_DEPTH

    def __call__(self, inputs: Any, state: Any, _scope: Any = None) -> tuple[Any, Any]:
        """Take a step."""
        outputs, state = self._cell(inputs, state)
        return tf.concat([outputs, inputs[:, self._first : self._first + CONDUCTOR_DEPTH]], axis=-1), state


class _Conducted:
    """Mixed into Magenta's categorical decoders: the conductor, controls a window, and tokens drawn by the host."""

    host: _Host

    def build(self, hparams: Any, output_depth: int, is_training: bool = False) -> None:
        """Make the layers."""
        super().build(hparams, output_depth, is_training)  # type: ignore[misc]
        self._dec_cell: Any = ConductedCell(self._dec_cell, output_depth)
        self._plan = tf.layers.Dense(CONDUCTOR_UNITS, tf.nn.relu, name="decoder/plan")
        self._conductor = tf.layers.Dense(MAX_STEPS * CONDUCTOR_DEPTH, name="decoder/conductor")

    def sample(self, n: int, max_length: Any = None, z: Any = None, _c_input: Any = None, **_unused: Any) -> Any:
        """Decode latents [n, z_size]; the controls come from the host, a sequence for each window."""
        spec = self.host.spec
        conducted = tf.reshape(self._conductor(self._plan(z)), [n, MAX_STEPS, CONDUCTOR_DEPTH])
        controls = tf.numpy_function(self.host.controls, [tf.constant(n)], tf.float32)
        controls.set_shape([n, MAX_STEPS, spec.control_depth])
        told = tf.transpose(tf.concat([conducted, controls], axis=-1), [1, 0, 2])
        start = tf.concat([tf.zeros([n, spec.depth]), told[0]], axis=-1)

        def following(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
            del outputs
            return False, tf.concat([sample_ids, told[tf.minimum(time + 1, MAX_STEPS - 1)]], axis=-1), state

        helper = contrib_seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.zeros([n], tf.bool), start),
            sample_fn=lambda **call: self._sample(call["outputs"]),
            next_inputs_fn=following,
            sample_ids_shape=[spec.depth],
            sample_ids_dtype=tf.float32,
        )
        shape = start.shape[1:]
        results = self._decode(z, helper=helper, input_shape=shape, max_length=max_length)  # type: ignore[attr-defined]
        return results.samples, results

    def _sample(self, rnn_output: Any, _temperature: Any = 1.0) -> Any:
        drawn = tf.numpy_function(self.host.draw, [rnn_output], tf.float32)
        drawn.set_shape(rnn_output.shape)
        return drawn


class _CategoricalDecoder(_Conducted, lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """One token a step."""


class _MultiOutDecoder(_Conducted, lstm_models.MultiOutCategoricalLstmDecoder):  # type: ignore[misc]
    """A token for each voice a step."""


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


def config_of(spec: RoleSpec, host: _Host | None = None) -> Any:
    """Make Magenta's `Config` of a role's model."""
    decoder = _MultiOutDecoder([spec.classes] * spec.voices) if spec.voices > 1 else _CategoricalDecoder()
    decoder.host = host or _Host(spec)
    sizes = {
        "max_seq_len": MAX_STEPS,
        "z_size": LATENT_SIZE,
        "dec_rnn_size": list(DECODER_UNITS),
    }
    hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
    model = MusicVAE(_PlaceEncoder(spec), decoder)
    return Config(model=model, hparams=hparams, data_converter=_Converter(spec))


def write_checkpoint(prefix: Path, variables: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays as a TensorFlow checkpoint.

    Parameters
    ----------
    prefix : Path
        Path without the endings `.index` and `.data-...`.
    variables : mapping
        TensorFlow's name of each variable -> its value.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        placed = [tf.get_variable(name, value.shape, value.dtype) for name, value in variables.items()]
        saver = tf.train.Saver(placed)
        for variable, value in zip(placed, variables.values(), strict=True):
            variable.load(value, session)
        saver.save(session, str(prefix), write_meta_graph=False)


class RoleModel:
    """The model of one role, served by Magenta's `TrainedModel`.

    `TrainedModel` fixes its batch size when it is built and pads up to it, so one is built for each size.

    Parameters
    ----------
    spec : RoleSpec
    checkpoint : Path
        Prefix of a checkpoint of `config_of(spec)`.
    batch_sizes : sequence of int
    """

    def __init__(self, spec: RoleSpec, checkpoint: Path, batch_sizes: Sequence[int] = (8, 32)) -> None:
        self.spec = spec
        self.batch_sizes = tuple(sorted(batch_sizes))
        self._host = _Host(spec)
        self._lock = threading.Lock()
        with warnings.catch_warnings():
            # Magenta is written for TensorFlow 1: each of its layers is deprecated.
            warnings.simplefilter("ignore")
            self._built = {
                size: TrainedModel(config_of(spec, self._host), size, checkpoint_dir_or_path=str(checkpoint))
                for size in self.batch_sizes
            }

    def encode(self, tokens: Integers, chords: Integers, steps: int) -> tuple[Floats, Floats]:
        """Encode windows of one length.

        Parameters
        ----------
        tokens : ndarray, shape (n, at least steps, voices), int64
        chords : ndarray, shape (n, BEATS), int64
            The triad of each beat; of no account where the role's model is told none.
        steps : int
            Their length.

        Returns
        -------
        tuple of ndarray, shape (n, LATENT_SIZE) each, float32
            Mean and standard deviation of the posterior.
        """
        vectors = np.eye(self.spec.classes, dtype=np.float32)[tokens[:, :steps]].reshape(len(tokens), steps, -1)
        told = chord_vectors(chords)[:, :steps, : self.spec.chord_depth]
        means, deviations = [np.zeros((0, LATENT_SIZE), np.float32)], [np.zeros((0, LATENT_SIZE), np.float32)]
        for rows, model in self.batches(len(tokens)):
            chunk = list(vectors[rows])
            with self._lock:
                _, mean, deviation = model.encode_tensors(chunk, [steps] * len(chunk), list(told[rows]))
            means.append(mean)
            deviations.append(deviation)
        return np.concatenate(means), np.concatenate(deviations)

    def decode(self, z: Floats, chords: Integers, steps: int, chooser: Chooser) -> Integers:
        """Decode latents, at most as many as the largest batch.

        Returns
        -------
        ndarray, shape (n, steps, voices), int64
        """
        _, model = next(iter(self.batches(len(z))))
        with self._lock:
            self._host.chooser, self._host.chords, self._host.step = _padded(chooser, len(z)), chords, 0
            vectors = np.stack(model.decode_to_tensors(z, length=steps, c_input=self._unused_controls(steps)))
        return np.asarray(vectors.reshape(len(z), steps, self.spec.voices, self.spec.classes).argmax(axis=-1))

    def _unused_controls(self, steps: int) -> Floats | None:
        """Return what `TrainedModel` wants fed: one sequence of controls for all windows; the host has each one's."""
        return np.zeros((steps, self.spec.chord_depth), np.float32) if self.spec.chords else None

    def logits(self, z: Floats, chords: Integers, steps: int, chooser: Chooser) -> Floats:
        """Decode as `decode`, and return the logits of every step: shape (n, steps, depth)."""
        seen: list[Floats] = []

        def listen(logits: Floats, step: int) -> Integers:
            seen.append(logits.reshape(len(logits), -1))
            return chooser(logits, step)

        self.decode(z, chords, steps, listen)
        return np.stack(seen, axis=1)

    def batches(self, count: int) -> Iterator[tuple[slice, Any]]:
        """Cover `count` windows with slices, each with the smallest built model that holds it."""
        largest = self.batch_sizes[-1]
        for start in range(0, count, largest):
            size = min(largest, count - start)
            fitting = next(built for built in self.batch_sizes if built >= size)
            yield slice(start, start + size), self._built[fitting]


def _padded(chooser: Chooser, count: int) -> Chooser:
    """Let a chooser see the first `count` windows of a padded batch; the others get token 0."""

    def choose(logits: Floats, step: int) -> Integers:
        tokens = np.zeros(logits.shape[:2], dtype=np.int64)
        tokens[:count] = chooser(logits[:count], step)
        return tokens

    return choose
