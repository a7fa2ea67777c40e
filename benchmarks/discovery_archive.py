"""The made-up archive of benchmarks/discovery.py: the Wayback Machine's layout on loopback, for domains of any size.

Listings are answered by the double's own parser and renderer. What differs is that nothing is enumerated that need not be:
a block of alike pages that a filter turns away counts as scanned and is passed over. A query that would scan more than
SCAN_LIMIT rows is a 504, or blank for some companies, as the real server is (research/wayback.md section 1). A bulk listing
is served the first rows of a block only; the calls that the others would have taken are counted (`passed_over`).
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.address_split import registered_domain
from benchmarks.discovery_rows import Block, Index, Page
from benchmarks.discovery_zones import Zone, ZoneMaker
from crawler.archives.urlkey import surt
from tests.support.archive_double import ArchiveDouble, Behaviour
from tests.support.double import cdx, playback
from tests.support.double.answers import HTML, TEXT, Answer, Request
from tests.support.double.query import MOST_ROWS, BadQueryError, make_key, parse
from tests.support.double.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.discovery_companies import Company
    from benchmarks.discovery_rows import Segment
    from pipelines.items import Capture
    from tests.support.double.query import Query, Test

SCAN_LIMIT: Final = 1_000_000
"""Rows that a query can look at before the archive gives up with 504. An assumption: the real limit is one of time."""
PASSED_OVER_FROM: Final = 30_000
"""Rows of a block from which on a bulk listing is served only the first of them."""
SHOWN_OF_BLOCK: Final = 200

_ALIKE: Final = ("urlkey", "original", "statuscode", "mimetype")
"""Fields in which the rows of a block are alike, but for the pages' numbers."""


class TooSlow(Exception):
    """A query that scans more than SCAN_LIMIT rows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A listing query as it was asked, in the order of arrival; `calls` counts those that it stands for."""

    company: int
    url: str
    match: str
    is_filtered: bool
    status: int
    keys: frozenset[str]
    """Urlkeys among the rows by which a policy can be had."""
    calls: int = 1


class Archive:
    """The companies' zones in one index, and the log of what was asked of it."""

    def __init__(self, companies: Sequence[Company], until: float) -> None:
        maker = ZoneMaker(until)
        self.zones = [maker.make(company) for company in companies]
        self.index = Index([segment for zone in self.zones for segment in zone.segments])
        self.policies = {key: zone for zone in self.zones for key in zone.policies}
        self.owners: dict[str, Zone] = {}
        for zone in self.zones:
            for url in (era.url for era in zone.company.eras):
                self.owners.setdefault(registered_domain(url), zone)
        self.owners |= {zone.company.domain: zone for zone in self.zones}
        self.asked: list[Asked] = []
        self.played: Counter[tuple[int, str]] = Counter()
        """Playback requests by company and by what was asked for."""

    def owner(self, url: str) -> Zone | None:
        """Return the zone that a request belongs to."""
        return self.policies.get(surt(url)) or self.owners.get(registered_domain(url))

    # Listings

    def answer_listing(self, query_string: str) -> Answer:
        try:
            query = parse(query_string, inclusive=False)
        except BadQueryError as error:
            return Answer(400, TEXT, f"{error}\n".encode())
        zone = self.owner(query.url)
        if zone and query.match in zone.company.refused:
            return self._log(query, zone, Answer(403, TEXT, cdx.REFUSED))
        scan = _Scan(self.index, query, _tests(query_string, "urlkey"), _tests(query_string, *_ALIKE))
        try:
            rows, more = scan.page()
        except TooSlow:
            is_blank = zone is not None and zone.company.blank_filter and bool(query.tests)
            slow = Answer(200, TEXT, b"[]\n") if is_blank else Answer(504, HTML, b"<h1>504 Gateway Time-out</h1>\n")
            return self._log(query, zone, slow)
        key = make_key((rows[-1].urlkey, rows[-1].timestamp), "base64") if more else ""
        answer = Answer(200, (("Content-Type", "application/json"),), cdx._render(query, rows, key))  # noqa: SLF001
        return self._log(query, zone, answer, rows, scan.passed_over // (query.limit or MOST_ROWS))

    def _log(
        self, query: Query, zone: Zone | None, answer: Answer, rows: Sequence[Capture] = (), more: int = 0
    ) -> Answer:
        linked = zone.linked if zone else set()
        keys = frozenset(row.urlkey for row in rows if row.urlkey in self.policies or row.urlkey in linked)
        number = zone.company.number if zone else -1
        self.asked.append(Asked(number, query.url, query.match, bool(query.tests), answer.status, keys, 1 + more))
        return answer

    # Playback

    def answer_playback(self, target: str, base: str) -> Answer:
        timestamp, _, url = target.removeprefix("/web/").partition("/")
        zone = self.owner(url)
        self.played[(zone.company.number if zone else -1, self._what(zone, url))] += 1
        around = self._not_to_itself(url, timestamp)
        if around is not None and around.timestamp != timestamp[:14]:
            asked = playback.Asked(timestamp[:14], "id_", url, base)
            return playback._elsewhere(asked, around)  # noqa: SLF001
        return playback.answer(target, base, self.index, Behaviour())

    def _what(self, zone: Zone | None, url: str) -> str:
        key = surt(url)
        if zone is None:
            return "elsewhere"
        if urlsplit(url).path in {"", "/", zone.company.landing, "/menu.html"}:
            return "home pages"
        return "hub pages" if key in zone.hubs else "policies" if key in zone.policies else "other pages"

    def _not_to_itself(self, url: str, timestamp: str) -> Capture | None:
        """Return the capture that playback shows for a redirect of a page to itself: the nearest that is none."""
        key = surt(url)
        found = cdx.positions(self.index, (key, ""), (f"{key}\x00", ""))
        if not found:
            return None
        nearest = playback._nearest(self.index, found, timestamp[:14].rstrip("id_"))  # noqa: SLF001
        page, at = self.index.place(nearest)
        if not isinstance(page, Page) or not page.is_self_redirect(at):
            return None
        for step in range(1, len(found)):
            for other in (at - step, at + step):
                if 0 <= other < len(page) and not page.is_self_redirect(other):
                    return page.row(other)
        return None


class _Scan:
    """One page of a listing, without looking at what can be passed over."""

    def __init__(self, index: Index, query: Query, of_pages: Sequence[Test], of_blocks: Sequence[Test]) -> None:
        """Take the filters that decide on all rows of a page, and those that decide on all of a block."""
        self._index, self._query, self._of_pages, self._of_blocks = index, query, of_pages, of_blocks
        self._scanned = 0
        is_narrowed = query.collapse or query.tests or (query.limit or 0) < 0
        self._is_bulk = query.match in {"domain", "host"} and not is_narrowed
        self.passed_over = 0

    def page(self) -> tuple[list[Capture], bool]:
        """Return the rows, and whether more follow. Raises TooSlow."""
        query = self._query
        matching: Iterator[Capture] = filter(query.accepts, self._rows())
        for field, length in query.collapse:
            matching = cdx._collapsed(matching, field, length)  # noqa: SLF001
        if query.limit is not None and query.limit < 0:
            return list(deque(matching, maxlen=-query.limit)), False
        rows = list(itertools.islice(matching, query.limit or MOST_ROWS))
        more = len(rows) == (query.limit or MOST_ROWS) and next(matching, None) is not None
        return rows, more and query.wants_key

    def _rows(self) -> Iterator[Capture]:
        for first, last in self._query.stretches:
            found = cdx.positions(self._index, first, last)
            if self._query.resume and found:
                resumed = cdx.positions(self._index, self._query.resume, max(last, self._query.resume)).start
                found = range(max(found.start, resumed), found.stop)
            yield from self._stretch(found)

    def _stretch(self, found: range) -> Iterator[Capture]:
        at = found.start
        while at < found.stop:
            segment, offset = self._index.place(at)
            end = min(found.stop, at - offset + len(segment))
            if self._has_none_of(segment):
                self._count(end - at)
            elif self._is_bulk and isinstance(segment, Block) and end - at > PASSED_OVER_FROM:
                yield from map(segment.row, range(offset, offset + SHOWN_OF_BLOCK))
                self.passed_over += end - at - SHOWN_OF_BLOCK
            else:
                for index in range(at, end):
                    self._count(1)
                    yield self._index[index]
            at = end

    def _has_none_of(self, segment: Segment) -> bool:
        """Whether no row of a segment can match, as far as that can be told without looking at each."""
        if isinstance(segment, Block):
            return segment.latest < self._query.first or not all(test(segment.sample) for test in self._of_blocks)
        return not all(test(segment.row(0)) for test in self._of_pages)

    def _count(self, rows: int) -> None:
        self._scanned += rows
        if self._scanned > SCAN_LIMIT:
            raise TooSlow


def _tests(query_string: str, *fields: str) -> list[Test]:
    """Return the filters of these fields."""
    names = tuple(f"{field}:" for field in fields)
    filters = [text for text in parse_qs(query_string).get("filter", []) if text.lstrip("!~").startswith(names)]
    query = parse(urlencode([("url", "x"), *(("filter", text) for text in filters)]), inclusive=False)
    return list(query.tests)


class DiscoveryServer(Server):
    """The double's server with the made-up archive's answers."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.index, Behaviour())
        self.archive = archive

    def _honest(self, kind: str, request: Request) -> Answer:
        if kind == "playback":
            return self.archive.answer_playback(request.target, f"http://{request.headers.get('host', '')}")
        return self.archive.answer_listing(request.target.partition("?")[2])


class DiscoveryDouble(ArchiveDouble):
    """The made-up archive, running in a thread of its own."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.index)
        self._server: DiscoveryServer = DiscoveryServer(archive)

    def serve(self, archive: Archive) -> None:
        """Serve another archive from now on, at the same address."""
        self._server.archive = archive
        self.holdings = archive.index
