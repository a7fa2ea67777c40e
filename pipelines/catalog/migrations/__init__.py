"""Migrations of the catalog, made with Alembic's operations: one module a revision, run in order.

A migration describes the tables as they were at its time, and imports nothing of the present schema. Modules are imported
by name, not found in a folder: Scrapyd runs the program from a zip file.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.errors import OutputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MODULES: Final = {
    "1": "earlier_releases",
    "2": "archive_identity",
    "3": "give_up",
    "4": "named_readings",
    "5": "discovery",
    "6": "named_topics",
    "7": "open_deliveries",
    "8": "several_kinds",
    "9": "variants_and_classes",
    "10": "citable_facts",
    "11": "locators",
    "12": "company_dates",
    "13": "links_again",
    "14": "several_writers",
}
"""The module of each revision, oldest first."""
NEWEST: Final = list(_MODULES)[-1]

_VIEWS: Final = (
    "coverage",
    "judgements",
    "unread",
    "listing_states",
    "policy_pages",
    "losses",
    "fates",
    "texts",
    "versions",
)
"""Our own views, those that use another one first: tables can't be changed under them. `create_views` makes them anew."""

VERSION_TABLE: Final = "alembic_version"  # Alembic's own name and columns, so that its command line reads it
_version = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))


def revision_of(db: Connection) -> str | None:
    """Return the revision of a catalog: NEWEST for an empty database, None for one from before revisions."""
    tables = set(sa.inspect(db).get_table_names())
    if VERSION_TABLE in tables:
        return db.scalar(sa.select(_version.c.version_num))
    return None if "captures" in tables else NEWEST


def migrate(db: Connection) -> None:
    """Bring the tables of a catalog to the newest revision in the caller's transaction; drops our views if any is behind.

    Raises OutputError for a catalog of a later release, or one that no release has written.
    """
    done = revision_of(db)
    if done not in {None, *_MODULES}:
        raise OutputError(f"the catalog was made by a later version of this program (revision {done}); use that one")
    pending = list(_MODULES)[list(_MODULES).index(done) + 1 if done else 0 :]
    if not pending and sa.inspect(db).has_table(VERSION_TABLE):
        return
    _run(db, pending)
    _version.create(db, checkfirst=True)
    db.execute(sa.delete(_version))
    db.execute(sa.insert(_version).values(version_num=NEWEST))


def _run(db: Connection, pending: list[str]) -> None:
    if not pending:
        return
    from alembic.migration import MigrationContext  # noqa: PLC0415 - 0.5 s, and needed once a catalog
    from alembic.operations import Operations  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)  # its plugins and contexts are not the user's
    for view in _VIEWS:
        db.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("PRAGMA legacy_alter_table = ON")  # views that users made may name the tables
    with Operations.context(MigrationContext.configure(db)):
        for revision in pending:
            import_module(f"{__name__}.{_MODULES[revision]}").upgrade()
