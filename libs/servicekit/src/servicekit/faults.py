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
    │   └── IdempotencyMismatch                              422
    ├── NotFound                        NOT_FOUND            404
    │   └── SoundFontNotFound                                404
    ├── MethodNotAllowed                UNIMPLEMENTED        405
    ├── Conflict                        ABORTED              409
    │   └── JobFinished                                      409
    ├── RangeUnsatisfiable              OUT_OF_RANGE         416
    ├── Overloaded                      RESOURCE_EXHAUSTED   429
    ├── StoreFull                       RESOURCE_EXHAUSTED   507
    ├── NotReady                        UNAVAILABLE          503
    │   ├── ModelMismatch               FAILED_PRECONDITION  503
    │   └── SoundFontMissing            FAILED_PRECONDITION  503
    ├── UpstreamUnavailable             UNAVAILABLE          503
    ├── DeadlineExceeded                DEADLINE_EXCEEDED    504
    ├── Cancelled                       CANCELLED            499
    └── Internal                        INTERNAL             500

The class attributes below *are* the table from fault to gRPC code to HTTP status; `table` returns it. Every fault is
declared here, because the receiving end restores it by its reason, and has a page in ``docs/problems/``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

Fact = str | int | float
"""Type of a fault's facts; they are short and contain nothing private."""

DOMAIN = "segue"
"""``ErrorInfo.domain`` of Segue's faults."""


class Fault(Exception):
    """An error that is reported to the caller.

    Parameters
    ----------
    message : str
        One or two sentences for a person: what is wrong and how to correct it. It reaches the browser, so it contains
        no path, no address and no stack trace.
    **facts : str, int or float
        The values in the message, for programs: ``limit_bytes=2097152``.

    Examples
    --------
    >>> fault = TooLarge("The file has 9 bytes, of at most 8.", limit_bytes=8)
    >>> fault.reason, fault.http_status, fault.facts
    ('TOO_LARGE', 413, {'limit_bytes': 8})
    """

    reason: ClassVar[str] = "FAULT"
    grpc_code: ClassVar[str] = "UNKNOWN"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, /, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Fact] = dict(facts)

    def __reduce__(self) -> tuple[Callable[..., Fault], tuple[type[Fault], str, dict[str, Fact]]]:
        """Preserve the facts when a fault is pickled, as job records are."""
        return _rebuild, (type(self), self.message, self.facts)


class InvalidInput(Fault):
    """The value of a field is not valid; the same request fails again."""

    reason = "INVALID_INPUT"
    grpc_code = "INVALID_ARGUMENT"
    http_status = 422


class MidiUnreadable(InvalidInput):
    """The bytes are not a Standard MIDI File, or a damaged one."""

    reason = "MIDI_UNREADABLE"
    http_status = 400


class UnsupportedTimeDivision(MidiUnreadable):
    """The MIDI file has 0 ticks per quarter note, or counts time in frames of no known rate."""

    reason = "UNSUPPORTED_TIME_DIVISION"


class AudioUnreadable(InvalidInput):
    """The bytes are not an audio file that can be decoded, or a damaged one."""

    reason = "AUDIO_UNREADABLE"
    http_status = 400


class TooLarge(InvalidInput):
    """The input exceeds a size limit."""

    reason = "TOO_LARGE"
    http_status = 413


class MidiTooLarge(TooLarge):
    """The MIDI file is larger than 2 MiB, or longer than the limits of `score.midi`."""

    reason = "MIDI_TOO_LARGE"


class AudioTooLong(TooLarge):
    """The recording is longer than the transcriber accepts."""

    reason = "AUDIO_TOO_LONG"


class UnsupportedMediaType(InvalidInput):
    """The file is neither MIDI nor audio, or the requested format does not exist."""

    reason = "WRONG_TYPE"
    http_status = 415


class NoNotes(InvalidInput):
    """The MIDI file is readable but has no notes."""

    reason = "NO_NOTES"


class NoPitchedNotes(InvalidInput):
    """All notes are drums, but the call needs pitches."""

    reason = "NO_PITCHED_NOTES"


class UnknownStyle(InvalidInput):
    """No style has this id."""

    reason = "UNKNOWN_STYLE"


class UnsupportedMeter(InvalidInput):
    """The style does not exist in this meter."""

    reason = "UNSUPPORTED_METER"


class IrregularMeter(InvalidInput):
    """A piece to blend is in a meter such as 5/4 or 7/8, and the request does not ask for its conversion."""

    reason = "IRREGULAR_METER"


class UnknownKey(InvalidInput):
    """The text is not the name of a key."""

    reason = "UNKNOWN_KEY"


class ForbiddenAddress(InvalidInput):
    """The web address must not be fetched: because of its scheme, its host, or what the host resolves to."""

    reason = "ADDRESS_REFUSED"


class IdempotencyMismatch(InvalidInput):
    """The same ``Idempotency-Key`` was used before with another body."""

    reason = "IDEMPOTENCY_MISMATCH"


class NotFound(Fault):
    """Nothing has this id or path."""

    reason = "NOT_FOUND"
    grpc_code = "NOT_FOUND"
    http_status = 404


class SoundFontNotFound(NotFound):
    """No usable SoundFont of this name is installed."""

    reason = "SOUNDFONT_NOT_FOUND"


class MethodNotAllowed(Fault):
    """The path or service exists, but not this method."""

    reason = "NOT_ALLOWED"
    grpc_code = "UNIMPLEMENTED"
    http_status = 405


class Conflict(Fault):
    """The resource is in a state that does not allow this operation."""

    reason = "CONFLICT"
    grpc_code = "ABORTED"
    http_status = 409


class JobFinished(Conflict):
    """The job has finished and cannot be cancelled."""

    reason = "JOB_FINISHED"


class RangeUnsatisfiable(Fault):
    """The requested byte range is outside the file."""

    reason = "RANGE_UNSATISFIABLE"
    grpc_code = "OUT_OF_RANGE"
    http_status = 416


class Overloaded(Fault):
    """The queue is full, or the client has exceeded its rate limit.

    Parameters
    ----------
    message : str
        As for `Fault`.
    retry_after_s : float
        Seconds after which a retry may succeed; the gateway's ``Retry-After``.
    **facts : str, int or float
        As for `Fault`.

    Examples
    --------
    >>> Overloaded("The queue is full.", retry_after_s=4).retry_after_s
    4.0
    """

    reason = "OVERLOADED"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 429

    def __init__(self, message: str, /, retry_after_s: Fact = 1.0, **facts: Fact) -> None:
        super().__init__(message, retry_after_s=float(retry_after_s), **facts)

    @property
    def retry_after_s(self) -> float:
        """Seconds after which a retry may succeed."""
        return float(self.facts["retry_after_s"])


class StoreFull(Fault):
    """The storage has no room for another file."""

    reason = "STORE_FULL"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 507


class NotReady(Fault):
    """The service is starting or stopping; the same call succeeds later."""

    reason = "NOT_READY"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class ModelMismatch(NotReady):
    """The model is missing, made for another grid or shape, or its digest is wrong; install the right one."""

    reason = "MODEL_MISMATCH"
    grpc_code = "FAILED_PRECONDITION"


class SoundFontMissing(NotReady):
    """The default SoundFont is not installed, so that nothing can be rendered."""

    reason = "SOUNDFONT_MISSING"
    grpc_code = "FAILED_PRECONDITION"


class UpstreamUnavailable(Fault):
    """Another service or a store that this call needs cannot be reached."""

    reason = "UPSTREAM"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class DeadlineExceeded(Fault):
    """The call took longer than the caller's deadline."""

    reason = "DEADLINE_EXCEEDED"
    grpc_code = "DEADLINE_EXCEEDED"
    http_status = 504


class Cancelled(Fault):
    """The caller cancelled the call."""

    reason = "CANCELLED"
    grpc_code = "CANCELLED"
    http_status = 499


class Internal(Fault):
    """A bug. Its details are logged, not sent to the caller."""

    reason = "INTERNAL"
    grpc_code = "INTERNAL"
    http_status = 500


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
    return _rebuild(kind, message, numbers)


def from_code(grpc_code: str) -> type[Fault]:
    """Return the fault for a gRPC code without a reason: the first one declared with that code, or `Internal`.

    Examples
    --------
    >>> from_code("NOT_FOUND").__name__, from_code("DATA_LOSS").__name__
    ('NotFound', 'Internal')
    """
    return next((fault for fault in table().values() if fault.grpc_code == grpc_code), Internal)


def _rebuild(kind: type[Fault], message: str, facts: Mapping[str, Fact]) -> Fault:
    return kind(message, **facts)


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
