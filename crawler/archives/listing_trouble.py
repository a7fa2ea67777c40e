"""What keeps the answer to a listing from being one: a refusal, an outage, rows without their end. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.archives.http_body import CUT
from crawler.archives.playback import Absence, Refusal, read_trouble
from pipelines.items import Fate

if TYPE_CHECKING:
    from scrapy.http import Response

LISTING_CUT = "listing cut short"
_ROWS_END = re.compile(rb"[\]}]\s*\]\s*\Z|\A\s*\[\s*\]\s*\Z")
_OBJECT_END = re.compile(rb"\}\s*\Z")
_END_WITHIN = 4096
"""Bytes at the end of a listing among which it has its end."""


def read_listing_trouble(response: Response) -> Absence | Refusal | None:
    """Return what keeps a listing from being one: as `read_trouble`, or rows in JSON that have no end."""
    if (trouble := read_trouble(response)) or response.status != 200:  # noqa: PLR2004
        return trouble
    head, end = response.body[:_END_WITHIN].lstrip(b"\xef\xbb\xbf \t\r\n")[:1], response.body[-_END_WITHIN:]
    expected = {b"[": _ROWS_END, b"{": _OBJECT_END}.get(head)
    is_cut = any(flag.startswith(CUT) for flag in response.flags) or (expected is not None and not expected.search(end))
    return Absence(Fate.CUT_SHORT, LISTING_CUT, is_transient=True) if is_cut else None
