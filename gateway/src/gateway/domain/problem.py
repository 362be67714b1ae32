"""Problems: faults as clients see them (RFC 9457), whether a call or a job failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from servicekit.faults import Fact, Fault


@dataclass(frozen=True)
class FieldProblem:
    """One file or field that was refused; `name` is empty for a body as a whole."""

    name: str
    reason: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A fault in words and numbers, without anything internal.

    Attributes
    ----------
    type : str
        Path of the page that explains this kind of problem.
    title : str
        Name of this kind of problem.
    status : int
        HTTP status.
    detail : str
        What was wrong, and what would be right.
    instance : str or None
        Path of the call or job that failed.
    reason : str
        Kind of problem in UPPER_SNAKE_CASE.
    request_id : str
        Id that the logs of all services have.
    facts : dict
        What the detail says, for programs.
    errors : list of FieldProblem
        Each file or field that was refused.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    reason: str
    request_id: str
    facts: dict[str, Fact]
    errors: list[FieldProblem]


class MultipleFaults(Fault):
    """Several inputs were refused at once; status and reason are those of the first.

    Parameters
    ----------
    message : str
        As of any fault.
    errors : sequence of (name, fault)
        Each refused input and the reason; at least one.
    """

    def __init__(self, message: str, errors: Sequence[tuple[str, Fault]]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


def to_problem(fault: Fault, request_id: str = "", instance: str | None = None) -> Problem:
    """Convert a fault to a problem. The message of an internal fault is replaced: it is only for the log.

    Parameters
    ----------
    fault : Fault
        What went wrong.
    request_id : str
        Id of the call, as the logs have it.
    instance : str or None
        Path of the call or job that failed.
    """
    primary = primary_fault(fault)
    is_internal = primary.http_status == 500
    return Problem(
        type=f"/problems/{slug(primary.reason)}",
        title=title(type(primary)),
        status=primary.http_status,
        detail="Something went wrong inside Segue. It has been logged." if is_internal else fault.message,
        instance=instance,
        reason=primary.reason,
        request_id=request_id,
        facts={} if is_internal else dict(fault.facts),
        errors=[_field_problem(*error) for error in fault.errors] if isinstance(fault, MultipleFaults) else [],
    )


def primary_fault(fault: Fault) -> Fault:
    """Return the fault that decides the status: of several, the first."""
    return fault.errors[0][1] if isinstance(fault, MultipleFaults) else fault


def slug(reason: str) -> str:
    """Return the last part of the path of a reason's page: ``no-notes``."""
    return reason.lower().replace("_", "-")


def title(kind: type[Fault]) -> str:
    """Return the name of a kind of fault, from its class: ``MidiUnreadable`` -> "MIDI unreadable"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower().replace("midi", "MIDI")
    return words[0].upper() + words[1:]


def _field_problem(name: str, fault: Fault) -> FieldProblem:
    is_internal = fault.http_status == 500
    return FieldProblem(name, fault.reason, "Something went wrong." if is_internal else fault.message)
