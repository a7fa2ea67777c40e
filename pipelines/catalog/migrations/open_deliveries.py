"""Digests that a channel has not received yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("since", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
    )
