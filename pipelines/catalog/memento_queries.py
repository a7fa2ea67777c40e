"""The questions about mementos: where each is stored, and where an archive redirected to."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exists

from pipelines.catalog.advisory_locks import files_at_work
from pipelines.catalog.row_reader import Reader
from pipelines.catalog.schema import captures, mementos
from pipelines.catalog.statements import MEMENTO, MEMENTO_WITH, POINTER, key_values
from pipelines.items import CaptureKey, Fate, MementoKey

IS_USED: Final = exists().where(
    captures.c.memento_timestamp == mementos.c.timestamp,
    captures.c.memento_url == mementos.c.url,
    captures.c.archive == mementos.c.archive,
)
"""That a capture was read from a memento. Redirects and home pages are stored as well, and none is read from them."""


def is_lost_after(file: str, size: int) -> sa.ColumnElement[bool]:
    """Return the condition that a memento's record or body is in what a WARC file lacks, of which `size` bytes are left."""
    other = mementos.alias()
    gone = sa.select(other.c.offset).where(other.c.file == file, other.c.offset + other.c.length > size)
    own = sa.and_(mementos.c.file == file, mementos.c.offset + mementos.c.length > size)
    body = sa.and_(
        mementos.c.payload_file == file,
        sa.or_(mementos.c.payload_offset >= size, mementos.c.payload_offset.in_(gone)),
    )
    return sa.or_(own, body)


class MementoQueries(Reader):
    """The tables `mementos` and `pointers`, read."""

    def memento(self, key: MementoKey) -> dict[str, Any] | None:
        return self._one(MEMENTO, **key_values(key))

    def memento_with(self, digest: str) -> dict[str, Any] | None:
        """Return a memento whose own record has the body with this digest, and can be read as far as is known."""
        return self._one(MEMENTO_WITH, digest=digest)

    def unused_mementos(self, after: MementoKey | None, limit: int) -> list[MementoKey]:
        """Return mementos that no capture was read from and that have no known trouble, in order, those after a key."""
        key = (mementos.c.timestamp, mementos.c.url, mementos.c.archive)
        query = sa.select(*key).where(sa.not_(IS_USED), mementos.c.trouble.is_(None)).order_by(*key).limit(limit)
        if after:
            query = query.where(sa.tuple_(*key) > sa.tuple_(*after))
        return [MementoKey(**row) for row in self._all(query)]

    def damaged_readings(self, domain: str) -> list[tuple[CaptureKey, str]]:
        """Return a listed domain's captures whose mementos are in trouble, and which were not read again since; and why.

        One with an open fate is a loss by that.
        """
        key = [captures.c[name] for name in CaptureKey._fields]
        is_known = captures.c.fate.in_([fate for fate in Fate if fate.is_final])
        where = (captures.c.domain == domain, captures.c.again.is_not(None), is_known)
        query = sa.select(*key, captures.c.again).where(*where)
        with self.transaction():
            return [(CaptureKey(*row[:-1]), row[-1]) for row in self._db.execute(query.order_by(*key))]

    def count(self, *where: sa.ColumnElement[bool]) -> int:
        """Return the number of mementos that meet the conditions."""
        with self.transaction():
            return self._db.scalar(sa.select(sa.func.count()).select_from(mementos).where(*where)) or 0

    def warc_ends(self) -> dict[str, int]:
        """Return, by WARC file, the byte after its last known record."""
        query = sa.select(mementos.c.file, sa.func.max(mementos.c.offset + mementos.c.length)).group_by(mementos.c.file)
        with self.transaction():
            return {file: end for file, end in self._db.execute(query)}  # noqa: C416 - rows are not pairs to mypy

    def ends_of_ended(self) -> dict[str, int]:
        """Return `warc_ends` without the files that a process appends to: what is missing there may be on its machine."""
        ends = self.warc_ends()
        with self.transaction():
            at_work = files_at_work(self._db, ends)
        return {file: end for file, end in ends.items() if file not in at_work}

    def has_records_in(self, file: str) -> bool:
        """Whether a memento is recorded to be in a WARC file."""
        return self._one(sa.select(mementos.c.url).where(mementos.c.file == file).limit(1)) is not None

    def mementos_without_date(self, limit: int) -> list[tuple[MementoKey, str, int]]:
        """Return mementos whose date of retrieval was never looked up: key, WARC file, and the byte after the record."""
        at = (mementos.c.timestamp, mementos.c.url, mementos.c.archive)
        end = mementos.c.offset + mementos.c.length
        query = sa.select(*at, mementos.c.file, end).where(mementos.c.retrieved.is_(None)).limit(limit)
        with self.transaction():
            return [(MementoKey(*row[:3]), row[3], row[4]) for row in self._db.execute(query)]

    def memento_keys(self, *where: sa.ColumnElement[bool]) -> list[MementoKey]:
        with self.transaction():
            rows = self._db.execute(sa.select(mementos.c.timestamp, mementos.c.url, mementos.c.archive).where(*where))
            return [MementoKey(*row) for row in rows]

    def pointer(self, asked: MementoKey) -> MementoKey | None:
        """Return the memento that the archive redirected to in a run that was not finished."""
        row = self._one(POINTER, **key_values(asked))
        return MementoKey(row["to_timestamp"], row["to_url"], asked.archive) if row else None
