"""What can go wrong, told the same way in a domain function, over gRPC and over HTTP.

A fault carries a *reason* that a program can act on, a message that says to a person what was wrong and what would be
right, and facts (a limit, a position, a name). It crosses the wire as ``google.rpc.Status`` with an ``ErrorInfo``, and
becomes a problem document only at the gateway. Anything raised that is no `Fault` is a bug: logged whole, told as
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
    │   ├── UnsupportedMediaType                                        415
    │   ├── NoNotes                                          422
    │   ├── NoPitchedNotes                                   422
    │   ├── UnknownStyle                                     422
    │   ├── UnsupportedMeter                                 422
    │   ├── UnknownKey                                       422
    │   ├── ForbiddenAddress                                   422
    │   └── IdempotencyMismatch                              422
    ├── NotFound                        NOT_FOUND            404
    │   └── SoundFontNotFound                                404
    ├── MethodNotAllowed                      UNIMPLEMENTED        405
    ├── Conflict                        ABORTED              409
    │   └── JobFinished                                      409
    ├── RangeUnsatisfiable              OUT_OF_RANGE         416
    ├── Overloaded                      RESOURCE_EXHAUSTED   429
    ├── StoreFull                       RESOURCE_EXHAUSTED   507
    ├── NotReady                        UNAVAILABLE          503
    │   ├── ModelMismatch               FAILED_PRECONDITION  503
    │   └── SoundFontMissing            FAILED_PRECONDITION  503
    ├── UpstreamUnavailable                        UNAVAILABLE          503
    ├── DeadlineExceeded                DEADLINE_EXCEEDED    504
    ├── Cancelled                       CANCELLED            499
    └── Internal                        INTERNAL             500

The class attributes below *are* the table from fault to gRPC code to HTTP status; `table` lists it. Every fault is
declared here, because the receiving end restores it by its reason, and has its page in ``docs/problems/``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

Fact = str | int | float
"""What a fault may carry beside its message: nothing private, nothing long."""

DOMAIN = "segue"
"""``ErrorInfo.domain`` of every fault that Segue raises itself."""


class Fault(Exception):
    """Something that went wrong and that the caller can be told.

    Parameters
    ----------
    message : str
        One or two sentences for a person: what was wrong and what would be right. It reaches the browser, so it holds
        no path, no address and no stack.
    **facts : str, int or float
        What the message says, for programs: ``limit_bytes=2097152``.
    """

    reason: ClassVar[str] = "FAULT"
    grpc_code: ClassVar[str] = "UNKNOWN"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, /, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Fact] = dict(facts)

    def __reduce__(self) -> tuple[Callable[..., Fault], tuple[type[Fault], str, dict[str, Fact]]]:
        """Keep the facts when a fault is pickled, as a job's record does."""
        return _rebuild, (type(self), self.message, self.facts)


class InvalidInput(Fault):
    """A field's value cannot be used; asking again with the same values fails again."""

    reason = "INVALID_INPUT"
    grpc_code = "INVALID_ARGUMENT"
    http_status = 422


class MidiUnreadable(InvalidInput):
    """The bytes are no Standard MIDI File, or a damaged one."""

    reason = "MIDI_UNREADABLE"
    http_status = 400


class UnsupportedTimeDivision(MidiUnreadable):
    """The MIDI file counts time in SMPTE frames, or in 0 ticks a quarter."""

    reason = "UNSUPPORTED_TIME_DIVISION"


class AudioUnreadable(InvalidInput):
    """The bytes are no audio file that can be decoded, or a damaged one."""

    reason = "AUDIO_UNREADABLE"
    http_status = 400


class TooLarge(InvalidInput):
    """The input is over a limit of size."""

    reason = "TOO_LARGE"
    http_status = 413


class MidiTooLarge(TooLarge):
    """The MIDI file is over 2 MiB, or holds more events than are read."""

    reason = "MIDI_TOO_LARGE"


class AudioTooLong(TooLarge):
    """The recording lasts longer than is transcribed."""

    reason = "AUDIO_TOO_LONG"


class UnsupportedMediaType(InvalidInput):
    """The file is neither MIDI nor audio, or a format is asked for that does not exist."""

    reason = "WRONG_TYPE"
    http_status = 415


class NoNotes(InvalidInput):
    """The MIDI file is readable and holds no note."""

    reason = "NO_NOTES"


class NoPitchedNotes(InvalidInput):
    """All notes are drums, and the call needs a pitch."""

    reason = "NO_PITCHED_NOTES"


class UnknownStyle(InvalidInput):
    """No style has this id."""

    reason = "UNKNOWN_STYLE"


class UnsupportedMeter(InvalidInput):
    """The style is not played in this meter."""

    reason = "UNSUPPORTED_METER"


class UnknownKey(InvalidInput):
    """The text names no key."""

    reason = "UNKNOWN_KEY"


class ForbiddenAddress(InvalidInput):
    """The web address is not one that may be fetched: its scheme, its host, or where the host's name leads."""

    reason = "ADDRESS_REFUSED"


class IdempotencyMismatch(InvalidInput):
    """The same ``Idempotency-Key`` came before with another body."""

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
    """The path or service exists, and not this method of it."""

    reason = "NOT_ALLOWED"
    grpc_code = "UNIMPLEMENTED"
    http_status = 405


class Conflict(Fault):
    """The thing is in a state that forbids the call."""

    reason = "CONFLICT"
    grpc_code = "ABORTED"
    http_status = 409


class JobFinished(Conflict):
    """The job has ended and cannot be cancelled."""

    reason = "JOB_FINISHED"


class RangeUnsatisfiable(Fault):
    """The byte range asked for lies outside the file."""

    reason = "RANGE_UNSATISFIABLE"
    grpc_code = "OUT_OF_RANGE"
    http_status = 416


class Overloaded(Fault):
    """The queue is full, or this client asks too often.

    Parameters
    ----------
    message : str
        As for `Fault`.
    retry_after_s : float
        Seconds after which asking again may succeed; the gateway's ``Retry-After``.
    **facts : str, int or float
        As for `Fault`.
    """

    reason = "OVERLOADED"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 429

    def __init__(self, message: str, /, retry_after_s: Fact = 1.0, **facts: Fact) -> None:
        super().__init__(message, retry_after_s=float(retry_after_s), **facts)

    @property
    def retry_after_s(self) -> float:
        """Seconds after which asking again may succeed."""
        return float(self.facts["retry_after_s"])


class StoreFull(Fault):
    """There is no room for another file."""

    reason = "STORE_FULL"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 507


class NotReady(Fault):
    """The service is starting or stopping; the same call works later."""

    reason = "NOT_READY"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class ModelMismatch(NotReady):
    """The weights were made for another grid or shape, or their digest is wrong; another model must be installed."""

    reason = "MODEL_MISMATCH"
    grpc_code = "FAILED_PRECONDITION"


class SoundFontMissing(NotReady):
    """The default SoundFont is not installed, so nothing can sound."""

    reason = "SOUNDFONT_MISSING"
    grpc_code = "FAILED_PRECONDITION"


class UpstreamUnavailable(Fault):
    """Something that this call needs, another service or a store, cannot be reached."""

    reason = "UPSTREAM"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class DeadlineExceeded(Fault):
    """The call took longer than its caller would wait."""

    reason = "DEADLINE_EXCEEDED"
    grpc_code = "DEADLINE_EXCEEDED"
    http_status = 504


class Cancelled(Fault):
    """The caller gave the call up."""

    reason = "CANCELLED"
    grpc_code = "CANCELLED"
    http_status = 499


class Internal(Fault):
    """A bug. The caller learns that there was one, and the log learns which."""

    reason = "INTERNAL"
    grpc_code = "INTERNAL"
    http_status = 500


def table() -> dict[str, type[Fault]]:
    """List every fault by its reason; the base class, which is never raised, is left out."""
    return {fault.reason: fault for fault in _descendants(Fault) if fault.__module__ == __name__}


def from_reason(
    reason: str, message: str, facts: Mapping[str, Fact] | None = None, grpc_code: str = "INTERNAL"
) -> Fault:
    """Restore a fault from what crossed the wire.

    Parameters
    ----------
    reason : str
        ``ErrorInfo.reason``.
    message : str
        ``Status.message``.
    facts : mapping, optional
        ``ErrorInfo.metadata``. Texts that are the usual writing of a number become that number again.
    grpc_code : str
        Name of the status code: what an unknown reason, from a newer service, is understood by.

    Returns
    -------
    Fault
        Of the class that owns the reason, or else of the class that stands for the code.
    """
    owner = table().get(reason) or from_code(grpc_code)
    numbers = {name: _number(fact) if isinstance(fact, str) else fact for name, fact in (facts or {}).items()}
    return _rebuild(owner, message, numbers)


def from_code(grpc_code: str) -> type[Fault]:
    """Find the fault that stands for a gRPC code by itself: the first declared with it, or `Internal`."""
    return next((fault for fault in table().values() if fault.grpc_code == grpc_code), Internal)


def _rebuild(owner: type[Fault], message: str, facts: Mapping[str, Fact]) -> Fault:
    return owner(message, **facts)


def _descendants(root: type[Fault]) -> Iterator[type[Fault]]:
    for fault in root.__subclasses__():
        yield fault
        yield from _descendants(fault)


def _number(text: str) -> Fact:
    """Read back a number that `str` wrote; ``"007"``, ``"1e3"`` and ``"nan"`` stay texts."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if math.isfinite(value) and str(value) == text:
            return value
    return text
