"""The listed domain in the key of listings, why one could not be had, and what a home page's link is.

Earlier releases listed an address that two listed domains share for the first of them only. Which domain a listing was for
is known by its host; one of a foreign host is forgotten, and made again.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_KEY: Final = ("archive", "url", "match", "since", "until", "domain")
_OTHERS: Final = ("asked_since", "resume_key", "finished", "finished_full", "newest", "rows")


def upgrade() -> None:
    op.add_column("links", sa.Column("relation", sa.String, nullable=False, server_default="policy"))
    op.add_column("links", sa.Column("rank", sa.Integer))
    db = op.get_bind()
    domains = set(db.scalars(sa.text("SELECT domain FROM domains UNION SELECT DISTINCT domain FROM captures")))
    rows = [dict(row) for row in db.execute(sa.text("SELECT * FROM listings")).mappings()]
    op.drop_table("listings")
    listings = op.create_table(
        "listings",
        *(sa.Column(name, sa.String, primary_key=True) for name in _KEY),
        sa.Column("asked_since", sa.String, nullable=False),
        *(sa.Column(name, sa.String) for name in ("resume_key", "finished", "finished_full")),
        sa.Column("newest", sa.String, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String) for name in ("failed", "problem")),
    )
    owned = [{**row, "domain": domain} for row in rows if (domain := _owner(row["url"], domains))]
    if owned:
        op.bulk_insert(listings, [{name: row[name] for name in (*_KEY, *_OTHERS)} for row in owned])


def _owner(url: str, domains: set[str]) -> str:
    """Return the listed domain that a listing's address is on: the longest one; empty if it is on none."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    labels = host.split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    return next((name for name in names if name in domains), "")
