"""What a call carries from hop to hop: its request id, its deadline, and OpenTelemetry's trace context."""

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
"""The metadata key, and the HTTP header, of a request's id."""

_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-_.")
_MAX_ID_CHARACTERS = 64
_TRACE = TraceContextTextMapPropagator()

_request_id: ContextVar[str] = ContextVar("segue_request_id", default="")
_deadline_at_s: ContextVar[float | None] = ContextVar("segue_deadline_at_s", default=None)


def bind_incoming(headers: Mapping[str, str], time_remaining_s: float | None = None) -> str:
    """Take over what an incoming call carries, for the rest of the current task.

    Parameters
    ----------
    headers : mapping
        The call's metadata or HTTP headers, keys in lower case. A missing request id is drawn; one with other
        characters than letters, digits and ``-_.``, or over 64 of them, is replaced, for it ends up in logs.
    time_remaining_s : float, optional
        Seconds that the caller will wait.

    Returns
    -------
    str
        The request id.
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
    """Give the metadata that a call made now hands on."""
    carrier: dict[str, str] = {}
    _TRACE.inject(carrier)
    if request_id := _request_id.get():
        carrier[REQUEST_ID] = request_id
    return tuple(carrier.items())


def remaining_timeout_s(timeout_s: float) -> float:
    """Shorten a timeout to what is left of the incoming call's deadline; never below 0."""
    deadline_at_s = _deadline_at_s.get()
    if deadline_at_s is None:
        return timeout_s
    return max(0.0, min(timeout_s, deadline_at_s - time.monotonic()))
