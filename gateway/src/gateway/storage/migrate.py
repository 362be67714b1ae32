"""Migration of the database to the current version, at start, under a lock.

The migrations are in `gateway.storage.migrations.versions`, one module for each version. A version is a number;
Alembic keeps it in the table ``segue_alembic_version``. A database of version 1 from before Alembic has only
``segue_schema``, which migrations keep up to date so that an older Segue refuses a newer database.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from servicekit import logs
from servicekit.faults import NotReady
from sqlalchemy import event
from sqlalchemy.pool import NullPool

VERSION_TABLE = "segue_alembic_version"

_LEGACY_VERSION_TABLE = "segue_schema"
_LOCK_KEY = 0x5E60E
"""Key of PostgreSQL's advisory lock."""

_FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Create the tables, or upgrade them from the version that they have.

    All of it is one transaction that holds a lock: of two gateways that start at once, the second waits, and finds
    the tables current.

    Raises
    ------
    NotReady
        If the database is of a version that this Segue does not know.
    """
    engine = sa.create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _begin_by_hand)
        event.listen(engine, "begin", _begin_immediate)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_KEY)))
            _upgrade(connection)
    finally:
        engine.dispose()


def current_version() -> int:
    """Return the newest version that this Segue knows."""
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert head is not None, "the migrations are one line"
    return int(head)


def _upgrade(connection: sa.Connection) -> None:
    found, newest = _stored_version(connection), current_version()
    if found == newest:
        return
    if found > newest:
        raise NotReady(f"The database has version {found}; this Segue supports up to {newest}. Install a later one.")
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    # Its own lines say less than ours.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if found and not sa.inspect(connection).has_table(VERSION_TABLE):
        command.stamp(config, str(found))
    command.upgrade(config, str(newest))
    logs.get_logger().info("database.migrated", from_version=found, to_version=newest)


def _stored_version(connection: sa.Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    inspector = sa.inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return int(context.get_current_revision() or 0)
    if inspector.has_table(_LEGACY_VERSION_TABLE):
        return connection.execute(sa.text(f"SELECT version FROM {_LEGACY_VERSION_TABLE}")).scalar() or 0
    return 0


def _begin_by_hand(connection: Any, _record: object) -> None:
    # By itself, Python's sqlite3 module begins a transaction only before a change of rows, not of tables.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=30000")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
