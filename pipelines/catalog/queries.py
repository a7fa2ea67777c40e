"""Reading an output folder's catalog: no lock is taken and nothing is written, so a run may be going on."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from pipelines.catalog.database import first_line, parsed
from pipelines.catalog.schema import catalog_url as default_catalog_url
from pipelines.catalog.schema import runs
from pipelines.errors import OutputError
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def reading(root: Path, catalog_url: str = "") -> Iterator[sa.Connection]:
    """Open the catalog of an output folder for one read transaction: a run at the same time does not show by halves.

    Whatever the database refuses inside is an OutputError of one line.

    `catalog_url` is the setting CATALOG_URL: SQLAlchemy's form, empty for catalog.db in `root`.
    """
    try:
        engine = _engine(root, catalog_url)
        try:
            with engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")  # the driver begins none for reading
                yield connection
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        reason = redacted(first_line(error), catalog_url)
        hint = "was it made by an older version? a run or `scrapy convert --from-warc` brings it up to date"
        raise OutputError(f"{root}: can't read the catalog: {reason}; {hint}") from None  # see Database


def _engine(root: Path, catalog_url: str) -> sa.Engine:
    url = parsed(default_catalog_url(root, catalog_url))
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url)
    path = Path(url.database or "").resolve()
    if not path.is_file():
        raise OutputError(
            f"{path}: no catalog here; run `scrapy crawl policies` first, or name the folder as OUTPUT_DIR"
        )
    return sa.create_engine("sqlite://", creator=lambda: _read_only(path), poolclass=sa.StaticPool)


def _read_only(path: Path) -> sqlite3.Connection:
    """Open a database that is there. Not `mode=ro`, which would leave the WAL's files behind."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def last_moment(connection: sa.Connection) -> str:
    """Return when the last run that ended in order began (ISO 8601, whole seconds, UTC), or an empty string."""
    moment = connection.execute(sa.select(sa.func.max(runs.c.moment))).scalar()
    return f"{moment[:19]}Z" if moment else ""


def holder(root: Path) -> tuple[str, bool] | None:
    """Return who works in an output folder and whether it is known to be gone (killed), or None if nobody does.

    Looks at the file that a holder of the lock writes, not at the lock: trying that could turn a starting run away.
    """
    try:
        who = (root / ".holder").read_text()[:200]
    except (OSError, UnicodeDecodeError):
        return None
    match = re.fullmatch(r"process (\d{1,10}) on (.+)", who)
    return who, bool(match and match[2] == socket.gethostname() and not _is_alive(int(match[1])))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
