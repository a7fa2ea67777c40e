"""Runs at work, of which a catalog on a server has several at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "14"
down_revision = "13"


def upgrade() -> None:
    op.create_table(
        "open_runs",
        sa.Column("moment", sa.String, primary_key=True),
        sa.Column("since", sa.String),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("ended", sa.String),
    )
