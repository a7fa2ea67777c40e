"""The tables by which captures are given up: their defects run by run, and the runs in which their archive was healthy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    op.create_table(
        "defects",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("domain", "urlkey", "timestamp", "digest", "archive", "run")
        ),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "detail", "cause", "converter_version")),
        sa.Column("memento_timestamp", sa.String),
        sa.Column("memento_url", sa.String),
    )
    op.create_table(
        "healthy_runs",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("run", "archive", "timestamp", "url")),
    )
