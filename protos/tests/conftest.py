"""The two scripts beside the contracts are no package: they are loaded from where they are."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

PROTOS = Path(__file__).resolve().parents[1]


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(f"protos_{name}", PROTOS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    return load("generate")


@pytest.fixture(scope="session")
def lint() -> ModuleType:
    module = load("lint")
    if not module.BUF.exists():
        pytest.skip("buf is not installed: python protos/lint.py does it")
    return module


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """Write a contract that passes; its folder is given."""
    file = tmp_path / "segue/echo/v1/echo.proto"
    file.parent.mkdir(parents=True)
    file.write_text((PROTOS / "tests/echo.proto").read_text())
    return tmp_path
