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
    # Null: belongs to whoever knows its id.
    sa.Column("owner_id", sa.String(32)),
    sa.Column("starred", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("title", sa.Text),
    sa.Column("method", sa.String(16)),
    # The job that wrote it; null for an upload.
    sa.Column("job_id", sa.String(32)),
    # `FileRow.search_text`.
    sa.Column("search", sa.Text, nullable=False, server_default=""),
    # Not null: deleted, and its bytes will be.
    sa.Column("deleted_at_s", sa.Float),
)
# A page of the library, its count and a search read this index alone: a row is long.
sa.Index(
    "ix_segue_files_library",
    files.c.owner_id,
    files.c.created_at_s.desc(),
    files.c.file_id,
    *(files.c[name] for name in ("deleted_at_s", "expires_at_s", "kind", "method", "starred", "search")),
)
# The bytes of an account are summed at each upload and each new job.
sa.Index("ix_segue_files_usage", files.c.owner_id, files.c.deleted_at_s, files.c.byte_count)
sa.Index("ix_segue_files_deleted_at_s", files.c.deleted_at_s)
sa.Index("ix_segue_files_job_id", files.c.job_id)

parents = sa.Table(
    "segue_parents",
    metadata,
    sa.Column("child_id", sa.String(32), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("parent_id", sa.String(32), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
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
    # Null: belongs to whoever knows its id.
    sa.Column("owner_id", sa.String(32)),
    sa.Column("batch_id", sa.String(32), index=True),
)
sa.Index("ix_segue_jobs_owner", jobs.c.owner_id, jobs.c.created_at_s.desc())

batches = sa.Table(
    "segue_batches",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.String(32), index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("stopped_at_s", sa.Float),
)

shares = sa.Table(
    "segue_shares",
    metadata,
    sa.Column("slug", sa.String(32), primary_key=True),
    sa.Column("file_id", sa.String(32), nullable=False, index=True),
    sa.Column("owner_id", sa.String(32), index=True),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("expires_at_s", sa.Float),
    sa.Column("published", sa.Boolean, nullable=False),
)

idempotency = sa.Table(
    "segue_idempotency",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("response", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
)

accounts = sa.Table(
    "segue_accounts",
    metadata,
    sa.Column("account_id", sa.String(32), primary_key=True),
    # Null: an anonymous account.
    sa.Column("name", sa.Text),
    # The name in the form in which names are compared: NFKC, case folded.
    sa.Column("name_key", sa.Text, index=True, unique=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_seen_at_s", sa.Float, nullable=False),
)

sessions = sa.Table(
    "segue_sessions",
    metadata,
    sa.Column("session_id", sa.String(32), primary_key=True),
    # SHA-256 of what the cookie holds.
    sa.Column("secret_hash", sa.String(64), nullable=False, index=True, unique=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False),
)

tokens = sa.Table(
    "segue_tokens",
    metadata,
    sa.Column("token_id", sa.String(32), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, index=True, unique=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float),
    # Null: never expires.
    sa.Column("expires_at_s", sa.Float),
)

passkeys = sa.Table(
    "segue_passkeys",
    metadata,
    # The credential's id in base64url, as WebAuthn writes it.
    sa.Column("passkey_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("transports", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float),
)

identities = sa.Table(
    "segue_identities",
    metadata,
    # Issuer and subject of OpenID Connect.
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
)

challenges = sa.Table(
    "segue_challenges",
    metadata,
    # What WebAuthn and OpenID Connect keep between two calls, which two gateways may answer.
    sa.Column("challenge_id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("account_id", sa.String(32)),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False, index=True),
)

limits = sa.Table(
    "segue_limits",
    metadata,
    # Fixed windows of the rate limits, which all gateways share.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("window_start_s", sa.Float, primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False, index=True),
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
