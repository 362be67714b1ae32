"""Context of a call, passed on from service to service: request id, deadline, OpenTelemetry trace context."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Mapping
from contextvars import ContextVar

import structlog
from opentelemetry import context as trace_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

REQUEST_ID = "x-request-id"
"""Metadata key and HTTP header of the request id."""

_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-_.")
_MAX_ID_CHARACTERS = 64
_TRACE = TraceContextTextMapPropagator()

_request_id: ContextVar[str] = ContextVar("segue_request_id", default="")
_deadline_at_s: ContextVar[float | None] = ContextVar("segue_deadline_at_s", default=None)


def bind_incoming(headers: Mapping[str, str], time_remaining_s: float | None = None) -> str:
    """Bind the context of an incoming call to the current task.

    Parameters
    ----------
    headers : mapping
        The call's metadata or HTTP headers, keys in lower case. A request id that is missing, longer than 64
        characters, or has characters other than letters, digits and ``-_.`` is replaced by a random one, because it is
        written to logs.
    time_remaining_s : float, optional
        Seconds until the caller's deadline.

    Returns
    -------
    str
        The request id.

    Examples
    --------
    >>> bind_incoming({"x-request-id": "abc-1"})
    'abc-1'
    >>> len(bind_incoming({"x-request-id": "two words"}))
    16
    """
    request_id = headers.get(REQUEST_ID, "")
    if not request_id or len(request_id) > _MAX_ID_CHARACTERS or not _ID_CHARACTERS.issuperset(request_id):
        request_id = secrets.token_hex(8)
    _request_id.set(request_id)
    _deadline_at_s.set(None if time_remaining_s is None else time.monotonic() + time_remaining_s)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    trace_context.attach(_TRACE.extract(headers))
    return request_id


def outgoing_metadata() -> tuple[tuple[str, str], ...]:
    """Return the metadata for a call to another service.

    Examples
    --------
    >>> _ = bind_incoming({"x-request-id": "abc-1"})
    >>> dict(outgoing_metadata())["x-request-id"]
    'abc-1'
    """
    carrier: dict[str, str] = {}
    _TRACE.inject(carrier)
    if request_id := _request_id.get():
        carrier[REQUEST_ID] = request_id
    return tuple(carrier.items())


def remaining_timeout_s(timeout_s: float) -> float:
    """Return a timeout limited by the deadline of the incoming call; never below 0.

    Examples
    --------
    >>> _ = bind_incoming({}, time_remaining_s=2.0)
    >>> remaining_timeout_s(0.5)
    0.5
    >>> remaining_timeout_s(60.0) <= 2.0
    True
    """
    deadline_at_s = _deadline_at_s.get()
    if deadline_at_s is None:
        return timeout_s
    return max(0.0, min(timeout_s, deadline_at_s - time.monotonic()))
