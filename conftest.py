"""Settings of all tests: the gateway's package, and which tests are integration tests."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

with contextlib.suppress(ImportError):
    # Import the package before pytest derives a module name from the folder `gateway/`, which has the same name. Where
    # a service is installed alone there is no gateway, and its tests do not need one.
    import gateway  # noqa: F401

ROOT = Path(__file__).parent
INTEGRATION_FOLDERS = (
    "tests/cases",
    "tests/contract",
    "tests/deploy",
    "tests/e2e",
    "tests/faults",
    "tests/golden",
    "tests/s3",
)
INTEGRATION_MODULES = {"test_contract.py", "test_crash.py", "test_postgres.py", "test_startall.py"}
INTEGRATION_FIXTURES = {"fakes", "client", "registry"}
"""A gateway with stand-ins for its services, a client of it, and the VAE's models in TensorFlow."""
TRAINING = "tests/training"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start servers, load all models or train: `make check` leaves them out."""
    for item in items:
        if is_integration(item.path.relative_to(ROOT), set(getattr(item, "fixturenames", ()))):
            item.add_marker(pytest.mark.integration)


def is_integration(path: Path, fixtures: set[str]) -> bool:
    """Return whether a test needs more than its own code, by its path from the root and the fixtures that it uses."""
    is_by_path = str(path).startswith(INTEGRATION_FOLDERS) or path.name in INTEGRATION_MODULES
    return is_by_path or TRAINING in str(path) or bool(fixtures & INTEGRATION_FIXTURES)
