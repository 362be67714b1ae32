"""The base class of all faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    >>> from servicekit.faults import TooLarge
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
        return rebuild_fault, (type(self), self.message, self.facts)


def rebuild_fault(kind: type[Fault], message: str, facts: Mapping[str, Fact]) -> Fault:
    """Return a fault of a kind with its message and facts.

    Parameters
    ----------
    kind : type of Fault
        Its class.
    message : str
        Its message.
    facts : mapping
        Its facts.
    """
    return kind(message, **facts)
