"""The body of a stored HTTP response, free of transfer and content encodings, and whether all of it is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.downloadermiddlewares.decode_body import NO_END, TooLarge, encodings_in, inflated

if TYPE_CHECKING:
    from collections.abc import Mapping

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
