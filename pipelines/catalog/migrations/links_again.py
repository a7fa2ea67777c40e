"""Home pages whose links an earlier release has recorded are read for links again.

It knew no hubs and frames, and no difference between a sure link and another one. Its links have no rank. They stay until
the home page is read, which `warc/` has.
"""

from __future__ import annotations

from alembic import op

revision = "13"
down_revision = "12"


def upgrade() -> None:
    op.execute(
        "DELETE FROM home_readings WHERE NOT EXISTS (SELECT 1 FROM links WHERE links.domain = home_readings.domain "
        "AND links.timestamp = home_readings.timestamp AND links.rank IS NOT NULL)"
    )
