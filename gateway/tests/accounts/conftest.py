"""Browsers of several people at one gateway."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

Browser = Callable[[httpx.AsyncClient], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Opens a client of the same gateway as another, with an anonymous account of its own."""


@contextlib.asynccontextmanager
async def open_browser(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the same gateway with an anonymous account of its own."""
    async with httpx.AsyncClient(base_url=client.base_url, timeout=20) as other:
        assert (await other.post("/accounts", json={})).status_code == 201
        yield other


@pytest.fixture
def browser() -> Browser:
    """Opens browsers of other people."""
    return open_browser
