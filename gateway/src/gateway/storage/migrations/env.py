"""Alembic's environment: runs the migrations in the transaction of `gateway.storage.migrate`."""

from __future__ import annotations

from alembic import context

from gateway.storage.migrate import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
