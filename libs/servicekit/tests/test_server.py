"""Server, client and interceptor over real gRPC."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY
from servicekit import call_context, faults, metrics, probe
from servicekit import server as servers
from servicekit.client import ServiceClient
from servicekit.worker import Worker
from structlog.testing import capture_logs

MakeServer = Callable[..., servers.Server]


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_reply_comes_back(make_server: MakeServer, example: SimpleNamespace) -> None:
    before = sample("segue_rpc_calls_total", rpc="ExampleService/Repeat", code="OK")
    async with make_server() as server, ServiceClient(server.target, "example") as client:
        stub = example.grpc.ExampleServiceStub(client.channel)
        reply = await client.call(stub.Repeat, example.pb2.RepeatRequest(text="hello"), timeout_s=5)
    assert reply.text == "hello"
    assert sample("segue_rpc_calls_total", rpc="ExampleService/Repeat", code="OK") == before + 1
    assert sample("segue_rpc_in_flight", rpc="ExampleService/Repeat") == 0


async def test_a_fault_crosses_the_wire_with_message_and_facts(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    async def refuse(request: Any, context: Any) -> str:
        raise faults.MidiTooLarge("The file has 9 bytes, of at most 8.", limit_bytes=8, name="ä.mid")

    async with make_server(repeat=refuse) as server, ServiceClient(server.target, "example") as client:
        with pytest.raises(faults.MidiTooLarge, match="9 bytes, of at most 8") as raised:
            await client.call(
                example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=5
            )
    assert raised.value.facts == {"limit_bytes": 8, "name": "ä.mid"}


async def test_a_fault_in_the_middle_of_a_stream_follows_its_replies(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    async def count_to_two(request: Any, context: Any) -> AsyncIterator[int]:
        yield 0
        yield 1
        raise faults.Overloaded("Enough.", retry_after_s=4)

    async with make_server(count=count_to_two) as server, ServiceClient(server.target, "example") as client:
        stub = example.grpc.ExampleServiceStub(client.channel)
        replies = client.stream(stub.Count, example.pb2.CountRequest(until=5), timeout_s=5)
        assert [(await anext(replies)).number for _ in range(2)] == [0, 1]
        with pytest.raises(faults.Overloaded, match=r"Enough\.") as raised:
            await anext(replies)
    assert raised.value.retry_after_s == 4.0


async def test_a_bug_is_logged_in_full_and_reported_without_details(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    async def fail(request: Any, context: Any) -> str:
        raise ValueError("the secret is 42")

    with capture_logs() as lines:
        async with make_server(repeat=fail) as server, ServiceClient(server.target, "example") as client:
            with pytest.raises(faults.Internal, match="went wrong in this service") as raised:
                await client.call(
                    example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=5
                )
    assert "42" not in raised.value.message
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["rpc.failed"]
    ended = next(line for line in lines if line["event"] == "rpc.ended")
    assert (ended["code"], ended["reason"]) == ("INTERNAL", "INTERNAL")


async def test_before_loading_calls_are_refused_and_health_is_not_serving(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    may_load = threading.Event()
    server = make_server(load=lambda: assert_true(may_load.wait(10)))
    await server.start()
    loading = asyncio.create_task(server.load())
    assert await asyncio.to_thread(probe.main, [server.target]) == 1
    with pytest.raises(faults.NotReady, match="still starting"):
        async with ServiceClient(server.target, "example") as client:
            await client.call(
                example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=5
            )
    may_load.set()
    await loading
    assert await asyncio.to_thread(probe.check_health, server.target, "segue.example.v1.ExampleService") == "SERVING"
    assert await asyncio.to_thread(probe.check_health, server.target, "segue.none.v1.None") == "NOT_FOUND"
    await server.stop()
    assert await asyncio.to_thread(probe.check_health, server.target) == "UNAVAILABLE"


def assert_true(value: bool) -> None:
    assert value


async def test_reflection_lists_the_services(make_server: MakeServer) -> None:
    async with make_server() as server, grpc.aio.insecure_channel(server.target) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]  # either kind serves
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        names = [
            service.name
            async for reply in stub.ServerReflectionInfo(iter([request]), timeout=5)
            for service in reply.list_services_response.service
        ]
    assert "segue.example.v1.ExampleService" in names
    assert "grpc.health.v1.Health" in names


async def test_the_request_id_and_the_remaining_deadline_are_passed_on(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    async def report(request: Any, context: Any) -> str:
        metadata = dict(call_context.outgoing_metadata())
        return f"{metadata['x-request-id']} {metadata['traceparent']} {call_context.remaining_timeout_s(600) < 6}"

    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    call_context.bind_incoming({"x-request-id": "abc-1", "traceparent": trace})
    async with make_server(repeat=report) as server, ServiceClient(server.target, "example") as client:
        reply = await client.call(
            example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=5
        )
    assert reply.text == f"abc-1 {trace} True"


@pytest.mark.parametrize("sent", ["", "x" * 65, 'a"b', "a\nb"])
def test_a_request_id_that_could_harm_a_log_is_replaced(sent: str) -> None:
    replaced = call_context.bind_incoming({"x-request-id": sent})
    assert replaced != sent
    assert len(replaced) == 16


async def test_a_call_over_its_deadline_is_a_fault(make_server: MakeServer, example: SimpleNamespace) -> None:
    async def wait(request: Any, context: Any) -> str:
        await asyncio.Event().wait()
        return ""

    async with make_server(repeat=wait) as server, ServiceClient(server.target, "example") as client:
        with pytest.raises(faults.DeadlineExceeded, match="example service took longer"):
            await client.call(
                example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=0.2
            )


async def test_a_reader_that_leaves_cancels_the_call(make_server: MakeServer, example: SimpleNamespace) -> None:
    left = asyncio.Event()

    async def count_for_ever(request: Any, context: Any) -> AsyncIterator[int]:
        try:
            yield 0
            await asyncio.Event().wait()
        finally:
            left.set()

    async with make_server(count=count_for_ever) as server, ServiceClient(server.target, "example") as client:
        stub = example.grpc.ExampleServiceStub(client.channel)
        async with aclosing(client.stream(stub.Count, example.pb2.CountRequest(), timeout_s=30)) as replies:
            first = await anext(replies)
        await asyncio.wait_for(left.wait(), 5)
    assert first.number == 0


async def test_an_unreachable_service_is_a_fault_without_its_address(example: SimpleNamespace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{taken.getsockname()[1]}"
        async with ServiceClient(target, "example") as client:
            with pytest.raises(faults.UpstreamUnavailable, match="example service cannot be reached") as raised:
                await client.call(
                    example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=10
                )
    assert "127.0.0.1" not in raised.value.message


async def test_a_service_that_is_back_soon_is_called_again(make_server: MakeServer, example: SimpleNamespace) -> None:
    attempts = []

    async def succeed_at_last(request: Any, context: Any) -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise faults.NotReady("Not yet.")
        return "here"

    async with make_server(repeat=succeed_at_last) as server, ServiceClient(server.target, "example") as client:
        reply = await client.call(
            example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=10
        )
    assert reply.text == "here"
    assert len(attempts) == 3


async def test_a_connection_that_breaks_during_a_request_stream_is_an_unavailable_service(
    make_server: MakeServer, example: SimpleNamespace
) -> None:
    begun = asyncio.Event()

    async def requests() -> AsyncIterator[Any]:
        while True:
            begun.set()
            yield example.pb2.RepeatRequest(text="more")
            await asyncio.sleep(0)

    async with (
        make_server() as server,
        broken_wire(server.target, begun) as target,
        ServiceClient(target, "example") as client,
    ):
        stub = example.grpc.ExampleServiceStub(client.channel)
        with pytest.raises(faults.UpstreamUnavailable, match="example service cannot be reached"):
            await anext(client.stream(stub.CountRequests, requests(), timeout_s=30))


@asynccontextmanager
async def broken_wire(target: str, broken: asyncio.Event) -> AsyncIterator[str]:
    """Yield the address of a proxy that breaks its only connection a moment after the event."""
    host, port = target.rsplit(":", 1)
    wire = await asyncio.start_server(lambda *ends: cut(*ends), "127.0.0.1", 0)

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.close()
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        ways = [asyncio.ensure_future(carry(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        await broken.wait()
        await asyncio.sleep(0.05)
        for way in ways:
            way.cancel()
        writer.transport.abort()
        far_writer.transport.abort()

    own_port = wire.sockets[0].getsockname()[1]
    yield f"127.0.0.1:{own_port}"
    wire.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)


async def test_a_port_in_use_is_reported_in_one_line(make_server: MakeServer) -> None:
    async with make_server() as first:
        second = make_server(port=first.port)
        with pytest.raises(
            SystemExit, match=rf"^example: cannot listen on 127.0.0.1:{first.port} \(.*\); set EXAMPLE_PORT$"
        ):
            await second.start()


async def test_a_load_that_fails_ends_the_process_with_its_reason(make_server: MakeServer) -> None:
    def load() -> None:
        raise faults.ModelMismatch("The weights are for another grid.")

    with pytest.raises(SystemExit, match=r"^example: MODEL_MISMATCH: The weights are for another grid\.$"):
        await servers._run(make_server(load=load))


@pytest.mark.parametrize("reader_is", ["waiting", "busy"])
async def test_work_on_a_thread_stops_when_the_caller_leaves(
    make_server: MakeServer, example: SimpleNamespace, reader_is: str
) -> None:
    worker = Worker("leaving", n_threads=1, queue_size=0)
    stopped = threading.Event()

    def work(cancelled: threading.Event) -> Iterator[int]:
        try:
            yield 0
            while reader_is == "busy":
                yield 1
            cancelled.wait(10)
        finally:
            if cancelled.is_set():
                stopped.set()

    async with (
        make_server(count=lambda *_: worker.stream(work), close=worker.close) as server,
        ServiceClient(server.target, "example") as client,
    ):
        stub = example.grpc.ExampleServiceStub(client.channel)
        async with aclosing(client.stream(stub.Count, example.pb2.CountRequest(), timeout_s=30)) as replies:
            await anext(replies)
        assert await asyncio.to_thread(stopped.wait, 5)


async def test_a_call_under_way_ends_before_the_server_does(make_server: MakeServer, example: SimpleNamespace) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def take_long(request: Any, context: Any) -> str:
        begun.set()
        await may_end.wait()
        return "done"

    server = make_server(repeat=take_long)
    await server.start()
    await server.load()
    async with ServiceClient(server.target, "example") as client:
        stub = example.grpc.ExampleServiceStub(client.channel)
        call = asyncio.create_task(client.call(stub.Repeat, example.pb2.RepeatRequest(), timeout_s=20))
        await begun.wait()
        stopping = asyncio.create_task(server.stop(grace_s=10.0))
        await asyncio.sleep(0)
        may_end.set()
        assert (await call).text == "done"
        await stopping


async def test_metrics_are_served_over_http(make_server: MakeServer, example: SimpleNamespace) -> None:
    async with make_server() as server, ServiceClient(server.target, "example") as client:
        await client.call(
            example.grpc.ExampleServiceStub(client.channel).Repeat, example.pb2.RepeatRequest(), timeout_s=5
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = metrics.serve_metrics("127.0.0.1", port)
    try:
        text = await asyncio.to_thread(lambda: urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode())
    finally:
        stop()
    assert 'segue_rpc_calls_total{code="OK",rpc="ExampleService/Repeat"}' in text
    assert 'segue_rpc_seconds_count{rpc="ExampleService/Repeat"}' in text
