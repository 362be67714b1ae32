"""Faults of accounts: who asks, and what that caller may do."""

from __future__ import annotations

from servicekit.faults.base import Fault
from servicekit.faults.kinds import Conflict, InvalidInput, Overloaded, StoreFull


class WeakPassword(InvalidInput):
    """A new password is too short, or one of the most common."""

    reason = "WEAK_PASSWORD"


class NameTaken(Conflict):
    """Another account has this name."""

    reason = "NAME_TAKEN"


class NotSignedIn(Fault):
    """The call needs an account, or its token is unknown, ended or expired."""

    reason = "NOT_SIGNED_IN"
    grpc_code = "UNAUTHENTICATED"
    http_status = 401


class WrongCredentials(NotSignedIn):
    """The name and the password do not belong together, or the passkey or the provider's answer is not accepted."""

    reason = "WRONG_CREDENTIALS"


class ForbiddenScope(Fault):
    """The token was made without the scope that this call needs."""

    reason = "FORBIDDEN_SCOPE"
    grpc_code = "PERMISSION_DENIED"
    http_status = 403


class ForeignOrigin(Fault):
    """The page of another site made the call."""

    reason = "FOREIGN_ORIGIN"
    grpc_code = "PERMISSION_DENIED"
    http_status = 403


class QuotaExceeded(StoreFull):
    """The account has used up its storage."""

    reason = "QUOTA_EXCEEDED"


class TooManyAttempts(Overloaded):
    """Somebody has tried to log in or to register too often."""

    reason = "TOO_MANY_ATTEMPTS"
