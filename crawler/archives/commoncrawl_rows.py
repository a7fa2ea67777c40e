"""Rows of Common Crawl's index, of the API and of the Parquet files alike, to captures with locators. Pure.

A locator says where a capture's record is: file name, offset and length in bytes. All of it is a stranger's text, and its
form is checked whenever it is read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from crawler.archives.cdx_rows import read_rows
from crawler.archives.json_rows import Unreadable
from crawler.archives.urlkey import urlkey_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.items import Capture

FIELDS: Final = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename")
"""The fields asked for (`fl=`). Every recorded row has them all."""
MAX_RECORD: Final = 16 << 20
"""Bytes of a record that is fetched, as DOWNLOAD_MAXSIZE: Common Crawl cuts a body at 5 MiB, until 2025 at 1 MiB."""
BAD_PLACE: Final = "record at no usable place"
"""The cause if a row's file name, offset or length can't be those of a record."""

_FILE: Final = re.compile(
    r"(?:[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,99}/){1,12}[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,150}\.w?arc\.gz"
)
"""`crawl-data/CC-MAIN-2025-33/segments/1754151279521.11/warc/CC-MAIN-20250802220907-20250803010907-00970.warc.gz`;
the oldest crawls have ARC files. No part begins with a dot, so that none leads upwards."""
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})", re.ASCII)
_DIGEST: Final = re.compile(r"(?:sha1:)?([A-Z2-7]{32})")
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Locator:
    """The place of a record: the file's name below the data server's address, offset and length in bytes."""

    file: str
    offset: int
    length: int

    def __str__(self) -> str:
        return f"{self.file} {self.offset} {self.length}"

    @property
    def last(self) -> int:
        """The offset of the record's last byte."""
        return self.offset + self.length - 1


def read_locator(text: str) -> Locator | None:
    """Return the locator that a text is; None if it is none.

    >>> read_locator("crawl-data/CC-MAIN-2025-33/warc/a.warc.gz 71720 570").last
    72289
    >>> read_locator("../a.warc.gz 1 2"), read_locator("https://evil/a.warc.gz 1 2")
    (None, None)
    """
    parts = text.split(" ")
    if len(parts) != _PARTS or not _FILE.fullmatch(parts[0]) or not all(map(_NUMBER.fullmatch, parts[1:])):
        return None
    return Locator(parts[0], int(parts[1]), int(parts[2])) if int(parts[2]) else None


def captures_of(
    rows: Iterable[Mapping[str, Any] | Unreadable], archive: str
) -> tuple[tuple[Capture, ...], Counter[str]]:
    """Return the usable rows as captures of an archive, and how many were not, by cause.

    The urlkey is this program's own, so that it is equal in all archives.
    """
    captures: list[Capture] = []
    unusable: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Unreadable):
            unusable[row] += 1
            continue
        locator = read_locator(" ".join(str(row.get(name, "")) for name in ("filename", "offset", "length")))
        found, causes = read_rows([_fields(row)], archive)
        if not causes and locator is None:
            causes = Counter({BAD_PLACE: 1})
        unusable += causes
        if not causes:
            captures.append(replace(found[0], locator=str(locator)))
    return tuple(captures), unusable


def _fields(row: Mapping[str, Any]) -> list[Any]:
    """Return the values of a CDX row's seven fields; those that are no text are left for `read_rows` to refuse."""
    url, digest = row.get("url"), row.get("digest") or "-"
    match = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    return [
        urlkey_of(url) if isinstance(url, str) else "",
        row.get("timestamp"),
        url,
        row.get("mime") or "unk",
        row.get("status") or "-",
        match[1] if match else digest,
        row.get("length"),
    ]
