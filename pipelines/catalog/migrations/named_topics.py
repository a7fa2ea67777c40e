"""The topics of texts, and the classes of changes between them: computed from text files once, and kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    op.create_table(
        "text_topics",
        sa.Column("text_sha256", sa.String, primary_key=True),
        sa.Column("topics", sa.String, nullable=False),
    )
    op.create_table(
        "text_changes",
        sa.Column("old_sha256", sa.String, primary_key=True),
        sa.Column("new_sha256", sa.String, primary_key=True),
        sa.Column("change_class", sa.String, nullable=False),
        sa.Column("words_added", sa.Integer, nullable=False),
        sa.Column("words_removed", sa.Integer, nullable=False),
        sa.Column("words_moved", sa.Integer, nullable=False),
        sa.Column("topics", sa.String, nullable=False),
    )
    op.create_table("measured", sa.Column("by", sa.String, primary_key=True))
