"""Common Crawl: an index for each crawl (pywb's API), and records that are fetched by file, offset and length.

A question goes to one crawl after the other, oldest first, each of which is a part of the listing. The list of crawls is
read first, once a run. A capture without a locator, as the target of a redirect is, is looked up in the index of its
moment's crawl.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from scrapy.http import Response
from twisted.internet.error import ConnectionDone, ConnectionLost

from crawler.archives.base import Archive, ListingPage, Match, Pace, Query, listing_meta, playback_meta
from crawler.archives.cdx_rows import first_line, first_rows
from crawler.archives.commoncrawl_addresses import CRAWL_LIST, Sites, index_address, is_crawl_list
from crawler.archives.commoncrawl_crawls import CrawlChoice, read_crawls
from crawler.archives.commoncrawl_position import Position, crawl_of, read_position
from crawler.archives.commoncrawl_record import EMPTY_REPLY, AskedRecord, read_index_trouble, read_record
from crawler.archives.commoncrawl_rows import MAX_RECORD, captures_of, read_locator
from crawler.archives.header_limit import HeadersTooLong
from crawler.archives.json_rows import json_lines
from crawler.archives.playback import Absence, drift_days
from crawler.archives.playback_urls import host_of
from crawler.archives.proxies import ProxyFailed
from crawler.archives.targets import same_page, same_url
from pipelines.errors import ArchiveError, ListingTooSlow, UnexpectedResponse
from pipelines.items import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.archives.commoncrawl_crawls import Crawl
    from crawler.archives.commoncrawl_rows import Locator
    from crawler.archives.playback import Refusal
    from crawler.archives.targets import Target
    from pipelines.items import Capture

NAME: Final = "commoncrawl"
MAX_PAGES: Final = 10
"""Result pages read of one crawl's listing of many pages: each is 15,000 rows before the filter (pageSize 5)."""
NOT_IN_CRAWL: Final = "no capture in the crawl of its moment"
LOOK_UP: Final = "look-up in the index: "
"""How the causes of captures begin that could not be looked up."""

_MAX_CAUSE: Final = 200
_NO_CAPTURES: Final = re.compile(rb'\s*\{"(?:message|error)":\s*"No Captures found')
_LAST_PAGE: Final = re.compile(rb"Page [0-9]+ invalid")
_PAGES: Final = re.compile(rb'"pages":\s*([0-9]{1,6})')
_NO_REPLY: Final = (DownloadFailedError, ConnectionDone, ConnectionLost)
_RECORD_SPARE: Final = 1 << 16
"""Bytes that an answer without the record may have: an error page."""


COMMON_CRAWL: Final = Sites()
EVERY_CRAWL: Final = CrawlChoice()
POLITE: Final = Pace(20, 2, 1, is_absolute=True)
"""The paces of the settings COMMONCRAWL_CALLS_PER_MINUTE and COMMONCRAWL_RECORDS_PER_SECOND by default."""


class CommonCrawlArchive(Archive):
    """Common Crawl, or servers of the same layout at `sites`. `choice` says which crawls are asked."""

    limit = 15_000
    """Rows of a result page at most: five blocks of 3,000 lines."""
    can_list = frozenset(Match) - {Match.NEAREST}
    asks_prefixes = False
    may_collapse = False
    not_found: str = NOT_IN_CRAWL
    """The cause if a look-up has no result."""

    def __init__(self, choice: CrawlChoice = EVERY_CRAWL, sites: Sites = COMMON_CRAWL, pace: Pace = POLITE) -> None:
        self.name = NAME
        self.hosts = frozenset(map(host_of, (sites.index, sites.data)))
        self.pace = pace
        self.crawls: tuple[Crawl, ...] | None = None
        """The crawls that there are, oldest first; None until their list was read."""
        self._choice = choice
        self._sites = sites
        self._crawl_list = b""

    @property
    def listing_name(self) -> str:
        """The name with the crawls chosen: listings of other crawls are other listings."""
        return f"{NAME} {self._choice.text}" if self._choice.text else NAME

    # Listings

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return the request for a part of a listing; before the list of crawls is known, for that.

        Raises ValueError for a resume key of another form.
        """
        position = read_position(resume_key)
        crawls = self._chosen(query)
        if crawls and position is None:
            position = Position(crawls[0].name)
        if not crawls or position is None:
            return self._request(f"{self._sites.index}/{CRAWL_LIST}", {"position": position})
        return self._request(index_address(self._sites, query, position), {"position": position})

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Read a part of a listing. A 404 "No Captures" is a page whose rows were all filtered out, or a crawl without any.

        Raises UnexpectedResponse, ListingTooSlow, and ArchiveError for a crawl that does not exist.
        """
        position: Position | None = response.meta["position"]
        if is_crawl_list(response):
            return self._after_crawl_list(response, query, position)
        assert position is not None  # noqa: S101 - only the list of crawls is asked for without one
        if response.status == 404 and _NO_CAPTURES.match(response.body):  # noqa: PLR2004 - on this page
            return self._part((), query, position)
        if response.status == 400 and _LAST_PAGE.search(response.body):  # noqa: PLR2004
            return self._part((), query, position.without_more)
        if response.status != 200:  # noqa: PLR2004
            is_slow = response.status == 504 and query.match is not Match.EXACT  # noqa: PLR2004
            kind = ListingTooSlow if is_slow else UnexpectedResponse
            about = f"{query} in {position.crawl}"
            raise kind(f"HTTP {response.status}", line=first_line(response.body), query=about)
        if position.asks_for_pages(query):
            return self._part((), query, self._counted(response, query, position))
        try:
            found, incomplete = first_rows(json_lines(response.body))
        except ValueError as error:
            raise UnexpectedResponse("listing line is not a JSON object", line=str(error), query=str(query)) from None
        captures, unusable = captures_of(found, self.name)
        page = self._part(captures, query, position)
        note = f"{position.crawl}: {incomplete}" if incomplete else ""
        return ListingPage(page.captures, page.resume_key, unusable, is_part=page.is_part, note=note or page.note)

    def _after_crawl_list(self, response: Response, query: Query, position: Position | None) -> ListingPage:
        try:
            self._take_crawls(response)
        except ValueError as error:
            raise UnexpectedResponse(
                f"list of crawls: {error}", line=first_line(response.body), query=str(query)
            ) from None
        assert self.crawls is not None  # noqa: S101 - they were read
        if unknown := self._choice.unknown(self.crawls):
            named = f"crawls={', '.join(unknown)}"[:_MAX_CAUSE]
            raise ArchiveError(f"{named}: Common Crawl has no such crawl; the newest is {self.crawls[-1].name}")
        crawls = self._chosen(query)
        first = position or (Position(crawls[0].name) if crawls else None)
        return ListingPage((), str(first) if first and crawls else None, is_part=True)

    def _counted(self, response: Response, query: Query, position: Position) -> Position:
        match = _PAGES.search(response.body[:1000])
        if match is None:
            raise UnexpectedResponse("no number of pages", line=first_line(response.body), query=str(query))
        return position.with_pages(int(match[1]))

    def _part(self, captures: tuple[Capture, ...], query: Query, position: Position) -> ListingPage:
        """Return a part of a listing with the resume key of the next one: of the same crawl, or of the next."""
        upcoming = position.following(MAX_PAGES)
        note = ""
        if upcoming is None:
            later = [crawl.name for crawl in self._chosen(query) if crawl.name > position.crawl]
            upcoming = Position(later[0]) if later else None
            if position.pages > MAX_PAGES:
                note = f"{position.crawl}: {MAX_PAGES} of {position.pages} pages read of {query.variety} {query.url}"
        return ListingPage(captures, str(upcoming) if upcoming else None, is_part=True, note=note)

    def _chosen(self, query: Query) -> tuple[Crawl, ...]:
        return self._choice.chosen(self.crawls or (), query.since, query.until)

    def _request(self, address: str, meta: Mapping[str, Any]) -> Request:
        return Request(address, meta={**listing_meta(self, rows=self.limit), **meta}, dont_filter=True)

    def _take_crawls(self, response: Response) -> None:
        """Keep the list of crawls. Raises ValueError."""
        if response.status != 200:  # noqa: PLR2004
            raise ValueError(f"HTTP {response.status}")
        self.crawls, self._crawl_list = read_crawls(response.body), response.body

    def parts(self, since: str, until: str) -> int:
        """Return the number of crawls between two CDX timestamp prefixes; 1 until the list of crawls was read."""
        return max(1, len(self._choice.chosen(self.crawls or (), since, until)))

    def known_answer(self, request: Request) -> Response | None:
        """Return the answer to a request that was answered before: the list of crawls."""
        is_known = self._crawl_list and is_crawl_list(request)
        return Response(request.url, body=self._crawl_list) if is_known else None

    # Snapshots

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request:
        """Return the request for a capture's record; without a usable locator, for its row in the index."""
        place = read_locator(locator)
        if place is None:
            return self._look_up(timestamp, url)
        headers = {"Range": f"bytes={place.offset}-{place.last}", "Accept-Encoding": "identity"}
        size = min(place.length + _RECORD_SPARE, MAX_RECORD)
        meta = {**playback_meta(self, (timestamp, url)), "download_maxsize": size, "place": place}
        return Request(f"{self._sites.data}/{place.file}", headers=headers, meta=meta, dont_filter=True)

    def _look_up(self, timestamp: str, url: str) -> Request:
        address = f"{self._sites.index}/{CRAWL_LIST}"
        if self.crawls is not None:
            chosen = self._choice.chosen(self.crawls) or self.crawls
            position = Position(crawl_of(chosen, timestamp).name)
            address = index_address(self._sites, Query(url, Match.EXACT), position)
        target = playback_meta(self, (timestamp, url))["target"]
        return self._request(address, {"target": target, "place": None})

    def playback_target(self, address: str) -> tuple[str, str] | None:
        """Return None: no address names a capture."""
        del address
        return None

    def next_request(self, request: Request, response: Response) -> Request | None:
        """Return the request that follows a look-up, for the record that it has found; None after any other answer."""
        target = request.meta.get("target")
        if target is None or request.meta["place"]:
            return None
        if is_crawl_list(response):
            return self.snapshot_request(*target)
        found = self._found(response, target)
        return self.snapshot_request(found.timestamp, found.original, found.locator) if found else None

    # Answers

    def classify(self, request: Request, response: Response) -> Refusal | Absence | None:
        """Return what an answer is that is no memento, no rows and no look-up with a result; None for those."""
        target = request.meta.get("target")
        if target and request.meta["place"]:
            return request.meta.pop("no_record", None)  # type: ignore[no-any-return]
        if trouble := read_index_trouble(response):
            return trouble
        if target is None:
            with suppress(ValueError):  # `read_listing` says what is wrong
                if is_crawl_list(response):  # already here, so that no other request for it is sent
                    self._take_crawls(response)
            return None
        try:
            if is_crawl_list(response):
                self._take_crawls(response)
                return None
            return None if self._found(response, target) else self._not_found(response)
        except ValueError as error:
            return Absence(Fate.FAILED, f"{LOOK_UP}{error}"[:_MAX_CAUSE])

    def _not_found(self, response: Response) -> Absence:
        has_none = response.status == 404 and _NO_CAPTURES.match(response.body)  # noqa: PLR2004
        if response.status == 200 or has_none:  # noqa: PLR2004
            return Absence(Fate.MISSING, self.not_found)
        return Absence(Fate.FAILED, f"{LOOK_UP}HTTP {response.status}")

    def _found(self, response: Response, target: Target) -> Capture | None:
        """Return the row of a look-up that is nearest to a moment. Raises ValueError for an answer that is no rows."""
        if response.status != 200:  # noqa: PLR2004
            return None
        captures = captures_of(first_rows(json_lines(response.body))[0], self.name)[0]
        same = [each for each in captures if same_url(each.original, target[1])] or [
            each
            for each in captures  # a redirect between the spellings of one page would lead here again
            if same_page(each.original, target[1]) and not each.statuscode.startswith("3")
        ]
        return min(same, key=lambda each: drift_days(each.timestamp, target[0]), default=None)

    def replayed(self, request: Request, response: Response) -> Response:
        """Return the memento in a record. Where there is none, `meta["no_record"]` says why. Raises TooLarge."""
        place: Locator | None = request.meta.get("place")
        if place is None:
            return response
        target: Target = request.meta["target"]
        asked = AskedRecord(*target, place.offset, place.last)
        found = read_record(response, asked, f"{response.url}#bytes={place.offset}-{place.last}")
        if isinstance(found, Response):
            return found
        request.meta["no_record"] = found
        return response.replace(body=b"")

    def failed(self, request: Request, exception: Exception) -> Response | None:
        """Return the response that a download error stands for: an empty reply, or the whole file of a record."""
        place: Locator | None = request.meta.get("place")
        if isinstance(exception, DownloadCancelledError) and place and place.length + _RECORD_SPARE <= MAX_RECORD:
            return Response(request.url)
        is_cut = isinstance(exception, ResponseDataLossError | HeadersTooLong | ProxyFailed)
        if isinstance(exception, _NO_REPLY) and not is_cut:
            return Response(request.url, status=503, flags=[EMPTY_REPLY])
        return None
