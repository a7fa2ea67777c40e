"""The upgrade of a catalog to the tables and views of this release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipelines.catalog.indexes import CAPTURE_INDEXES
from pipelines.catalog.migrations import NEWEST, VERSION_TABLE, migrate, revision_of
from pipelines.catalog.schema import captures, domains, metadata
from pipelines.catalog.views import create_views, has_views

if TYPE_CHECKING:
    from sqlalchemy import Connection


def bring_up_to_date(db: Connection) -> None:
    """Migrate tables; create missing tables, indexes and views. Works in the caller's transaction.

    Raises OutputError for a catalog of a later release, or one that no release has written.
    """
    is_new = is_empty(db)
    migrate(db)
    metadata.create_all(db, checkfirst=not is_new)
    indexes = {index for table in metadata.tables.values() for index in table.indexes} | {*CAPTURE_INDEXES}
    for index in () if is_new else sorted(indexes, key=lambda index: str(index.name)):
        index.create(db, checkfirst=True)
    create_views(db)


def is_up_to_date(db: Connection) -> bool:
    """Whether a catalog has the tables of this release and, in SQLite, its views."""
    return revision_of(db) == NEWEST and (db.dialect.name != "sqlite" or has_views(db))


def is_empty(db: Connection) -> bool:
    """Whether nothing has made the tables of a catalog yet, not even an earlier release."""
    return revision_of(db) == NEWEST and not sa.inspect(db).has_table(VERSION_TABLE)


def is_unused(db: Connection) -> bool:
    """Whether no run has begun a listed domain in a catalog that has its tables."""
    return all(db.scalar(sa.select(table.c.domain).limit(1)) is None for table in (domains, captures))


def needs_no_upgrade(db: Connection) -> bool:
    """Whether a server's database is as this release has it. Then nothing is changed that others may be reading."""
    tables = {*metadata.tables, VERSION_TABLE}
    return is_up_to_date(db) and tables <= set(sa.inspect(db).get_table_names()) and has_views(db)
