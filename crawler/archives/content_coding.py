"""Content codings of HTTP bodies (RFC 9110, 8.4.1), each undone as far as its bytes go: gzip, deflate, br, zstd.

The bytes decide, not the Content-Encoding header: archives send gzip with a blank header (WMP#309), gzip to clients that
ask for identity (H#259), and replay the original's coding (duckdb-web-archive#7). Brotli and raw deflate have no magic
number, so that a header has to name them, or their stream has to be whole and hold text.
"""

from __future__ import annotations

import re
import sys
import zlib
from typing import TYPE_CHECKING, Final

import brotli

from pipelines.convert.gunzip import GZIP, Inflated, gunzip

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ZSTD: Final = b"\x28\xb5\x2f\xfd"
"""How a Zstandard frame begins (RFC 8878, 3.1.1)."""
MAX_FRAMES: Final = 10_000
"""Zstandard frames read of one body, as many as gzip members."""

_ZSTD_START: Final = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # a skippable frame may come first
_PADDING: Final = b"\0\r\n"
"""Padding bytes that may follow a compressed body."""
_LAST_BYTES: Final = 4
"""Number of padding bytes that can belong to the Brotli stream before them: it may end in zeros."""
_SHORTEST_STREAM: Final = 8
"""Bytes of a Brotli stream that is taken for a cut one though nothing of it can be read: it has no magic number."""
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Control bytes: text has none, compressed data of more than a few bytes has some."""
_BINARY_SHARE: Final = 0.03
"""Share of control bytes from which data is no text. Compressed data has 0.11; text has a stray NUL at most."""
_SAMPLE: Final = 1024
_SHORTEST_BINARY: Final = 16
"""Bytes of the shortest body of which the share of control bytes says anything."""
_CHUNK: Final = 16_384
"""Bytes given to the decoder at once: what follows a frame's end is copied, so that chunks keep many frames linear."""
_KNOWN: Final = re.compile(
    rb"\s*<|(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff|\0<)"  # markup and byte order marks
    rb"|%PDF-|\xff\xd8\xff|\x89PNG|GIF8|RIFF|PK\x03\x04|\xd0\xcf\x11\xe0|\0\0\x01\0|wOF|\{\\rtf"  # files
)
"""How uncoded bodies begin: their bytes are never taken for those of a coding without a magic number."""


def is_binary(body: bytes) -> bool:
    """Whether a body is neither text nor a file of a known format: it may be coded."""
    head = body[:_SAMPLE]
    if len(body) < _SHORTEST_BINARY or _KNOWN.match(head):
        return False
    return len(_CONTROL.findall(head)) > _BINARY_SHARE * len(head)


def undo(body: bytes, coding: str, max_size: int) -> Inflated | None:
    """Return `body` without a content coding, or None if it does not have it. Stops one byte beyond `max_size`.

    A body that begins with the magic number of gzip or zstd is of that coding, whatever `coding` says.
    """
    for magic, decoder in ((GZIP, gunzip), (ZSTD, _undo_zstd)):
        if body.startswith(magic) and (found := decoder(body, max_size)):
            return found
    decoder_of = _DECODERS.get(coding)
    if decoder_of is None or (coding in _WITHOUT_MAGIC and (_KNOWN.match(body) or not _CONTROL.search(body))):
        return None  # short texts are whole streams by chance: b";" is one of Brotli
    return decoder_of(body, max_size)


def guess(body: bytes, max_size: int) -> Inflated | None:
    """Return a binary body without the coding that no header names: its stream is whole and holds text, or it is None."""
    for decoder in (_undo_deflate, _undo_brotli):
        found = decoder(body, max_size)
        if found and found.is_whole and found.body and not is_binary(found.body):
            return found
    return None


def _undo_deflate(body: bytes, max_size: int) -> Inflated | None:
    """Undo deflate. Servers send it with or without zlib's header."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(wbits)
        try:
            plain = inflater.decompress(body, max_size + 1)
        except zlib.error:
            continue
        if wbits < 0 and inflater.unused_data.strip(_PADDING):
            continue  # without a header and a checksum, whatever begins like a stream would be one
        if found := _as_far_as_read(body, plain, is_whole=inflater.eof or len(plain) > max_size):
            return found
    return _as_far_as_read(body, _first_of_zlib(body), is_whole=False)


def _first_of_zlib(body: bytes) -> bytes:
    """Return the first inflated byte of a body with zlib's header; empty if the damage comes before it."""
    try:
        return zlib.decompressobj().decompress(body, 1)
    except zlib.error:
        return b""


def _undo_brotli(body: bytes, max_size: int) -> Inflated | None:
    """Undo Brotli. The decoder refuses bytes after the end, so it gets trailing padding, which may be its own, bytewise."""
    inflater, limit = brotli.Decompressor(), max_size + 1
    core = body.rstrip(_PADDING)
    tail = body[len(core) : len(core) + _LAST_BYTES]
    plain = bytearray()
    try:
        for data in (core, *(tail[at : at + 1] for at in range(len(tail)))):
            piece = inflater.process(data, output_buffer_limit=limit - len(plain))
            plain += piece
            while piece and len(plain) < limit:  # a call may return before it has used all of its input
                piece = inflater.process(b"", output_buffer_limit=limit - len(plain))
                plain += piece
            if inflater.is_finished() or len(plain) >= limit:
                return Inflated(bytes(plain), is_whole=True)
    except brotli.error:
        return None
    if not plain and len(body) >= _SHORTEST_STREAM and _CONTROL.search(body):
        return Inflated(b"", is_whole=False)
    return _as_far_as_read(body, bytes(plain), is_whole=False)


def _undo_zstd(body: bytes, max_size: int) -> Inflated | None:
    """Undo Zstandard: all frames, skippable ones too. What follows the last frame and is none is ignored."""
    if not _ZSTD_START.match(body):
        return None
    plain, at = bytearray(), 0
    for _ in range(MAX_FRAMES):
        at, is_whole = _frame(body, at, plain, max_size + 1)
        if not is_whole:
            break
        if len(plain) > max_size or not _ZSTD_START.match(body, at):
            return Inflated(bytes(plain), is_whole=True)
    return Inflated(bytes(plain), is_whole=False)


def _frame(body: bytes, at: int, plain: bytearray, limit: int) -> tuple[int, bool]:
    """Append a Zstandard frame to `plain`, up to `limit` bytes; return the offset after it, and whether it has its end."""
    inflater = ZstdDecompressor()
    while not inflater.eof and len(plain) < limit:
        chunk = body[at : at + _CHUNK] if inflater.needs_input else b""
        if inflater.needs_input and not chunk:
            return at, False
        try:
            plain += inflater.decompress(chunk, limit - len(plain))
        except ZstdError:
            return at, False
        at += len(chunk)
    return at - len(inflater.unused_data) if inflater.eof else at, True


def _as_far_as_read(body: bytes, plain: bytes, *, is_whole: bool) -> Inflated | None:
    """Return the inflated bytes; None if the stream has no end and `body` is plain text with a wrong header."""
    if is_whole or (plain and _CONTROL.search(body)):
        return Inflated(plain, is_whole)
    return None


_WITHOUT_MAGIC: Final = {"deflate", "br"}
_DECODERS: Final[Mapping[str, Callable[[bytes, int], Inflated | None]]] = {
    "gzip": gunzip,
    "x-gzip": gunzip,
    "deflate": _undo_deflate,
    "br": _undo_brotli,
    "zstd": _undo_zstd,
}
