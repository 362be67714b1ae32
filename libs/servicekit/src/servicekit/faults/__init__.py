"""Faults: the typed errors of domain functions, of gRPC and of HTTP.

A fault has a *reason* that a program can act on, a message that explains to a person what is wrong and how to correct
it, and facts (a limit, a position, a name). It crosses the wire as ``google.rpc.Status`` with an ``ErrorInfo``, and
becomes a problem document only at the gateway. Any other exception is a bug: it is logged in full and reported as
`Internal`.

::

    Fault
    ├── InvalidInput                    INVALID_ARGUMENT     422
    │   ├── MidiUnreadable                                   400
    │   │   └── UnsupportedTimeDivision                      400
    │   ├── AudioUnreadable                                  400
    │   ├── TooLarge                                         413
    │   │   ├── MidiTooLarge                                 413
    │   │   └── AudioTooLong                                 413
    │   ├── UnsupportedMediaType                             415
    │   ├── NoNotes                                          422
    │   ├── NoPitchedNotes                                   422
    │   ├── UnknownStyle                                     422
    │   ├── UnsupportedMeter                                 422
    │   ├── IrregularMeter                                   422
    │   ├── UnknownKey                                       422
    │   ├── ForbiddenAddress                                 422
    │   ├── WeakPassword                                     422
    │   └── IdempotencyMismatch                              422
    ├── NotSignedIn                     UNAUTHENTICATED      401
    │   └── WrongCredentials                                 401
    ├── ForbiddenScope                  PERMISSION_DENIED    403
    ├── ForeignOrigin                   PERMISSION_DENIED    403
    ├── NotFound                        NOT_FOUND            404
    │   ├── SoundFontNotFound                                404
    │   └── ShareEnded                                       410
    ├── MethodNotAllowed                UNIMPLEMENTED        405
    ├── Conflict                        ABORTED              409
    │   ├── JobFinished                                      409
    │   └── NameTaken                                        409
    ├── RangeUnsatisfiable              OUT_OF_RANGE         416
    ├── Overloaded                      RESOURCE_EXHAUSTED   429
    │   └── TooManyAttempts                                  429
    ├── StoreFull                       RESOURCE_EXHAUSTED   507
    │   └── QuotaExceeded                                    507
    ├── NotReady                        UNAVAILABLE          503
    │   ├── ModelMismatch               FAILED_PRECONDITION  503
    │   └── SoundFontMissing            FAILED_PRECONDITION  503
    ├── UpstreamUnavailable             UNAVAILABLE          503
    ├── DeadlineExceeded                DEADLINE_EXCEEDED    504
    ├── Cancelled                       CANCELLED            499
    └── Internal                        INTERNAL             500

The class attributes below *are* the table from fault to gRPC code to HTTP status; `table` returns it. Every fault is
declared in this package, because the receiving end restores it by its reason, and has a page in ``docs/problems/``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from servicekit.faults.access import (
    ForbiddenScope,
    ForeignOrigin,
    NameTaken,
    NotSignedIn,
    QuotaExceeded,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from servicekit.faults.base import DOMAIN, Fact, Fault, rebuild_fault
from servicekit.faults.kinds import (
    AudioTooLong,
    AudioUnreadable,
    Cancelled,
    Conflict,
    DeadlineExceeded,
    ForbiddenAddress,
    IdempotencyMismatch,
    Internal,
    InvalidInput,
    IrregularMeter,
    JobFinished,
    MethodNotAllowed,
    MidiTooLarge,
    MidiUnreadable,
    ModelMismatch,
    NoNotes,
    NoPitchedNotes,
    NotFound,
    NotReady,
    Overloaded,
    RangeUnsatisfiable,
    ShareEnded,
    SoundFontMissing,
    SoundFontNotFound,
    StoreFull,
    TooLarge,
    UnknownKey,
    UnknownStyle,
    UnsupportedMediaType,
    UnsupportedMeter,
    UnsupportedTimeDivision,
    UpstreamUnavailable,
)

__all__ = [
    "DOMAIN",
    "AudioTooLong",
    "AudioUnreadable",
    "Cancelled",
    "Conflict",
    "DeadlineExceeded",
    "Fact",
    "Fault",
    "ForbiddenAddress",
    "ForbiddenScope",
    "ForeignOrigin",
    "IdempotencyMismatch",
    "Internal",
    "InvalidInput",
    "IrregularMeter",
    "JobFinished",
    "MethodNotAllowed",
    "MidiTooLarge",
    "MidiUnreadable",
    "ModelMismatch",
    "NameTaken",
    "NoNotes",
    "NoPitchedNotes",
    "NotFound",
    "NotReady",
    "NotSignedIn",
    "Overloaded",
    "QuotaExceeded",
    "RangeUnsatisfiable",
    "ShareEnded",
    "SoundFontMissing",
    "SoundFontNotFound",
    "StoreFull",
    "TooLarge",
    "TooManyAttempts",
    "UnknownKey",
    "UnknownStyle",
    "UnsupportedMediaType",
    "UnsupportedMeter",
    "UnsupportedTimeDivision",
    "UpstreamUnavailable",
    "WeakPassword",
    "WrongCredentials",
    "from_code",
    "from_reason",
    "table",
]

_rebuild = rebuild_fault
"""The name by which faults were pickled in older databases."""

# To everybody else the faults are those of this module: to tracebacks, and to the pickles in databases.
for _name in __all__:
    if isinstance(_public := globals().get(_name), type):
        _public.__module__ = __name__


def table() -> dict[str, type[Fault]]:
    """Return all faults by reason, without the base class, which is never raised.

    Examples
    --------
    >>> table()["NO_NOTES"]
    <class 'servicekit.faults.NoNotes'>
    """
    return {fault.reason: fault for fault in _descendants(Fault) if fault.__module__ == __name__}


def from_reason(
    reason: str, message: str, facts: Mapping[str, Fact] | None = None, grpc_code: str = "INTERNAL"
) -> Fault:
    """Restore a fault from its fields on the wire: of the class with its reason, else of the class for its code.

    Parameters
    ----------
    reason : str
        ``ErrorInfo.reason``.
    message : str
        ``Status.message``.
    facts : mapping, optional
        ``ErrorInfo.metadata``. Texts that are the canonical form of a number become numbers again.
    grpc_code : str
        Name of the status code, which determines the class for an unknown reason of a newer service.

    Examples
    --------
    >>> fault = from_reason("TOO_LARGE", "Too large.", {"limit_bytes": "8"}, "INVALID_ARGUMENT")
    >>> type(fault).__name__, fault.facts
    ('TooLarge', {'limit_bytes': 8})
    """
    kind = table().get(reason) or from_code(grpc_code)
    numbers = {name: _number(fact) if isinstance(fact, str) else fact for name, fact in (facts or {}).items()}
    return rebuild_fault(kind, message, numbers)


def from_code(grpc_code: str) -> type[Fault]:
    """Return the fault for a gRPC code without a reason: the first one declared with that code, or `Internal`.

    Examples
    --------
    >>> from_code("NOT_FOUND").__name__, from_code("DATA_LOSS").__name__
    ('NotFound', 'Internal')
    """
    return next((fault for fault in table().values() if fault.grpc_code == grpc_code), Internal)


def _descendants(root: type[Fault]) -> Iterator[type[Fault]]:
    for fault in root.__subclasses__():
        yield fault
        yield from _descendants(fault)


def _number(text: str) -> Fact:
    """Return a text as a number if it is the canonical form of one; ``"007"``, ``"1e3"`` and ``"nan"`` stay texts."""
    for number_type in (int, float):
        try:
            value = number_type(text)
        except ValueError:
            continue
        if math.isfinite(value) and str(value) == text:
            return value
    return text
