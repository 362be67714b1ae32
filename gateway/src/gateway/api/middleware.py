"""What every HTTP call passes: its id, its line in the log, the limits, the headers that keep a browser safe."""

from __future__ import annotations

import time
from collections import OrderedDict

from prometheus_client import Counter, Histogram
from servicekit import call_context, logs
from servicekit.faults import Fault, Internal, Overloaded, TooLarge, UpstreamUnavailable
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import problems

HTTP_CALLS = Counter(
    "segue_http_requests", "HTTP calls that ended, by method, route and status.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram("segue_http_seconds", "Seconds until an HTTP call's answer began.", ["route"])

MAX_JSON_BYTES = 256 * 1024
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""What is counted by its name; a client may make up others."""

_UNLIMITED_PATHS = ("/health/", "/metrics")
_CLIENTS_KEPT = 10_000

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Lit and the waveform style their elements in place.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Knowing an id is the right to it, so no answer stays in a cache that did not ask to be kept.
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RateLimit:
    """A bucket of calls for each client, filled steadily.

    Parameters
    ----------
    per_minute : int
        Calls a minute, and as many at once; 0 for no limit.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now_s: float) -> None:
        """Count one call.

        Raises
        ------
        Overloaded
            If the client's bucket is empty.
        """
        if not self._per_minute:
            return
        left, at_s = self._buckets.pop(client, (float(self._per_minute), now_s))
        left = min(float(self._per_minute), left + (now_s - at_s) * self._per_minute / 60)
        self._buckets[client] = (max(0.0, left - 1), now_s)
        if len(self._buckets) > _CLIENTS_KEPT:
            self._buckets.popitem(last=False)
        if left < 1:
            wait_s = (1 - left) * 60 / self._per_minute
            raise Overloaded(
                f"More than {self._per_minute} calls in a minute. Try again in a moment.", retry_after_s=wait_s
            )


class Edge:
    """The outermost layer of the application.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    rate : RateLimit
        Of each client.
    max_body_bytes : int
        Of an upload; other bodies are JSON and may have `MAX_JSON_BYTES`.
    """

    def __init__(self, app: ASGIApp, rate: RateLimit, max_body_bytes: int) -> None:
        self._app = app
        self._rate = rate
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = call_context.bind_incoming(dict(headers))
        scope.setdefault("state", {})[call_context.REQUEST_ID] = request_id
        answer = _Answer(scope, send, request_id)
        limit_bytes = self._max_body_bytes if scope["path"] == "/upload" else MAX_JSON_BYTES
        body = _BoundedBody(scope, receive, limit_bytes)
        try:
            self._admit(scope, headers, limit_bytes)
            await self._app(scope, body, answer.send)
        except Exception as error:
            await answer.fail(error, receive)
        finally:
            answer.log()

    def _admit(self, scope: Scope, headers: Headers, limit_bytes: int) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        if not scope["path"].startswith(_UNLIMITED_PATHS):
            self._rate.take(client, time.monotonic())
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit_bytes:
            raise _too_large(limit_bytes)


class _BoundedBody:
    """Gives a call's body, and a fault where it grows over its limit: a length need not be told before."""

    def __init__(self, scope: Scope, receive: Receive, limit_bytes: int) -> None:
        self._scope = scope
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._read_bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read_bytes += len(message.get("body", b""))
        if self._read_bytes > self._limit_bytes:
            fault = _too_large(self._limit_bytes)
            # FastAPI takes whatever ends the reading of a body for a body that cannot be read.
            self._scope["state"][problems.BODY_FAULT] = fault
            raise fault
        return message


class _Answer:
    """Sends an answer with the headers that all answers have, and notes what it was."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._started_s = time.monotonic()
        self._first_byte_s: float | None = None
        self._status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._first_byte_s = time.monotonic()
            headers = MutableHeaders(scope=message)
            headers[call_context.REQUEST_ID] = self._request_id
            for name, value in (_HEADERS | self._scope["state"].get("extra_headers", {})).items():
                headers.setdefault(name, value)
        await self._send(message)

    async def fail(self, error: Exception, receive: Receive) -> None:
        """Answer with a problem; where the answer has begun, break it off so that nobody takes it for whole."""
        fault = error if isinstance(error, Fault) else _unexpected(error)
        if fault.http_status == 500:
            logs.get_logger().error("request.broke", exc_info=error)
        if self._first_byte_s is not None:
            raise error
        answer = problems.response(fault, self._request_id, self._scope["path"])
        await answer(self._scope, receive, self.send)

    def log(self) -> None:
        """Count the call, and write its line."""
        route = getattr(self._scope.get("route"), "path", "")
        took_s = (self._first_byte_s or time.monotonic()) - self._started_s
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        HTTP_CALLS.labels(method, route, self._status).inc()
        HTTP_SECONDS.labels(route).observe(took_s)
        if not self._scope["path"].startswith(_UNLIMITED_PATHS):
            logs.get_logger().info(
                "http.answered",
                method=self._scope["method"],
                route=route,
                status=self._status,
                took_ms=round(took_s * 1000),
            )


def _unexpected(error: Exception) -> Fault:
    """Tell a database that is away from a bug."""
    if isinstance(error, OperationalError | InterfaceError):
        return UpstreamUnavailable("The database cannot be reached. Try again in a moment.")
    return Internal("an HTTP call failed")


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit_bytes} bytes, the most that is read.", limit_bytes=limit_bytes)
