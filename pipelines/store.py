"""Files of the output folder, written so that nobody ever sees half of one."""

from __future__ import annotations

import os
import re
import zlib
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.captures import Memento

WARC_SIZE = 1_000_000_000
"""Bytes after which a new WARC file is begun (ISO 28500 annex C recommends 1 GB)."""

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)
_NAME = re.compile(r"\d{14}(-[0-9a-f]{8})?\.txt", re.ASCII)
_TEMPORARY = ".tmp"
_NOT_STORED = {"content-encoding", "transfer-encoding", "content-length", "connection", "location"}
"""Headers that do not hold for the stored body, or (Location) are stored as captured instead."""


def write_atomically(path: Path, data: bytes) -> bool:
    """Write `data` to `path` through a temporary file beside it; return False if it was there already, unchanged."""
    if path.exists() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + _TEMPORARY)
    temporary.write_bytes(data)
    temporary.replace(path)
    return True


class TextStore:
    """The text files: `<root>/<listed domain>/<timestamp>.txt`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, domain: str, name: str, text: str) -> bool:
        """Write a document; return whether the file changed."""
        return write_atomically(self._path(domain, name), text.encode())

    def rename(self, domain: str, old: str, new: str) -> None:
        self._path(domain, old).replace(self._path(domain, new))

    def sweep(self, domain: str, keep: set[str]) -> list[str]:
        """Delete this program's files of `domain` that are not in `keep`, as a killed run may leave; return names."""
        folder = self._folder(domain)
        if not folder.is_dir():
            return []
        stale = [
            path
            for path in folder.iterdir()
            if _NAME.fullmatch(path.name.removesuffix(_TEMPORARY)) and path.name not in keep
        ]
        for path in stale:
            path.unlink()
        return [path.name for path in stale]

    def _folder(self, domain: str) -> Path:
        if not _DOMAIN.fullmatch(domain):
            raise OutputError(f"{domain!r} can't name a folder under {self.root}")
        return self.root / domain

    def _path(self, domain: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise OutputError(f"{name!r} can't name a text file under {self.root / domain}")
        return self._folder(domain) / name


class WarcStore:
    """The WARC files: every memento received, one gzip member a record, appended."""

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

    def append(self, memento: Memento) -> tuple[str, int, int]:
        """Append a memento; return file name, offset and length in bytes."""
        path = self._current()
        fresh = not path.exists()
        with path.open("ab") as stream:
            writer = WARCWriter(stream, gzip=True, warc_version="WARC/1.1")
            if fresh:
                info = {"software": self._software, "format": "WARC File Format 1.1"}
                writer.write_record(writer.create_warcinfo_record(path.name, info))
            offset = stream.tell()
            writer.write_record(_record(writer, memento))
            return path.name, offset, stream.tell() - offset

    def _current(self) -> Path:
        path = self.root / f"policies-{self._number:05}.warc.gz"
        if path.exists() and path.stat().st_size >= self._max_size:
            self._number += 1
            return self._current()
        return path


def _record(writer: WARCWriter, memento: Memento) -> object:
    headers = [(name, value) for name, value in memento.headers if name.lower() not in _NOT_STORED]
    if memento.location:
        headers.append(("Location", memento.location[1]))
    headers.append(("Content-Length", str(len(memento.body))))
    ts = memento.timestamp
    return writer.create_warc_record(
        memento.url,
        "response",
        payload=BytesIO(memento.body),
        length=len(memento.body),
        http_headers=StatusAndHeaders(_status_line(memento.status), headers, protocol="HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": f"{ts[:4]}-{ts[4:6]}-{ts[6:8]}T{ts[8:10]}:{ts[10:12]}:{ts[12:]}Z",
            "WARC-Source-URI": memento.source_url,
        },
    )


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
