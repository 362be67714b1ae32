"""One running product for all tests here; whatever they kill, start-all brings back."""

from collections.abc import Iterator

import pytest
from startall.running import Product, running
from visitor import Visitor


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The real product, with little patience for services that stay away."""
    with running(tmp_path_factory.mktemp("product"), {"SEGUE_PATIENCE_S": "40"}) as started:
        yield started


@pytest.fixture
def visitor(product: Product) -> Iterator[Visitor]:
    """Somebody who uses it, and tries again while the gateway is being brought back.

    Seen once: gRPC's core (1.85.1, a failed check in `buffered_call.cc`) ended the gateway after a service had died.
    """
    with Visitor(product.url, retries=5) as somebody:
        yield somebody
