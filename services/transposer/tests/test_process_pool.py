"""Processes that share out work: in order, each result for itself, and new ones after a death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from servicekit.faults import NotReady
from transposer import handlers
from transposer.process_pool import Crew


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(bytes.upper, processes=2)
    yield made
    made.close()


async def given(*items: bytes) -> AsyncIterator[bytes]:
    for item in items:
        yield item


async def test_results_come_in_the_order_of_the_items(crew: Crew) -> None:
    items = [str(number).encode() + b"x" for number in range(40)]
    assert [each async for each in crew.run(given(*items))] == [item.upper() for item in items]


async def test_a_result_comes_before_the_next_item_is_there(crew: Crew) -> None:
    more: asyncio.Queue[bytes] = asyncio.Queue()

    async def asked() -> AsyncIterator[bytes]:
        while item := await more.get():
            yield item

    results = crew.run(asked())
    for item in (b"a", b"b"):
        more.put_nowait(item)
        assert await anext(results) == item.upper()
    more.put_nowait(b"")
    with pytest.raises(StopAsyncIteration):
        await anext(results)


async def test_what_fails_is_given_for_itself() -> None:
    crew = Crew(handlers.normalise, processes=1)
    first, second = [each async for each in crew.run(given(b"\xff", b""))]
    crew.close()
    assert isinstance(first, Exception)
    # An empty request says nothing of where to, and of what.
    assert isinstance(second, bytes)


async def test_a_process_that_died_is_replaced() -> None:
    crew = Crew(bytes.upper, processes=1)
    assert [each async for each in crew.run(given(b"a"))] == [b"A"]
    assert crew._pool is not None
    (process,) = crew._pool._processes.values()
    process.kill()
    process.join()
    with pytest.raises(NotReady, match="has died"):
        await anext(crew.run(given(b"a")))
    assert [each async for each in crew.run(given(b"b"))] == [b"B"]
    crew.close()


async def test_a_caller_that_leaves_takes_the_rest_along(crew: Crew) -> None:
    seen: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            seen.append(len(seen))
            yield b"a"

    results = crew.run(endless())
    assert await anext(results) == b"A"
    await results.aclose()
    so_far = len(seen)
    assert [each async for each in crew.run(given(b"b"))] == [b"B"]
    assert len(seen) == so_far <= 12
