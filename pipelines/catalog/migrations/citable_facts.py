"""What a citation needs: the parameters of runs; of texts the date that they give, and readability."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "10"
down_revision = "9"


def upgrade() -> None:
    op.add_column("runs", sa.Column("parameters", sa.String))
    op.create_table(
        "text_facts",
        sa.Column("text_sha256", sa.String, primary_key=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("effective_date", sa.String, nullable=False),
        sa.Column("flesch", sa.Float),
        sa.Column("flesch_kincaid", sa.Float),
        sa.Column("smog", sa.Float),
    )
