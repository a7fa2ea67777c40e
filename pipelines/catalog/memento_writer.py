"""What is recorded of mementos: where each is stored, and which can't be read there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.memento_queries import IS_USED, MementoQueries, is_lost_after
from pipelines.catalog.schema import mementos, pointers
from pipelines.catalog.statements import ASK_AGAIN, CLEAR_TROUBLE, SET_RETRIEVED, SET_TROUBLE, key_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipelines.items import Answer, MementoKey


class MementoWriter(MementoQueries, Database):
    """The tables `mementos` and `pointers`.

    A memento is in trouble if its record could not be read, or what it holds could not be converted again. The captures
    that were answered from it are asked for again, each by itself, and keep what they have until then.
    """

    def __init__(self, url: str, enter: Callable[[sa.Connection], None] = lambda _: None) -> None:
        super().__init__(url, enter)
        in_trouble = sa.select(mementos.c.url).where(mementos.c.trouble.is_not(None)).limit(1)
        self._in_trouble = self.locks is not None or self._one(in_trouble) is not None  # others may note some

    def add_memento(self, **values: Any) -> None:
        self._add_new(mementos, [values])

    def put_memento(self, **values: Any) -> None:
        """Record a memento in the place of one with the same key."""
        with self.transaction():
            self._upsert(mementos, values, update={**values, "trouble": None})

    def set_retrieved(self, dates: Mapping[MementoKey, str]) -> None:
        """Record when mementos were retrieved (ISO 8601); an empty date means that nothing says it."""
        with self.transaction():
            self._db.execute(SET_RETRIEVED, [{**key_values(key), "date": date} for key, date in dates.items()])

    # Trouble

    def set_trouble(self, troubles: Mapping[MementoKey, str]) -> None:
        """Note why mementos could not be read or converted, and that the captures read from them are asked for again."""
        values = [{**key_values(key), "why": why} for key, why in sorted(troubles.items())]  # all writers in one order
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
        self.set_trouble(dict.fromkeys(self.memento_keys(mementos.c.digest == digest, own | body), trouble))

    def set_trouble_after(self, file: str, size: int, trouble: str) -> tuple[int, int]:
        """Note why no record of a WARC file that ends after byte `size` can be read.

        Returns of how many mementos that is new, and how many of them captures were read from.
        """
        where = (is_lost_after(file, size), mementos.c.trouble.is_(None))
        keys, used = self.memento_keys(*where), self.count(*where, IS_USED)
        self.set_trouble(dict.fromkeys(keys, trouble))
        return len(keys), used

    def forget_unused_trouble(self) -> int:
        """Drop the mementos that can't be read and that no capture was read from; return their number.

        Nothing asks for them again as long as nothing needs them, and then they are fetched as if they had never been.
        """
        if not self._in_trouble:
            return 0
        with self.transaction():
            return self._db.execute(
                sa.delete(mementos).where(mementos.c.trouble.is_not(None), sa.not_(IS_USED))
            ).rowcount

    def clear_trouble(self, answers: Iterable[Answer]) -> None:
        """Forget the trouble of mementos that were read."""
        keys = {answer.memento for answer in answers if answer.is_reading} if self._in_trouble else set()
        if keys:
            with self.transaction():
                self._db.execute(CLEAR_TROUBLE, [key_values(key) for key in keys if key])

    # Pointers

    def add_pointer(self, asked: MementoKey, target: MementoKey) -> None:
        """Record that an archive redirected to another memento of its own."""
        self._add_new(pointers, [{**asked._asdict(), "to_timestamp": target.timestamp, "to_url": target.url}])

    def forget_pointers(self, archive: str) -> None:
        """Let the next run ask an archive anew: what is nearest then may be nearer."""
        with self.transaction():
            self._db.execute(sa.delete(pointers).where(pointers.c.archive == archive))
