"""Faults <-> ``google.rpc.Status`` with an ``ErrorInfo``."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from servicekit.faults import (
    DOMAIN,
    Cancelled,
    DeadlineExceeded,
    Fault,
    Internal,
    Overloaded,
    TooLarge,
    UpstreamUnavailable,
    from_reason,
)

MAX_MESSAGE_CHARACTERS = 2000
"""A status is sent in HTTP/2 headers, which gRPC limits to 8 KiB by default."""

_DETAILS_KEY = "grpc-status-details-bin"

_WRITE_FAILED = "Internal error from Core"
"""Text of grpc.aio when a request could not be written because the connection broke."""


def to_status(fault: Fault) -> grpc.Status:
    """Return the gRPC status for a fault.

    Examples
    --------
    >>> from servicekit.faults import NotFound
    >>> to_status(NotFound("No file has this id.")).code
    <StatusCode.NOT_FOUND: (5, 'not found')>
    """
    info = ErrorInfo(
        reason=fault.reason, domain=DOMAIN, metadata={name: str(fact) for name, fact in fault.facts.items()}
    )
    detail = AnyMessage()
    detail.Pack(info)
    code: int = grpc.StatusCode[fault.grpc_code].value[0]
    status: grpc.Status = rpc_status.to_status(
        Status(code=code, message=fault.message[:MAX_MESSAGE_CHARACTERS], details=[detail])
    )
    return status


def from_error(error: grpc.aio.AioRpcError, service: str) -> Fault:
    """Return the fault that ended a call.

    Parameters
    ----------
    error : grpc.aio.AioRpcError
        The exception that the call raised.
    service : str
        Short name of the service, for the messages of faults that gRPC itself detected.

    Returns
    -------
    Fault
        The one that the service raised; or, if gRPC itself ended the call, `UpstreamUnavailable`, `DeadlineExceeded`,
        `Cancelled`, `Overloaded`, `TooLarge` or `Internal`. gRPC's own texts are omitted, because they contain
        addresses.
    """
    info = _error_info(error)
    if info is None:
        return _from_transport(error, service)
    return from_reason(info.reason, error.details() or "", dict(info.metadata), error.code().name)


def _error_info(error: grpc.aio.AioRpcError) -> ErrorInfo | None:
    for key, value in error.trailing_metadata() or ():
        if key != _DETAILS_KEY or not isinstance(value, bytes):
            continue
        for detail in Status.FromString(value).details:
            info = ErrorInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                return info
    return None


def _from_transport(error: grpc.aio.AioRpcError, service: str) -> Fault:
    code = error.code()
    if code is grpc.StatusCode.UNAVAILABLE or (code is grpc.StatusCode.INTERNAL and error.details() == _WRITE_FAILED):
        return UpstreamUnavailable(f"The {service} service cannot be reached. Try again in a moment.", service=service)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded(f"The {service} service took longer than this call may last.", service=service)
    if code is grpc.StatusCode.CANCELLED:
        return Cancelled(f"The call of the {service} service was cancelled.", service=service)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return _from_exhaustion(error.details() or "", service)
    return Internal(f"The {service} service failed.", service=service, code=code.name)


def _from_exhaustion(details: str, service: str) -> Fault:
    """Return the fault for RESOURCE_EXHAUSTED: a message over the size limit, or too many calls at once."""
    if "larger than max" in details:
        return TooLarge(f"A message of the {service} service is larger than messages may be.", service=service)
    return Overloaded(f"The {service} service has too many calls under way. Try again in a moment.", service=service)
