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
INTEGRATION_FOLDERS = ("tests/contract", "tests/golden", "tests/deploy", "tests/e2e", "tests/faults", "tests/s3")
INTEGRATION_MODULES = {"test_contract.py", "test_crash.py", "test_postgres.py", "test_startall.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start servers or the whole product: `make check` leaves them out."""
    for item in items:
        path = item.path.relative_to(ROOT)
        if str(path).startswith(INTEGRATION_FOLDERS) or path.name in INTEGRATION_MODULES:
            item.add_marker(pytest.mark.integration)
