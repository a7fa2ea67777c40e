"""Reading back a memento from the WARC files of the output folder, checked as if somebody else had written them.

A record counts as readable if its gzip member is whole, it is the record that the catalog says stands there, and its body
has the digest that was noted when it was received.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeadersParser

from pipelines.errors import RecordUnreadable
from pipelines.items import Memento, MementoKey
from pipelines.output.object_errors import ObjectStoreError
from pipelines.output.warc_writer import payload_digest, warc_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warcio.recordloader import ArcWarcRecord

    from pipelines.output.storage import Storage

MAX_RECORD = 65 * 1024 * 1024
"""Bytes of a record: what is downloaded at most (DOWNLOAD_MAXSIZE), and its headers."""

_BLOCK = 1 << 16


class _AsReceived(StatusAndHeadersParser):  # type: ignore[misc]  # warcio has no types
    """HTTP headers byte for byte as Latin-1, as they were written; warcio takes for UTF-8 what can be that."""

    @staticmethod
    def decode_header(line: bytes) -> str:
        return line.decode("latin-1")


_AS_RECEIVED = _AsReceived(ArcWarcRecordLoader.HTTP_TYPES, verify=False)

Place = tuple[str, int]
"""A WARC file's name in the storage and the offset in bytes of a record in it."""


@dataclass(frozen=True, slots=True)
class StoredMemento:
    """A memento in the WARC files: the place of its record, and of the one that has its body (another for a revisit).

    `digest` is that of the body, empty if it has none.
    """

    storage: Storage
    key: MementoKey
    source_url: str
    digest: str
    record: Place
    payload: Place

    @property
    def where(self) -> str:
        """The file and the byte of its record, for messages."""
        name, offset = self.record
        return f"{self.storage.location(name)} at byte {offset}"

    def read(self) -> Memento:
        """Return the memento. Raises RecordUnreadable, naming the file and the byte."""
        record, body = self._read(self.record)
        if record.rec_headers.get_header("WARC-Date") != warc_date(self.key.timestamp):
            raise self._unreadable(self.record, "another record stands there")
        if record.http_headers is None:
            raise self._unreadable(self.record, "it holds no HTTP response")
        if self.record != self.payload:
            body = self._read(self.payload)[1]
        self._check(record, body)
        headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
        timestamp, url, archive = self.key
        return Memento(timestamp, url, self.source_url, _status(record), headers, body, archive)

    def _check(self, record: ArcWarcRecord, body: bytes) -> None:
        if self.digest and payload_digest(body) != self.digest:
            raise self._unreadable(self.payload, "its body has another digest than the one received")
        target = str(record.rec_headers.get_header("WARC-Target-URI")).strip()
        if not self.digest and (body or target != self.key.url.strip()):
            raise self._unreadable(self.record, "another record stands there")

    def _read(self, place: Place) -> tuple[ArcWarcRecord, bytes]:
        """Return the record at a place, and its body as stored."""
        try:
            data = read_member(self.storage, *place)
        except NoMember as error:
            raise self._unreadable(place, str(error)) from error
        try:
            records = ArchiveIterator(BytesIO(data))
            records.loader.http_parser = _AS_RECEIVED
            record = next(iter(records))
            body = b"".join(iter(lambda: record.raw_stream.read(_BLOCK), b""))
        except Exception as error:  # warcio raises many kinds on damaged records
            raise self._unreadable(place, f"no WARC record: {error or type(error).__name__}") from error
        return record, body

    def _unreadable(self, place: Place, reason: str) -> RecordUnreadable:
        return RecordUnreadable(self.storage.location(place[0]), *place, reason)


def stored_memento_of(storage: Storage, prefix: str, row: Mapping[str, Any]) -> StoredMemento:
    """Return the memento of a row of the table `mementos`. Its WARC files are under `prefix`."""
    key = MementoKey(row["timestamp"], row["url"], row["archive"])
    record, payload = ((prefix + row[f"{of}file"], row[f"{of}offset"]) for of in ("", "payload_"))
    return StoredMemento(storage, key, row["source_url"], row["digest"], record, payload)


class NoMember(Exception):
    """There is no whole gzip member; the message says why."""


def read_member(storage: Storage, name: str, offset: int) -> bytes:
    """Return what the gzip member at `offset` holds; zlib checks its CRC and its length. Raises NoMember."""
    return read_packed_member(storage, name, offset)[0]


def read_packed_member(storage: Storage, name: str, offset: int) -> tuple[bytes, bytes]:
    """Return what the gzip member at `offset` holds, and the member's own bytes. Raises NoMember."""
    inflate = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    packed: list[bytes] = []
    left = MAX_RECORD
    try:
        with storage.open(name) as stream:
            stream.seek(offset)
            while not inflate.eof and (block := stream.read(_BLOCK)):
                packed.append(block)
                parts.append(inflate.decompress(block, left))
                left -= len(parts[-1])
                if left <= 0:
                    raise NoMember(f"larger than {MAX_RECORD} bytes")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoMember("not a file" if storage.kind(name) else "the file is gone") from error
    except ObjectStoreError:  # that says nothing of the record
        raise
    except OSError as error:
        raise NoMember(error.strerror or str(error)) from error
    except zlib.error as error:
        raise NoMember(f"damaged ({error})") from error
    if not inflate.eof:
        raise NoMember("cut off" if parts else "the file ends before it")
    packed[-1] = packed[-1][: len(packed[-1]) - len(inflate.unused_data)]
    return b"".join(parts), b"".join(packed)


def _status(record: ArcWarcRecord) -> int:
    code = str(record.http_headers.get_statuscode())
    return int(code) if code.isascii() and code.isdigit() else 200
