"""The bodies of mementos that were cut in transit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives.http_body import CUT, WHOLE, declared_length
from crawler.archives.response_headers import header_of
from pipelines.items import truncation

if TYPE_CHECKING:
    from scrapy.http import Response

    from pipelines.items import Capture

EMPTY_DIGEST = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""Base32 SHA-1 of no bytes: a page that really was empty."""
NO_PAGE = {204: "no content", 205: "no content", 206: "a part of the page"}
"""What archived responses with a status of success have that is no page (RFC 9110, 15.3)."""


def cut_cause(response: Response, capture: Capture | None = None) -> str:
    """Return the sign that a memento's body was cut in transit, or can't be decoded; otherwise an empty string.

    Nobody reads the body of a redirect, an error or a part. Any other has a flag, or is shorter than its Content-Length at
    capture time: responses are chunked, so a short read has no other sign. A body that was compressed when captured is
    longer than its Content-Length once it is decompressed (every recorded non-empty response agrees), unless it holds next
    to nothing: its stream then has an end. If the length is unknown (absent, or `-1`), an empty body counts as cut if its
    `capture` is given, unless the capture was empty or is a revisit (a revisit of a revisit plays back empty: IA#118).
    """
    if truncation(header_of(response, "Warning"), len(response.body)):
        return ""
    flagged = next((flag.removeprefix(CUT) for flag in response.flags if flag.startswith(CUT)), "")
    if response.status >= 300 or response.status in NO_PAGE:  # noqa: PLR2004
        return ""
    if flagged or WHOLE in response.flags:
        return flagged
    declared = declared_length(header_of(response, "x-archive-orig-content-length"))
    if declared is not None:
        return "body cut short" if len(response.body) < declared else ""
    was_empty = capture is None or capture.digest == EMPTY_DIGEST or capture.is_revisit
    return "body cut short" if not response.body and not was_empty else ""
