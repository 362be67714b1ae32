"""The outermost middleware: request ids, access log, metrics, limits, and security headers."""

from __future__ import annotations

import time

from cachetools import LRUCache
from prometheus_client import Counter, Histogram
from servicekit import call_context, logs
from servicekit.faults import Fault, Internal, InvalidInput, NotFound, Overloaded, TooLarge, UpstreamUnavailable
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.origin import check_origin
from gateway.api import problems

HTTP_CALLS = Counter(
    "segue_http_requests", "HTTP calls that ended, by method, route and status.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram("segue_http_seconds", "Seconds until the response of an HTTP call began.", ["route"])

MAX_JSON_BYTES = 256 * 1024
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""Methods that have a label of their own in the metrics; a client may invent others."""

_UNLIMITED_PATHS = ("/health/", "/metrics")
_MAX_CLIENTS = 10_000

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        # The player changes the tempo by a WebAssembly program.
        "script-src 'self' 'wasm-unsafe-eval'",
        # Lit and the waveform use inline styles.
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
    # Possession of an id grants access, so a response is cached only if its route allows it.
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class TokenBucketLimiter:
    """Rate limit by a token bucket for each client.

    Parameters
    ----------
    per_minute : int
        Tokens per minute, and the size of a bucket; 0 for no limit.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(_MAX_CLIENTS)

    def acquire(self, client: str, now_s: float) -> None:
        """Take one token from a client's bucket.

        Raises
        ------
        Overloaded
            If the client's bucket is empty.
        """
        if not self._per_minute:
            return
        tokens, updated_s = self._buckets.get(client, (float(self._per_minute), now_s))
        tokens = min(float(self._per_minute), tokens + (now_s - updated_s) * self._per_minute / 60)
        self._buckets[client] = (max(0.0, tokens - 1), now_s)
        if tokens < 1:
            wait_s = (1 - tokens) * 60 / self._per_minute
            raise Overloaded(
                f"More than {self._per_minute} calls in a minute. Try again in a moment.", retry_after_s=wait_s
            )


class GatewayMiddleware:
    """The outermost layer of the application.

    Parameters
    ----------
    app : ASGIApp
        The application.
    limiter : TokenBucketLimiter
        Rate limit of each client.
    max_body_bytes : int
        Limit of an upload; other bodies are JSON, limited to `MAX_JSON_BYTES`.
    own_origin : str
        The address that people see, for the origin check; empty if the ``Host`` of calls shows it.
    """

    def __init__(self, app: ASGIApp, limiter: TokenBucketLimiter, max_body_bytes: int, own_origin: str = "") -> None:
        self._app = app
        self._limiter = limiter
        self._max_body_bytes = max_body_bytes
        self._own_origin = own_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = call_context.bind_incoming(dict(headers))
        scope.setdefault("state", {})[call_context.REQUEST_ID] = request_id
        recorder = _ResponseRecorder(scope, send, request_id)
        limit_bytes = self._max_body_bytes if scope["path"] == "/upload" else MAX_JSON_BYTES
        body = _LimitedBody(scope, receive, limit_bytes)
        try:
            self._check_limits(scope, headers, limit_bytes)
            # Before the body is read.
            check_origin(scope["method"], headers, self._own_origin)
            _check_text(scope)
            await self._app(scope, body, recorder.send)
        except Exception as error:
            await recorder.fail(error, receive)
        finally:
            recorder.log()

    def _check_limits(self, scope: Scope, headers: Headers, limit_bytes: int) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        if not scope["path"].startswith(_UNLIMITED_PATHS):
            self._limiter.acquire(client, time.monotonic())
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit_bytes:
            raise _too_large(limit_bytes)


class _LimitedBody:
    """Passes on a body, and raises a fault once it exceeds its limit: a client need not send its length."""

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
            # FastAPI reports any error while it reads a body as an unreadable body.
            self._scope["state"][problems.BODY_FAULT] = fault
            raise fault
        return message


class _ResponseRecorder:
    """Sends a response with the headers that all responses have, and records its status and time."""

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
            # A route may replace a header, or leave it out by None.
            for name, value in (_HEADERS | self._scope["state"].get("extra_headers", {})).items():
                if value is not None:
                    headers.setdefault(name, value)
        await self._send(message)

    async def fail(self, error: Exception, receive: Receive) -> None:
        """Respond with a problem; if the response has begun, break the connection so that it does not seem complete."""
        fault = error if isinstance(error, Fault) else _unexpected(error)
        if fault.http_status == 500:
            logs.get_logger().error("request.broke", exc_info=error)
        if self._first_byte_s is not None:
            raise error
        response = problems.problem_response(fault, self._request_id, self._scope["path"])
        await response(self._scope, receive, self.send)

    def log(self) -> None:
        """Count the call, and write its log line."""
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


def _check_text(scope: Scope) -> None:
    """Refuse the one character that no id, name or text has, and that PostgreSQL does not store."""
    if "\0" in scope["path"]:
        raise NotFound("Nothing is at this path.")
    if b"%00" in scope["query_string"]:
        raise InvalidInput("A parameter contains a null character.")


def _unexpected(error: Exception) -> Fault:
    """Return a fault for an error that is none: the database is unavailable, or there is a bug."""
    if isinstance(error, OperationalError | InterfaceError):
        return UpstreamUnavailable("The database cannot be reached. Try again in a moment.")
    return Internal("an HTTP call failed")


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than the limit of {limit_bytes} bytes.", limit_bytes=limit_bytes)
