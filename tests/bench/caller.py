"""Bench of what each call pays for accounts: who asks, and what is left of the quotas.

    python tests/bench/caller.py [--runs N] [--database postgresql+psycopg://...]

It calls the gateway's own code on a database of its own, or on the one at an address, in whose tables the rows stay.
10,000 sessions of as many accounts are stored, and one account has 10,000 files. Prints medians and 95th percentiles.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import fields
from pathlib import Path

import sqlalchemy as sa
from gateway.accounts.caller import (
    TOKEN_PREFIX,
    Caller,
    CallerRecognizer,
    hash_secret,
    new_account,
    new_secret,
    new_session,
)
from gateway.accounts.limit_storage import LimitStorage
from gateway.accounts.quotas import Quotas, QuotaSettings
from gateway.ids import new_id
from gateway.storage import database
from gateway.storage.accounts import AccountRepository, TokenRow
from gateway.storage.database import accounts, files, sessions
from gateway.storage.queries import QueryRunner

N_ROWS = 10_000
SESSION_S = 1e6


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500, help="calls of each kind")
    parser.add_argument("--database", default="", help="SQLAlchemy's address of a PostgreSQL database")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(args.database or f"sqlite:///{Path(folder) / 'segue.sqlite'}", args.runs))


async def measure(url: str, n_runs: int) -> None:
    """Fill the database, and print what each kind of call costs."""
    engine = database.connect(url)
    secret, account_id = fill(engine)
    runner = QueryRunner(engine)
    repository = AccountRepository(runner)
    recognizer = CallerRecognizer(repository, SESSION_S)
    token = TOKEN_PREFIX + new_secret()
    row = TokenRow(
        token_id=new_id(),
        secret_hash=hash_secret(token),
        account_id=account_id,
        name="bench",
        scopes=["read"],
        created_at_s=time.time(),
    )
    await repository.insert(row)
    quotas = Quotas(repository, LimitStorage(runner), QuotaSettings(2**40, 2**40, 10**9, 10**9))
    caller = Caller(account_id=account_id, address="192.0.2.1")
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "bare caller": lambda: recognizer.recognize(None, None, ""),
        "cookie": lambda: recognizer.recognize(secret, None, ""),
        "forged cookie": lambda: recognizer.recognize("x" * 43, None, ""),
        "token": lambda: recognizer.recognize(None, f"Bearer {token}", ""),
        "stored bytes of 10,000 files": lambda: quotas.byte_state(caller),
        "count of a job, account and address": lambda: quotas.count_jobs(caller, 1),
    }
    for name, function in calls.items():
        await report(name, function, n_runs)
    runner.close()
    engine.dispose()


async def report(name: str, function: Callable[[], Awaitable[object]], n_runs: int) -> None:
    """Time a call, and print its median and 95th percentile.

    Parameters
    ----------
    name : str
        What is called.
    function : callable
        Makes the call.
    n_runs : int
        Number of calls.
    """
    await function()
    times_us = []
    for _ in range(n_runs):
        start_s = time.perf_counter()
        await function()
        times_us.append((time.perf_counter() - start_s) * 1e6)
    percentile = statistics.quantiles(times_us, n=20)[-1]
    print(f"{name:36} median {statistics.median(times_us):7.0f} us   p95 {percentile:7.0f} us")


def fill(engine: sa.Engine) -> tuple[str, str]:
    """Store accounts, sessions and files; return a session's secret and its account."""
    rows = [new_account() for _ in range(N_ROWS)]
    secret = new_secret()
    with engine.begin() as connection:
        connection.execute(sa.insert(accounts), [vars_of(row) for row in rows])
        stored = [new_session(row.account_id, new_secret(), "", SESSION_S) for row in rows[1:]]
        stored.append(new_session(rows[0].account_id, secret, "", SESSION_S))
        connection.execute(sa.insert(sessions), [vars_of(row) for row in stored])
        connection.execute(sa.insert(files), [file_columns(rows[0].account_id) for _ in range(N_ROWS)])
    return secret, rows[0].account_id


def vars_of(row: object) -> dict[str, object]:
    """Return the fields of a row by name."""
    return {each.name: getattr(row, each.name) for each in fields(row)}  # type: ignore[arg-type]


def file_columns(owner_id: str) -> dict[str, object]:
    """Return the columns of a file with as much text as that of a blend."""
    texts: dict[str, object] = {
        "roles": {},
        "summary": None,
        "notices": [],
        "provenance": {"sources": {"form": list(range(1500))}},
    }
    return {
        "file_id": new_id(),
        "name": "Funk x Waltz.mid",
        "kind": "result",
        "sha256": "0" * 64,
        "byte_count": 40_000,
        "created_at_s": time.time(),
        "owner_id": owner_id,
        "search": "funk x waltz",
        **texts,
    }


if __name__ == "__main__":
    main()
