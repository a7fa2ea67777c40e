"""Reading what playback answers: a memento, a pointer to one, or the reason why there is none.

A response is a memento if and only if it carries `Memento-Datetime`; its status is then the archived one
(edgi `_client.py`), so an archived 429, 503 or 404 is data and never a reason to ask again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from crawler.archives.http_body import CUT
from pipelines.items import Fate, Memento, moment_of, truncation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.base import Archive
    from pipelines.items import Capture

MAX_HOPS = 10
MAX_DRIFT_DAYS = 183
"""A memento reached more than half a year from the capture asked for is not that capture's document (design)."""

RETRY_STATUSES = frozenset({413, 421, 500, 502, 503, 504, 520, 522, 524, 599})
"""Statuses of transient failures: edgi's list (`_client.py`) and Cloudflare's own. 429 is a pause for all instead."""

EMPTY_DIGEST = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""Base32 SHA-1 of no bytes: a page that really was empty."""

_ORIGINAL_LINK = re.compile(r'<([^>]*)>\s*;[^<]*\brel="?original"?')
_EXCLUDED = (b"AdministrativeAccessControlException", b"This URL has been excluded from the Wayback Machine")
_ROBOTS = (b"RobotAccessControlException", b"blocked by the site owner via robots.txt")
_NOT_ARCHIVED = (b"has not archived that URL", b"URL Not Found", b"No Captures found")
_BUSY_PAGES = (b"Internet Archive: Temporarily Offline", b"No server is available")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The archive redirects to the capture it has nearest to the one asked for."""

    timestamp: str
    url: str


@dataclass(frozen=True, slots=True)
class Absence:
    """No memento. `fate` is final only where the archive itself says that there is none to be had.

    `is_transient`: the next try may bring more; a listing can have that, too.
    """

    fate: Fate
    cause: str
    is_transient: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The archive answers nothing for now (HTTP 429). `retry_after` is in seconds, None if it names none."""

    cause: str
    retry_after: float | None

    @property
    def absence(self) -> Absence:
        """What a refusal that never ended makes of a capture."""
        return Absence(Fate.THROTTLED, "HTTP 429")


def is_memento(response: Response) -> bool:
    return b"Memento-Datetime" in response.headers


def is_busy(response: Response) -> bool:
    """Whether a 200 page that is no memento says that the archive is offline."""
    return _is_page(response) and any(text in response.body[:5000] for text in _BUSY_PAGES)


def is_refusal(response: Response) -> bool:
    """Whether this is a refusal of the archive's: 429, also where it comes as a page with status 200."""
    if response.status == 429:  # noqa: PLR2004
        return not is_memento(response)
    return _is_page(response) and b"<h1>429 Too Many Requests</h1>" in response.body[:5000]


def _is_page(response: Response) -> bool:
    """Whether this is a page of the archive's own; rows of a listing may contain what such pages say."""
    return not is_memento(response) and response.body.lstrip()[:1] not in {b"[", b"{"}


def cut_cause(response: Response, capture: Capture | None = None) -> str:
    """Return by what a memento's body is found to be cut on its way, or an empty string.

    It has a flag that says so, or is shorter than its Content-Length when captured: responses are chunked, so that a short
    read shows nowhere else. A body that was compressed when it was captured is longer than its Content-Length once it is
    not (every recorded non-empty response agrees). Where the length is unknown (absent, or `-1`), a page without a body is
    taken to lack it, if it is known for which `capture` it is: unless that was empty, or is a revisit (one of a revisit
    plays back empty, always: IA#118).
    """
    if truncation(_header(response, "Warning"), len(response.body)):
        return ""
    flagged = next((flag.removeprefix(CUT) for flag in response.flags if flag.startswith(CUT)), "")
    if flagged and response.status < 300:  # noqa: PLR2004 - of redirects and errors, nobody reads the body
        return flagged
    declared = _header(response, "x-archive-orig-content-length")
    if declared.isdecimal():
        return "body cut short" if len(response.body) < int(declared[:12]) else ""
    was_empty = capture is None or capture.digest == EMPTY_DIGEST or capture.is_revisit
    return "body cut short" if response.status < 300 and not response.body and not was_empty else ""  # noqa: PLR2004


def read_playback(
    response: Response, archive: Archive, capture: Capture | None = None
) -> Memento | Pointer | Absence | Refusal:
    """Return what a playback response says; `capture` is the one asked for, if one was."""
    if is_memento(response):
        cut = cut_cause(response, capture)
        return Absence(Fate.CUT_SHORT, cut, is_transient=True) if cut else _memento(response, archive)
    if is_refusal(response):
        return Refusal(f"HTTP {response.status}", _retry_after(response))
    if 300 <= response.status < 400:  # noqa: PLR2004
        return _pointer(response, archive)
    return _absence(response)


def read_trouble(response: Response) -> Absence | Refusal | None:
    """Return what keeps the archive from answering at all, a listing or playback; None if it answers."""
    if is_refusal(response):
        return Refusal(f"HTTP {response.status}", _retry_after(response))
    if is_busy(response):
        return Absence(Fate.FAILED, "archive offline", is_transient=True)
    if response.status in RETRY_STATUSES and not is_memento(response):
        return Absence(Fate.FAILED, f"HTTP {response.status} without memento", is_transient=True)
    return None


def why_not(found: Memento | Pointer, capture: Capture, hops: Sequence[tuple[str, str]]) -> Absence | None:
    """Return why what was found is neither the capture's page nor a redirect to follow, or None if it is.

    `hops` are the timestamps and URLs asked for so far, the last one being what `found` is the answer to.
    """
    if drift_days(capture.timestamp, found.timestamp) > MAX_DRIFT_DAYS:
        return Absence(Fate.MISSING, f"the nearest memento is more than {MAX_DRIFT_DAYS} days away")
    target = (found.timestamp, found.url) if isinstance(found, Pointer) else found.location
    if target is not None:
        return _redirect_problem(target, hops)
    status = found.status if isinstance(found, Memento) else 0
    if status >= 300:  # noqa: PLR2004
        return Absence(Fate.ARCHIVED_ERROR, f"HTTP {status}" + (" without a target" if status < 400 else ""))  # noqa: PLR2004
    if isinstance(found, Memento) and not found.body and capture.digest != EMPTY_DIGEST:
        # a revisit of a revisit plays back empty, always (IA#118); anything else may be whole next time
        return Absence(Fate.MISSING if capture.is_revisit else Fate.CUT_SHORT, "empty body")
    return None


def _redirect_problem(target: tuple[str, str], hops: Sequence[tuple[str, str]]) -> Absence | None:
    if target in hops:
        return Absence(Fate.ARCHIVED_ERROR, "redirect loop")
    if len(hops) > MAX_HOPS:
        return Absence(Fate.ARCHIVED_ERROR, f"more than {MAX_HOPS} redirects")
    if not target[1].lower().startswith(("http://", "https://")):
        return Absence(Fate.ARCHIVED_ERROR, "redirect to no web address")
    return None


def drift_days(asked: str, found: str) -> float:
    """Return the days between two 14-digit timestamps."""
    return abs((moment_of(asked) - moment_of(found)).total_seconds()) / 86_400


def timestamp_of(memento_datetime: str) -> str:
    """Return the 14 digits (UTC) of a Memento-Datetime header (RFC 7089: an RFC 1123 date). Raises ValueError."""
    return parsedate_to_datetime(memento_datetime).astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _memento(response: Response, archive: Archive) -> Memento | Absence:
    named = archive.playback_target(response.url)
    try:
        timestamp = timestamp_of(_header(response, "Memento-Datetime"))
    except (ValueError, TypeError):
        return Absence(Fate.FAILED, "unreadable Memento-Datetime")
    original = _ORIGINAL_LINK.search(_header(response, "Link"))
    url = original[1] if original else (named[1] if named else "")
    location = _location(response, archive, url, timestamp) if 300 <= response.status < 400 else None  # noqa: PLR2004
    return Memento(timestamp, url, response.url, response.status, header_pairs(response), response.body, location)


def _location(response: Response, archive: Archive, url: str, timestamp: str) -> tuple[str, str] | None:
    """Return where an archived redirect leads: rewritten by the archive (with or without timestamp) or as captured."""
    location = _header(response, "Location").strip()
    if not location:
        return None
    rewritten = archive.playback_target(urljoin(response.url, location))
    if rewritten:
        return rewritten[0] or timestamp, rewritten[1]
    return timestamp, urljoin(url, location)


def _pointer(response: Response, archive: Archive) -> Pointer | Absence:
    location = _header(response, "Location")
    target = archive.playback_target(urljoin(response.url, location)) if location else None
    if target is None or not target[0]:
        return Absence(Fate.FAILED, "redirected out of the archive")
    return Pointer(*target)


def _absence(response: Response) -> Absence:
    said = (response.headers.get("X-Archive-Wayback-Runtime-Error") or b"") + response.body[:20_000]
    trouble = read_trouble(response)
    is_transient = trouble is not None
    if any(text in said for text in _ROBOTS):
        return Absence(Fate.EXCLUDED, "robots.txt", is_transient)
    if any(text in said for text in _EXCLUDED):
        return Absence(Fate.EXCLUDED, "site excluded", is_transient)
    if response.status == 404 or any(text in said for text in _NOT_ARCHIVED):  # noqa: PLR2004
        return Absence(Fate.MISSING, "listed, but the archive does not have it", is_transient)
    return trouble if isinstance(trouble, Absence) else Absence(Fate.FAILED, f"HTTP {response.status} without memento")


def _retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After (RFC 9110: seconds or a date) asks for, if it does."""
    value = _header(response, "Retry-After").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def header_pairs(message: Request | Response) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a message's headers, each value with its name."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in message.headers.items()
        for value in values
    )
