"""Faults as problem documents (RFC 9457), the framework's own errors among them."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from servicekit import faults, logs
from servicekit.call_context import REQUEST_ID
from servicekit.faults import Fault
from starlette.exceptions import HTTPException

from gateway.api.schemas.requests import Unfit
from gateway.api.schemas.responses import FieldError, Problem

MEDIA_TYPE = "application/problem+json"

BODY_FAULT = "body_fault"
"""Under which a request's state says why its body was not read to the end."""

_STATUS_FAULTS: dict[int, type[Fault]] = {
    400: faults.InvalidInput,
    404: faults.NotFound,
    405: faults.MethodNotAllowed,
    413: faults.TooLarge,
    415: faults.UnsupportedMediaType,
    416: faults.RangeUnsatisfiable,
}


class Refused(Fault):
    """Several inputs were refused at once; status and reason are the first one's.

    Parameters
    ----------
    message : str
        As of any fault.
    errors : sequence of (name, fault)
        What was refused and why; at least one.
    """

    def __init__(self, message: str, errors: Sequence[tuple[str, Fault]]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


def slug(reason: str) -> str:
    """Turn a reason into the last part of its page's path: ``no-notes``."""
    return reason.lower().replace("_", "-")


def document(fault: Fault, request_id: str = "", instance: str | None = None) -> Problem:
    """Write a fault as a problem; a bug's own message stays inside."""
    first = _first(fault)
    internal = first.http_status == 500
    return Problem(
        type=f"/problems/{slug(first.reason)}",
        title=title(type(first)),
        status=first.http_status,
        detail="Something went wrong inside Segue. It has been logged." if internal else fault.message,
        instance=instance,
        reason=first.reason,
        request_id=request_id,
        facts={} if internal else dict(fault.facts),
        errors=[_field_error(name, error) for name, error in fault.errors] if isinstance(fault, Refused) else [],
    )


def title(kind: type[Fault]) -> str:
    """Name a kind of fault for people, from its class: ``MidiUnreadable`` -> "MIDI unreadable"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower().replace("midi", "MIDI")
    return words[0].upper() + words[1:]


def response(fault: Fault, request_id: str, instance: str) -> JSONResponse:
    """Answer a call with a problem."""
    problem = document(fault, request_id, instance)
    headers: dict[str, str] = {}
    first = _first(fault)
    if isinstance(first, faults.Overloaded):
        headers["Retry-After"] = str(max(1, round(first.retry_after_s)))
    elif problem.status == 503:
        headers["Retry-After"] = "2"
    content = problem.model_dump(exclude_none=True, exclude_defaults=False)
    return JSONResponse(content, problem.status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error that a route raises with a problem."""
    app.add_exception_handler(Fault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_fault(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Fault)
    if _first(error).http_status == 500:
        logs.get_logger().error("request.failed", exc_info=error)
    return _answer(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [_invalid(entry) for entry in error.errors()]
    told = "; ".join(f"{name}: {fault.message}" if name else fault.message for name, fault in found[:3])
    return _answer(request, Refused(told, found))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if body_fault := request.scope.get("state", {}).get(BODY_FAULT):
        return _answer(request, body_fault)
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _answer(request, faults.StoreFull("There is no room for this upload. Send less, or try again later."))
    status = 404 if _is_nowhere(request, error) else error.status_code
    kind = _STATUS_FAULTS.get(status, faults.InvalidInput)
    messages = {404: "Nothing is at this path.", 405: "This path has no such method."}
    answer = _answer(request, kind(messages.get(status, str(error.detail))))
    answer.headers.update({} if status != error.status_code else error.headers or {})
    return answer


def _is_nowhere(request: Request, error: HTTPException) -> bool:
    """Whether only the web page's route, which takes any path, refused the method."""
    return error.status_code == 405 and getattr(request.scope.get("route"), "path", "") == "/{path:path}"


def _answer(request: Request, fault: Fault) -> JSONResponse:
    request_id = request.scope.get("state", {}).get(REQUEST_ID, "")
    return response(fault, request_id, request.url.path)


def _first(fault: Fault) -> Fault:
    """Give the fault that decides the status."""
    return fault.errors[0][1] if isinstance(fault, Refused) else fault


def _invalid(entry: Mapping[str, Any]) -> tuple[str, Fault]:
    """Turn pydantic's error into a field's name and a fault."""
    place = [str(part) for part in entry["loc"] if part not in {"body", "query", "path", "header"}]
    cause = entry.get("ctx", {}).get("error")
    if isinstance(cause, Unfit):
        return ".".join(place), cause.fault
    if entry["type"] == "json_invalid":
        return "", faults.InvalidInput("The body is not JSON.")
    message = str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "extra_forbidden":
        message = "There is no such field."
    return ".".join(place), faults.InvalidInput(message)


def _field_error(name: str, fault: Fault) -> FieldError:
    internal = fault.http_status == 500
    return FieldError(name=name, reason=fault.reason, message="Something went wrong." if internal else fault.message)
