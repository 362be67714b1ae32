"""Worker: results, refusals, cancellation and streams."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from servicekit import faults
from servicekit.thread_stream import MAX_BUFFERED
from servicekit.worker import Worker


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test", n_threads=1, queue_size=1)
    yield worker
    worker.close()


async def test_work_runs_on_a_thread_and_its_result_comes_back(worker: Worker) -> None:
    def multiply(a: int, b: int) -> tuple[int, str]:
        return a * b, threading.current_thread().name

    product, thread = await worker.run(multiply, 6, b=7)
    assert product == 42
    assert thread.startswith("test")


async def test_an_error_comes_back_as_it_was(worker: Worker) -> None:
    def fail() -> None:
        raise faults.NoNotes("No note.")

    with pytest.raises(faults.NoNotes, match="No note"):
        await worker.run(fail)


async def test_what_is_bound_to_the_call_is_bound_in_its_work(worker: Worker) -> None:
    structlog.contextvars.bind_contextvars(request_id="r1")
    assert (await worker.run(structlog.contextvars.get_contextvars))["request_id"] == "r1"


async def test_one_over_the_queue_is_refused_and_there_is_room_again_afterwards(worker: Worker) -> None:
    go = threading.Event()
    first, second = (asyncio.create_task(worker.run(go.wait, 10)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(faults.Overloaded, match="Too much work") as raised:
        await worker.run(int)
    assert raised.value.retry_after_s >= 1.0
    go.set()
    assert (await first, await second) == (True, True)
    assert await worker.run(int, "5") == 5


async def test_a_caller_that_leaves_takes_its_waiting_work_along(worker: Worker) -> None:
    go = threading.Event()
    ran: list[int] = []
    first = asyncio.create_task(worker.run(go.wait, 10))
    second = asyncio.create_task(worker.run(ran.append, 1))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.create_task(worker.run(ran.append, 2))
    go.set()
    await asyncio.gather(first, third)
    assert ran == [2]


async def test_a_stream_yields_all_in_order(worker: Worker) -> None:
    def count(cancelled: threading.Event, until: int) -> Iterator[int]:
        yield from range(until)

    assert [number async for number in worker.stream(count, 100)] == list(range(100))


async def test_a_stream_is_not_far_ahead_of_its_reader(worker: Worker) -> None:
    yielded = []
    full = threading.Event()

    def count(cancelled: threading.Event) -> Iterator[int]:
        for number in range(100):
            yielded.append(number)
            if number == MAX_BUFFERED:
                full.set()
            yield number

    stream = worker.stream(count)
    assert await anext(stream) == 0
    assert await asyncio.to_thread(full.wait, 5)
    assert len(yielded) <= MAX_BUFFERED + 2
    await stream.aclose()


async def test_a_streams_error_follows_its_items(worker: Worker) -> None:
    def fail(cancelled: threading.Event) -> Iterator[int]:
        yield 1
        raise faults.NoNotes("Out of notes.")

    stream = worker.stream(fail)
    assert await anext(stream) == 1
    with pytest.raises(faults.NoNotes, match="Out of notes"):
        await anext(stream)


@pytest.mark.parametrize("suspended", ["in the stream", "in its reader"])
async def test_a_reader_that_is_cancelled_stops_the_work(worker: Worker, suspended: str) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def work(cancelled: threading.Event) -> Iterator[int]:
        yield 1
        begun.set()
        if cancelled.wait(10):
            stopped.set()

    async def read() -> None:
        async for _ in worker.stream(work):
            if suspended == "in its reader":
                await asyncio.Event().wait()

    reader = asyncio.create_task(read())
    assert await asyncio.to_thread(begun.wait, 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await asyncio.to_thread(stopped.wait, 5)
    assert await worker.run(int, "1") == 1


async def test_a_full_queue_refuses_a_stream_too() -> None:
    worker = Worker("full", n_threads=1, queue_size=0)
    go = threading.Event()
    busy = asyncio.create_task(worker.run(go.wait, 10))
    await asyncio.sleep(0)
    with pytest.raises(faults.Overloaded, match="Too much work"):
        await anext(worker.stream(lambda _: iter([1])))
    go.set()
    await busy
    worker.close()
