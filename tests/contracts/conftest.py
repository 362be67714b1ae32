"""Each service in turn, running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contracts.service_process import SERVICES, ServiceProcess


@pytest.fixture(scope="module", params=SERVICES)
def running_service(request: pytest.FixtureRequest) -> Iterator[ServiceProcess]:
    """Start one service after the other, and stop it after its tests."""
    process = ServiceProcess(request.param)
    try:
        process.wait_until_serving()
        yield process
    finally:
        process.stop()
