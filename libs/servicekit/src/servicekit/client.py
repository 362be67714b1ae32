"""How a service is called: one channel each, a deadline for every call, and faults instead of gRPC errors.

::

    async with ServiceClient("127.0.0.1:50053", "transposer") as link:
        stub = TransposerServiceStub(link.channel)
        reply = await link.call(stub.DetectKey, DetectKeyRequest(midi=midi), timeout_s=10)

    async with aclosing(link.stream(stub.Render, request, timeout_s=120)) as parts:
        async for part in parts: ...
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self, TypeVar

import grpc

from servicekit import call_context
from servicekit.rpc.status import from_error

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""Messages are at most this long, both ways; audio is streamed."""

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")

_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.2s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)

_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # gRPC waits up to two minutes by default, long after a killed service is back.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
    # Channels of one process to one address share a connection otherwise, and its state.
    ("grpc.use_local_subchannel_pool", 1),
)


class ServiceClient:
    """A channel to a service, kept for as long as the process.

    Every call is retried up to three times while the service is unavailable, spread over all of its addresses, and
    hands on the request id, the trace context and what is left of the deadline.

    Parameters
    ----------
    target : str
        ``host:port``, or any other gRPC target, like ``dns:///vae:50051``.
    service : str
        Short name, for messages.
    """

    def __init__(self, target: str, service: str) -> None:
        self.target = target
        self.service = service
        self.channel = grpc.aio.insecure_channel(target, options=_OPTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the calls under way and close the channel."""
        await self.channel.close()

    async def call(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT, *, timeout_s: float
    ) -> ResponseT:
        """Call a method that replies once.

        Parameters
        ----------
        method : grpc.aio.UnaryUnaryMultiCallable
            Of a stub on this link's channel.
        request : message
            What it is asked.
        timeout_s : float
            Seconds to wait at most, retries included; less where the call that this serves has less left.

        Raises
        ------
        Fault
            What the service raised, or `Upstream`, `DeadlineExceeded`, `Overloaded`, `TooLarge`.
        """
        try:
            return await method(
                request, timeout=call_context.remaining_timeout_s(timeout_s), metadata=call_context.outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            raise from_error(error, self.service) from error

    async def stream(
        self, method: grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT], request: RequestT, *, timeout_s: float
    ) -> AsyncGenerator[ResponseT, None]:
        """Call a method that replies many times; closing the generator cancels the call.

        Parameters and errors are those of `call`; ``timeout_s`` is for the whole stream.
        """
        running = method(
            request, timeout=call_context.remaining_timeout_s(timeout_s), metadata=call_context.outgoing_metadata()
        )
        try:
            async for response in running:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_error(error, self.service) from error
        finally:
            running.cancel()
