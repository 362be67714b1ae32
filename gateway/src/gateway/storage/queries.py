"""Queries and changes of the database, run off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.storage.executor import BlockingExecutor

P = ParamSpec("P")
T = TypeVar("T")

_N_THREADS = 4


class QueryRunner:
    """Runs statements on a few threads; all repositories of a process share one.

    Parameters
    ----------
    engine : sa.Engine
        The engine that `database.connect` returns.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._executor = BlockingExecutor("records", _N_THREADS)

    def close(self) -> None:
        """End the threads."""
        self._executor.close()

    async def select(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        return await self._executor.run(self._select, query)

    async def execute(self, statement: sa.Update | sa.Delete) -> int:
        """Change or delete rows, and return their number."""
        return await self.transaction(_execute, statement)

    async def insert(self, table: sa.Table, columns: Mapping[str, object]) -> bool:
        """Insert a row; False, and nothing is written, if one with the same key is there."""
        return await self.try_insert(_insert, table, columns)

    async def transaction(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function in one transaction, and return what it returns.

        Parameters
        ----------
        function : callable
            It is given a connection. An error that it raises undoes what it did.
        *args, **kwargs
            Its further arguments.
        """

        def work() -> T:
            with self._engine.begin() as connection:
                return function(connection, *args, **kwargs)

        return await self._executor.run(work)

    async def try_insert(
        self, function: Callable[Concatenate[sa.Connection, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> bool:
        """Run a function in one transaction; False, and nothing is written, if a row with a key of its is there.

        Parameters
        ----------
        function : callable
            It is given a connection.
        *args, **kwargs
            Its further arguments.
        """
        try:
            await self.transaction(function, *args, **kwargs)
        except IntegrityError:
            return False
        return True

    def _select(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _execute(connection: sa.Connection, statement: sa.Update | sa.Delete) -> int:
    return connection.execute(statement).rowcount


def _insert(connection: sa.Connection, table: sa.Table, columns: Mapping[str, object]) -> None:
    connection.execute(sa.insert(table).values(**columns))
