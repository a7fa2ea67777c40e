"""What to ask when the archive refuses a bulk listing: narrower listings, exact guesses, then playback itself. Pure.

Popular sites are refused domain, host and prefix queries with 403 (research/wayback.md section 1); reports differ on
which. A refusal says nothing about what is archived, so the program goes down by itself:

    domain → prefix (host/privacy …) → exact (host/privacy-policy …) → nearest (playback's redirect to a capture)
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

from crawler.archives.base import Match, Query
from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PREFIXES = (
    "privacy",
    "legal",
    "policies",
    "policy",
    "company/privacy",
    "company/legal",
    "about/privacy",
    "datenschutz",
)
"""Paths under which companies.yaml's companies keep their policy; a prefix costs a fiftieth of a domain query."""

GUESSES = (
    "privacy", "privacy-policy", "privacypolicy", "privacy.html", "privacy.htm", "privacy.php",
    "privacy.asp", "privacy.aspx", "privacy_policy.html", "privacy-policy.html", "privacy-policy.php",
    "legal/privacy", "legal/privacy-policy", "legal/privacy.html", "policies/privacy", "policies/privacy-policy",
    "about/privacy", "company/privacy", "company/legal/privacy", "terms/privacy", "datenschutz", "datenschutz.html",
    "privacystatement", "privacy-statement", "privacy-notice",
)  # fmt: skip
"""Exact URLs to ask for, most usual first. SURT merges www, scheme, case and trailing slash, so each stands for many."""

FIRST_YEAR = 1996
"""Of the Wayback Machine's oldest captures."""

_LOWER = {Match.DOMAIN: Match.PREFIX, Match.HOST: Match.PREFIX, Match.PREFIX: Match.EXACT, Match.EXACT: Match.NEAREST}
_PATHS = {Match.PREFIX: PREFIXES, Match.EXACT: GUESSES, Match.NEAREST: GUESSES}


def lower_rung(refused: Query, rest: Sequence[Query], domain: str, pages: Sequence[str]) -> tuple[Query, ...]:
    """Return what to ask instead of `refused` and of those in `rest` that would be refused, too; () below the last rung.

    `pages` are the known policy URLs of the domain: asked for, however far down the ladder leads.
    """
    match = _LOWER.get(refused.match)
    if match is None:
        return ()
    guesses = [f"http://{domain}/{path}" for path in _PATHS[match]]
    known = [] if match is Match.PREFIX else pages
    narrower = [Query(url, match, refused.since, refused.until) for url in dict.fromkeys((*known, *guesses))]
    asked = {query.url for query in narrower}
    return (*narrower, *(query for query in rest if query.match is not refused.match and query.url not in asked))


def by_year(cut: Query, this_year: int) -> tuple[Query, ...]:
    """Return the same listing year by year, for one that the archive won't give whole; () if it is of one year."""
    first, last = _years(cut.since, cut.until, this_year)
    if first == last:
        return ()
    return tuple(
        Query(
            cut.url,
            cut.match,
            cut.since if year == first and cut.since else str(year),
            cut.until if year == last and cut.until else str(year),
        )
        for year in range(first, last + 1)
    )


class NearestSearch:
    """Finds a capture of one URL for each half-year that has any, by asking for the nearest to moments.

    An answer tells more than one capture: if the nearest to a moment is a year away, the year on either side has none.
    So a half-year is settled once a capture in it is known, or once it lies in such a stretch.
    """

    def __init__(self, query: Query, known: Iterable[str], this_year: int) -> None:
        """Take the captures already `known` as 14-digit timestamps."""
        first, last = _years(query.since, query.until, this_year)
        self._open = [
            (datetime(year, month, 1, tzinfo=UTC), datetime(year + month // 7, (month + 6) % 12, 1, tzinfo=UTC))
            for year, month in product(range(first, last + 1), (1, 7))
        ]
        for timestamp in known:
            self._settle(moment_of(timestamp), moment_of(timestamp))

    def wanted(self) -> str | None:
        """Return the moment to ask for next, as 14 digits: the middle of the first half-year that is not settled."""
        if not self._open:
            return None
        start, end = self._open[0]
        return (start + (end - start) / 2).strftime("%Y%m%d%H%M%S")

    def record_answer(self, asked: str, found: str | None) -> None:
        """Take the answer to a moment: the timestamp of the nearest capture, None if there is no capture at all."""
        if found is None:
            self._open = []
            return
        moment, capture = moment_of(asked), moment_of(found)
        self._open = self._open[1:]
        self._settle(capture, capture)
        self._settle(moment - abs(capture - moment), moment + abs(capture - moment))

    def _settle(self, low: datetime, high: datetime) -> None:
        """Strike out the half-years within a stretch that is known; one moment strikes out the half-year it is in."""
        point = low == high
        self._open = [
            (start, end)
            for start, end in self._open
            if not (start <= low < end if point else low <= start and end <= high)
        ]


def _years(since: str, until: str, this_year: int) -> tuple[int, int]:
    first = max(int(since[:4] or FIRST_YEAR), FIRST_YEAR)
    return first, max(first, min(int(until[:4] or this_year), this_year))
