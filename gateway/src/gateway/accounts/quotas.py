"""Quotas: how many bytes an account may store, and how many jobs it and its address may start in an hour.

They are counted in the database, for all gateways together. Each answer that counts tells what is left, in the headers
``RateLimit-Policy`` and ``RateLimit`` (IETF draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from limits import RateLimitItemPerHour
from limits.aio.strategies import FixedWindowRateLimiter
from servicekit.faults import Overloaded, QuotaExceeded

from gateway.accounts.caller import Caller
from gateway.accounts.limit_storage import LimitStorage
from gateway.accounts.log_in_limits import network_of
from gateway.storage.accounts import AccountRepository

_WINDOW_S = 3600


@dataclass(frozen=True)
class QuotaSettings:
    """How much there may be; 0 for no limit.

    Attributes
    ----------
    account_bytes, anonymous_bytes : int
        Bytes of the files of a lasting and of an anonymous account.
    account_jobs, address_jobs : int
        Jobs that an account, and all callers at one address together, may start in an hour.
    """

    account_bytes: int
    anonymous_bytes: int
    account_jobs: int
    address_jobs: int


@dataclass(frozen=True)
class QuotaState:
    """What is left of one quota.

    Attributes
    ----------
    name : str
        "account", "address" or "bytes".
    resets_after_s : float or None
        Seconds until the whole quota is there again; None for bytes, which come back when files are deleted.
    """

    name: str
    limit: int
    remaining: int
    resets_after_s: float | None = None

    @property
    def policy(self) -> str:
        """Its item in the header ``RateLimit-Policy``."""
        unit = f";w={_WINDOW_S}" if self.resets_after_s is not None else ';qu="content-bytes"'
        return f'"{self.name}";q={self.limit}{unit}'

    @property
    def state(self) -> str:
        """Its item in the header ``RateLimit``."""
        reset = f";t={max(1, round(self.resets_after_s))}" if self.resets_after_s is not None else ""
        return f'"{self.name}";r={max(0, self.remaining)}{reset}'


class Quotas:
    """Counts jobs, and checks stored bytes.

    Parameters
    ----------
    accounts : AccountRepository
        What accounts store.
    storage : LimitStorage
        The counts, which all gateways share.
    settings : QuotaSettings
        How much there may be.
    """

    def __init__(self, accounts: AccountRepository, storage: LimitStorage, settings: QuotaSettings) -> None:
        self._accounts = accounts
        self._limiter = FixedWindowRateLimiter(storage)
        self._settings = settings

    async def job_states(self, caller: Caller) -> list[QuotaState]:
        """Return what is left of a caller's jobs in this hour."""
        return [await self._job_state(*each) for each in self._job_quotas(caller)]

    async def count_jobs(self, caller: Caller, n_jobs: int) -> None:
        """Count jobs that a caller is about to start; if they are too many, none is counted.

        Raises
        ------
        Overloaded
            If they are more than what is left in this hour.
        """
        for item, name, key in self._job_quotas(caller):
            if not await self._limiter.test(item, "jobs", key, cost=n_jobs):
                raise self._too_many(await self._job_state(item, name, key), n_jobs)
        for item, name, key in self._job_quotas(caller):
            # Another call may have been faster since the test.
            if not await self._limiter.hit(item, "jobs", key, cost=n_jobs):
                raise self._too_many(await self._job_state(item, name, key), n_jobs)

    async def byte_state(self, caller: Caller) -> QuotaState | None:
        """Return what is left of a caller's bytes; None for a bare caller, whose files expire, and without a limit."""
        if caller.account_id is None:
            return None
        is_lasting = await self._accounts.is_lasting(caller.account_id)
        limit = self._settings.account_bytes if is_lasting else self._settings.anonymous_bytes
        if not limit:
            return None
        usage = await self._accounts.usage(caller.account_id)
        return QuotaState("bytes", limit, limit - usage.n_bytes)

    async def check_bytes(self, caller: Caller, n_bytes: int) -> QuotaState | None:
        """Check that a caller may store so many bytes more, and return what is left then.

        Raises
        ------
        QuotaExceeded
            If the account may not.
        """
        before = await self.byte_state(caller)
        if before is None:
            return None
        if before.remaining < max(n_bytes, 1):
            used_bytes = before.limit - before.remaining
            needed = f", and this needs {_megabytes(n_bytes)} more" if n_bytes else ""
            raise QuotaExceeded(
                f"Your pieces take {_megabytes(used_bytes)} of the {_megabytes(before.limit)} that this account has"
                f"{needed}. Delete some, recordings first: they are the largest.",
                limit_bytes=before.limit,
                used_bytes=used_bytes,
            )
        return QuotaState("bytes", before.limit, before.remaining - n_bytes)

    def _job_quotas(self, caller: Caller) -> list[tuple[RateLimitItemPerHour, str, str]]:
        """Return each quota of a caller's jobs: the limit, its name, and what it is counted for."""
        quotas = []
        if caller.account_id is not None and self._settings.account_jobs:
            quotas.append((RateLimitItemPerHour(self._settings.account_jobs), "account", caller.account_id))
        if self._settings.address_jobs:
            quotas.append((RateLimitItemPerHour(self._settings.address_jobs), "address", network_of(caller.address)))
        return quotas

    async def _job_state(self, item: RateLimitItemPerHour, name: str, key: str) -> QuotaState:
        stats = await self._limiter.get_window_stats(item, "jobs", key)
        now_s = time.time()
        # Before the first count the window has no end of its own: it is the next full hour.
        resets_after_s = stats.reset_time - now_s if stats.reset_time > now_s + 1 else _WINDOW_S - now_s % _WINDOW_S
        return QuotaState(name, item.amount, stats.remaining, resets_after_s)

    @staticmethod
    def _too_many(state: QuotaState, n_jobs: int) -> Overloaded:
        whose = "this account" if state.name == "account" else "your network address"
        return Overloaded(
            f"{n_jobs} more would be over the limit of {state.limit} jobs in an hour for {whose}; "
            f"{state.remaining} are left. Try again when the hour is over.",
            retry_after_s=state.resets_after_s or 1.0,
            limit=state.limit,
            remaining=state.remaining,
        )


def headers(states: list[QuotaState]) -> dict[str, str]:
    """Return the headers that tell what is left; none for no quotas."""
    if not states:
        return {}
    return {
        "RateLimit-Policy": ", ".join(state.policy for state in states),
        "RateLimit": ", ".join(state.state for state in states),
    }


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1024**2:.1f} MiB"
