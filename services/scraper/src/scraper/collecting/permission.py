"""Permission to train: what a licence and a site's preference permit, and what an operator decides."""

from __future__ import annotations

from dataclasses import dataclass

from scraper.content.licences import Licence
from scraper.fetching.usage_preferences import UsagePreference


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a file may train models.

    Attributes
    ----------
    is_granted : bool
        Whether it may.
    reason : str
        "LICENCE_OPEN", "OPERATOR_STATEMENT", "USAGE_REFUSED", "LICENCE_CONFLICTING", "LICENCE_UNKNOWN" or
        "LICENCE_RESTRICTED".
    """

    is_granted: bool
    reason: str


def decide(licence: Licence, usage: UsagePreference, statement: str = "") -> Permission:
    """Decide whether a file may train models.

    Parameters
    ----------
    licence : Licence
        What was stated about it.
    usage : UsagePreference
        What its site prefers.
    statement : str
        The operator's own words, for the whole collection; empty if there are none.

    Returns
    -------
    Permission
        Unknown, conflicting, restricted and refused files may not, unless the operator states otherwise.

    Examples
    --------
    >>> decide(Licence("CC-BY-4.0", False, ()), UsagePreference())
    Permission(is_granted=True, reason='LICENCE_OPEN')
    >>> decide(Licence("", False, ()), UsagePreference())
    Permission(is_granted=False, reason='LICENCE_UNKNOWN')
    """
    reason = "LICENCE_OPEN"
    if usage.training is False:
        reason = "USAGE_REFUSED"
    elif licence.is_conflicting:
        reason = "LICENCE_CONFLICTING"
    elif not licence.spdx:
        reason = "LICENCE_UNKNOWN"
    elif not licence.is_open:
        reason = "LICENCE_RESTRICTED"
    if reason != "LICENCE_OPEN" and statement:
        return Permission(True, "OPERATOR_STATEMENT")
    return Permission(reason == "LICENCE_OPEN", reason)
