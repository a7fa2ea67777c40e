"""The questions of a self-test, in their order: first what rests on no recording. Pure.

A question's request is the one that a crawl would send, with parameters changed; it may depend on answers so far.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crawler.archives.base import Match, Query
from crawler.archives.cut_bodies import EMPTY_DIGEST
from crawler.archives.urlkey import urlkey_of
from crawler.selftest.evidence import REFERENCE
from crawler.selftest.verdicts import Settled
from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrapy import Request

    from crawler.selftest.evidence import Evidence
    from pipelines.items import Capture

MAX_REQUESTS: Final = 15
"""Requests of a self-test at most."""

PAGE: Final = "http://www.zew.de/"
"""The page asked about: kept since 1997, a thousand captures in all, and with recorded answers of 2022 (edgi's tests)."""
ROWS: Final = 200
"""Rows of the listing that others are compared with. Among the oldest 200 of PAGE are redirects, and several of a month
and of a day."""
FEW: Final = 5
"""Rows of the questions whose answers need no more."""

PAGES_THERE: Final = "statuscode:2.."
PAGES_GONE: Final = "!statuscode:2.."
BELOW_A_HOST: Final = r"urlkey:.+\)/.+"
"""Values of `filter`."""

EXCLUDED: Final = "https://nationalpost.com/health/"
EXCLUDED_AT: Final = "20170929002712"
"""A page that the Wayback Machine excluded in 2020 (edgi's `test_search_raises_for_blocked_urls`)."""
NEVER_ARCHIVED: Final = "http://selftest.wayback-policies.invalid/"
"""A page that no archive can have: `.invalid` never resolves (RFC 2606)."""

COLLAPSE_MONTH: Final = "collapse by month"
COLLAPSE_DAY: Final = "collapse by day"
FILTER_STATUS: Final = "filter by status"
FILTER_URLKEY: Final = "filter by urlkey"
NEWEST: Final = "newest rows"
RESUMED: Final = "next page"
FILTER_DOMAIN: Final = "filtered domain"
EXCLUDED_LISTING: Final = "excluded site, listing"
CAPTURE: Final = "oldest capture"
NEWEST_CAPTURE: Final = "newest capture"
NEAREST: Final = "nearest capture"
REDIRECT: Final = "archived redirect"
EXCLUDED_PAGE: Final = "excluded site, page"
MISSING: Final = "page never archived"


@dataclass(frozen=True, slots=True)
class Question:
    """A question. `request` gives None where answers so far leave nothing to ask."""

    name: str
    request: Callable[[Evidence], Request | None]


def with_parameters(request: Request, **changes: str | None) -> Request:
    """Return a listing request with parameters changed, or left out where they are None."""
    parts = urlsplit(request.url)
    given = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **changes}
    query = urlencode({name: value for name, value in given.items() if value is not None}, quote_via=quote)
    return request.replace(url=parts._replace(query=query).geturl())


def _listing(known: Evidence) -> Request:
    return with_parameters(known.archive.listing_request(Query(known.page, Match.EXACT)), limit=str(ROWS))


def _collapsed(known: Evidence, digits: int) -> Request | None:
    rows = _reference(known)
    return _within(known, rows, collapse=f"timestamp:{digits}") if rows else None


def _filtered_by_status(known: Evidence) -> Request | None:
    """Ask for the pages that were there; where all were, for those that were not."""
    rows = _reference(known)
    if not rows:
        return None
    is_mixed = len({row.statuscode.startswith("2") for row in rows}) > 1
    return _within(known, rows, filter=PAGES_THERE if is_mixed else PAGES_GONE)


def _within(known: Evidence, rows: Sequence[Capture], **changes: str) -> Request:
    """Return a question for the period of the rows that its answer is compared with."""
    times = [row.timestamp for row in rows]
    query = Query(known.page, Match.EXACT, since=min(times), until=max(times))
    return with_parameters(known.archive.listing_request(query), limit=str(ROWS), **changes)


def _filtered_by_urlkey(known: Evidence) -> Request:
    """Ask for the pages below this one. Unfiltered, a listing by prefix begins with the page itself."""
    request = known.archive.listing_request(Query(known.page, Match.PREFIX))
    return with_parameters(request, limit=str(FEW), filter=below(known.page))


def below(page: str) -> str:
    """Return the filter for the pages whose urlkeys begin with that of a page."""
    return f"urlkey:{re.escape(urlkey_of(page))}.+"


def _filtered_domain(known: Evidence) -> Request:
    """Ask for pages that are no home page, as a crawl asks for policies."""
    host = (urlsplit(known.page).hostname or "").removeprefix("www.")
    request = known.archive.listing_request(Query(host, Match.DOMAIN))
    return with_parameters(request, limit=str(FEW), filter=BELOW_A_HOST)


def _newest(known: Evidence) -> Request:
    request = known.archive.listing_request(Query(known.page, Match.EXACT))
    return with_parameters(request, limit=str(-FEW), showResumeKey=None)


def _resumed(known: Evidence) -> Request | None:
    try:
        key = known.listing(REFERENCE).resume_key
    except Settled:
        return None
    query = Query(known.page, Match.EXACT)
    return with_parameters(known.archive.listing_request(query, key), limit=str(ROWS)) if key else None


def _excluded_listing(known: Evidence) -> Request:
    return with_parameters(known.archive.listing_request(Query(EXCLUDED, Match.EXACT)), limit=str(FEW))


def _oldest_capture(known: Evidence) -> Request | None:
    return _snapshot(known, next(iter(_pages(_reference(known))), None))


def _newest_capture(known: Evidence) -> Request | None:
    """Ask for a capture of the newest, which are compressed as servers do it now, unless it is the oldest, too."""
    rows = [*_reference(known), *_rows(known, NEWEST)]
    pages = sorted(_pages(rows), key=lambda row: row.timestamp)
    return _snapshot(known, pages[-1]) if len(pages) > 1 else None


def _nearest(known: Evidence) -> Request | None:
    """Ask for the second after a capture, of which there is none."""
    rows = _reference(known)
    taken = {row.timestamp for row in rows}
    after = ((row, second_after(row)) for row in _pages(rows))
    row, second = next(((row, second) for row, second in after if second not in taken), (None, ""))
    return known.archive.snapshot_request(second, row.original) if row else None


def second_after(row: Capture) -> str:
    """Return the timestamp of the second after a capture."""
    return (moment_of(row.timestamp) + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S")


def _redirect(known: Evidence) -> Request | None:
    rows = [*_reference(known), *_rows(known, NEWEST)]
    return _snapshot(known, next((row for row in rows if row.statuscode in {"301", "302", "303", "307", "308"}), None))


def _reference(known: Evidence) -> list[Capture]:
    try:
        return known.reference
    except Settled:
        return []


def _rows(known: Evidence, question: str) -> list[Capture]:
    try:
        return known.rows(question)
    except Settled:
        return []


def _pages(rows: Sequence[Capture]) -> list[Capture]:
    """Return the rows of pages that were there, without those of a second that has several: playback serves one of them."""
    several = Counter(row.timestamp for row in rows)
    return [
        row
        for row in rows
        if row.statuscode == "200" and row.digest != EMPTY_DIGEST and not row.is_revisit and several[row.timestamp] == 1
    ]


def _snapshot(known: Evidence, row: Capture | None) -> Request | None:
    if row is None:
        return None
    request = known.archive.snapshot_request(row.timestamp, row.original, row.locator)
    return request and request.replace(meta={**request.meta, "capture": row})


QUESTIONS: Final = (
    Question(REFERENCE, _listing),
    Question(COLLAPSE_MONTH, lambda known: _collapsed(known, 6)),
    Question(COLLAPSE_DAY, lambda known: _collapsed(known, 8)),
    Question(FILTER_STATUS, _filtered_by_status),
    Question(FILTER_URLKEY, _filtered_by_urlkey),
    Question(NEWEST, _newest),
    Question(RESUMED, _resumed),
    Question(FILTER_DOMAIN, _filtered_domain),
    Question(EXCLUDED_LISTING, _excluded_listing),
    Question(CAPTURE, _oldest_capture),
    Question(NEWEST_CAPTURE, _newest_capture),
    Question(NEAREST, _nearest),
    Question(REDIRECT, _redirect),
    Question(EXCLUDED_PAGE, lambda known: known.archive.snapshot_request(EXCLUDED_AT, EXCLUDED)),
    Question(MISSING, lambda known: known.archive.snapshot_request("20100101000000", NEVER_ARCHIVED)),
)
"""At most MAX_REQUESTS: each is sent once, whatever comes back."""
