"""The database: SQLite in the data folder, or PostgreSQL. DBOS keeps its tables in the same database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from gateway.storage.migrate import migrate

metadata = sa.MetaData()
"""The current tables. A change here needs a new module in `gateway.storage.migrations.versions`."""

files = sa.Table(
    "segue_files",
    metadata,
    sa.Column("file_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("byte_count", sa.Integer, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    # Null: decided from the notes.
    sa.Column("grid", sa.String(8)),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("provenance", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    # Null: never expires.
    sa.Column("expires_at_s", sa.Float, index=True),
)

jobs = sa.Table(
    "segue_jobs",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("results", sa.JSON, nullable=False),
    sa.Column("parents", sa.JSON, nullable=False),
    sa.Column("error", sa.JSON),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("updated_at_s", sa.Float, nullable=False),
    # Number of changes: the id of the event that reports the latest.
    sa.Column("version", sa.Integer, nullable=False),
)

idempotency = sa.Table(
    "segue_idempotency",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("response", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
)


def connect(url: str) -> sa.Engine:
    """Open the database, and create its tables or upgrade them to the current version.

    Raises
    ------
    NotReady
        If a later version of Segue wrote the database.
    """
    migrate(url)
    engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    # As DBOS sets them on an engine of its own: writers wait for each other instead of failing.
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA foreign_keys=ON")
    # A commit need not reach the physical disk: nothing is lost after a crash of the process either way.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
