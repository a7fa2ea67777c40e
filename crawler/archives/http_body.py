"""Bodies of live and stored HTTP responses: transfer and content codings undone, cut bodies detected.

One decoder for playback and WARC records: content_coding.py has the codings, this module their order, number and bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from crawler.archives.content_coding import guess, is_binary, undo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUT: Final = "cut: "
"""Prefix of a response's flag for a body that is not whole. The cause follows."""
NO_END: Final = "compressed body without its end"
"""The cause if a compressed body is cut or damaged."""
UNKNOWN_CODING: Final = "content coding that can't be undone: "
"""The cause if a body has a coding that this program lacks. What Content-Encoding says follows."""
SHORTER: Final = "shorter than its Content-Length"
NO_LAST_CHUNK: Final = "chunked body without its end"

WHOLE: Final = "whole"
"""Flag of a response whose compressed body had its end, however few bytes it holds."""

_LAYERS: Final = 4
"""Codings undone of a body. Each takes its time, and a header can name thousands."""
_MAX_NAMES: Final = 80
"""Characters of a Content-Encoding header that a cause repeats."""
_UNCODED: Final = frozenset({"", "identity", "none", "binary", "8bit", "7bit"})


class TooLarge(Exception):
    """A body is larger than its limit, inflated or as stored; the limit of downloads is DOWNLOAD_MAXSIZE."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content codings.

    `problem` is the cause if it is cut or can't be decoded, else empty. `is_coded`: whether a coding was undone.
    """

    body: bytes
    problem: str = ""
    is_coded: bool = False


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
    found = decoded(body, codings_in(headers.get("content-encoding", "")), max_size)
    return found.body, cut or found.problem


def _without_transfer_coding(raw: bytes, headers: Mapping[str, str]) -> tuple[bytes, str]:
    if headers.get("transfer-encoding", "").strip().lower().endswith("chunked"):
        body, is_whole = dechunk(raw)
        return body, "" if is_whole else NO_LAST_CHUNK
    lengths = [value.strip().removeprefix("+") for value in headers.get("content-length", "").split(",")]
    is_short = any(value.isascii() and value.isdecimal() and len(raw) < int(value[:16]) for value in lengths)
    return raw, SHORTER if is_short else ""


def declared_length(header: str) -> int | None:
    """Return the length that a Content-Length header declares, once or several times the same (RFC 9110, 8.6), or None."""
    values = {value.strip() for value in header.split(",")}
    value = values.pop() if len(values) == 1 else ""
    return int(value[:12]) if value.isascii() and value.isdecimal() else None


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


def codings_in(header: str) -> list[str]:
    """Return the codings of a Content-Encoding header, in its order."""
    return [name.partition(";")[0].strip(" \t\"'") for name in header.lower().split(",")]


def decoded(body: bytes, codings: Iterable[str], max_size: int) -> Decoded:
    """Return `body` without its content codings, the last one named undone first. Raises TooLarge.

    A coding that the bytes do not have is ignored, as browsers and servers disagree about the header; gzip and zstd are
    undone whether it names them or not. A binary body of no known file format that has a named coding left is returned as
    far as it is decoded, with UNKNOWN_CODING.
    """
    named = [name for name in codings if name not in _UNCODED]
    found, left, layers = Decoded(body), list(named), 0
    for coding in [*named[: -_LAYERS - 1 : -1], *[""] * _LAYERS]:
        layer = undo(found.body, coding, max_size) if layers < _LAYERS else None
        if layer is None:
            continue
        layers += 1
        left = left[:-1]
        is_whole = layer.is_whole and not found.problem
        found = Decoded(_bounded(layer.body, max_size), "" if is_whole else NO_END, is_coded=True)
    if found.problem or not is_binary(found.body):
        return found
    if layer := guess(found.body, max_size):
        return Decoded(_bounded(layer.body, max_size), is_coded=True)
    problem = f"{UNKNOWN_CODING}{', '.join(named)[:_MAX_NAMES]}" if left else ""
    return replace(found, problem=problem)


def _bounded(body: bytes, max_size: int) -> bytes:
    if len(body) > max_size:
        raise TooLarge(f"more than {max_size} bytes")
    return body
