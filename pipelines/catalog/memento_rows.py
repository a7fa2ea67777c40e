"""What is known of mementos: where each is kept, and which can't be read there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.schema import mementos, pointers
from pipelines.catalog.statements import (
    ASK_AGAIN,
    CLEAR_TROUBLE,
    MEMENTO,
    MEMENTO_WITH,
    POINTER,
    SET_TROUBLE,
    key_values,
)
from pipelines.items import MementoKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.items import Answer


class MementoCatalog(Database):
    """The tables `mementos` and `pointers`.

    A memento is in trouble if its record could not be read, or what it holds could not be converted again. The captures
    that were answered from it are asked for again, each by itself, and keep what they have until then.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._in_trouble = (
            self._one(sa.select(mementos.c.url).where(mementos.c.trouble.is_not(None)).limit(1)) is not None
        )

    def memento(self, key: MementoKey) -> dict[str, Any] | None:
        return self._one(MEMENTO, **key_values(key))

    def memento_with(self, digest: str) -> dict[str, Any] | None:
        """Return a memento whose own record has the body with this digest, and can be read as far as is known."""
        return self._one(MEMENTO_WITH, digest=digest)

    def add_memento(self, **values: Any) -> None:
        self._add_new(mementos, [values])

    def put_memento(self, **values: Any) -> None:
        """Record a memento in the place of one with the same key."""
        with self.transaction():
            self._upsert(mementos, values, update={**values, "trouble": None})

    def warc_ends(self) -> dict[str, int]:
        """Return, by WARC file, the byte after its last known record."""
        query = sa.select(mementos.c.file, sa.func.max(mementos.c.offset + mementos.c.length)).group_by(mementos.c.file)
        with self.transaction():
            return {file: end for file, end in self._db.execute(query)}  # noqa: C416 - rows are not pairs to mypy

    # Trouble

    def set_trouble(self, troubles: Mapping[MementoKey, str]) -> None:
        """Note why mementos could not be read or converted, and that the captures read from them are asked for again."""
        values = [{**key_values(key), "why": trouble} for key, trouble in troubles.items()]
        if values:
            with self.transaction():
                self._db.execute(SET_TROUBLE, values)
                self._db.execute(ASK_AGAIN, values)
            self._in_trouble = True

    def set_trouble_at(self, place: tuple[str, int], digest: str, trouble: str) -> None:
        """Note why the record at a place (file and offset) can't be read: for all mementos that it is, or has the body of.

        `digest` is that of the body.
        """
        own = sa.and_(mementos.c.file == place[0], mementos.c.offset == place[1])
        body = sa.and_(mementos.c.payload_file == place[0], mementos.c.payload_offset == place[1])
        self.set_trouble(dict.fromkeys(self._keys(mementos.c.digest == digest, own | body), trouble))

    def set_trouble_after(self, file: str, size: int, trouble: str) -> int:
        """Note why no record of a WARC file that ends after byte `size` can be read; return of how many that is new."""
        other = mementos.alias()
        gone = sa.select(other.c.offset).where(other.c.file == file, other.c.offset + other.c.length > size)
        own = sa.and_(mementos.c.file == file, mementos.c.offset + mementos.c.length > size)
        body = sa.and_(
            mementos.c.payload_file == file,
            sa.or_(mementos.c.payload_offset >= size, mementos.c.payload_offset.in_(gone)),
        )
        keys = self._keys(own | body, mementos.c.trouble.is_(None))
        self.set_trouble(dict.fromkeys(keys, trouble))
        return len(keys)

    def _keys(self, *where: sa.ColumnElement[bool]) -> list[MementoKey]:
        with self.transaction():
            rows = self._db.execute(sa.select(mementos.c.timestamp, mementos.c.url, mementos.c.archive).where(*where))
            return [MementoKey(*row) for row in rows]

    def clear_trouble(self, answers: Iterable[Answer]) -> None:
        """Forget the trouble of mementos that were read."""
        keys = {answer.memento for answer in answers if answer.is_reading} if self._in_trouble else set()
        if keys:
            with self.transaction():
                self._db.execute(CLEAR_TROUBLE, [key_values(key) for key in keys if key])

    # Pointers

    def pointer(self, asked: MementoKey) -> MementoKey | None:
        """Return the memento that the archive redirected to in a run that was not finished."""
        row = self._one(POINTER, **key_values(asked))
        return MementoKey(row["to_timestamp"], row["to_url"], asked.archive) if row else None

    def add_pointer(self, asked: MementoKey, target: MementoKey) -> None:
        """Record that an archive redirected to another memento of its own."""
        self._add_new(pointers, [{**asked._asdict(), "to_timestamp": target.timestamp, "to_url": target.url}])

    def forget_pointers(self, archive: str) -> None:
        """Let the next run ask an archive anew: what is nearest then may be nearer."""
        with self.transaction():
            self._db.execute(sa.delete(pointers).where(pointers.c.archive == archive))
