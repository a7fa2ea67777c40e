"""The check of WARC records: that of each memento is there, is readable and has its digest; and which ones nothing uses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import exists

from crawler.archives.warc_reader import RecordReader
from crawler.checks.finding import BY_CONVERT, BY_CRAWL, CATALOG, NOT_OURS, Finding
from crawler.console.program import command_line
from pipelines.catalog.advisory_locks import files_at_work
from pipelines.catalog.memento_queries import IS_USED, MementoQueries
from pipelines.catalog.schema import captures, mementos
from pipelines.errors import RecordUnreadable
from pipelines.items import MementoKey
from pipelines.output.stored_memento import stored_memento_of
from pipelines.output.warc_writer import WarcStore, is_own_name
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from io import BufferedIOBase
    from typing import BinaryIO

    from crawler.archives.warc_headers import Record
    from pipelines.output.storage import Storage

PREFIX: Final = "warc/"
_CAPTURES: Final = {"response", "revisit"}
_UNUSED: Final = "no capture was read from it"
_BATCH: Final = 500
_MAX_URL: Final = 200


@dataclass(slots=True)
class _Unused:
    """Records of a file that no memento uses: their number, offset and URL of the first."""

    count: int = 0
    offset: int = 0
    url: str = ""


class RecordCheck:
    """Checks the WARC records of an output folder. `count` is the number of mementos so far.

    `under_way` is that of those among them whose records nobody but a process at work can read as yet, on another machine.
    """

    def __init__(self, db: sa.Connection, storage: Storage) -> None:
        self._db = db
        self._storage = storage
        ends = MementoQueries(db).ends_of_ended()
        self._damage = {file.file: file for file in WarcStore(storage, PREFIX, software="").damage(ends)}
        self.count = self.under_way = 0

    def total(self) -> int:
        """Return the number of mementos that the catalog has."""
        return MementoQueries(self._db).count()

    def mementos(
        self, domains: Collection[str] = (), on_checked: Callable[[], None] = lambda: None
    ) -> Iterator[Finding]:
        """Yield what is wrong with the records of mementos; of those read for these listed domains if any are named.

        `on_checked` is called after each.
        """
        lost: Counter[str] = Counter()
        used: Counter[str] = Counter()
        query = sa.select(mementos, IS_USED.label("is_used")).order_by(mementos.c.file, mementos.c.offset)
        if domains:
            query = query.where(IS_USED, _of_domains(domains))
        for row in self._db.execute(query.execution_options(yield_per=_BATCH)).mappings():
            self.count += 1
            on_checked()
            problem = self._problem(row)
            if problem and (file := self._damaged_file(row)):
                lost[file] += 1
                used[file] += row["is_used"]
            elif problem and self._is_under_way(row):
                self.under_way += 1
            elif problem:
                yield problem
        for file, count in sorted(lost.items()):
            damage = self._damage[file]
            where = f"{self._storage.location(PREFIX + file)} at byte {damage.size}"
            yield Finding(where, damage.what(count), damage.mend(count, used[file]))
        yield from self._without_row(domains)

    def unused_records(self, on_record: Callable[[], None] = lambda: None) -> Iterator[Finding]:
        """Yield the WARC files with records that no memento uses, and with damage elsewhere than in a memento's record.

        Other files in the folder are named too.

        `on_record` is called for each record.
        """
        for entry in self._storage.entries(PREFIX):
            file = entry.removeprefix(PREFIX)
            if not is_own_name(file):
                yield Finding(self._storage.location(entry), NOT_OURS)
            elif self._storage.size(entry) is not None:
                yield from self._unused_in(file, on_record)

    def _damaged_file(self, row: sa.RowMapping) -> str:
        """Return the file that is gone or cut off and has a memento's record or body; empty if none is."""
        return next((row[name] for name in ("file", "payload_file") if row[name] in self._damage), "")

    def _is_under_way(self, row: sa.RowMapping) -> bool:
        return row["trouble"] is None and bool(files_at_work(self._db, {row["file"], row["payload_file"]}))

    def _problem(self, row: sa.RowMapping) -> Finding | None:
        kept = stored_memento_of(self._storage, PREFIX, dict(row))
        if row["trouble"] is not None:
            mend = BY_CRAWL if row["is_used"] else f"{_UNUSED}: a crawl forgets it"
            return Finding(kept.where, f"{row['trouble']}, as an earlier run found", mend)
        try:
            kept.read()
        except RecordUnreadable as error:
            where = f"{self._storage.location(error.name)} at byte {error.offset}"
            url = row["url"][:_MAX_URL]
            mend = BY_CONVERT if row["is_used"] else f"{_UNUSED}: `{command_line('convert')} --from-warc` forgets it"
            return Finding(where, f"{error.reason} (needed for {url} of {row['timestamp']})", mend)
        return None

    def _without_row(self, domains: Collection[str]) -> Iterator[Finding]:
        """Yield the mementos that captures were read from, and that the catalog has no record of."""
        read = (captures.c.memento_timestamp, captures.c.memento_url, captures.c.archive)
        is_known = sa.and_(
            mementos.c.timestamp == read[0], mementos.c.url == read[1], mementos.c.archive == captures.c.archive
        )
        query = (
            sa.select(captures.c.domain, *read)
            .where(captures.c.memento_timestamp.is_not(None), sa.not_(exists().where(is_known)))
            .order_by(*read)
        )
        if domains:
            query = query.where(captures.c.domain.in_(domains))
        for domain, *key in self._db.execute(query.distinct()).all():
            found = MementoKey(*key)
            what = f"no record of {found.url[:_MAX_URL]} of {found.timestamp} ({found.archive})"
            yield Finding(f"{CATALOG}, {domain}", what, BY_CONVERT)

    def _unused_in(self, file: str, on_record: Callable[[], None]) -> Iterator[Finding]:
        name = PREFIX + file
        own = sa.select(mementos.c.offset).where(mementos.c.file == file)
        bodies = sa.select(mementos.c.payload_offset).where(mementos.c.payload_file == file)
        known = {*self._db.scalars(own), *self._db.scalars(bodies)}
        unused, last = _Unused(), -1
        with self._storage.open(name) as stream:
            for found in RecordReader(_seekable(stream), _url_of_capture).walk(lambda _: on_record()):
                if found.damage and found.damage.offset not in known and file not in self._damage:
                    yield Finding(f"{self._storage.location(name)} at byte {found.damage.offset}", found.damage.cause)
                    unused.count -= found.damage.offset == last  # it was read in part, and is named here
                if found.taken is not None and found.offset not in known:
                    unused = unused if unused.count else _Unused(0, found.offset, found.taken)
                    unused.count += 1
                    last = found.offset
        if unused.count:
            where = f"{self._storage.location(name)} at byte {unused.offset}"
            records = f"{quantity(unused.count, 'record')} that no memento uses"
            yield Finding(where, f"{records}, the first of {unused.url[:_MAX_URL]}")


def _url_of_capture(record: Record) -> str | None:
    return record.url if record.kind in _CAPTURES else None


def _of_domains(domains: Collection[str]) -> sa.ColumnElement[bool]:
    return exists().where(
        captures.c.memento_timestamp == mementos.c.timestamp,
        captures.c.memento_url == mementos.c.url,
        captures.c.archive == mementos.c.archive,
        captures.c.domain.in_(domains),
    )


def _seekable(stream: BufferedIOBase) -> BinaryIO:
    return stream  # type: ignore[return-value]  # a BufferedIOBase has all that RecordReader calls
