"""The database of the catalog: connection, transactions, and the SQL that differs between SQLite and PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from pipelines.catalog.advisory_locks import AdvisoryLocks
from pipelines.catalog.connection_remedy import with_remedy
from pipelines.catalog.row_reader import Reader
from pipelines.catalog.schema import metadata
from pipelines.catalog.server_session import server_engine
from pipelines.catalog.upgrade import bring_up_to_date, needs_no_upgrade
from pipelines.errors import OutputError
from pipelines.installation import install_command
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipelines.output.location import Location


URL_FORMS: Final = {"sqlite": "sqlite:///FILE", "postgresql": "postgresql+psycopg://host/database"}
"""Forms of CATALOG_URL, with the drivers that are supported, by SQLAlchemy's dialect."""
_PSYCOPG: Final = "psycopg"


class Database(Reader):
    """The database at `url` (SQLAlchemy's form), with tables and views brought up to date. Raises OutputError.

    A server's is reached by one connection, which is not made again once it is lost: it holds the process's locks.
    """

    locks: AdvisoryLocks | None = None
    """The locks of this connection to a server. A file has one writer, and none."""

    def __init__(self, url: str, enter: Callable[[sa.Connection], None] = lambda _: None) -> None:
        """Take the URL, and what is done with the connection to a server before its database is brought up to date."""
        try:
            address = parsed(url)
            if address.get_backend_name() == "sqlite":
                self._engine = sa.create_engine(address)
                super().__init__(self._opened())
            else:
                self._engine = server_engine(address)
                super().__init__(self._connected(enter))
                self.locks = AdvisoryLocks(self._db)
        except ImportError as error:
            raise OutputError(redacted(f"{url}: {missing_driver(error, url)}", url)) from None
        except SQLAlchemyError as error:
            problem = redacted(
                f"{url}: can't use this as the catalog: {with_remedy(first_line(error))}; see CATALOG_URL", url
            )
            raise OutputError(problem) from None  # the driver's message may contain the password
        # built once: building a statement takes longer than executing it
        self._if_new = {table: self._insert(table).on_conflict_do_nothing() for table in metadata.tables.values()}

    def _opened(self) -> sa.Connection:
        sa.event.listen(self._engine, "connect", _tune_sqlite)
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins no transaction for CREATE and ALTER
                bring_up_to_date(connection)
            return self._engine.connect()
        except BaseException:
            self._engine.dispose()
            raise

    def _connected(self, enter: Callable[[sa.Connection], None]) -> sa.Connection:
        connection = self._engine.connect()
        try:
            enter(connection)
            with connection.begin():
                if not needs_no_upgrade(connection):
                    bring_up_to_date(connection)
        except BaseException:
            connection.close()
            self._engine.dispose()  # and with it the locks
            raise
        return connection

    def close(self) -> None:
        with suppress(SQLAlchemyError):  # a lost connection is closed
            self._db.close()
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Yield the connection, for reading what is there now by several queries, whatever others write meanwhile."""
        with self.transaction():
            if self.locks:
                self._db.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield self._db

    def _add_new(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows whose key does not exist yet."""
        if rows:
            with self.transaction():
                self._db.execute(self._if_new[table], rows)

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT with ON CONFLICT, which standard SQL does not have."""
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    def _upsert(self, table: sa.Table, values: Mapping[str, Any], *, update: Mapping[str, Any]) -> None:
        statement = self._insert(table).values(**values)
        keys = [column.name for column in table.primary_key]
        self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(update)))


def catalog_url(root: Location, given: str) -> str:
    """Return the URL of an output folder's catalog (SQLAlchemy's form): the setting CATALOG_URL, or catalog.db in `root`."""
    return given or f"sqlite:///{root / 'catalog.db'}"


def has_server(url: str) -> bool:
    """Whether a CATALOG_URL names a database server, so that several processes can write. Raises ArgumentError."""
    return parsed(url).get_backend_name() == "postgresql"


def file_of(url: str) -> Path | None:
    """Return the file of a CATALOG_URL; None for a server, or for what SQLite keeps otherwise. Raises ArgumentError."""
    address = parsed(url)
    name = address.database if address.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" and not address.query else None


def parsed(url: str) -> sa.URL:
    """Return a CATALOG_URL as SQLAlchemy's URL. Raises ArgumentError."""
    try:
        return sa.make_url(url)
    except ValueError:  # of int(): SQLAlchemy does not check the port
        raise ArgumentError("the port is no number; in a user name or password write @ as %40, : as %3A") from None


def missing_driver(error: ImportError, url: str) -> str:
    """Return in one line which driver of a CATALOG_URL can't be imported, and the remedy. Raises ArgumentError."""
    dialect, of_another = parsed(url).get_backend_name(), (error.name or _PSYCOPG).partition(".")[0] != _PSYCOPG
    remedy = f"write {URL_FORMS[dialect]}" if of_another else install_command("postgresql")
    return f"{first_line(error).rstrip('.')}; {remedy}"


def first_line(error: Exception) -> str:
    """Return the driver's message of a database error, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return (str(cause or "") or str(error)).partition("\n")[0]


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Let readers read while a run writes, and wait for short locks of other programs."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")
