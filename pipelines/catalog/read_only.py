"""Read-only access to the catalog of an output folder. It takes no lock, so a crawl may run meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from pipelines.catalog.connection_remedy import with_remedy
from pipelines.catalog.database import catalog_url as default_catalog_url
from pipelines.catalog.database import first_line, missing_driver, parsed
from pipelines.catalog.memento_queries import MementoQueries
from pipelines.catalog.open_runs import writers_of
from pipelines.catalog.schema import runs
from pipelines.catalog.upgrade import bring_up_to_date, is_empty, is_unused, is_up_to_date
from pipelines.errors import OutputError
from pipelines.output.foreign_catalog import refuse_foreign_catalog, refuse_lost_catalog, refuse_other_folders_catalog
from pipelines.output.location import check_catalog, local_folder
from pipelines.output.storage import open_storage
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.output.location import Location


@contextmanager
def reading(root: Location, catalog_url: str = "") -> Iterator[sa.Connection]:
    """Open the catalog of an output folder for one read transaction. Readers see a consistent snapshot while a crawl writes.

    No byte of the folder changes, which may be read-only; the catalog of an earlier release is migrated in memory.
    `catalog_url` is the setting CATALOG_URL: SQLAlchemy's form, empty for catalog.db in `root`. Database errors within the
    block become an OutputError of one line.
    """
    check_catalog(root, catalog_url)
    try:
        with ExitStack() as opened:
            engine = _engine(root, catalog_url, opened)
            opened.callback(engine.dispose)
            connection = opened.enter_context(engine.connect())
            _check(root, connection)
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # the driver begins no transaction for a SELECT
            yield connection
    except ImportError as error:
        reason = redacted(missing_driver(error, catalog_url), catalog_url)
        raise OutputError(f"{root}: can't read the catalog: {reason}") from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason = redacted(with_remedy(first_line(error)), catalog_url)
        raise OutputError(f"{root}: can't read the catalog: {reason}") from None  # may contain the password


def _check(root: Location, connection: sa.Connection) -> None:
    """Raise OutputError for a catalog that can't be read, or an empty one in a folder that has files of earlier runs."""
    is_server = connection.dialect.name != "sqlite"
    has_tables = not (is_server and is_empty(connection))

    def is_new() -> bool:
        connection.rollback()  # what was committed meanwhile is seen
        return not has_tables or is_unused(connection)

    if is_server and has_tables and not is_up_to_date(connection):
        raise OutputError(f"{root}: an earlier release made the catalog; {_HINT}")
    refuse_foreign_catalog(root, open_storage(root), is_new, is_shared=is_server)
    if not has_tables:
        raise OutputError(f"{root}: the catalog is an empty database; a crawl makes its tables; see CATALOG_URL")
    connection.rollback()
    if is_server:
        refuse_other_folders_catalog(root, open_storage(root), MementoQueries(connection).ends_of_ended)


_HINT: Final = "a crawl or `convert --from-warc` brings it up to date"


def _engine(root: Location, catalog_url: str, opened: ExitStack) -> sa.Engine:
    url = parsed(default_catalog_url(root, catalog_url))
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url, execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        )
    path = Path(url.database or "").resolve()
    if not path.is_file():
        refuse_lost_catalog(root, open_storage(root), path)
        raise OutputError(
            f"{path}: no catalog here; a crawl makes one; or name the folder as OUTPUT_DIR, or the server as CATALOG_URL"
        )
    connection = _read_only(path, opened)
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
    with engine.connect() as db:
        if is_up_to_date(db):
            return engine
    engine = _migrated(connection)
    connection.close()
    return engine


def _read_only(path: Path, opened: ExitStack) -> sqlite3.Connection:
    """Open an existing database so that reading changes no byte in its folder.

    SQLite reads a database in WAL mode with two more files, and needs to write them. Where they are, `mode=ro` uses them and
    leaves them. Where they are not, `mode=rw` makes them and takes them away; in a folder that can't be written nobody
    writes, and the database file is all there is. The log that a killed run left is read in a copy: SQLite would recover
    it in place.
    """
    log = path.with_name(f"{path.name}-wal")
    owner = lock_owner(path.parent)
    was_killed = owner is not None and owner[1]
    if os.access(path.parent, os.W_OK) and not (was_killed and log.exists()):
        return _connected(path, "mode=ro" if log.exists() else "mode=rw")
    if not log.exists() or not log.stat().st_size:
        return _connected(path, "mode=ro&immutable=1")
    copy = Path(opened.enter_context(TemporaryDirectory(prefix="wayback-policies-")))
    for file in (path, log):
        shutil.copyfile(file, copy / file.name)
    return _connected(copy / path.name, "mode=rw")


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _migrated(old: sqlite3.Connection) -> sa.Engine:
    """Return a copy in memory of an earlier release's catalog, as this release has it."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    old.backup(copy)
    engine = sa.create_engine("sqlite://", creator=lambda: copy, poolclass=sa.StaticPool)
    with engine.begin() as db:
        bring_up_to_date(db)
    return engine


def last_moment(connection: sa.Connection) -> str:
    """Return the start of the last run that ended in order (ISO 8601, whole seconds, UTC); empty for none."""
    moment = connection.execute(sa.select(sa.func.max(runs.c.moment))).scalar()
    return f"{moment[:19]}Z" if moment else ""


def writers(root: Location, db: sa.Connection) -> list[tuple[str, bool]]:
    """Return the processes that work in an output folder, each with whether it is known to be dead.

    A catalog on a server has several, and knows them.
    """
    owner = lock_owner(root)
    return [*writers_of(db), *([owner] if owner else [])]


def ends_of_rounds(connection: sa.Connection) -> list[str]:
    """Return the moment of the last run of each round of runs that ended in order, the newest first.

    A round is a run, or several that were at work at the same time, as shards are.
    """
    found: list[str] = []
    end = ""
    for moment, finished in connection.execute(sa.select(runs.c.moment, runs.c.finished).order_by(runs.c.moment)):
        if found and moment < end:
            found[-1] = moment
        else:
            found.append(moment)
        end = max(end, finished)
    return found[::-1]


def lock_owner(root: Location) -> tuple[str, bool] | None:
    """Return (the process that works in an output folder, whether it is known to be dead), or None without one.

    Reads the file `.holder`, which the owner of the lock writes. Trying the lock itself could make a starting run fail.
    """
    try:
        who = (local_folder(root) / ".holder").read_text()[:200]
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
