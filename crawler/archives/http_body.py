"""Bodies of HTTP responses, live and stored, free of transfer and content encodings; and whether all of a body is there.

Content encodings are undone by what the bytes are, not by what Content-Encoding says: archives send gzip with a blank
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
"""How the flag of a response begins whose body is not whole; the cause follows, in a few words."""
NO_END = "compressed body without its end"
"""The cause where a content encoding has no end, or is damaged on the way there."""

_UNNAMED_LAYERS = 2
_PADDING = b"\0\r\n"
"""Bytes that may follow a compressed body and belong to nothing."""
_LAST_BYTES = 4
"""Bytes of padding that can still belong to the Brotli stream before them: it may end in zeros."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has, and compressed data of more than a few bytes has."""


class TooLarge(Exception):
    """A body that grows beyond DOWNLOAD_MAXSIZE when inflated."""


SHORTER: Final = "shorter than its Content-Length"
NO_LAST_CHUNK: Final = "chunked body without its end"

_SIZE_LINE: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]{0,1024})?\r?(?:\n|\Z)")
_CHUNK_END: Final = re.compile(rb"\r?\n")


def read_body(raw: bytes, headers: Mapping[str, str], max_size: int) -> tuple[bytes, str]:
    """Return a body and what it is cut by (an empty string if it is whole); `headers` have names in lower case.

    `raw` is what stands in the record after the HTTP headers. Raises TooLarge.
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
    declared = headers.get("content-length", "").strip()
    is_short = declared.isascii() and declared.isdecimal() and len(raw) < int(declared[:16])
    return raw, SHORTER if is_short else ""


def dechunk(raw: bytes) -> tuple[bytes, bool]:
    """Undo chunked coding (RFC 9112, 7.1); return the body, and whether its last chunk is there.

    Archives store bodies without chunks under headers that still say chunked: what does not begin with a chunk stays.
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
            return raw, True
        if end is None:
            return bytes(body), False
        at = end.end()
    return (bytes(body), False) if chunks else (raw, True)


def encodings_in(header: str) -> list[str]:
    """Return the codings that a Content-Encoding header names, in its order."""
    return [name.strip() for name in header.lower().split(",")]


def plain_body(body: bytes, encodings: Iterable[str], max_size: int) -> bytes:
    """Return `body` without its content encodings; as it is where it is not what `encodings` say. Raises TooLarge."""
    return inflated(body, encodings, max_size).body


def inflated(body: bytes, encodings: Iterable[str], max_size: int) -> Inflated:
    """Return `body` without its content encodings, and whether each of them had its end. Raises TooLarge.

    Gzip within gzip is undone, too: what is left of it would pass for a body cut short.
    """
    is_whole = True
    for encoding in (*reversed(list(encodings)), *["gzip"] * _UNNAMED_LAYERS):
        undo = _INFLATE.get(encoding)
        found = undo(body, max_size) if undo else None
        if found is None:
            continue
        if len(found.body) > max_size:
            raise TooLarge(f"more than {max_size} bytes")
        body, is_whole = found.body, is_whole and found.is_whole
    return Inflated(body, is_whole)


def _inflate_deflate(body: bytes, max_size: int) -> Inflated | None:
    """Undo deflate, which servers send with zlib's header or without it."""
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
    """Return the first byte that a body with zlib's header holds, where damage comes only after it."""
    try:
        return zlib.decompressobj().decompress(body, 1)
    except zlib.error:
        return b""


def _inflate_brotli(body: bytes, max_size: int) -> Inflated | None:
    """Undo Brotli. Its decoder refuses what follows the end, so padding, which may be its last byte, comes bytewise."""
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
    return _as_far_as_read(body, plain, is_whole=False)


def _as_far_as_read(body: bytes, plain: bytes, *, is_whole: bool) -> Inflated | None:
    """Return what was inflated; None where that has no end because `body` is plain text with a wrong header."""
    if is_whole or (plain and _CONTROL.search(body)):
        return Inflated(plain, is_whole)
    return None


_INFLATE = {"gzip": gunzip, "x-gzip": gunzip, "deflate": _inflate_deflate, "br": _inflate_brotli}
