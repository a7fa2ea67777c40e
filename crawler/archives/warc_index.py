"""WarcIndex: the captures of a folder of WARC files, in SQLite. Opening it indexes new and changed files.

The index is a cache. A damaged one, or one with another schema version, is deleted and built again.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc_digests import UNKNOWN, contradict
from crawler.archives.warc_files import KINDS, Part, warc_files
from crawler.archives.warc_index_file import COLUMNS, connect
from crawler.archives.warc_indexing import Indexer, IndexProgress
from pipelines.errors import ArchiveError, OutputError
from pipelines.items import Capture
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_TIES = 8
"""Captures compared on either side of a moment: enough for a URL's spellings in the same second."""
MAX_COPIES = 8
"""Records tried for a whole payload of a revisit."""
_MAX_REVISITS: Final = 16
"""Revisits gone through that refer to one another."""
_TIMESTAMP: Final = 14
_SELECT: Final = f"SELECT {COLUMNS} FROM rows WHERE"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Row(Capture):
    """A capture of an unnamed archive, with the part and the offset in bytes of its record.

    The last three fields say what a revisit refers to (see WarcCapture).
    """

    file: str = ""
    offset: int = 0
    refers_to: str = ""
    refers_id: str = ""
    record_id: str = ""
    digest_is_own: bool = False

    @property
    def resume_key(self) -> str:
        """The resume key: the next page begins after this row."""
        return json.dumps([self.urlkey, self.timestamp, self.file, self.offset], ensure_ascii=False)


class WarcIndex:
    """The captures in the files under `root`, by SURT and time. `copies` is the folder of unpacked copies. Thread-safe."""

    def __init__(self, root: Path, copies: Path, connection: sqlite3.Connection) -> None:
        self.root = root
        self._copies = copies
        self._db = connection
        self._lock = threading.Lock()  # threads share sqlite3's cached statements, and would mix up their values
        self._parts: dict[str, Part] = {}
        self.damages: list[str] = []
        """The parts of files that can't be read, one line each: file, byte, cause and remedy."""
        self.unusable: Counter[str] = Counter()
        """The captures that can't be used, by file and cause."""

    @classmethod
    def open(cls, path: Path, index_file: Path, progress: IndexProgress | None = None) -> Self:
        """Open the index of `path` (a file or a folder of them) and update it. Raises ArchiveError, OutputError."""
        files = warc_files(path)
        if not files:
            raise ArchiveError(f"{path}: no {KINDS} file here")
        copies = index_file.with_suffix(".unpacked")
        try:
            index = cls(path.parent if path.is_file() else path, copies, connect(index_file))
            index.damages += Indexer(index._db, index.root, copies, progress or IndexProgress()).update(files)
            index._describe()
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{index_file}: can't keep the WARC index here: {error}") from error
        return index

    def close(self) -> None:
        self._db.close()

    def listing(self, url: str, match: str, *, since: str, until: str, after: str, limit: int) -> list[Row]:
        """Return at most `limit` rows in CDX order, after the row with key `after`."""
        low, high = _key_range(url, match)
        last = json.loads(after) if after else ["", "", "", -1]
        sql = (
            f"{_SELECT} urlkey >= ? AND urlkey < ? AND timestamp >= ? AND timestamp <= ? "
            "AND (urlkey, timestamp, file, offset) > (?, ?, ?, ?) ORDER BY urlkey, timestamp, file, offset LIMIT ?"
        )
        return self._rows(sql, (low, high, since, until.ljust(_TIMESTAMP, "9"), *last, limit))

    def nearest(self, url: str, timestamp: str) -> Row | None:
        """Return the capture of `url` nearest in time. Ties go to the exact spelling of the URL."""
        key, wanted = urlkey_of(url), timestamp.ljust(_TIMESTAMP, "0")
        select = f"{_SELECT} urlkey = ? AND timestamp"
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
            f"{_SELECT} urlkey = ? AND timestamp = ? ORDER BY original != ?, file, offset LIMIT {_TIES}",
            (row.urlkey, row.timestamp, row.original),
        )

    def stored_captures(self, row: Row) -> list[Row]:
        """Return the rows whose records may store the payload, the likeliest first: of no revisit more than `row`.

        A revisit's payload is in the record that it refers to, by identifier or by date and URL, or in any record with
        the same digest.
        """
        if not row.is_revisit:
            return [row]
        return [*dict.fromkeys([*self._referred(row), *self._with_digest(row)])][:MAX_COPIES]

    def _referred(self, row: Row) -> list[Row]:
        """Return the rows that a revisit refers to, over other revisits too, if their digests don't contradict its own."""
        found: list[Row] = []
        revisits = [row]
        for revisit in revisits:  # which grows
            for each in self._named(revisit):
                if contradict(row.digest, each.digest, is_computed=each.digest_is_own):
                    continue
                if not each.is_revisit:
                    found.append(each)
                elif each not in revisits and len(revisits) < _MAX_REVISITS:
                    revisits.append(each)
        return found

    def _named(self, row: Row) -> list[Row]:
        """Return the rows of the records that a revisit names, by identifier, or by date and URL."""
        date, _, url = row.refers_to.partition(" ")
        key = urlkey_of(url) if url else row.urlkey
        named: list[Row] = []
        if row.refers_id:
            named += self._rows(f"{_SELECT} urlkey = ? AND record_id = ? LIMIT ?", (key, row.refers_id, MAX_COPIES))
        if date and url:
            named += self._rows(
                f"{_SELECT} urlkey = ? AND timestamp >= ? AND timestamp <= ? "
                "ORDER BY original != ?, timestamp, file, offset LIMIT ?",
                (key, date.ljust(_TIMESTAMP, "0"), date.ljust(_TIMESTAMP, "9"), url, MAX_COPIES),
            )
        return named

    def _with_digest(self, row: Row) -> list[Row]:
        if row.digest == UNKNOWN:
            return []
        return self._rows(
            f"{_SELECT} digest = ? AND mimetype != 'warc/revisit' "
            f"ORDER BY urlkey != ?, timestamp, file, offset LIMIT {MAX_COPIES}",
            (row.digest, row.urlkey),
        )

    def part(self, name: str) -> Part:
        """Return the file, or the part of one, that a row's `file` names."""
        return self._parts.get(name) or Part(self.root / name)

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        with self._lock:
            return [Row(*(*found[:7], "", "", *found[7:])) for found in self._db.execute(sql, values)]

    def _describe(self) -> None:
        """Read what is noted of the files: their parts, damages, and captures that can't be used."""
        for name, path, is_copy, start, end in self._db.execute('SELECT name, path, is_copy, start, "end" FROM parts'):
            folder = self._copies if is_copy else self.root
            self._parts[name] = Part(folder / os.fsdecode(path), start, end)
        damages = self._db.execute("SELECT file, damage FROM damages ORDER BY file, number")
        self.damages += (f"{name}: {damage}" for name, damage in damages)
        for name, cause, captures in self._db.execute("SELECT * FROM unusable ORDER BY file, cause"):
            self.unusable[f"{name}: {cause}"] = captures
            logger.warning("%s: %s left out: %s", name, quantity(captures, "capture"), cause)


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
