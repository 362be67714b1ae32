"""Imports of TensorFlow and Magenta: the only module that imports either.

`note_seq` and `magenta` import packages at module level that serving does not use (librosa, pandas and others). Empty
modules replace these during the import and are removed again afterwards.
"""

from __future__ import annotations

import os
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf_slim and Magenta are written for Keras 2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its order of additions depends on the machine

_UNUSED_PACKAGES = (
    "librosa",
    "numba",
    "pandas",
    "bokeh",
    "scipy",
    "pydub",
    "IPython",
    "tensorflow_datasets",
    "keras",
)


class _StubFinder(MetaPathFinder, Loader):
    """Resolves imports of unused packages to empty modules."""

    def __init__(self) -> None:
        self.names = tuple(name for name in _UNUSED_PACKAGES if name not in sys.modules)

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return a spec for an unused package or one of its submodules."""
        is_unused = fullname.partition(".")[0] in self.names
        return ModuleSpec(fullname, self, is_package=True) if is_unused else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Create the empty module."""
        return types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave the module empty."""


@contextmanager
def _stub_packages() -> Iterator[None]:
    finder = _StubFinder()
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
    import tensorflow_probability  # noqa: F401  (before the stubs: it looks for scipy itself)

with warnings.catch_warnings(), _stub_packages():
    warnings.simplefilter("ignore")
    from magenta.common import merge_hparams
    from magenta.contrib.training import HParams
    from magenta.models.music_vae import data as converters
    from magenta.models.music_vae import lstm_models, lstm_utils
    from magenta.models.music_vae.base_model import BaseEncoder, MusicVAE
    from magenta.models.music_vae.configs import CONFIG_MAP, Config
    from magenta.models.music_vae.trained_model import TrainedModel

tf.get_logger().setLevel("ERROR")
# One thread per operation: results then depend neither on the number of cores nor on the size of a batch, and several
# batches at once (`vae.models.model_registry`) use the cores better than one batch that all of them share.
tf.config.threading.set_intra_op_parallelism_threads(1)

__all__ = [
    "CONFIG_MAP",
    "BaseEncoder",
    "Config",
    "HParams",
    "MusicVAE",
    "TrainedModel",
    "converters",
    "lstm_models",
    "lstm_utils",
    "merge_hparams",
    "tf",
]
