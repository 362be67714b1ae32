"""The process pool: results in order, an exception for its own item alone, and new processes after a death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from servicekit.faults import NotReady
from transposer import handlers
from transposer.process_pool import OrderedProcessPool


@pytest.fixture
def pool() -> Iterator[OrderedProcessPool]:
    process_pool = OrderedProcessPool(bytes.upper, n_processes=2)
    yield process_pool
    process_pool.close()


async def stream(*items: bytes) -> AsyncIterator[bytes]:
    for item in items:
        yield item


async def test_results_are_in_the_order_of_the_items(pool: OrderedProcessPool) -> None:
    items = [str(number).encode() + b"x" for number in range(40)]
    assert [result async for result in pool.map(stream(*items))] == [item.upper() for item in items]


async def test_a_result_is_yielded_before_the_next_item_arrives(pool: OrderedProcessPool) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def from_queue() -> AsyncIterator[bytes]:
        while item := await queue.get():
            yield item

    results = pool.map(from_queue())
    for item in (b"a", b"b"):
        queue.put_nowait(item)
        assert await anext(results) == item.upper()
    queue.put_nowait(b"")
    with pytest.raises(StopAsyncIteration):
        await anext(results)


async def test_an_exception_is_yielded_for_its_item() -> None:
    pool = OrderedProcessPool(handlers.normalize, n_processes=1)
    first, second = [result async for result in pool.map(stream(b"\xff", b""))]
    pool.close()
    assert isinstance(first, Exception)
    # An empty request has neither a piece nor a target.
    assert isinstance(second, bytes)


async def test_a_process_that_died_is_replaced() -> None:
    pool = OrderedProcessPool(bytes.upper, n_processes=1)
    assert [result async for result in pool.map(stream(b"a"))] == [b"A"]
    assert pool._executor is not None
    (process,) = pool._executor._processes.values()
    process.kill()
    process.join()
    with pytest.raises(NotReady, match="has died"):
        await anext(pool.map(stream(b"a")))
    assert [result async for result in pool.map(stream(b"b"))] == [b"B"]
    pool.close()


async def test_closing_the_results_cancels_the_remaining_items(pool: OrderedProcessPool) -> None:
    consumed: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            consumed.append(len(consumed))
            yield b"a"

    results = pool.map(endless())
    assert await anext(results) == b"A"
    await results.aclose()
    n_consumed = len(consumed)
    assert [result async for result in pool.map(stream(b"b"))] == [b"B"]
    assert len(consumed) == n_consumed <= 12
