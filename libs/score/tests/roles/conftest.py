"""The training package of the library under a unique name: every member that trains has a folder of that name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _training_package() -> None:
    folder = Path(__file__).parents[2] / "training"
    spec = importlib.util.spec_from_file_location(
        "score_training", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score_training"] = module
    spec.loader.exec_module(module)


_training_package()
