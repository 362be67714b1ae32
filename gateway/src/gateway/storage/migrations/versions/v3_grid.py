"""Version 3: where a user wants the beats, bars and tempo of a piece to come from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the column ``grid``; it is null for all pieces."""
    op.add_column("segue_files", sa.Column("grid", sa.String(8)))
    op.execute("UPDATE segue_schema SET version = 3")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("segue_files", "grid")
    op.execute("UPDATE segue_schema SET version = 2")
