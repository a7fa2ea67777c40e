"""Response bodies as the archive sent them to bytes: by what the bytes are, not by what Content-Encoding says.

Archives send gzip with a blank header (WMP#309), gzip to whoever asks for identity (H#259), and replay the original's
encoding (duckdb-web-archive#7).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Self

import brotli

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

_NAMED_LAYERS = 2
_UNNAMED_LAYERS = 2
"""Encodings undone of a body: each takes its time, and a header can name thousands."""


class TooLarge(Exception):
    """A body that grows beyond DOWNLOAD_MAXSIZE when inflated."""


class BodiesMiddleware:
    """Undoes the content encodings of responses, within DOWNLOAD_MAXSIZE bytes or the request's `download_maxsize`.

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
        named = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower().split(",")
        max_size = request.meta.get("download_maxsize", self._max_size)
        body = plain_body(response.body, map(str.strip, named), max_size)
        return response if body is response.body else response.replace(body=body)


def plain_body(body: bytes, encodings: Iterable[str], max_size: int) -> bytes:
    """Return `body` without its content encodings; as it is where it is not what `encodings` say. Raises TooLarge.

    Gzip within gzip is undone, too: what is left of it would pass for a body cut short.
    """
    for encoding in (*list(encodings)[: -_NAMED_LAYERS - 1 : -1], *["gzip"] * _UNNAMED_LAYERS):
        inflate = _INFLATE.get(encoding)
        if inflate:
            body = inflate(body, max_size)
    return body


def _gunzip(body: bytes, max_size: int) -> bytes:
    return _zlib(body, 31, max_size)


def _deflate(body: bytes, max_size: int) -> bytes:
    plain = _zlib(body, 15, max_size)
    return _zlib(body, -15, max_size) if plain is body else plain


def _zlib(body: bytes, wbits: int, max_size: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body, max_size + 1)
    except zlib.error:
        return body
    return _bounded(plain, max_size)


def _unbrotli(body: bytes, max_size: int) -> bytes:
    try:
        plain = brotli.Decompressor().process(body, output_buffer_limit=max_size + 1)
    except brotli.error:
        return body
    return _bounded(plain, max_size)


def _bounded(plain: bytes, max_size: int) -> bytes:
    if len(plain) > max_size:
        raise TooLarge(f"more than {max_size} bytes")
    return plain


_INFLATE = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _deflate, "br": _unbrotli}
