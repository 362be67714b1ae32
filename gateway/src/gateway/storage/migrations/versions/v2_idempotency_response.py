"""Version 2: the response of an idempotency key has the name that HTTP gives it."""

from __future__ import annotations

from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Rename the column ``answer`` to ``response``."""
    op.execute("ALTER TABLE segue_idempotency RENAME COLUMN answer TO response")
    op.execute("UPDATE segue_schema SET version = 2")


def downgrade() -> None:
    """Rename the column back."""
    op.execute("ALTER TABLE segue_idempotency RENAME COLUMN response TO answer")
    op.execute("UPDATE segue_schema SET version = 1")
