"""Variants of pages that answer in several languages or by place, and the scores of all classes of a judged text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    op.add_column("captures", sa.Column("class_scores", sa.String))
    op.create_table(
        "variants",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("domain", "urlkey", "text_sha256")),
        sa.Column("variant", sa.String, nullable=False),
    )
