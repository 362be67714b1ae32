"""What happens around every call of a service: request id, fault to status, one log line, a count and a duration."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, TypeAlias

import grpc
import structlog

from servicekit import call_context, logs
from servicekit.faults import Fault, Internal, NotReady
from servicekit.metrics import CALL_SECONDS, CALLS, CALLS_IN_FLIGHT
from servicekit.rpc.status import to_status

Context = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
UnaryBehaviour = Callable[[Any, Context], Awaitable[Any]]
StreamBehaviour = Callable[[Any, Context], AsyncIterator[Any]]


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the methods of the named services; health and reflection stay as they are.

    Parameters
    ----------
    services : tuple of str
        Full names, ``segue.renderer.v1.RendererService``.
    """

    def __init__(self, services: tuple[str, ...]) -> None:
        self.services = services
        self.ready = False

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Give the handler of a method, wrapped."""
        handler = await continuation(handler_call_details)
        service, _, rpc = handler_call_details.method.lstrip("/").partition("/")
        if handler is None or service not in self.services:
            return handler
        return self._wrapped(handler, f"{service.rpartition('.')[2]}/{rpc}")

    def _wrapped(self, handler: Handler, rpc: str) -> Handler:
        make, behaviour = _parts(handler)
        wrap = self._streamed if handler.response_streaming else self._replied
        wrapped: Handler = make(
            wrap(behaviour, rpc),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return wrapped

    def _replied(self, behaviour: UnaryBehaviour, rpc: str) -> UnaryBehaviour:
        async def reply(request: Any, context: Context) -> Any:
            async with self._around(rpc, context):
                return await behaviour(request, context)

        return reply

    def _streamed(self, behaviour: StreamBehaviour, rpc: str) -> StreamBehaviour:
        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._around(rpc, context), aclosing(_generator(behaviour(request, context))) as replies:
                async for reply in replies:
                    yield reply

        return stream

    def _around(self, rpc: str, context: Context) -> AbstractAsyncContextManager[None]:
        return _observed(rpc, context, self.ready)


def _parts(handler: Handler) -> tuple[Callable[..., Handler], Any]:
    """Give what makes such a handler, and what it calls."""
    if handler.request_streaming:
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler, handler.stream_stream
        return grpc.stream_unary_rpc_method_handler, handler.stream_unary
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler, handler.unary_stream
    return grpc.unary_unary_rpc_method_handler, handler.unary_unary


async def _generator(replies: AsyncIterator[Any]) -> Any:
    """Make any async iterator one that can be closed, and close what is below with it."""
    try:
        async for reply in replies:
            yield reply
    finally:
        if hasattr(replies, "aclose"):
            await replies.aclose()


@asynccontextmanager
async def _observed(rpc: str, context: Context, ready: bool) -> AsyncIterator[None]:
    call_context.bind_incoming(_headers(context), context.time_remaining())
    structlog.contextvars.bind_contextvars(rpc=rpc)
    started_s = time.monotonic()
    outcome: dict[str, str | int | float] = {"code": "OK"}
    CALLS_IN_FLIGHT.labels(rpc).inc()
    try:
        if not ready:
            raise NotReady("The service is still starting. Try again in a moment.")
        yield
    except (asyncio.CancelledError, GeneratorExit):
        outcome = {"code": "CANCELLED"}
        raise
    except Fault as fault:
        outcome = {"code": fault.grpc_code, "reason": fault.reason, **_prefixed(fault)}
        await context.abort_with_status(to_status(fault))
    except Exception:
        outcome = {"code": "INTERNAL", "reason": Internal.reason}
        logs.get_logger().exception("rpc.failed")
        await context.abort_with_status(
            to_status(Internal("Something went wrong in this service; it has been logged."))
        )
    finally:
        CALLS_IN_FLIGHT.labels(rpc).dec()
        _record(rpc, time.monotonic() - started_s, outcome)


def _record(rpc: str, took_s: float, outcome: Mapping[str, str | int | float]) -> None:
    CALLS.labels(rpc, outcome["code"]).inc()
    CALL_SECONDS.labels(rpc).observe(took_s)
    logs.get_logger().info("rpc.ended", **outcome, took_ms=round(took_s * 1000))


def _prefixed(fault: Fault) -> dict[str, str | int | float]:
    """Name a fault's facts so that they cannot hide a field of the log line."""
    return {f"fact_{name}": fact for name, fact in fault.facts.items()}


def _headers(context: Context) -> dict[str, str]:
    metadata = context.invocation_metadata() or ()
    return {key: value for key, value in metadata if isinstance(value, str)}
