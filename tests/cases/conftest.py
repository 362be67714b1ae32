"""Fixtures: one running product for all cases, and a workbench that uploads and blends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_client import GatewayClient
from startall.testing import RunningProduct, run_product

from cases.workbench import Workbench


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """The real product on free ports, with a data folder of its own."""
    with run_product(tmp_path_factory.mktemp("product")) as started:
        yield started


@pytest.fixture(scope="package")
def workbench(product: RunningProduct) -> Iterator[Workbench]:
    """The cases in the running product; each file is uploaded once, and each blend made once."""
    with GatewayClient(product.url) as client:
        yield Workbench(client)
