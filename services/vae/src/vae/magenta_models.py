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

from vae.specs import DECODER_UNITS, ENCODER_UNITS, LATENT_SIZE, MAX_STEPS, PITCHED_CLASSES, RoleSpec

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
    from magenta.contrib.training import HParams
    from magenta.models.music_vae import data as converters
    from magenta.models.music_vae import lstm_models
    from magenta.models.music_vae.base_model import MusicVAE
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
        self.step = 0

    def __deepcopy__(self, memo: object) -> _Host:
        """Stay the same object: `TrainedModel` copies its config, and the graph must keep this one."""
        return self

    def draw(self, logits: Floats) -> Floats:
        """Return the chosen tokens of a step as one-hot vectors, shape (batch, depth)."""
        assert self.chooser is not None
        tokens = self.chooser(logits.reshape(len(logits), self.spec.voices, self.spec.classes), self.step)
        self.step += 1
        return np.eye(self.spec.classes, dtype=np.float32)[tokens].reshape(len(logits), self.spec.depth)


class _HostDrawn:
    """Mixed into Magenta's categorical decoders: a step's tokens come from the host."""

    host: _Host

    def _sample(self, rnn_output: Any, _temperature: Any = 1.0) -> Any:
        drawn = tf.numpy_function(self.host.draw, [rnn_output], tf.float32)
        drawn.set_shape(rnn_output.shape)
        return drawn


class _CategoricalDecoder(_HostDrawn, lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """One token a step."""


class _MultiOutDecoder(_HostDrawn, lstm_models.MultiOutCategoricalLstmDecoder):  # type: ignore[misc]
    """A token for each voice a step."""


class _VoicesConverter(converters.BaseNoteSequenceConverter):  # type: ignore[misc]
    """States the depths of a model of several voices; Magenta has no converter for those, `score` is ours."""

    def __init__(self, spec: RoleSpec) -> None:
        super().__init__(input_depth=spec.depth, input_dtype=np.bool_, output_depth=spec.depth, output_dtype=np.bool_)

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
        "enc_rnn_size": [ENCODER_UNITS],
        "dec_rnn_size": list(DECODER_UNITS),
    }
    hparams = merge_hparams(lstm_models.get_default_hparams(), HParams(**sizes))
    model = MusicVAE(lstm_models.BidirectionalLstmEncoder(), decoder)
    return Config(model=model, hparams=hparams, data_converter=_converter(spec))


def _converter(spec: RoleSpec) -> Any:
    if spec.voices > 1:
        return _VoicesConverter(spec)
    if spec.classes == PITCHED_CLASSES:
        return converters.OneHotMelodyConverter(max_bars=None, slice_bars=2, steps_per_quarter=4)
    return converters.DrumsConverter(max_bars=None, slice_bars=2, steps_per_quarter=4, roll_input=False)


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

    def encode(self, tokens: Integers, steps: int) -> tuple[Floats, Floats]:
        """Encode windows of one length.

        Parameters
        ----------
        tokens : ndarray, shape (n, at least steps, voices), int64
        steps : int
            Their length.

        Returns
        -------
        tuple of ndarray, shape (n, LATENT_SIZE) each, float32
            Mean and standard deviation of the posterior.
        """
        vectors = np.eye(self.spec.classes, dtype=np.float32)[tokens[:, :steps]].reshape(len(tokens), steps, -1)
        means, deviations = [np.zeros((0, LATENT_SIZE), np.float32)], [np.zeros((0, LATENT_SIZE), np.float32)]
        for rows, model in self.batches(len(tokens)):
            chunk = list(vectors[rows])
            with self._lock:
                _, mean, deviation = model.encode_tensors(chunk, [steps] * len(chunk))
            means.append(mean)
            deviations.append(deviation)
        return np.concatenate(means), np.concatenate(deviations)

    def decode(self, z: Floats, steps: int, chooser: Chooser) -> Integers:
        """Decode latents, at most as many as the largest batch.

        Returns
        -------
        ndarray, shape (n, steps, voices), int64
        """
        _, model = next(iter(self.batches(len(z))))
        with self._lock:
            self._host.chooser, self._host.step = _padded(chooser, len(z)), 0
            vectors = np.stack(model.decode_to_tensors(z, length=steps))
        return np.asarray(vectors.reshape(len(z), steps, self.spec.voices, self.spec.classes).argmax(axis=-1))

    def logits(self, z: Floats, steps: int, chooser: Chooser) -> Floats:
        """Decode as `decode`, and return the logits of every step: shape (n, steps, depth)."""
        seen: list[Floats] = []

        def listen(logits: Floats, step: int) -> Integers:
            seen.append(logits.reshape(len(logits), -1))
            return chooser(logits, step)

        self.decode(z, steps, listen)
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
