"""Archive files of every kind made for a test, byte by byte: WARC records of any type, ARC, .warc.zst, WACZ."""

from __future__ import annotations

import gzip
import struct
import sys
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

URL = "http://acme.example/privacy"


def http(
    body: bytes, *, status: str = "200 OK", headers: Sequence[str] = ("Content-Type: text/html; charset=utf-8",)
) -> bytes:
    """Return an HTTP response as it is stored."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Record:
    """A WARC record; `fields` replace or add WARC headers (None leaves one out)."""

    block: bytes
    date: str = "2015-01-01T00:00:00Z"
    kind: str = "response"
    url: str | None = URL
    fields: Mapping[str, str | None] = field(default_factory=dict)
    version: str = "WARC/1.0"

    def data(self) -> bytes:
        fields: dict[str, str | None] = {
            "WARC-Type": self.kind,
            "WARC-Date": self.date,
            "WARC-Target-URI": self.url,
            "Content-Type": "application/http; msgtype=response",
            "Content-Length": str(len(self.block)),
            **self.fields,
        }
        lines = [self.version, *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.block + b"\r\n\r\n"


def plain(*records: Record) -> bytes:
    return b"".join(record.data() for record in records)


def gz(*records: Record | bytes) -> bytes:
    """Return a gzip member for each record."""
    return b"".join(gzip.compress(each if isinstance(each, bytes) else each.data(), mtime=0) for each in records)


def arc_line(date: str, block: bytes, *, url: str = URL, kind: str = "text/html", facts: str = "") -> bytes:
    """Return an ARC record: of version 1, or of version 2 with `facts` between media type and length."""
    return f"{url} 192.0.2.1 {date} {kind} {facts}{len(block)}\n".encode() + block + b"\n"


def arc_header(name: str = "x.arc") -> bytes:
    """Return the first record of an ARC file."""
    version = b"1 0 Alexa Internet\nURL IP-address Archive-date Content-type Archive-length\n"
    return f"filedesc://{name} 0.0.0.0 20150101000000 text/plain {len(version)}\n".encode() + version + b"\n"


def zst(*records: Record | bytes, dictionary: bytes = b"", packed: bool = False) -> bytes:
    """Return a Zstandard frame for each record, after the frame of their dictionary if there is one."""
    known = zstd.ZstdDict(dictionary, is_raw=True) if dictionary else None
    stored = zstd.compress(dictionary) if packed else dictionary
    head = struct.pack("<LL", 0x184D2A5D, len(stored)) + stored if dictionary else b""
    raw = [each if isinstance(each, bytes) else each.data() for each in records]
    return head + b"".join(zstd.compress(each, zstd_dict=known) for each in raw)


def wacz(files: Mapping[str, bytes], compression: int = ZIP_STORED) -> bytes:
    """Return a ZIP file with `files` below archive/, and what else a WACZ has."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data, compression)
        archive.writestr("indexes/index.cdx.gz", gzip.compress(b"example,acme)/ 20150101000000 {}"))
        archive.writestr("datapackage.json", "{}")
    return stream.getvalue()
