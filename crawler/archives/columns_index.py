"""The rows that Common Crawl's columnar index has of the listed domains, in a database below OUTPUT_DIR/index.

Each file is read once for all domains that it was not read for yet, and its rows are committed with the note of that: a run
that is stopped goes on with the next file.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from crawler.archives.base import Match
from crawler.archives.columns_files import BadFile
from crawler.archives.commoncrawl_rows import BAD_PLACE, read_locator
from crawler.archives.urlkey import urlkey_of
from pipelines.errors import OutputError
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from crawler.archives.columns_files import ByteSource

logger = logging.getLogger(__name__)

MAX_ROWS: Final = 300_000
"""Rows kept of one domain and file: a hosting company's domain has the pages of its customers."""
MOST_IN_VAIN: Final = 3
"""Files in a row that can't be read, after which the others are left to the next run."""
PAGE_ROWS: Final = 10_000
RESUME_KEY: Final = "X-Resume-Key"

_FIELDS: Final = ("url", "timestamp", "mime", "status", "digest", "length", "offset", "filename")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS done (file TEXT, domain TEXT, rows INTEGER, PRIMARY KEY (file, domain)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    urlkey TEXT, timestamp TEXT, filename TEXT, "offset" INTEGER, url TEXT, mime TEXT, status TEXT, digest TEXT, length TEXT,
    PRIMARY KEY (urlkey, timestamp, filename, "offset")
) WITHOUT ROWID;
"""
_VERSION: Final = 1
_KEY: Final = 4
_RANGES: Final = {
    Match.EXACT: "urlkey = :key",
    Match.PREFIX: "urlkey >= :key AND urlkey < :key || char(1114111)",
    Match.HOST: "urlkey >= :host || ')' AND urlkey < :host || '*'",
    Match.DOMAIN: "urlkey >= :host || ')' AND urlkey < :host || '-'",
}
"""`)` and `,` stand behind a host in a SURT; `*` and `-` follow them in ASCII."""


class ColumnsIndex:
    """The database at `path`. Threads use it one at a time. Close it in the end."""

    def __init__(self, path: Path) -> None:
        """Open or create the database. Raises OutputError."""
        self._lock = threading.Lock()
        self.problems: list[str] = []
        """The files that could not be read, one line each."""
        self.unusable: Counter[str] = Counter()
        """The rows that can't be used, by file and cause."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise OutputError(f"{path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    def build(self, sources: Sequence[ByteSource], domains: Iterable[str], is_stopped: Callable[[], bool]) -> None:
        """Read the rows of some domains from the files that were not read for them yet. Raises OutputError."""
        wanted, in_vain = list(domains), 0
        for number, source in enumerate(sources, 1):
            todo = self._not_done(source.name, wanted)
            if is_stopped():
                return
            if todo:
                logger.info("Common Crawl's columns: file %d of %d, %s", number, len(sources), source.name)
                in_vain = 0 if self._read(source, todo) else in_vain + 1
            if in_vain == MOST_IN_VAIN:
                left = len(sources) - number
                self.problems += [f"{quantity(left, 'more file')} not asked for after that"] if left else []
                return

    def _not_done(self, file: str, domains: Sequence[str]) -> list[str]:
        with self._lock:
            done = {domain for (domain,) in self._db.execute("SELECT domain FROM done WHERE file = ?", (file,))}
        return [domain for domain in domains if domain not in done]

    def _read(self, source: ByteSource, domains: Sequence[str]) -> bool:
        """Read a file's rows of some domains; return whether it could be read. Raises OutputError."""
        from crawler.archives.columns_query import range_of, rows_of  # noqa: PLC0415 - DuckDB comes with an extra

        ranges = [range_of(domain) for domain in domains]
        counts, bad = dict.fromkeys(domains, 0), 0
        try:
            with self._lock, self._db:
                for row in rows_of(source, ranges):
                    values = _values(row)
                    domain = next((each.domain for each in ranges if values and each.low <= values[0] < each.high), "")
                    if values and domain and counts[domain] < MAX_ROWS:
                        self._db.execute("INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
                    if domain:
                        counts[domain] += 1
                    else:
                        bad += 1
                self._db.executemany(
                    "INSERT OR REPLACE INTO done VALUES (?, ?, ?)", [(source.name, *each) for each in counts.items()]
                )
        except BadFile as error:
            self.problems.append(str(error))
            return False
        except sqlite3.Error as error:
            raise OutputError(f"the index of Common Crawl's columns: {error}") from error
        for domain, count in counts.items():
            if count > MAX_ROWS:
                self.unusable[f"{source.name}: rows of {domain} beyond {MAX_ROWS}"] += count - MAX_ROWS
        self.unusable += Counter({f"{source.name}: {BAD_PLACE}": bad})
        return True

    def answer(self, address: str) -> tuple[bytes, str]:
        """Return the rows that a query asks for, as the index API writes them, and the resume key of the next ones.

        Raises OutputError.
        """
        query = {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}
        key = urlkey_of(query["url"])
        at = {"key": key, "host": key.partition(")")[0], "since": query.get("from", ""), "until": query.get("to", "")}
        after = _after(query.get("after", ""))
        statement = (
            f'SELECT urlkey, timestamp, filename, "offset", url, mime, status, digest, length FROM rows '  # noqa: S608 - constants
            f"WHERE {_RANGES[Match(query['matchType'])]} AND timestamp >= :since "
            "AND (:until = '' OR substr(timestamp, 1, length(:until)) <= :until) "
            'AND (urlkey, timestamp, filename, "offset") > (:a, :b, :c, :d) '
            'ORDER BY urlkey, timestamp, filename, "offset"'
        )
        values = at | dict(zip("abcd", after, strict=True))
        try:
            with self._lock:
                rows = list(_taken(self._db.execute(statement, values), query.get("filter", "")))
        except sqlite3.Error as error:
            raise OutputError(f"the index of Common Crawl's columns: {error}") from error
        is_cut = len(rows) > PAGE_ROWS
        shown = rows[:PAGE_ROWS]
        body = "".join(f"{json.dumps(_as_api(row))}\n" for row in shown)
        return body.encode(), json.dumps(shown[-1][:_KEY]) if is_cut else ""


def _connect(path: Path) -> sqlite3.Connection:
    """Open the database; one that is damaged or of another version is made anew."""
    if path.exists():
        with closing(sqlite3.connect(path)) as known, suppress(sqlite3.DatabaseError):
            (version,) = known.execute("PRAGMA user_version").fetchone()
            (state,) = known.execute("PRAGMA quick_check(1)").fetchone()
            if (version, state) == (_VERSION, "ok"):
                return sqlite3.connect(path, check_same_thread=False)
        logger.info("%s: damaged or of another version; the columns are read again", path)
        path.unlink()
    db = sqlite3.connect(path, check_same_thread=False)
    db.executescript(f"{_SCHEMA}PRAGMA user_version = {_VERSION};")
    return db


def _values(row: dict[str, Any]) -> tuple[Any, ...] | None:
    """Return the values of a row of the table; None for a row without usable text or place."""
    place = read_locator(" ".join(str(row[name]) for name in ("filename", "offset", "length")))
    texts = [row[name] for name in ("timestamp", "url", "mime", "status", "digest", "length")]
    if place is None or not all(isinstance(text, str) and text.isprintable() for text in texts):
        return None
    timestamp, url, mime, status, digest, length = texts
    return urlkey_of(url), timestamp, place.file, place.offset, url, mime, status, digest, length


def _after(key: str) -> tuple[Any, ...]:
    """Return the place in the order of rows that a resume key names. Raises OutputError."""
    if not key:
        return "", "", "", -1
    try:
        urlkey, timestamp, filename, offset = json.loads(key)
    except (ValueError, TypeError) as error:
        raise OutputError(f"{key!r:.80} is no place in the index of Common Crawl's columns") from error
    return urlkey, timestamp, filename, offset


def _taken(rows: Iterable[tuple[Any, ...]], query_filter: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows whose urlkey a filter (`urlkey:regex`) matches as a whole, one more than a page has at most."""
    pattern = re.compile(query_filter.partition(":")[2]) if query_filter else None
    left = PAGE_ROWS + 1
    for row in rows:
        if left and (pattern is None or pattern.fullmatch(row[0])):
            left -= 1
            yield row
        if not left:
            return


def _as_api(row: tuple[Any, ...]) -> dict[str, Any]:
    _, timestamp, filename, offset, url, mime, status, digest, length = row
    return dict(zip(_FIELDS, (url, timestamp, mime, status, digest, length, str(offset), filename), strict=True))
