"""Gzip bodies to bytes: every member, and whether the last one has its end (RFC 1952)."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

GZIP: Final = b"\x1f\x8b\x08"
"""The first bytes of a gzip member: its magic number, and deflate, the only method."""
MAX_MEMBERS: Final = 10_000
"""Members read of one body. Servers that flush each piece as a member write hundreds; an empty one takes 20 bytes."""

_GZIP_WBITS: Final = zlib.MAX_WBITS | 16
_CHUNK: Final = 16_384
"""Bytes given to zlib at once. zlib copies the data after a member's end: small chunks keep many members linear."""
_PADDING: Final = re.compile(rb"\0*")


@dataclass(frozen=True, slots=True)
class Inflated:
    """The readable content of a compressed body. `is_whole`: its end was reached without an error."""

    body: bytes
    is_whole: bool


def gunzip(body: bytes, max_size: int) -> Inflated | None:
    """Return all members of a gzip body, or None if it is no gzip. Stops one byte beyond `max_size`.

    Other data after the last member are ignored, as in browsers.
    """
    if not body or not GZIP.startswith(body[: len(GZIP)]) or not _inflates(body[:_CHUNK]):
        return None
    plain, at = bytearray(), 0
    for _ in range(MAX_MEMBERS):
        at, is_whole = _member(body, at, plain, max_size + 1)
        if not is_whole:
            return Inflated(bytes(plain), is_whole=False)
        if len(plain) > max_size or not body.startswith(GZIP, at := _after_padding(body, at)):
            return Inflated(bytes(plain), is_whole=True)
    return Inflated(bytes(plain), is_whole=False)


def _inflates(start: bytes) -> bool:
    """Whether the bytes after the magic number, if there are any, are those of a gzip header."""
    try:
        zlib.decompressobj(wbits=_GZIP_WBITS).decompress(start, 1)
    except zlib.error:
        return False
    return True


def _member(body: bytes, at: int, plain: bytearray, limit: int) -> tuple[int, bool]:
    """Append a member to `plain`, up to `limit` bytes; return the offset after it, and whether it has its end."""
    inflater = zlib.decompressobj(wbits=_GZIP_WBITS)
    while not inflater.eof and len(plain) < limit:
        chunk = body[at : at + _CHUNK]
        try:
            piece = inflater.decompress(chunk, limit - len(plain))
        except zlib.error:
            return at, False
        if not chunk and not piece:
            return at, False
        plain += piece
        at += len(chunk) - len(inflater.unconsumed_tail) - len(inflater.unused_data)
    return at, True


def _after_padding(body: bytes, at: int) -> int:
    padding = _PADDING.match(body, at)
    return padding.end() if padding else at
