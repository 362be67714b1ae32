"""Client of a service: one channel, a deadline for every call, and faults instead of gRPC errors.

::

    async with ServiceClient("127.0.0.1:50053", "transposer") as client:
        stub = TransposerServiceStub(client.channel)
        response = await client.call(stub.DetectKey, DetectKeyRequest(midi=midi), timeout_s=10)

    async with aclosing(client.stream(stub.Render, request, timeout_s=120)) as parts:
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
"""Largest message in both directions; audio is streamed."""

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
    # gRPC waits up to two minutes by default, long after a restarted service is available again.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
    # Otherwise channels of one process to one address share a connection and its state.
    ("grpc.use_local_subchannel_pool", 1),
)


class ServiceClient:
    """A channel to a service, kept open for the life of the process.

    Every call is retried up to three times while the service is unavailable, is balanced over all its addresses, and
    passes on the request id, the trace context and the remaining deadline.

    Parameters
    ----------
    target : str
        ``host:port``, or any other gRPC target, like ``dns:///vae:50051``.
    service : str
        Short name, for error messages.
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
        """Cancel the calls in progress and close the channel."""
        await self.channel.close()

    async def call(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT, *, timeout_s: float
    ) -> ResponseT:
        """Call a unary method.

        Parameters
        ----------
        method : grpc.aio.UnaryUnaryMultiCallable
            A method of a stub on this client's channel.
        request : message
        timeout_s : float
            Longest time to wait, including retries. The deadline of the incoming call, if any, may shorten it.

        Returns
        -------
        message
            The response.

        Raises
        ------
        Fault
            The service's own fault, or `UpstreamUnavailable`, `DeadlineExceeded`, `Overloaded`, `TooLarge`.
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
        """Call a method that streams its responses; closing the generator cancels the call.

        Parameters
        ----------
        method : grpc.aio.UnaryStreamMultiCallable
            A method of a stub on this client's channel.
        request : message
        timeout_s : float
            As for `call`, for the whole stream.

        Yields
        ------
        message
            The responses.

        Raises
        ------
        Fault
            As `call`.
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
