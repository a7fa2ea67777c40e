"""Several kinds of documents: whose links a home page was read for, and what the pages of a text are searched for."""

from __future__ import annotations

import warnings
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"

_PRIVACY: Final = "privacy"  # the only kind until then
_HOME_PAGE: Final = "home page, read for its links"
_LINKS: Final = ("domain", "timestamp", "url", "kind")


def upgrade() -> None:
    op.add_column("pages", sa.Column("tried", sa.String))
    op.add_column("links", sa.Column("kind", sa.String))
    op.add_column("documents", sa.Column("searched_as", sa.String))
    _execute("UPDATE links SET kind = :kind", kind=_PRIVACY)
    _execute("UPDATE documents SET searched_as = :kind", kind=_PRIVACY)
    with op.batch_alter_table("documents") as batch:
        batch.alter_column("searched_as", existing_type=sa.String(), nullable=False)
    with warnings.catch_warnings(), op.batch_alter_table("links") as batch:
        # SQLAlchemy warns that the reflected columns had another key
        warnings.filterwarnings("ignore", r"Table '_alembic_tmp_", sa.exc.SAWarning)
        batch.alter_column("kind", existing_type=sa.String(), nullable=False)
        if op.get_bind().dialect.name == "postgresql":
            batch.drop_constraint("links_pkey", type_="primary")
        batch.create_primary_key("links_pkey", list(_LINKS))
    op.create_table(
        "home_readings", *(sa.Column(name, sa.String, primary_key=True) for name in ("domain", "timestamp", "kind"))
    )
    _execute(
        "INSERT INTO home_readings (domain, timestamp, kind) "
        "SELECT DISTINCT domain, timestamp, :kind FROM captures WHERE cause = :cause",
        kind=_PRIVACY,
        cause=_HOME_PAGE,
    )


def _execute(statement: str, **values: str) -> None:
    op.get_bind().execute(sa.text(statement), values)
