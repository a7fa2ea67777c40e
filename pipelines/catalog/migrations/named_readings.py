"""Readings of documents, the gate's judgement of each capture, and what is known of a page besides its texts."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_ADDED: Final = (
    ("captures", "judged_sha256", sa.String),
    ("captures", "policy_score", sa.Float),
    ("captures", "threshold", sa.Float),
    ("captures", "full_sha256", sa.String),
    ("pages", "given", sa.Integer),
    ("pages", "linked", sa.Integer),
    ("pages", "address_score", sa.Float),
    ("documents", "reading", sa.String),
    ("documents", "reading_coverage", sa.Float),
)
"""Table, column and type. All are NULL until the next run makes the documents anew."""


def upgrade() -> None:
    for table, column, kind in _ADDED:
        op.add_column(table, sa.Column(column, kind))
