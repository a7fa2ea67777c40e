"""Headers of responses: kept byte for byte as Latin-1, within bounds, and read where they name a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING

from crawler.archives.cdx_rows import valid_timestamp

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

MAX_HEADERS = 1_000
MAX_HEADER_BYTES = 1 << 18
"""Headers kept of a response, and bytes of them all: what Chromium reads (net/http, kMaxHeaderBufSize)."""

_FOUR_DIGIT_YEAR = re.compile(r"(?<![0-9+])(?:19|2[01])[0-9]{2}\b")
"""Python takes the year 1 for 2001 (RFC 2822, 4.3)."""
_NOT_IN_HEADERS = re.compile("[\0\r\n]")


def header_of(response: Response, name: str) -> str:
    """Return the first header of a name, each byte as a character; empty without one."""
    return (response.headers.get(name) or b"").decode("latin-1")


def http_date(value: str) -> datetime | None:
    """Return the moment that a header names (RFC 9110, 5.6.7: an RFC 1123 date), None if it names none."""
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def timestamp_of(memento_datetime: str) -> str | None:
    """Return the 14 digits (UTC) of a Memento-Datetime header (RFC 7089), None if a capture can't be of that moment."""
    moment = http_date(memento_datetime) if _FOUR_DIGIT_YEAR.search(memento_datetime) else None
    return valid_timestamp(f"{moment.year:04}{moment:%m%d%H%M%S}") if moment else None


def retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After (RFC 9110: seconds or a date) asks for, if it does."""
    value = header_of(response, "Retry-After").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    moment = http_date(value)
    return max(0.0, moment.timestamp() - time()) if moment else None


def header_pairs(message: Request | Response) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a message's headers, each value with its name, byte for byte as Latin-1.

    What would end a header in a WARC file is a space here; what is beyond MAX_HEADERS or MAX_HEADER_BYTES is left out.
    """
    pairs: list[tuple[str, str]] = []
    left = MAX_HEADER_BYTES
    for name, values in message.headers.items():
        for value in values:
            left -= len(name) + len(value)
            if len(pairs) < MAX_HEADERS and left >= 0:
                pairs.append((_one_line(name), _one_line(value)))
    return tuple(pairs)


def _one_line(header: bytes) -> str:
    return _NOT_IN_HEADERS.sub(" ", header.decode("latin-1"))
