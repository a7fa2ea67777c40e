"""Where an archive has a capture, if that does not follow from its URL and time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "11"
down_revision = "10"


def upgrade() -> None:
    op.add_column("captures", sa.Column("locator", sa.String))
