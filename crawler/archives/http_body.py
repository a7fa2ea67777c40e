"""Bodies of live and stored HTTP responses: transfer and content encodings undone, cut bodies detected.

The bytes decide which content encoding is undone, not the Content-Encoding header: archives send gzip with a blank
header (WMP#309), gzip to clients that ask for identity (H#259), and replay the original's encoding
(duckdb-web-archive#7).
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

import brotli

from pipelines.convert.gunzip import Inflated, gunzip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUT = "cut: "
"""Prefix of a response's flag for a body that is not whole. The cause follows."""
NO_END = "compressed body without its end"
"""The cause if a compressed body is cut or damaged."""

_NAMED_LAYERS = 2
_UNNAMED_LAYERS = 2
"""Encodings undone of a body. Each takes its time, and a header can name thousands."""
_PADDING = b"\0\r\n"
"""Padding bytes that may follow a compressed body."""
_LAST_BYTES = 4
"""Number of padding bytes that can belong to the Brotli stream before them: it may end in zeros."""
_SHORTEST_STREAM = 8
"""Bytes of a Brotli stream that is taken for a cut one though nothing of it can be read: it has no magic number."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Control bytes: text has none, compressed data of more than a few bytes has some."""


class TooLarge(Exception):
    """A body is larger than its limit, inflated or as stored; the limit of downloads is DOWNLOAD_MAXSIZE."""


SHORTER: Final = "shorter than its Content-Length"
NO_LAST_CHUNK: Final = "chunked body without its end"

_SIZE_LINE: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]{0,1024})?\r?(?:\n|\Z)")
_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
_CHUNK_END: Final = re.compile(rb"\r?\n")


def read_body(raw: bytes, headers: Mapping[str, str], max_size: int) -> tuple[bytes, str]:
    """Return a body without its encodings, and the cause if it is cut (an empty string if it is whole).

    `raw` is the record's block after the HTTP headers. The names of `headers` are in lower case. Raises TooLarge.
    """
    if len(raw) > max_size:
        raise TooLarge(f"more than {max_size} bytes")
    body, cut = _without_transfer_coding(raw, headers)
    found = inflated(body, encodings_in(headers.get("content-encoding", "")), max_size)
    return found.body, cut or ("" if found.is_whole else NO_END)


def _without_transfer_coding(raw: bytes, headers: Mapping[str, str]) -> tuple[bytes, str]:
    if headers.get("transfer-encoding", "").strip().lower().endswith("chunked"):
        body, is_whole = dechunk(raw)
        return body, "" if is_whole else NO_LAST_CHUNK
    lengths = [value.strip().removeprefix("+") for value in headers.get("content-length", "").split(",")]
    is_short = any(value.isascii() and value.isdecimal() and len(raw) < int(value[:16]) for value in lengths)
    return raw, SHORTER if is_short else ""


def dechunk(raw: bytes) -> tuple[bytes, bool]:
    """Undo chunked coding (RFC 9112, 7.1); return the body, and whether its last chunk is there.

    A body that does not begin with a chunk is returned unchanged: archives store bodies without chunks under headers that
    still say chunked.
    """
    body, chunks, at = bytearray(), 0, 0
    while line := _SIZE_LINE.match(raw, at):
        size = int(line[1], 16)
        if size == 0:
            return bytes(body), True
        start, at = line.end(), line.end() + size
        body += raw[start:at]
        chunks += 1
        end = _CHUNK_END.match(raw, at)
        if end is None and at < len(raw) and chunks == 1:
            return raw, not raw.endswith(_LAST_CHUNK)
        if end is None:
            return bytes(body), False
        at = end.end()
    return (bytes(body), False) if chunks else (raw, True)


def encodings_in(header: str) -> list[str]:
    """Return the codings of a Content-Encoding header, in its order."""
    return [name.strip() for name in header.lower().split(",")]


def plain_body(body: bytes, encodings: Iterable[str], max_size: int) -> bytes:
    """Return `body` without its content encodings. One that its bytes do not have is ignored. Raises TooLarge."""
    return inflated(body, encodings, max_size).body


def inflated(body: bytes, encodings: Iterable[str], max_size: int) -> Inflated:
    """Return `body` without its content encodings, and whether each compressed stream was whole. Raises TooLarge.

    Gzip within gzip is undone too: the inner stream would count as a cut body.
    """
    is_whole = True
    for encoding in (*list(encodings)[: -_NAMED_LAYERS - 1 : -1], *["gzip"] * _UNNAMED_LAYERS):
        undo = _INFLATE.get(encoding)
        found = undo(body, max_size) if undo else None
        if found is None:
            continue
        if len(found.body) > max_size:
            raise TooLarge(f"more than {max_size} bytes")
        body, is_whole = found.body, is_whole and found.is_whole
    return Inflated(body, is_whole)


def _inflate_deflate(body: bytes, max_size: int) -> Inflated | None:
    """Undo deflate. Servers send it with or without zlib's header."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(wbits)
        try:
            plain = inflater.decompress(body, max_size + 1)
        except zlib.error:
            continue
        if found := _as_far_as_read(body, plain, is_whole=inflater.eof or len(plain) > max_size):
            return found
    return _as_far_as_read(body, _first_of_zlib(body), is_whole=False)


def _first_of_zlib(body: bytes) -> bytes:
    """Return the first inflated byte of a body with zlib's header; empty if the damage comes before it."""
    try:
        return zlib.decompressobj().decompress(body, 1)
    except zlib.error:
        return b""


def _inflate_brotli(body: bytes, max_size: int) -> Inflated | None:
    """Undo Brotli. The decoder refuses bytes after the end, so it gets trailing padding, which may be its own, bytewise."""
    inflater, limit = brotli.Decompressor(), max_size + 1
    core = body.rstrip(_PADDING)
    tail = body[len(core) : len(core) + _LAST_BYTES]
    plain = b""
    try:
        for data in (core, *(tail[at : at + 1] for at in range(len(tail)))):
            piece = inflater.process(data, output_buffer_limit=limit - len(plain))
            while (
                piece and len(plain := plain + piece) < limit
            ):  # a call may return before it has used all of its input
                piece = inflater.process(b"", output_buffer_limit=limit - len(plain))
            if inflater.is_finished() or len(plain) >= limit:
                return Inflated(plain, is_whole=True)
    except brotli.error:
        return None
    if not plain and len(body) >= _SHORTEST_STREAM and _CONTROL.search(body):
        return Inflated(plain, is_whole=False)
    return _as_far_as_read(body, plain, is_whole=False)


def _as_far_as_read(body: bytes, plain: bytes, *, is_whole: bool) -> Inflated | None:
    """Return the inflated bytes; None if the stream has no end and `body` is plain text with a wrong header."""
    if is_whole or (plain and _CONTROL.search(body)):
        return Inflated(plain, is_whole)
    return None


_INFLATE = {"gzip": gunzip, "x-gzip": gunzip, "deflate": _inflate_deflate, "br": _inflate_brotli}
