"""The headers of WARC and ARC records and of the HTTP responses in them, and a record's block as a stream.

warcio is not used to read: it keeps no bytes that are not UTF-8, takes no `HTTP://`, and needs twice the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WARC: Final = b"WARC/"
MAX_HEADERS: Final = 1 << 18
"""Bytes of the WARC headers, or of the HTTP headers, of one record. Longer headers count as damage."""
MAX_LINE: Final = 8_192
"""Bytes of a record's first line. An ARC record has its URL there."""

_HTTP: Final = re.compile(rb"HTTP/", re.IGNORECASE)
_STATUS: Final = re.compile(rb"HTTP/[^ ]{0,16} +([1-5][0-9]{2})(?![0-9])", re.IGNORECASE)
_WEB: Final = re.compile(r"<?https?://", re.IGNORECASE)
_ARC_URL: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}:[^\r\n]*")
_ARC_DATE: Final = re.compile(rb" ([0-9A-Fa-f.:-]{1,45}) ([0-9]{4,17})(?= )")
"""IP address and date in the first line of an ARC record (ARC 1.0 and 2.0), after its URL, which may have spaces."""
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_DIGITS: Final = 15
"""Digits of a length at most: a petabyte."""


class BadHeaders(Exception):
    """The headers of a record can't be read; the message says why."""


class Block:
    """The block of a record: `length` bytes of a stream. `left` are those that were not read."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream = stream
        self._again = b""
        self.left = length

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end of the block or of the stream."""
        if self._again:
            data, self._again = self._again[:size], self._again[size:]
            return data
        data = self._stream.read(min(size, self.left))
        self.left -= len(data)
        return data

    def read_all(self, limit: int) -> bytes:
        """Return the rest of the block, `limit` bytes at most."""
        parts = []
        while limit > 0 and (data := self.read(limit)):
            parts.append(data)
            limit -= len(data)
        return b"".join(parts)

    def readline(self, limit: int) -> bytes:
        """Return a line, `limit` bytes at most. What was given back is not read by lines."""
        line = self._stream.readline(min(limit, self.left))
        self.left -= len(line)
        return line

    def unread(self, data: bytes) -> None:
        """Give bytes back, which are then read again."""
        self._again = data + self._again


@dataclass(frozen=True, slots=True)
class HttpHead:
    """Status and headers of a stored HTTP response. `status` is None if its status line has none.

    What is not UTF-8 in a header stands in its text as surrogates (`surrogateescape`), so that its bytes are kept.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Record:
    """A record of a WARC or ARC file. `fields` has its WARC headers by their names in lower case.

    `kind` is the WARC-Type. `block` is read from where the HTTP headers end; `http` is None if there are none.
    """

    kind: str
    url: str
    date: str
    content_type: str
    block: Block
    fields: Mapping[str, str] = field(default_factory=dict)
    http: HttpHead | None = None

    @property
    def is_web(self) -> bool:
        return bool(_WEB.match(self.url))


def read_record(stream: BinaryIO, line: bytes) -> Record:
    """Read the headers of a record, of which the first line was read. Raises BadHeaders."""
    record = _warc_record(stream) if line.startswith(WARC) else _arc_record(stream, line)
    if record.kind in {"response", "revisit"} and record.is_web:
        record.http = _http_head(record.block)
    return record


def is_arc_line(line: bytes) -> bool:
    """Whether a line is the first of an ARC record."""
    return _arc_parts(line) is not None


def _warc_record(stream: BinaryIO) -> Record:
    fields: dict[str, str] = {}
    for name, value in _warc_fields(_lines(stream)):
        fields.setdefault(name, value)
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdecimal() and len(length) <= _DIGITS):
        raise BadHeaders("no Content-Length")
    if not fields.get("warc-type"):
        raise BadHeaders("no WARC-Type")
    return Record(
        fields["warc-type"].lower(),
        fields.get("warc-target-uri", ""),
        fields.get("warc-date", ""),
        fields.get("content-type", ""),
        Block(stream, int(length)),
        fields,
    )


def _arc_record(stream: BinaryIO, line: bytes) -> Record:
    parts = _arc_parts(line)
    if parts is None:
        raise BadHeaders("no first line of an ARC record")
    url, date, content_type, length = parts
    kind = "arc_header" if url.startswith(b"filedesc:") else "response"
    return Record(kind, _text(url), date.decode("ascii"), _text(content_type), Block(stream, length))


def _arc_parts(line: bytes) -> tuple[bytes, bytes, bytes, int] | None:
    """Return URL, date, media type and length of an ARC record's first line, else None.

    Between media type and length, ARC 2.0 has the status, a checksum, a location, an offset and a file name.
    """
    facts = _ARC_DATE.search(line)
    if facts is None or not line.endswith(b"\n") or not _ARC_URL.fullmatch(line, 0, facts.start()):
        return None
    rest = line[facts.end() :].split()
    if not rest or not rest[-1].isdigit() or len(rest[-1]) > _DIGITS:
        return None
    return line[: facts.start()], facts[2], rest[0] if len(rest) > 1 else b"", int(rest[-1])


def _http_head(block: Block) -> HttpHead | None:
    """Read the headers of an HTTP response; None, and the block as it was, if it has none (HTTP/0.9, `resource`)."""
    line = block.readline(MAX_HEADERS)
    if not _HTTP.match(line):
        block.unread(line)
        return None
    status = _STATUS.match(line)
    return HttpHead(int(status[1]) if status else None, tuple(_http_fields(_lines(block))))


def _lines(stream: BinaryIO | Block) -> list[bytes]:
    """Return the lines up to an empty one or the end. Raises BadHeaders after MAX_HEADERS bytes.

    A line that begins with white space is the rest of the line before it.
    """
    lines: list[bytes] = []
    left, is_folded = MAX_HEADERS, False
    while (line := stream.readline(left)) not in (b"\r\n", b"\n", b""):
        is_folded = is_folded or line[0] in b" \t"
        lines.append(line)
        left -= len(line)
        if left <= 0:
            raise BadHeaders(f"headers of more than {MAX_HEADERS} bytes")
    return _FOLD.sub(b" ", b"".join(lines)).splitlines(keepends=True) if is_folded else lines


def _warc_fields(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Yield names, in lower case, and values of WARC headers."""
    for line in _text(b"".join(lines)).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _http_fields(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Yield names and values of HTTP headers. A line without a colon is left out."""
    for line in lines:
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        if colon:
            yield name.strip(), value.strip()


def _text(raw: bytes) -> str:
    """Return header lines as text: what is not UTF-8 is Latin-1, for each line by itself."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "\n".join(map(_line_text, raw.split(b"\n")))


def _line_text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
