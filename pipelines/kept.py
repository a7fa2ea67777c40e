"""Reading back a memento from the WARC files of the output folder, checked as if somebody else had written them.

A record counts as readable if its gzip member is whole, it is the record that the catalog says stands there, and its body
has the digest that was noted when it was received.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator

from crawler.captures import Memento
from crawler.errors import RecordUnreadable
from pipelines.warcs import payload_digest, warc_date

if TYPE_CHECKING:
    from pathlib import Path

    from warcio.recordloader import ArcWarcRecord

MAX_RECORD = 65 * 1024 * 1024
"""Bytes of a record: what is downloaded at most (DOWNLOAD_MAXSIZE), and its headers."""

_BLOCK = 1 << 16

Place = tuple["Path", int]
"""A WARC file and the offset in bytes of a record in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A memento in the WARC files: the place of its record, and of the one that has its body (another for a revisit).

    `digest` is that of the body, empty if it has none.
    """

    timestamp: str
    url: str
    source_url: str
    digest: str
    record: Place
    payload: Place

    def read(self) -> Memento:
        """Return the memento. Raises RecordUnreadable, naming the file and the byte."""
        record, body = _read(self.record)
        if record.rec_headers.get_header("WARC-Date") != warc_date(self.timestamp):
            raise RecordUnreadable(*self.record, "another record stands there")
        if record.http_headers is None:
            raise RecordUnreadable(*self.record, "it holds no HTTP response")
        if self.record != self.payload:
            body = _read(self.payload)[1]
        self._check(record, body)
        headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
        return Memento(self.timestamp, self.url, self.source_url, _status(record), headers, body)

    def _check(self, record: ArcWarcRecord, body: bytes) -> None:
        if self.digest and payload_digest(body) != self.digest:
            raise RecordUnreadable(*self.payload, "its body has another digest than the one received")
        target = str(record.rec_headers.get_header("WARC-Target-URI")).strip()
        if not self.digest and (body or target != self.url.strip()):
            raise RecordUnreadable(*self.record, "another record stands there")


def _read(place: Place) -> tuple[ArcWarcRecord, bytes]:
    """Return the record at a place, and its body as stored."""
    data = _member(*place)
    try:
        record = next(iter(ArchiveIterator(BytesIO(data))))
        body = b"".join(iter(lambda: record.raw_stream.read(_BLOCK), b""))
    except Exception as error:  # warcio raises many kinds on damaged records
        raise RecordUnreadable(*place, f"no WARC record: {error or type(error).__name__}") from error
    return record, body


def _member(path: Path, offset: int) -> bytes:
    """Return what the gzip member at `offset` holds; zlib checks its CRC and its length."""
    if not path.is_file():  # a pipe would be waited for without end
        raise RecordUnreadable(path, offset, "not a file" if path.exists() else "the file is gone")
    inflate = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    left = MAX_RECORD
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            while not inflate.eof and (block := stream.read(_BLOCK)):
                parts.append(inflate.decompress(block, left))
                left -= len(parts[-1])
                if left <= 0:
                    raise RecordUnreadable(path, offset, f"larger than {MAX_RECORD} bytes")
    except OSError as error:
        raise RecordUnreadable(path, offset, error.strerror or str(error)) from error
    except zlib.error as error:
        raise RecordUnreadable(path, offset, f"damaged ({error})") from error
    if not inflate.eof:
        raise RecordUnreadable(path, offset, "cut off" if parts else "the file ends before it")
    return b"".join(parts)


def _status(record: ArcWarcRecord) -> int:
    code = str(record.http_headers.get_statuscode())
    return int(code) if code.isascii() and code.isdigit() else 200
