"""The WARC files of the output folder: every memento received, as ISO 28500 (WARC 1.1) has it, for any other software.

Each memento is two records: a response or, where a kept one has the same payload, a revisit of that; and the request to
the archive that brought it. Both are appended in one write, so that a kill leaves whole records or, rarely, a torn end
that `resume` cuts off.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.captures import moment_of

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.captures import Memento

WARC_SIZE = 1_000_000_000
"""Bytes after which a new WARC file is begun (ISO 28500 annex C recommends 1 GB)."""

_NOT_STORED = {"content-encoding", "transfer-encoding", "content-length", "connection", "location"}
"""Headers that do not hold for the stored body, or (Location) are stored as captured instead."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response or revisit record is: a file's name, offset and length in bytes."""

    file: str
    offset: int
    length: int


class _AsReceived(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """HTTP headers whose values are bytes as Latin-1, and are written as such: warcio encodes them anew, or fails."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        return bytes(self.to_str(filter_func).encode("latin-1", "replace")) + b"\r\n"


class WarcStore:
    """The files `<root>/policies-<number>.warc.gz`, one gzip member a record, appended."""

    def __init__(self, root: Path, *, software: str, max_size: int = WARC_SIZE) -> None:
        self.root = root
        self._software = software
        self._max_size = max_size
        self._number = 1

    def resume(self, ends: dict[str, int]) -> None:
        """Go on after a run: cut off the torn record that a kill may have left in the newest file.

        `ends` has, by file name, the byte after the last record that the catalog knows. Whole records stay, known or not.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        files = sorted(self.root.glob("policies-*.warc.gz"))
        if not files:
            return
        newest = files[-1]
        self._number = int(newest.name.removeprefix("policies-").removesuffix(".warc.gz"))
        end = _end_of_whole_members(newest, ends.get(newest.name, 0))
        if newest.stat().st_size > end:
            os.truncate(newest, end)

    def append(self, memento: Memento, *, request: Headers = (), same_as: tuple[str, str] | None = None) -> Place:
        """Append a memento and the headers of the request for it; a file is never left with a part of them.

        `same_as` is timestamp and URL of a memento kept earlier whose payload is the same.
        """
        path = self._current()
        start = path.stat().st_size if path.exists() else 0
        records = BytesIO()
        writer = WARCWriter(records, gzip=True, warc_version="WARC/1.1")
        if start == 0:
            info = {"software": self._software, "format": "WARC File Format 1.1"}
            writer.write_record(writer.create_warcinfo_record(path.name, info))
        offset = records.tell()
        response = _response(writer, memento, same_as)
        writer.write_record(response)
        length = records.tell() - offset
        writer.write_record(_request(writer, memento, request, response.rec_headers.get_header("WARC-Record-ID")))
        _append_whole(path, records.getvalue())
        return Place(path.name, start + offset, length)

    def _current(self) -> Path:
        path = self.root / f"policies-{self._number:05}.warc.gz"
        if path.exists() and path.stat().st_size >= self._max_size:
            self._number += 1
            return self._current()
        return path


def payload_digest(body: bytes) -> str:
    """Return the SHA-1 of a body in base32, as CDX indexes and WARC headers have it."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def _append_whole(path: Path, data: bytes) -> None:
    """Append all of `data` or nothing: a full disk must not leave a torn record for others to be appended to."""
    with path.open("ab", buffering=0) as stream:
        start = stream.tell()
        try:
            left = memoryview(data)
            while left:
                left = left[stream.write(left) :]
        except OSError:
            stream.truncate(start)
            raise


def _response(writer: WARCWriter, memento: Memento, same_as: tuple[str, str] | None) -> Any:
    """Return the record of what was captured: at the URL and date of the capture, with the archive's headers."""
    facts = {"WARC-Date": _date(memento.timestamp), "WARC-Source-URI": memento.source_url}
    if memento.is_truncated:
        facts["WARC-Truncated"] = "length"
    headers = [(name, value) for name, value in memento.headers if name.lower() not in _NOT_STORED]
    if memento.location:
        headers.append(("Location", memento.location[1]))
    headers.append(("Content-Length", str(len(memento.body))))
    http = _AsReceived(_status_line(memento.status), headers, protocol="HTTP/1.1")
    if same_as:
        digest = f"sha1:{payload_digest(memento.body)}"
        first = (same_as[1], _date(same_as[0]))
        return writer.create_revisit_record(memento.url, digest, *first, http_headers=http, warc_headers_dict=facts)
    body = BytesIO(memento.body)
    return writer.create_warc_record(
        memento.url, "response", payload=body, length=len(memento.body), http_headers=http, warc_headers_dict=facts
    )


def _request(writer: WARCWriter, memento: Memento, headers: Headers, response_id: str) -> Any:
    """Return the record of the request to the archive, with the date on which it was made."""
    parts = urlsplit(memento.source_url)
    target = memento.source_url.partition(parts.netloc)[2] or "/"
    http = _AsReceived(f"GET {target} HTTP/1.1", [("Host", parts.netloc), *headers], is_http_request=True)
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    facts = {"WARC-Date": made, "WARC-Concurrent-To": response_id}
    return writer.create_warc_record(memento.url, "request", http_headers=http, warc_headers_dict=facts)


def _date(timestamp: str) -> str:
    return moment_of(timestamp).strftime("%Y-%m-%dT%H:%M:%SZ")


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _end_of_whole_members(path: Path, start: int) -> int:
    """Return the offset after the last whole gzip member at or after `start`, which is a member's beginning."""
    end = start
    with path.open("rb") as stream:
        stream.seek(start)
        buffer = b""
        inflate, read = zlib.decompressobj(wbits=31), 0
        while buffer or (buffer := stream.read(1 << 20)):
            try:
                inflate.decompress(buffer)
            except zlib.error:
                return end
            read += len(buffer) - len(inflate.unused_data)
            buffer = inflate.unused_data
            if inflate.eof:
                end, read, inflate = end + read, 0, zlib.decompressobj(wbits=31)
    return end
