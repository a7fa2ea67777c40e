"""Response bodies as the archive sent them to bytes: by what the bytes are, not by what Content-Encoding says.

Archives send gzip with a blank header (WMP#309), gzip to whoever asks for identity (H#259), and replay the original's
encoding (duckdb-web-archive#7).
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Self

import brotli

from pipelines.convert.gunzip import Inflated, gunzip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

CUT = "cut: "
"""How the flag of a response begins whose body is not whole; the cause follows, in a few words."""
NO_END = "compressed body without its end"
"""The cause where a content encoding has no end, or is damaged on the way there."""

_NAMED_LAYERS = 2
_UNNAMED_LAYERS = 2
"""Encodings undone of a body: each takes its time, and a header can name thousands."""
_PADDING = b"\0\r\n"
"""Bytes that may follow a compressed body and belong to nothing."""
_LAST_BYTES = 4
"""Bytes of padding that can still belong to the Brotli stream before them: it may end in zeros."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has, and compressed data of more than a few bytes has."""


class TooLarge(Exception):
    """A body that grows beyond DOWNLOAD_MAXSIZE when inflated."""


class BodiesMiddleware:
    """Undoes the content encodings of responses, within DOWNLOAD_MAXSIZE bytes or the request's `download_maxsize`.

    A body without its end gets a CUT flag.

    It stands next to the downloader: whoever judges a response by its body must see it as it was meant.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", "gzip")

    def process_response(self, request: Request, response: Response) -> Response:
        named = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        found = inflated(response.body, encodings_in(named), request.meta.get("download_maxsize", self._max_size))
        if not found.is_whole:
            return response.replace(body=found.body, flags=[*response.flags, f"{CUT}{NO_END}"])
        return response if found.body is response.body else response.replace(body=found.body)


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
