"""Classification of playback responses: a memento, a pointer to one, or the reason for neither.

A response is a memento if and only if it carries `Memento-Datetime`; its status is then the archived one
(edgi `_client.py`), so an archived 429, 503 or 404 is data and never a reason to ask again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING

from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.http_body import CUT
from crawler.archives.playback_urls import joined
from pipelines.items import Fate, Memento, moment_of, truncation
from pipelines.untrusted import NOT_WEB, url_problem

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

MAX_HEADERS = 1_000
MAX_HEADER_BYTES = 1 << 18
"""Most headers stored of a response, and most bytes of them all: the limits of Chromium (net/http, kMaxHeaderBufSize)."""

_FOUR_DIGIT_YEAR = re.compile(r"(?<![0-9+])(?:19|2[01])[0-9]{2}\b")
"""Python takes the year 1 for 2001 (RFC 2822, 4.3)."""
_STATUSES = range(100, 1000)
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_ORIGINAL = re.compile(r'\s*;.*\brel="?original"?', re.DOTALL)
_NOT_IN_HEADERS = re.compile("[\0\r\n]")
_EXCLUDED = (b"AdministrativeAccessControlException", b"This URL has been excluded from the Wayback Machine")
_ROBOTS = (b"RobotAccessControlException", b"blocked by the site owner via robots.txt")
_NOT_ARCHIVED = (b"has not archived that URL", b"URL Not Found", b"No Captures found")
_BUSY_PAGES = (b"Internet Archive: Temporarily Offline", b"No server is available")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A redirect of the archive to the capture nearest to the requested one."""

    timestamp: str
    url: str


@dataclass(frozen=True, slots=True)
class Absence:
    """No memento. `fate` is final only if the archive says that it has none.

    `is_transient`: a retry may succeed. Listings can have it, too.
    """

    fate: Fate
    cause: str
    is_transient: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The archive refuses all requests for now (HTTP 429). `retry_after` is in seconds, None if it is not given."""

    cause: str
    retry_after: float | None

    @property
    def absence(self) -> Absence:
        """The answer to a capture whose requests were refused to the end."""
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
    """Whether this is a page of the archive itself. Rows of a listing may contain the words of such pages."""
    return not is_memento(response) and response.body.lstrip()[:1] not in {b"[", b"{"}


def cut_cause(response: Response, capture: Capture | None = None) -> str:
    """Return the sign that a memento's body was cut in transit, or an empty string.

    It has a flag, or is shorter than its Content-Length at capture time: responses are chunked, so a short read has no
    other sign. A body that was compressed when captured is longer than its Content-Length once it is decompressed (every
    recorded non-empty response agrees). If the length is unknown (absent, or `-1`), an empty body counts as cut if its
    `capture` is given, unless the capture itself was empty or is a revisit (a revisit of a revisit always plays back
    empty: IA#118).
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
    """Return the classification of a playback response. `capture` is the requested capture, if there is one."""
    if is_memento(response):
        cut = cut_cause(response, capture)
        return Absence(Fate.CUT_SHORT, cut, is_transient=True) if cut else _memento(response, archive)
    if is_refusal(response):
        return Refusal(f"HTTP {response.status}", _retry_after(response))
    if 300 <= response.status < 400:  # noqa: PLR2004
        return _pointer(response, archive)
    return _absence(response)


def read_trouble(response: Response) -> Absence | Refusal | None:
    """Return the refusal or transient failure that a response (listing or playback) is; None if it is an answer."""
    if is_refusal(response):
        return Refusal(f"HTTP {response.status}", _retry_after(response))
    if is_busy(response):
        return Absence(Fate.FAILED, "archive offline", is_transient=True)
    if response.status in RETRY_STATUSES and not is_memento(response):
        return Absence(Fate.FAILED, f"HTTP {response.status} without memento", is_transient=True)
    return None


def why_not(found: Memento | Pointer, capture: Capture, hops: Sequence[tuple[str, str]]) -> Absence | None:
    """Return the reason why a memento or pointer is neither the capture's page nor a redirect to follow; None if it is.

    `hops` are the timestamps and URLs requested so far. `found` is the answer to the last of them.
    """
    if drift_days(capture.timestamp, found.timestamp) > MAX_DRIFT_DAYS:
        return Absence(Fate.MISSING, f"the nearest memento is more than {MAX_DRIFT_DAYS} days away")
    target = (found.timestamp, found.url) if isinstance(found, Pointer) else found.location
    if target is not None:
        return _redirect_problem(target, hops)
    status = found.status if isinstance(found, Memento) else 0
    if status == 206:  # noqa: PLR2004
        return Absence(Fate.ARCHIVED_ERROR, "HTTP 206: a part of the page")
    if status >= 300:  # noqa: PLR2004
        return Absence(Fate.ARCHIVED_ERROR, f"HTTP {status}" + (" without a target" if status < 400 else ""))  # noqa: PLR2004
    if isinstance(found, Memento) and not found.body and capture.digest != EMPTY_DIGEST:
        # a revisit of a revisit always plays back empty (IA#118); any other body may be whole in the next try
        return Absence(Fate.MISSING if capture.is_revisit else Fate.CUT_SHORT, "empty body")
    return None


def _redirect_problem(target: tuple[str, str], hops: Sequence[tuple[str, str]]) -> Absence | None:
    if target in hops:
        return Absence(Fate.ARCHIVED_ERROR, "redirect loop")
    if len(hops) > MAX_HOPS:
        return Absence(Fate.ARCHIVED_ERROR, f"more than {MAX_HOPS} redirects")
    if problem := url_problem(target[1]):
        return Absence(
            Fate.ARCHIVED_ERROR, "redirect to no web address" if problem == NOT_WEB else f"redirect: {problem}"
        )
    return None


def drift_days(asked: str, found: str) -> float:
    """Return the days between two 14-digit timestamps."""
    return abs((moment_of(asked) - moment_of(found)).total_seconds()) / 86_400


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


def _memento(response: Response, archive: Archive) -> Memento | Absence:
    named = archive.playback_target(response.url)
    timestamp = timestamp_of(_header(response, "Memento-Datetime"))
    if timestamp is None:
        return Absence(Fate.FAILED, "unreadable Memento-Datetime")
    if response.status not in _STATUSES:
        return Absence(Fate.FAILED, "unreadable status")
    url = _original(response) or (named[1] if named else "")
    location = _location(response, archive, url, timestamp) if 300 <= response.status < 400 else None  # noqa: PLR2004
    headers = header_pairs(response)
    return Memento(timestamp, url, response.url, response.status, headers, response.body, archive.name, location)


def _original(response: Response) -> str:
    """Return the captured URL from the Link header; empty if there is no usable one."""
    links = _LINK.findall(_header(response, "Link"))
    return next((url for url, parameters in links if _ORIGINAL.match(parameters) and not url_problem(url)), "")


def _location(response: Response, archive: Archive, url: str, timestamp: str) -> tuple[str, str] | None:
    """Return where an archived redirect leads: rewritten by the archive (with or without timestamp) or as captured."""
    location = _header(response, "Location").strip()
    if not location:
        return None
    rewritten = archive.playback_target(joined(response.url, location))
    if rewritten:
        return valid_timestamp(rewritten[0]) or timestamp, rewritten[1]
    return timestamp, joined(url, location) or location


def _pointer(response: Response, archive: Archive) -> Pointer | Absence:
    location = _header(response, "Location")
    target = archive.playback_target(joined(response.url, location)) if location else None
    if target is None or not target[0]:
        return Absence(Fate.FAILED, "redirected out of the archive")
    timestamp, problem = valid_timestamp(target[0]), url_problem(target[1])
    if timestamp is None:
        return Absence(Fate.FAILED, "redirected to an impossible date")
    return Absence(Fate.FAILED, f"redirected: {problem}") if problem else Pointer(timestamp, target[1])


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
    """Return Retry-After (RFC 9110: seconds or a date) in seconds; None without a usable one."""
    value = _header(response, "Retry-After").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    moment = http_date(value)
    return max(0.0, moment.timestamp() - time()) if moment else None


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def header_pairs(message: Request | Response) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a message's headers, each value with its name, byte for byte as Latin-1.

    Characters that would end a header in a WARC file become spaces. Headers beyond MAX_HEADERS or MAX_HEADER_BYTES are
    left out.
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
