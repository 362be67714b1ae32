"""Version 4: accounts and what belongs to them, the library's columns and parents, batches and shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_ROWS_AT_ONCE = 500
_MAX_SEARCH_CHARACTERS = 500
_LIBRARY_COLUMNS: list[str | sa.TextClause] = [
    "owner_id",
    sa.text("created_at_s DESC"),
    "file_id",
    *("deleted_at_s", "expires_at_s", "kind", "method", "starred", "search"),
]

_metadata = sa.MetaData()

_parents = sa.Table(
    "segue_parents",
    _metadata,
    sa.Column("child_id", sa.String(32), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("parent_id", sa.String(32), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
)

sa.Table(
    "segue_batches",
    _metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.String(32), index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("stopped_at_s", sa.Float),
)

sa.Table(
    "segue_shares",
    _metadata,
    sa.Column("slug", sa.String(32), primary_key=True),
    sa.Column("file_id", sa.String(32), nullable=False, index=True),
    sa.Column("owner_id", sa.String(32), index=True),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("expires_at_s", sa.Float),
    sa.Column("published", sa.Boolean, nullable=False),
)

sa.Table(
    "segue_accounts",
    _metadata,
    sa.Column("account_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("name_key", sa.Text, index=True, unique=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_seen_at_s", sa.Float, nullable=False),
)

sa.Table(
    "segue_sessions",
    _metadata,
    sa.Column("session_id", sa.String(32), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, index=True, unique=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False),
)

sa.Table(
    "segue_tokens",
    _metadata,
    sa.Column("token_id", sa.String(32), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, index=True, unique=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float),
    sa.Column("expires_at_s", sa.Float),
)

sa.Table(
    "segue_passkeys",
    _metadata,
    sa.Column("passkey_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("transports", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("last_used_at_s", sa.Float),
)

sa.Table(
    "segue_identities",
    _metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("account_id", sa.String(32), nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
)

sa.Table(
    "segue_challenges",
    _metadata,
    sa.Column("challenge_id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("account_id", sa.String(32)),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False, index=True),
)

sa.Table(
    "segue_limits",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("window_start_s", sa.Float, primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    sa.Column("expires_at_s", sa.Float, nullable=False, index=True),
)

_files = sa.table(
    "segue_files",
    sa.column("file_id"),
    sa.column("name", sa.Text),
    sa.column("provenance", sa.JSON),
    sa.column("method", sa.String),
    sa.column("job_id", sa.String),
    sa.column("search", sa.Text),
)
_jobs = sa.table(
    "segue_jobs",
    sa.column("job_id"),
    sa.column("method", sa.String),
    sa.column("results", sa.JSON),
    sa.column("parents", sa.JSON),
)


def upgrade() -> None:
    """Create the tables and columns, and fill in what older rows imply; they belong to nobody, as before."""
    _metadata.create_all(op.get_bind(), checkfirst=False)
    for column in _file_columns():
        op.add_column("segue_files", column)
    for column in _job_columns():
        op.add_column("segue_jobs", column)
    op.create_index("ix_segue_files_library", "segue_files", _LIBRARY_COLUMNS)
    op.create_index("ix_segue_files_usage", "segue_files", ["owner_id", "deleted_at_s", "byte_count"])
    op.create_index("ix_segue_files_deleted_at_s", "segue_files", ["deleted_at_s"])
    op.create_index("ix_segue_files_job_id", "segue_files", ["job_id"])
    op.create_index("ix_segue_jobs_owner", "segue_jobs", ["owner_id", sa.text("created_at_s DESC")])
    op.create_index("ix_segue_jobs_batch_id", "segue_jobs", ["batch_id"])
    _describe_files(op.get_bind())
    op.execute("UPDATE segue_schema SET version = 4")


def downgrade() -> None:
    """Drop the columns and tables."""
    for name in ("ix_segue_jobs_batch_id", "ix_segue_jobs_owner"):
        op.drop_index(name, "segue_jobs")
    for name in (
        "ix_segue_files_usage",
        "ix_segue_files_job_id",
        "ix_segue_files_deleted_at_s",
        "ix_segue_files_library",
    ):
        op.drop_index(name, "segue_files")
    for column in _job_columns():
        op.drop_column("segue_jobs", column.name)
    for column in _file_columns():
        op.drop_column("segue_files", column.name)
    _metadata.drop_all(op.get_bind())
    op.execute("UPDATE segue_schema SET version = 3")


def _file_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("owner_id", sa.String(32)),
        sa.Column("starred", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("title", sa.Text),
        sa.Column("method", sa.String(16)),
        sa.Column("job_id", sa.String(32)),
        sa.Column("search", sa.Text, nullable=False, server_default=""),
        sa.Column("deleted_at_s", sa.Float),
    ]


def _job_columns() -> list[sa.Column[Any]]:
    return [sa.Column("owner_id", sa.String(32)), sa.Column("batch_id", sa.String(32))]


def _describe_files(connection: sa.Connection) -> None:
    """Fill in method, job, search text and parents of each file from its provenance and from the jobs."""
    jobs = _jobs_of_files(connection)
    for rows in _file_pages(connection):
        for row in rows:
            provenance = row["provenance"] or {}
            parents = provenance.get("parents") or []
            values = {
                "method": provenance.get("method"),
                "job_id": jobs.get(row["file_id"]),
                "search": _search_text(row["name"], provenance, [parent["title"] for parent in parents]),
            }
            connection.execute(sa.update(_files).where(_files.c.file_id == row["file_id"]).values(**values))
            for position, parent in enumerate(parents):
                ids = {"child_id": row["file_id"], "position": position, "parent_id": parent["file_id"]}
                connection.execute(sa.insert(_parents).values(**ids, title=parent["title"]))


def _jobs_of_files(connection: sa.Connection) -> dict[str, str]:
    """Return the job that wrote each file; a hybrid job writes its parents too."""
    found = {}
    for row in connection.execute(sa.select(_jobs)).mappings():
        for piece in [*row["results"], *(row["parents"] if row["method"] == "hybrid" else [])]:
            found[piece["file_id"]] = row["job_id"]
    return found


def _file_pages(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """Yield all files, a bounded number at a time."""
    last = ""
    columns = (_files.c.file_id, _files.c.name, _files.c.provenance)
    while True:
        query = sa.select(*columns).where(_files.c.file_id > last).order_by(_files.c.file_id).limit(_ROWS_AT_ONCE)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["file_id"]


def _search_text(name: str, provenance: dict[str, Any], parent_titles: list[str]) -> str:
    settings = provenance.get("settings") or {}
    styles = [provenance.get("style"), settings.get("style"), *(settings.get("styles") or [])]
    words = dict.fromkeys([name, *(style for style in styles if style), *parent_titles])
    return "\n".join(words).casefold()[:_MAX_SEARCH_CHARACTERS]
