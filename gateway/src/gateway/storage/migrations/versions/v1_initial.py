"""Version 1: files, jobs and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_metadata = sa.MetaData()

_schema = sa.Table("segue_schema", _metadata, sa.Column("version", sa.Integer, primary_key=True))

sa.Table(
    "segue_files",
    _metadata,
    sa.Column("file_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("byte_count", sa.Integer, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("provenance", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
    sa.Column("expires_at_s", sa.Float, index=True),
)

sa.Table(
    "segue_jobs",
    _metadata,
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
    sa.Column("version", sa.Integer, nullable=False),
)

sa.Table(
    "segue_idempotency",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("created_at_s", sa.Float, nullable=False),
)


def upgrade() -> None:
    """Create the tables; those that an interrupted first start left behind stay."""
    _metadata.create_all(op.get_bind(), checkfirst=True)
    op.bulk_insert(_schema, [{"version": 1}])


def downgrade() -> None:
    """Drop the tables."""
    _metadata.drop_all(op.get_bind())
