"""The dates between which a listed domain was its company's; a crawl records them anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "12"
down_revision = "11"


def upgrade() -> None:
    op.add_column("domains", sa.Column("since", sa.String))
    op.add_column("domains", sa.Column("until", sa.String))
