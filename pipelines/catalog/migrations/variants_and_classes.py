"""Variants of pages that answer in several languages or by place, the scores of all classes, and topics by kind.

Topics and changes are computed anew for their kind.
"""

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
    for table in ("text_topics", "text_changes"):
        op.drop_table(table)
    op.get_bind().execute(sa.text("DELETE FROM measured"))
    op.create_table(
        "text_topics",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("text_sha256", "kind")),
        sa.Column("topics", sa.String, nullable=False),
    )
    op.create_table(
        "text_changes",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("old_sha256", "new_sha256", "kind")),
        sa.Column("change_class", sa.String, nullable=False),
        *(sa.Column(f"words_{which}", sa.Integer, nullable=False) for which in ("added", "removed", "moved")),
        sa.Column("topics", sa.String, nullable=False),
    )
