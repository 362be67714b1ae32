"""Each service, running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.running import SERVICES, Running


@pytest.fixture(scope="module", params=SERVICES)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Start one service after the other."""
    process = Running(request.param)
    try:
        process.wait_until_serving()
        yield process
    finally:
        process.stop()
