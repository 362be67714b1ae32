"""One running product for all tests here; the supervisor restarts the processes that they kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_client import GatewayClient
from startall.testing import RunningProduct, run_product


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """Start the real product, which waits at most 40 s for a missing service."""
    with run_product(tmp_path_factory.mktemp("product"), {"SEGUE_PATIENCE_S": "40"}) as started:
        yield started


@pytest.fixture
def client(product: RunningProduct) -> Iterator[GatewayClient]:
    """Return a client that retries while the gateway is restarted.

    Seen once: gRPC's core (1.85.1, a failed check in `buffered_call.cc`) ended the gateway after a service had died.
    """
    with GatewayClient(product.url, retries=5) as client:
        yield client
