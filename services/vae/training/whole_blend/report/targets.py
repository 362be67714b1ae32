"""What a figure has to be, and what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf, isnan

Limits = tuple[float, float]
"""The lowest and the highest value that a figure may have."""


class TargetLevel(IntEnum):
    """How far a figure is as wanted."""

    MISSED = 0
    REQUIRED = 1
    DESIRED = 2


MARKS = {TargetLevel.MISSED: "✗", TargetLevel.REQUIRED: "✓", TargetLevel.DESIRED: "✓✓"}
"""The mark of each level in a table."""


@dataclass(frozen=True)
class Target:
    """The limits of a figure, as numbers and in words.

    Attributes
    ----------
    required, desired : tuple of (float, float)
        Lowest and highest value.
    required_text, desired_text : str
    """

    required: Limits
    desired: Limits
    required_text: str
    desired_text: str

    def reached(self, values: Sequence[float]) -> TargetLevel | None:
        """Return the level that all of some values reach; None if one was not measured."""
        if not values or any(isnan(value) for value in values):
            return None
        for limits, level in ((self.desired, TargetLevel.DESIRED), (self.required, TargetLevel.REQUIRED)):
            if all(limits[0] <= value <= limits[1] for value in values):
                return level
        return TargetLevel.MISSED


def at_least(required: float, desired: float, as_text: str = "{:g}") -> Target:
    """Return a target of lower limits.

    Parameters
    ----------
    required, desired : float
    as_text : str
        Format of the limits.

    Examples
    --------
    >>> at_least(0.5, 0.7, "{:.0%}").reached([0.6]).name
    'REQUIRED'
    """
    return Target((required, inf), (desired, inf), as_text.format(required), as_text.format(desired))


def at_most(required: float, desired: float, as_text: str = "{:g}") -> Target:
    """Return a target of upper limits.

    Parameters
    ----------
    required, desired : float
    as_text : str
        Format of the limits.

    Examples
    --------
    >>> at_most(0.01, 0.0, "{:+g}").reached([0.02]).name
    'MISSED'
    """
    return Target((-inf, required), (-inf, desired), as_text.format(required), as_text.format(desired))


def within(required: Limits, desired: Limits) -> Target:
    """Return a target of lower and upper limits.

    Parameters
    ----------
    required, desired : tuple of (float, float)

    Examples
    --------
    >>> within((0.95, 1.05), (0.97, 1.03)).reached([1.0, 1.04]).name
    'REQUIRED'
    """
    return Target(required, desired, *(f"{low:g} to {high:g}" for low, high in (required, desired)))
