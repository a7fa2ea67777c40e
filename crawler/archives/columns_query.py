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
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from crawler.archives.columns_files import ByteSource

PROTOCOL: Final = "commoncrawl"
AT_ONCE: Final = 10_000
"""Rows taken of DuckDB at a time."""
MEMORY: Final = "1GB"

_ADDRESS: Final = f"{PROTOCOL}://columns/file.parquet"
"""The only file that the file system has: names from outside never reach SQL."""
_LONG_AGO: Final = datetime(2008, 1, 1, tzinfo=UTC)
_ABOUT: Final = (
    "SELECT path_in_schema, min(type), min(stats_min_value), max(stats_max_value), "
    "bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL) FROM parquet_metadata(?) GROUP BY path_in_schema"
)
_COLUMNS: Final = (
    "SELECT url, epoch(fetch_time)::BIGINT, fetch_status, content_digest, content_mime_type, warc_filename, "
    "warc_record_offset, warc_record_length FROM read_parquet(?, binary_as_string = true) WHERE "
)
_TEXT: Final = ("BYTE_ARRAY",)
_WHOLE: Final = ("INT32", "INT64")
_TYPES: Final = {
    "url_surtkey": _TEXT,
    "url": _TEXT,
    "fetch_time": ("INT64", "INT96"),
    "fetch_status": (*_WHOLE, *_TEXT),
    "content_digest": _TEXT,
    "content_mime_type": _TEXT,
    "warc_filename": _TEXT,
    "warc_record_offset": _WHOLE,
    "warc_record_length": _WHOLE,
}
"""The columns that are read, and Parquet's names of the types that they can have (commoncrawl/cc-index-table)."""
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
            about = {name: facts for name, *facts in db.execute(_ABOUT, [_ADDRESS]).fetchall()}
            if problem := _foreign({name: facts[0] for name, facts in about.items()}):
                raise BadFile(f"{source.name}: {problem}; name files of Common Crawl's columnar index")
            wanted = _within(about["url_surtkey"][1:], domains) if about else []
            if not wanted:
                return
            values = [value for each in wanted for value in (each.low, each.high)]
            either = " OR ".join(["(url_surtkey >= ? AND url_surtkey < ?)"] * len(wanted))
            found = db.execute(_COLUMNS + either, [_ADDRESS, *values])
            while batch := found.fetchmany(AT_ONCE):
                yield from map(_row, batch)
    except (duckdb.Error, OSError, ValueError, RuntimeError, MemoryError) as error:
        cause = printable(str(files.error or error).strip().partition("\n")[0])[:300]
        raise BadFile(f"{source.name}: {cause}; the next run reads it again") from error


def _foreign(types: Mapping[str, str]) -> str:
    """Return why a file is none of the columnar index, by its columns' types; empty if it is one, or has no rows."""
    for name, possible in _TYPES.items() if types else ():
        if name not in types:
            return f"no column {name}"
        if types[name] not in possible:
            return f"column {name} has type {types[name]:.40}, not {possible[0]}"
    return ""


def _within(bounds: Sequence[Any], domains: Collection[DomainRange]) -> list[DomainRange]:
    """Return the domains that can be in the file, by its statistics (low, high, whether both are known)."""
    low, high, is_known = bounds
    return [each for each in domains if not is_known or (each.low <= high and low < each.high)]


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
