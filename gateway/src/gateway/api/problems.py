"""Problem responses (RFC 9457) for all faults, and for the errors of the framework."""

from __future__ import annotations

import errno
import math
from collections.abc import Mapping
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from servicekit import faults, logs
from servicekit.call_context import REQUEST_ID
from servicekit.faults import Fault
from starlette.exceptions import HTTPException

from gateway.api.schemas import responses
from gateway.api.schemas.fields import FaultValueError
from gateway.domain.jobs import JobMethod
from gateway.domain.problem import MultipleFaults, primary_fault, to_problem

MEDIA_TYPE = "application/problem+json"

BODY_FAULT = "body_fault"
"""Field of a request's state: why its body was not read to the end."""

_HIDDEN_PARTS = {"body", "query", "path", "header", *get_args(JobMethod)}
"""Parts of a field's place that are no name: where it was sent, and which kind of item of a batch it is in."""

_UNREADABLE_FORM = "The form of this upload cannot be read: it is damaged, or a name in it is far too long."

_STATUS_FAULTS: dict[int, type[Fault]] = {
    400: faults.InvalidInput,
    404: faults.NotFound,
    405: faults.MethodNotAllowed,
    413: faults.TooLarge,
    415: faults.UnsupportedMediaType,
    416: faults.RangeUnsatisfiable,
}


def problem_response(fault: Fault, request_id: str, instance: str) -> JSONResponse:
    """Return the response for a fault.

    Parameters
    ----------
    fault : Fault
        What went wrong.
    request_id : str
        Id of the call.
    instance : str
        Path of the call.
    """
    problem = responses.Problem.model_validate(to_problem(fault, request_id, instance))
    headers: dict[str, str] = {}
    primary = primary_fault(fault)
    if isinstance(primary, faults.Overloaded):
        headers["Retry-After"] = str(max(1, math.ceil(primary.retry_after_s)))
    elif problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    elif problem.status == 503:
        headers["Retry-After"] = "2"
    content = problem.model_dump(exclude_none=True, exclude_defaults=False)
    return JSONResponse(content, problem.status, headers, MEDIA_TYPE)


def register_handlers(app: FastAPI) -> None:
    """Respond with a problem to every error that a route raises."""
    app.add_exception_handler(Fault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_fault(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Fault)
    if primary_fault(error).http_status == 500:
        logs.get_logger().error("request.failed", exc_info=error)
    return _respond(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [_to_field_fault(entry) for entry in error.errors()]
    message = "; ".join(f"{name}: {fault.message}" if name else fault.message for name, fault in errors[:3])
    return _respond(request, MultipleFaults(message, errors))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if body_fault := request.scope.get("state", {}).get(BODY_FAULT):
        return _respond(request, body_fault)
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _respond(request, faults.StoreFull("There is no room for this upload. Send less, or try again later."))
    status = 404 if _is_unknown_path(request, error) else error.status_code
    kind = _STATUS_FAULTS.get(status, faults.InvalidInput)
    messages = {404: "Nothing is at this path.", 405: "This path has no such method."}
    detail = messages.get(status, str(error.detail))
    response = _respond(request, kind(_UNREADABLE_FORM if "multipart" in detail else detail))
    response.headers.update({} if status != error.status_code else error.headers or {})
    return response


def _is_unknown_path(request: Request, error: HTTPException) -> bool:
    """Return whether only the route of the web page, which matches any path, refused the method."""
    return error.status_code == 405 and getattr(request.scope.get("route"), "path", "") == "/{path:path}"


def _respond(request: Request, fault: Fault) -> JSONResponse:
    request_id = request.scope.get("state", {}).get(REQUEST_ID, "")
    return problem_response(fault, request_id, request.url.path)


def _to_field_fault(entry: Mapping[str, Any]) -> tuple[str, Fault]:
    """Convert an error of pydantic to the name of the field and a fault."""
    location = [str(part) for part in entry["loc"] if part not in _HIDDEN_PARTS]
    name = ".".join(location)
    cause = entry.get("ctx", {}).get("error")
    if isinstance(cause, FaultValueError):
        return name, cause.fault
    if entry["type"] == "json_invalid":
        return "", faults.InvalidInput("The body is not JSON.")
    message = str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "extra_forbidden":
        message = "There is no such field."
    return name, faults.InvalidInput(message)
