"""A catalog's database: how it is opened, how a transaction is made, and what standard SQL leaves to each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from crawler.errors import OutputError
from pipelines.redaction import redacted
from pipelines.schema import bring_up_to_date, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Database:
    """The database at `url` (SQLAlchemy's form), with tables and views brought up to date."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(parsed(url))
            self._db = self._connect()
        except (SQLAlchemyError, ImportError) as error:
            problem = redacted(f"{url}: can't use this as the catalog: {first_line(error)}; see CATALOG_URL", url)
            raise OutputError(problem) from None  # what the driver says may have the password in it
        # made once: making a statement takes longer than executing it
        self._if_new = {table: self._insert(table).on_conflict_do_nothing() for table in metadata.tables.values()}

    def _connect(self) -> sa.Connection:
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        try:
            with self._engine.begin() as connection:
                bring_up_to_date(connection)
            return self._engine.connect()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        self._db.close()
        self._engine.dispose()

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Lend the connection, for reading."""
        with self.transaction():
            yield self._db

    def _add_new(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert what is not there yet."""
        if rows:
            with self.transaction():
                self._db.execute(self._if_new[table], rows)

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that knows ON CONFLICT, which is no part of standard SQL."""
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    def _upsert(self, table: sa.Table, values: Mapping[str, Any], *, update: Mapping[str, Any]) -> None:
        statement = self._insert(table).values(**values)
        keys = [column.name for column in table.primary_key]
        self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(update)))

    def _one(self, query: sa.Select[Any], **parameters: str) -> dict[str, Any] | None:
        return next(iter(self._all(query, **parameters)), None)

    def _all(self, query: sa.Select[Any], **parameters: str) -> list[dict[str, Any]]:
        with self.transaction():
            return [dict(row) for row in self._db.execute(query, parameters).mappings()]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or join the transaction under way."""
        if self._db.in_transaction():
            yield
            return
        with self._db.begin():
            yield


def parsed(url: str) -> sa.URL:
    """Return what a CATALOG_URL says. Raises ArgumentError."""
    try:
        return sa.make_url(url)
    except ValueError:  # SQLAlchemy's own is of another kind, and does not look at the port
        raise ArgumentError("the port is no number; in a user name or password write @ as %40, : as %3A") from None


def first_line(error: Exception) -> str:
    """Return what a database says went wrong, without the statement and its values."""
    return str(error).partition("\n")[0]


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Let readers read while a run writes; wait for another program's short lock instead of failing at once."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")
