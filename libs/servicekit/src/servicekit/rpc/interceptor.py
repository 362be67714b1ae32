"""Server interceptor: binds the call context, converts faults to statuses, logs and measures every call."""

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
    """Wraps the methods of the given services; health and reflection are not wrapped.

    Parameters
    ----------
    services : tuple of str
        Full names, such as ``segue.renderer.v1.RendererService``.
    """

    def __init__(self, services: tuple[str, ...]) -> None:
        self.services = services
        self.ready = False

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return the handler of a method, wrapped.

        Parameters
        ----------
        continuation : callable
            Returns the handler of the next interceptor or of the service.
        handler_call_details : grpc.HandlerCallDetails
            The method's full name and the metadata of the call.
        """
        handler = await continuation(handler_call_details)
        service, _, rpc = handler_call_details.method.lstrip("/").partition("/")
        if handler is None or service not in self.services:
            return handler
        return self._wrap(handler, f"{service.rpartition('.')[2]}/{rpc}")

    def _wrap(self, handler: Handler, rpc: str) -> Handler:
        make_handler, behaviour = _unpack(handler)
        wrap = self._wrap_stream if handler.response_streaming else self._wrap_unary
        wrapped: Handler = make_handler(
            wrap(behaviour, rpc),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return wrapped

    def _wrap_unary(self, behaviour: UnaryBehaviour, rpc: str) -> UnaryBehaviour:
        async def respond(request: Any, context: Context) -> Any:
            async with self._observe(rpc, context):
                return await behaviour(request, context)

        return respond

    def _wrap_stream(self, behaviour: StreamBehaviour, rpc: str) -> StreamBehaviour:
        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._observe(rpc, context), aclosing(_closable(behaviour(request, context))) as responses:
                async for response in responses:
                    yield response

        return stream

    def _observe(self, rpc: str, context: Context) -> AbstractAsyncContextManager[None]:
        return _observe_call(rpc, context, self.ready)


def _unpack(handler: Handler) -> tuple[Callable[..., Handler], Any]:
    """Return the function that makes a handler of this kind, and the method that the handler calls."""
    if handler.request_streaming:
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler, handler.stream_stream
        return grpc.stream_unary_rpc_method_handler, handler.stream_unary
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler, handler.unary_stream
    return grpc.unary_unary_rpc_method_handler, handler.unary_unary


async def _closable(responses: AsyncIterator[Any]) -> Any:
    """Wrap any async iterator in a generator, which can be closed; closing it also closes the iterator, if possible."""
    try:
        async for response in responses:
            yield response
    finally:
        if hasattr(responses, "aclose"):
            await responses.aclose()


@asynccontextmanager
async def _observe_call(rpc: str, context: Context, ready: bool) -> AsyncIterator[None]:
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
    """Return the facts of a fault under names that cannot hide a field of the log line."""
    return {f"fact_{name}": fact for name, fact in fault.facts.items()}


def _headers(context: Context) -> dict[str, str]:
    metadata = context.invocation_metadata() or ()
    return {key: value for key, value in metadata if isinstance(value, str)}
