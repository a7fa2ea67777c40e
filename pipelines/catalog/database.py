"""The database of the catalog: connection, transactions, and the SQL that differs between SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipelines.catalog.row_reader import Reader
from pipelines.catalog.schema import metadata
from pipelines.catalog.upgrade import bring_up_to_date
from pipelines.errors import OutputError
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Database(Reader):
    """The database at `url` (SQLAlchemy's form), with tables and views brought up to date. Raises OutputError."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(parsed(url))
            super().__init__(self._connect())
        except (SQLAlchemyError, ImportError) as error:
            problem = redacted(f"{url}: can't use this as the catalog: {first_line(error)}; see CATALOG_URL", url)
            raise OutputError(problem) from None  # the driver's message may contain the password
        # built once: building a statement takes longer than executing it
        self._if_new = {table: self._insert(table).on_conflict_do_nothing() for table in metadata.tables.values()}

    def _connect(self) -> sa.Connection:
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(
                        "BEGIN IMMEDIATE"
                    )  # the driver begins no transaction for CREATE and ALTER
                bring_up_to_date(connection)
            return self._engine.connect()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        self._db.close()
        self._engine.dispose()

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


def parsed(url: str) -> sa.URL:
    """Return a CATALOG_URL as SQLAlchemy's URL. Raises ArgumentError."""
    try:
        return sa.make_url(url)
    except ValueError:  # of int(): SQLAlchemy does not check the port
        raise ArgumentError("the port is no number; in a user name or password write @ as %40, : as %3A") from None


def first_line(error: Exception) -> str:
    """Return the message of a database error without the statement and its values."""
    return str(error).partition("\n")[0]


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Let readers read while a run writes, and wait for short locks of other programs."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")
