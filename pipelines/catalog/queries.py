"""Read-only access to the catalog of an output folder. It takes no lock, so a crawl may run meanwhile."""

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
    """Open the catalog of an output folder for one read transaction. Readers see a consistent snapshot while a crawl writes.

    `catalog_url` is the setting CATALOG_URL: SQLAlchemy's form, empty for catalog.db in `root`. Database errors within the
    block become an OutputError of one line.
    """
    try:
        engine = _engine(root, catalog_url)
        try:
            with engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")  # the driver begins no transaction for a SELECT
                yield connection
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        reason = redacted(first_line(error), catalog_url)
        hint = "was it made by an older version? a run or `scrapy convert --from-warc` brings it up to date"
        raise OutputError(f"{root}: can't read the catalog: {reason}; {hint}") from None  # may contain the password


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
    """Open an existing database. `mode=ro` would leave the files of the write-ahead log behind."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def last_moment(connection: sa.Connection) -> str:
    """Return the start of the last run that ended in order (ISO 8601, whole seconds, UTC); empty for none."""
    moment = connection.execute(sa.select(sa.func.max(runs.c.moment))).scalar()
    return f"{moment[:19]}Z" if moment else ""


def lock_owner(root: Path) -> tuple[str, bool] | None:
    """Return (the process that works in an output folder, whether it is known to be dead), or None without one.

    Reads the file `.holder`, which the owner of the lock writes. Trying the lock itself could make a starting run fail.
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
