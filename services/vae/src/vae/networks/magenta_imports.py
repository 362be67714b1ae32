"""TensorFlow and Magenta as this package uses them: the only module that imports either.

`note_seq` and `magenta` import packages at module level that serving does not use (librosa, pandas and others).
Empty modules stand in for those while they are imported, and are taken out again.
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
    from magenta.models.music_vae import lstm_models, lstm_utils
    from magenta.models.music_vae.base_model import BaseEncoder, MusicVAE
    from magenta.models.music_vae.configs import CONFIG_MAP, Config
    from magenta.models.music_vae.trained_model import TrainedModel

tf.get_logger().setLevel("ERROR")
# One thread multiplies: numbers then do not depend on how many cores there are, nor on a batch's size; and several
# batches at once (`vae.models.model_registry`) keep the cores busier than one that all of them share.
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
