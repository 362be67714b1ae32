"""One running product for all tests here; whatever they kill, start-all brings back."""

from collections.abc import Iterator

import pytest
from http_client import GatewayClient
from startall.testing import RunningProduct, run_product


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """The real product, with little patience for services that stay away."""
    with run_product(tmp_path_factory.mktemp("product"), {"SEGUE_PATIENCE_S": "40"}) as started:
        yield started


@pytest.fixture
def client(product: RunningProduct) -> Iterator[GatewayClient]:
    """Somebody who uses it, and tries again while the gateway is being brought back.

    Seen once: gRPC's core (1.85.1, a failed check in `buffered_call.cc`) ended the gateway after a service had died.
    """
    with GatewayClient(product.url, retries=5) as client:
        yield client
