"""Storage of rate limits in the database, for the `limits` package: all gateways count together."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from limits.aio.storage import Storage
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from gateway.storage.database import limits
from gateway.storage.queries import QueryRunner


class LimitStorage(Storage):
    """Counts in fixed windows, which begin at multiples of their length: a count is one statement, without a race.

    Parameters
    ----------
    runner : QueryRunner
        The database.
    """

    STORAGE_SCHEME = None

    def __init__(self, runner: QueryRunner) -> None:
        super().__init__()
        self._runner = runner

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the database raises."""
        return SQLAlchemyError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the count of the current window, and return it.

        Parameters
        ----------
        key : str
            What is counted.
        expiry : int
            Length of the window in seconds.
        amount : int
            What is added.
        """
        window_start_s = time.time() // expiry * expiry
        return await self._runner.transaction(_increment, key, window_start_s, expiry, amount)

    async def get(self, key: str) -> int:
        """Return the count of the current window."""
        row = await self._current(key)
        return 0 if row is None else int(row["amount"])

    async def get_expiry(self, key: str) -> float:
        """Return when the current window ends, in seconds since the epoch."""
        row = await self._current(key)
        return time.time() if row is None else float(row["expires_at_s"])

    async def check(self) -> bool:
        """Return whether the database answers."""
        await self._runner.select(sa.select(sa.literal(1)))
        return True

    async def reset(self) -> int:
        """Delete all counts, and return their number."""
        return await self._runner.execute(sa.delete(limits))

    async def clear(self, key: str) -> None:
        """Delete the counts of a key."""
        await self._runner.execute(sa.delete(limits).where(limits.c.key == key))

    async def sweep(self, now_s: float) -> None:
        """Delete the counts of windows that have ended."""
        await self._runner.execute(sa.delete(limits).where(limits.c.expires_at_s <= now_s))

    async def _current(self, key: str) -> dict[str, Any] | None:
        is_current = (limits.c.key == key) & (limits.c.expires_at_s > time.time())
        rows = await self._runner.select(sa.select(limits).where(is_current).order_by(limits.c.window_start_s.desc()))
        return rows[0] if rows else None


def _increment(connection: sa.Connection, key: str, window_start_s: float, expiry_s: int, amount: int) -> int:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added = insert(limits).values(
        key=key, window_start_s=window_start_s, amount=amount, expires_at_s=window_start_s + expiry_s
    )
    counted = added.on_conflict_do_update(
        index_elements=[limits.c.key, limits.c.window_start_s], set_={"amount": limits.c.amount + amount}
    )
    return int(connection.execute(counted.returning(limits.c.amount)).scalar_one())
