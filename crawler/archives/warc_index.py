"""WarcIndex: the captures of a folder of WARC files, in SQLite. Opening it indexes new and changed files.

The index is a cache. A damaged one, or one with another schema version, is deleted and built again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc_records import WarcCapture, read_captures
from pipelines.errors import ArchiveError, OutputError
from pipelines.items import Capture
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from crawler.archives.warc_damage import Damage

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (file TEXT PRIMARY KEY, size INTEGER, mtime INTEGER);
CREATE TABLE IF NOT EXISTS rows (
    urlkey TEXT, timestamp TEXT, original TEXT, mimetype TEXT, statuscode TEXT, digest TEXT, length TEXT,
    file TEXT, offset INTEGER, refers_to TEXT,
    PRIMARY KEY (urlkey, timestamp, file, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_digest ON rows (digest);
CREATE TABLE IF NOT EXISTS damages (file TEXT, number INTEGER, damage TEXT, PRIMARY KEY (file, number));
"""
_SCHEMA_VERSION = 2
"""SQLite's user_version. The first version (user_version 0) had no damages and indexed cut records as whole ones."""
_TIES = 8
"""Captures compared on either side of a moment: enough for a URL's spellings in the same second."""
MAX_COPIES = 8
"""Records tried for a whole payload of a revisit."""
MAX_DAMAGES = 10
"""Damages of one file that are named. Further ones are counted."""
_COLUMNS = "urlkey, timestamp, original, mimetype, statuscode, digest, length, file, offset, refers_to"


@dataclass(frozen=True, slots=True)
class Row(Capture):
    """A capture of an unnamed archive, with the file and the offset in bytes of its record.

    `refers_to` is the timestamp and URL that a revisit names.
    """

    file: str
    offset: int
    refers_to: str

    @property
    def resume_key(self) -> str:
        """The resume key: the next page begins after this row."""
        return f"{self.urlkey} {self.timestamp} {self.file} {self.offset}"


class WarcIndex:
    """The captures in the WARC files under `root`, by SURT and time. Thread-safe."""

    def __init__(self, root: Path, connection: sqlite3.Connection) -> None:
        self.root = root
        self._db = connection
        self._lock = threading.Lock()  # threads share sqlite3's cached statements, and would mix up their values
        self.damages: list[str] = []
        """The parts of files that can't be read, one line each: file, byte, cause and remedy."""

    @classmethod
    def open(cls, path: Path, index_file: Path) -> Self:
        """Open the index of `path` (a WARC file or a folder of them) and update it. Raises ArchiveError, OutputError."""
        files = warc_files(path)
        if not files:
            raise ArchiveError(f"{path}: no .warc or .warc.gz file here")
        try:
            index_file.parent.mkdir(parents=True, exist_ok=True)
            index = cls(path.parent if path.is_file() else path, _connected(index_file))
            index._update(files)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{index_file}: can't keep the WARC index here: {error}") from error
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
        """Return the capture of `url` nearest in time. Ties go to the exact spelling of the URL."""
        key, wanted = urlkey_of(url), timestamp.ljust(14, "0")
        select = f"SELECT {_COLUMNS} FROM rows WHERE urlkey = ? AND timestamp"  # noqa: S608
        around = self._rows(f"{select} <= ? ORDER BY timestamp DESC LIMIT {_TIES}", (key, wanted))
        around += self._rows(f"{select} > ? ORDER BY timestamp LIMIT {_TIES}", (key, wanted))
        return min(
            around,
            key=lambda row: (_seconds_apart(row.timestamp, wanted), row.original != url, row.file, row.offset),
            default=None,
        )

    def of_same_second(self, row: Row) -> list[Row]:
        """Return the captures of a row's page and second: itself, copies in other files, other spellings of the URL."""
        return self._rows(
            f"SELECT {_COLUMNS} FROM rows WHERE urlkey = ? AND timestamp = ? "  # noqa: S608
            f"ORDER BY original != ?, file, offset LIMIT {_TIES}",
            (row.urlkey, row.timestamp, row.original),
        )

    def stored_capture(self, row: Row, number: int = 0) -> Row | None:
        """Return the row whose record stores the payload: for a revisit the capture that it refers to, else `row`.

        Several records can store the payload of a revisit. `number` counts them from 0; None after the last.
        """
        if not row.is_revisit:
            return None if number else row
        same = self._rows(
            f"SELECT {_COLUMNS} FROM rows WHERE digest = ? AND mimetype != 'warc/revisit' "  # noqa: S608
            "ORDER BY timestamp || ' ' || original != ?, urlkey != ?, timestamp, file, offset LIMIT 1 OFFSET ?",
            (row.digest, row.refers_to, row.urlkey, number),
        )
        return same[0] if same else None

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        with self._lock:
            return [Row(*(*found[:7], "", *found[7:])) for found in self._db.execute(sql, values)]

    def _update(self, files: list[Path]) -> None:
        known = {name: (size, mtime) for name, size, mtime in self._db.execute("SELECT file, size, mtime FROM files")}
        present: set[str] = set()
        for file in files:
            name = str(file.relative_to(self.root))
            present.add(name)
            try:
                facts = (file.stat().st_size, file.stat().st_mtime_ns)
                if known.get(name) != facts:
                    self._read(file, name, facts)
            except OSError as error:
                self.damages.append(f"{name}: can't be read: {error.strerror or error}; mend that, or take it away")
        with self._db:
            for name in known.keys() - present:
                self._forget(name)
        self.damages += (
            f"{name}: {damage}"
            for name, damage in self._db.execute("SELECT file, damage FROM damages ORDER BY file, number")
        )

    def _read(self, file: Path, name: str, facts: tuple[int, int]) -> None:
        """Index a new or changed file in one transaction."""
        logger.info("indexing %s (%.1f MB)", file, facts[0] / 1e6)
        damages: list[Damage] = []
        with self._db:
            self._forget(name)
            values = _values(read_captures(file, damages.append), name)
            self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?,?,?,?,?,?,?,?,?,?)", values)
            self._db.executemany("INSERT INTO damages VALUES (?,?,?)", _damage_values(name, damages))
            self._db.execute("INSERT INTO files VALUES (?,?,?)", (name, *facts))

    def _forget(self, name: str) -> None:
        for table in ("rows", "files", "damages"):
            self._db.execute(f"DELETE FROM {table} WHERE file = ?", (name,))  # noqa: S608


def warc_files(path: Path) -> list[Path]:
    """Return `path` itself, or the WARC files below it, sorted. Dangling links are included: their files are missing."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*.warc*") if _is_warc(file))


def _connected(index_file: Path) -> sqlite3.Connection:
    """Open the database of the index. A damaged one, or one with another schema version, is deleted and created again."""
    if index_file.exists() and not _is_usable(index_file):
        logger.info("%s: damaged or of another version; the files are indexed again", index_file)
        for suffix in ("", "-journal"):
            index_file.with_name(index_file.name + suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(index_file, check_same_thread=False)
    connection.executescript(f"{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION};")
    return connection


def _is_usable(index_file: Path) -> bool:
    with closing(sqlite3.connect(index_file)) as connection:
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError:  # can't be opened, or locked: the content may be good
            raise
        except sqlite3.DatabaseError:
            return False
    return bool(version == _SCHEMA_VERSION and state == "ok")


def _damage_values(name: str, damages: Sequence[Damage]) -> list[tuple[str, int, str]]:
    values = [(name, number, str(damage)) for number, damage in enumerate(damages[:MAX_DAMAGES])]
    more = len(damages) - MAX_DAMAGES
    return (
        [*values, (name, MAX_DAMAGES, f"{more} more damaged parts; `warcio check` names them")] if more > 0 else values
    )


def _values(captures: Iterable[WarcCapture], name: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a file's captures, and log the number of captures whose URL can't be used."""
    unusable: Counter[str] = Counter()
    for capture in captures:
        if problem := url_problem(capture.url):
            unusable[problem] += 1
            continue
        yield (
            urlkey_of(capture.url), capture.timestamp, capture.url, capture.mimetype, capture.statuscode, capture.digest,
            str(capture.length or "-"), name, capture.offset, capture.refers_to,
        )  # fmt: skip
    for problem, count in unusable.items():
        logger.warning("%s: %d captures left out: %s", name, count, problem)


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
    return file.name.endswith((".warc", ".warc.gz")) and (file.is_file() or not file.exists())
