"""Rows of a Parquet file of Common Crawl's columnar index, for all listed domains at once, by DuckDB.

DuckDB reads the file through a file system of ours (fsspec), so that it needs no extension and asks no server itself; it is
kept from fetching any. A file is sorted by `url_surtkey`: its statistics say which domains can be in it, and DuckDB
reads the row groups that can have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb
from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile

from crawler.archives.columns_files import BadFile
from crawler.archives.urlkey import urlkey_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from crawler.archives.columns_files import ByteSource

PROTOCOL: Final = "commoncrawl"
AT_ONCE: Final = 10_000
"""Rows taken of DuckDB at a time."""
MEMORY: Final = "1GB"

_ADDRESS: Final = f"{PROTOCOL}://columns/file.parquet"
"""The only file that the file system has: names from outside never reach SQL."""
_LONG_AGO: Final = datetime(2008, 1, 1, tzinfo=UTC)
_BOUNDS: Final = (
    "SELECT min(stats_min_value), max(stats_max_value), "
    "bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL) FROM parquet_metadata(?) "
    "WHERE path_in_schema = 'url_surtkey'"
)
_COLUMNS: Final = (
    "SELECT url, epoch(fetch_time)::BIGINT, fetch_status, content_digest, content_mime_type, warc_filename, "
    "warc_record_offset, warc_record_length FROM read_parquet(?) WHERE "
)
_CONFIG: Final[dict[str, Any]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "threads": 1,  # one connection at a time
    "memory_limit": MEMORY,
}


@dataclass(frozen=True, slots=True)
class DomainRange:
    """The range of SURTs of a listed domain and its subdomains: from `low` to before `high`."""

    domain: str
    low: str
    high: str


def range_of(domain: str) -> DomainRange:
    """Return the range of a listed domain.

    >>> range_of("example.com")
    DomainRange(domain='example.com', low='com,example)', high='com,example-')
    """
    host = urlkey_of(domain).partition(")")[0]
    return DomainRange(domain, f"{host})", f"{host}-")  # `,` is between the two, and no host has what else is


def rows_of(source: ByteSource, domains: Collection[DomainRange]) -> Iterator[dict[str, Any]]:
    """Yield a file's rows of some domains, with the names that the index API gives them. Raises BadFile."""
    files = _OneFile(source)
    try:
        with duckdb.connect(config=_CONFIG) as db:
            db.register_filesystem(files)
            db.execute("SET lock_configuration = true")
            wanted = _within(db, domains)
            if not wanted:
                return
            values = [value for each in wanted for value in (each.low, each.high)]
            either = " OR ".join(["(url_surtkey >= ? AND url_surtkey < ?)"] * len(wanted))
            found = db.execute(_COLUMNS + either, [_ADDRESS, *values])
            while batch := found.fetchmany(AT_ONCE):
                yield from map(_row, batch)
    except (duckdb.Error, OSError) as error:
        cause = str(files.error or error).strip().partition("\n")[0][:300]
        raise BadFile(f"{source.name}: {cause}; the next run reads it again") from error


def _within(db: duckdb.DuckDBPyConnection, domains: Collection[DomainRange]) -> list[DomainRange]:
    """Return the domains that can be in the file, by its statistics; all of them if it has none."""
    bounds = db.execute(_BOUNDS, [_ADDRESS]).fetchone()
    if bounds is None or not bounds[2]:
        return list(domains)
    low, high = bounds[0], bounds[1]
    return [each for each in domains if each.low <= high and low < each.high]


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    url, seconds, status, digest, mime, filename, offset, length = values
    return {
        "url": url,
        "timestamp": _digits(seconds),
        "mime": mime or "unk",
        "status": "-" if status is None else str(status),
        "digest": digest or "-",
        "length": str(length),
        "offset": str(offset),
        "filename": filename,
    }


def _digits(seconds: int | None) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S") if seconds is not None else ""
    except (OverflowError, ValueError, OSError):
        return ""


class _OneFile(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of fsspec with one file, whose bytes are read by ranges. `error` is why the last range was not had."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self.source = source
        self.error: Exception | None = None

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": self.tried(self.source.size), "type": "file"}

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def modified(self, path: str) -> datetime:
        del path
        return _LONG_AGO

    def tried(self, call: Any, *args: Any) -> Any:
        """Call a function that reads, and keep its error: DuckDB shows a traceback in its place."""
        try:
            return call(*args)
        except OSError as error:
            self.error = error
            raise

    def _open(self, path: str, mode: str = "rb", **_: Any) -> _OpenFile:
        return _OpenFile(self, path, mode, cache_type="none")


class _OpenFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = self.fs.tried(self.fs.source.read, start, min(end, self.size))
        return data
