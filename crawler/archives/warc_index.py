"""The index of a folder of WARC files: SQLite, made once, brought up to date for files that are new or changed."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from crawler.archives.rows import urlkey_of
from crawler.archives.warc_records import read_captures
from crawler.errors import ArchiveError, OutputError
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (file TEXT PRIMARY KEY, size INTEGER, mtime INTEGER);
CREATE TABLE IF NOT EXISTS rows (
    urlkey TEXT, timestamp TEXT, original TEXT, mimetype TEXT, statuscode TEXT, digest TEXT, length TEXT,
    file TEXT, offset INTEGER, refers_to TEXT,
    PRIMARY KEY (urlkey, timestamp, file, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_digest ON rows (digest);
"""
_TIES = 8
"""Captures looked at on either side of a moment: enough for a URL's spellings in the same second."""
_COLUMNS = "urlkey, timestamp, original, mimetype, statuscode, digest, length, file, offset, refers_to"


@dataclass(frozen=True, slots=True)
class Row:
    """A capture and where it is held."""

    urlkey: str
    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str
    length: str
    file: str
    offset: int
    refers_to: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The CDX server's seven fields."""
        return (
            self.urlkey, self.timestamp, self.original, self.mimetype, self.statuscode, self.digest, self.length,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """The resume key: what the next page comes after."""
        return f"{self.urlkey} {self.timestamp} {self.file} {self.offset}"


class WarcIndex:
    """What the WARC files under `root` hold, by SURT and time. Safe to use from several threads."""

    def __init__(self, root: Path, connection: sqlite3.Connection) -> None:
        self.root = root
        self._db = connection
        self._asking = threading.Lock()  # statements in sqlite3's cache are shared, and threads mix up their values

    @classmethod
    def open(cls, path: Path, index_file: Path) -> Self:
        """Open the index of `path` (a WARC file or a folder of them), bringing it up to date."""
        files = [path] if path.is_file() else sorted(f for f in path.rglob("*.warc*") if _is_warc(f))
        if not files:
            raise ArchiveError(f"{path}: no .warc or .warc.gz file here")
        try:
            index_file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(index_file, check_same_thread=False)
            connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{index_file}: can't keep the WARC index here: {error}") from error
        index = cls(path.parent if path.is_file() else path, connection)
        index._update(files)
        return index

    def close(self) -> None:
        self._db.close()

    def listing(self, url: str, match: str, *, since: str, until: str, after: str, limit: int) -> list[Row]:
        """Return at most `limit` rows in CDX order, after the row with key `after`."""
        low, high = _key_range(url, match)
        last = (*after.split(" "), "", "", "")[:4] if after else ("", "", "", "")
        sql = (
            f"SELECT {_COLUMNS} FROM rows WHERE urlkey >= ? AND urlkey < ? AND timestamp >= ? AND timestamp <= ? "  # noqa: S608
            "AND (urlkey, timestamp, file, offset) > (?, ?, ?, ?) ORDER BY urlkey, timestamp, file, offset LIMIT ?"
        )
        key, timestamp, file, offset = last
        values = (low, high, since, until + "9" * (14 - len(until)), key, timestamp, file, int(offset or -1), limit)
        return self._rows(sql, values)

    def nearest(self, url: str, timestamp: str) -> Row | None:
        """Return the capture of `url` nearest in time; the URL as written goes before its other spellings."""
        key, wanted = urlkey_of(url), timestamp.ljust(14, "0")
        select = f"SELECT {_COLUMNS} FROM rows WHERE urlkey = ? AND timestamp"  # noqa: S608
        around = self._rows(f"{select} <= ? ORDER BY timestamp DESC LIMIT {_TIES}", (key, wanted))
        around += self._rows(f"{select} > ? ORDER BY timestamp LIMIT {_TIES}", (key, wanted))
        return min(
            around,
            key=lambda row: (_seconds_apart(row.timestamp, wanted), row.original != url, row.file, row.offset),
            default=None,
        )

    def holder(self, row: Row) -> Row | None:
        """Return the row whose record has the payload: itself, or for a revisit the capture it refers to."""
        if row.mimetype != "warc/revisit":
            return row
        same = self._rows(
            f"SELECT {_COLUMNS} FROM rows WHERE digest = ? AND mimetype != 'warc/revisit' "  # noqa: S608
            "ORDER BY timestamp || ' ' || original != ?, urlkey != ?, timestamp, file, offset LIMIT 1",
            (row.digest, row.refers_to, row.urlkey),
        )
        return same[0] if same else None

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        with self._asking:
            return [Row(*found) for found in self._db.execute(sql, values)]

    def _update(self, files: list[Path]) -> None:
        known = {name: (size, mtime) for name, size, mtime in self._db.execute("SELECT file, size, mtime FROM files")}
        present: set[str] = set()
        for file in files:
            name, facts = str(file.relative_to(self.root)), (file.stat().st_size, file.stat().st_mtime_ns)
            present.add(name)
            if known.get(name) == facts:
                continue
            logger.info("indexing %s (%.1f MB)", file, facts[0] / 1e6)
            with self._db:
                self._forget(name)
                self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?,?,?,?,?,?,?,?,?,?)", _values(file, name))
                self._db.execute("INSERT INTO files VALUES (?,?,?)", (name, *facts))
        with self._db:
            for name in known.keys() - present:
                self._forget(name)

    def _forget(self, name: str) -> None:
        self._db.execute("DELETE FROM rows WHERE file = ?", (name,))
        self._db.execute("DELETE FROM files WHERE file = ?", (name,))


def _values(file: Path, name: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a file's captures, and log how many have URLs that can't be used."""
    left_out: Counter[str] = Counter()
    for held in read_captures(file):
        if problem := url_problem(held.url):
            left_out[problem] += 1
            continue
        yield (
            urlkey_of(held.url), held.timestamp, held.url, held.mimetype, held.statuscode, held.digest,
            str(held.length), name, held.offset, held.refers_to,
        )  # fmt: skip
    for problem, count in left_out.items():
        logger.warning("%s: %d captures left out: %s", file, count, problem)


def _key_range(url: str, match: str) -> tuple[str, str]:
    """Return the half-open range of SURTs that a CDX query with this matchType covers."""
    address = url if "//" in url else f"http://{url}"
    key = urlkey_of(address)
    if match == "exact":
        return key, key + "\0"
    if match == "prefix":
        return key, key + "\U0010ffff"
    host = key.partition(")")[0]
    # "," sorts between ")" and "-": com,example) and com,example,sub) but not com,example-other)
    return (f"{host})", f"{host}*") if match == "host" else (f"{host})", f"{host}-")


def _seconds_apart(one: str, other: str) -> float:
    return abs(_seconds(one) - _seconds(other))


def _seconds(timestamp: str) -> float:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _is_warc(file: Path) -> bool:
    return file.is_file() and file.name.endswith((".warc", ".warc.gz"))
