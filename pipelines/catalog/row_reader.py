"""The base of all questions to a catalog: a connection, and how rows are read from it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa


class Reader:
    """Reads a catalog through a connection. Not for use from several threads at once."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db

    def _one(self, query: sa.Select[Any], **parameters: str) -> dict[str, Any] | None:
        return next(iter(self._all(query, **parameters)), None)

    def _all(self, query: sa.Select[Any], **parameters: str) -> list[dict[str, Any]]:
        with self.transaction():
            return [dict(row) for row in self._db.execute(query, parameters).mappings()]

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Yield the connection, for reading."""
        with self.transaction():
            yield self._db

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction, or in the current one."""
        if self._db.in_transaction():
            yield
            return
        with self._db.begin():
            yield
