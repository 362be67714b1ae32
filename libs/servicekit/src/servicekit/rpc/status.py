"""Faults on the wire: ``google.rpc.Status`` with an ``ErrorInfo``, there and back."""

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
"""A status travels in HTTP/2 headers, of which gRPC takes 8 KiB by default."""

_DETAILS_KEY = "grpc-status-details-bin"

_WRITE_FAILED = "Internal error from Core"
"""How grpc.aio words the end of a call on which a request could not be written: the connection broke meanwhile."""


def to_status(fault: Fault) -> grpc.Status:
    """Write a fault as the status that ends a call."""
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
    """Read back the fault that ended a call.

    Parameters
    ----------
    error : grpc.aio.AioRpcError
        What the call raised.
    service : str
        The called service's short name, for the messages of faults that gRPC itself found.

    Returns
    -------
    Fault
        The one that was raised over there; or, where gRPC ended the call itself, `UpstreamUnavailable`,
        `DeadlineExceeded`, `Cancelled`, `Overloaded`, `TooLarge` or `Internal`. gRPC's own texts, which hold addresses,
        are left out.
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
    """Tell the two apart for which gRPC has one code: a message over the limit, and too many calls at once."""
    if "larger than max" in details:
        return TooLarge(f"A message of the {service} service is larger than messages may be.", service=service)
    return Overloaded(f"The {service} service has too many calls under way. Try again in a moment.", service=service)
