"""Listing a domain: one query after the other, page by page, down the ladder where the archive refuses.

Each page is committed before the next is asked for, with the key that continues it: a killed run goes on there.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from scrapy.exceptions import IgnoreRequest

from crawler.archives import ListingPage, Match, Query
from crawler.archives.playback import Absence, Pointer, read_playback
from crawler.archives.rows import media_type, urlkey_of
from crawler.captures import Capture, Fate, Memento
from crawler.discovery import can_be_policy
from crawler.errors import (
    ArchiveError,
    ListingExcluded,
    ListingRefused,
    ListingTooSlow,
    OutputError,
    ResumeKeyRefused,
)
from crawler.ladder import NearestSearch, by_year, lower_rung
from crawler.links import registered_domain
from crawler.retries import fate_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable

    from scrapy import Request
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.arguments import Arguments
    from crawler.companies import Company
    from crawler.report import Report
    from pipelines.catalog import ListingKey
    from pipelines.library import Library

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

STALE_PAGES = 10
"""Pages in a row that bring nothing new before a listing counts as going in a circle: some have no rows and a key."""


MAX_LINKED = 20
"""Pages listed for a domain because its home pages link to them: a bound on what a page can make the program ask for."""


class Course(Enum):
    """How a listing stands after a page."""

    GOES_ON = auto()
    DONE = auto()
    CUT = auto()


@dataclass(slots=True)
class Trail:
    """What the pages of a listing under way have shown: enough to see that its resume keys go in a circle."""

    _keys: set[str] = field(default_factory=set)
    _furthest: tuple[str, str] = ("", "")
    _stale: int = 0
    _largest: int = 0

    def course_after(self, page: ListingPage) -> Course:
        """Return how the listing stands. A circle behind a page that is not full is the end; behind a full one, a cut."""
        if page.incomplete:
            return Course.CUT
        if page.resume_key is None:
            return Course.DONE
        end = max(((capture.urlkey, capture.timestamp) for capture in page.captures), default=("", ""))
        self._stale = 0 if end > self._furthest else self._stale + 1
        self._furthest = max(self._furthest, end)
        self._largest = max(self._largest, page.rows)
        if page.resume_key not in self._keys and self._stale < STALE_PAGES:
            self._keys.add(page.resume_key)
            return Course.GOES_ON
        return Course.DONE if page.rows < self._largest and not self._stale else Course.CUT


@dataclass(slots=True)
class DomainListing:
    """What is still to be asked about a listed domain, and what has come of it so far."""

    domain: str
    pages: tuple[str, ...]
    queue: list[Query]
    rung: Query
    linked: frozenset[str] = frozenset()
    """Pages (urlkeys) worth knowing whatever their URL says: the home page, and what home pages link to."""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A query under way."""

    of: DomainListing
    query: Query
    key: ListingKey
    trail: Trail = field(default_factory=Trail)
    resumed: bool = False

    @property
    def whole(self) -> Query:
        """The query without the date from which a listing overlaps the last one."""
        return replace(self.query, since=self.key[3])


class Listings:
    """Asks for the listings of domains; `then` is told of each domain that is listed, and returns what to ask next."""

    def __init__(
        self,
        arguments: Arguments,
        library: Library,
        report: Report,
        settings: BaseSettings,
        then: Callable[[str], Awaitable[list[Request]]],
    ) -> None:
        self._archive = arguments.archive
        self._since, self._until = arguments.since, arguments.until
        self._library = library
        self._report = report
        self._relist_days = settings.getfloat("RELIST_DAYS")
        self._timeout = settings.getfloat("LISTING_TIMEOUT")
        self._then = then
        self._reading = asyncio.Lock()

    async def begin(self, company: Company, domain: str) -> list[Request]:
        """Return the first request for a listed domain: all of it, and then the known policy pages that belong to it."""
        pages = tuple(page for page in company.pages if company.listed_domain_of(page) == domain)
        whole = Query(domain, Match.DOMAIN, self._since, self._until)
        known = [Query(page, Match.EXACT, self._since, self._until) for page in pages]
        links = await self._library.run(self._library.catalog.links, domain)
        linked = frozenset(urlkey_of(url) for url in [domain, *links])
        return await self._next(DomainListing(domain, pages, [whole, *known], whole, linked))

    async def begin_linked(self, domain: str) -> list[Request]:
        """Return the first request for the pages that home pages link to and that no listing has shown yet."""
        links = await self._library.run(self._library.catalog.links, domain)
        listed = {urlkey for urlkey, _ in await self._library.run(self._library.catalog.pages, domain)}
        queries = [Query(url, Match.EXACT, self._since, self._until) for url in links if urlkey_of(url) not in listed]
        queries += [
            Query(url, Match.EXACT, self._since, self._until)
            for url in links
            if urlkey_of(url) in listed and registered_domain(url) != registered_domain(domain)
        ]
        fresh = [query for query in queries[:MAX_LINKED] if not await self._is_fresh(query)]
        return await self._next(DomainListing(domain, (), fresh, Query(domain, Match.EXACT)))

    async def _is_fresh(self, query: Query) -> bool:
        """Whether a linked page was listed lately: those of the domain itself come with its own listing."""
        catalog = self._library.catalog
        return await self._library.run(catalog.is_listed, self._key(query), within_days=self._relist_days)

    def _key(self, query: Query) -> ListingKey:
        return (self._archive.name, query.url, str(query.match), query.since, query.until)

    async def _next(self, of: DomainListing) -> list[Request]:
        """Return the first request of the next query that has one; once there is none, what comes after the listing."""
        while of.queue or await self._goes_lower(of):
            query = of.queue.pop(0)
            if request := await (self._probe(of, query) if query.match is Match.NEAREST else self._open(of, query)):
                return [request]
        return await self._then(of.domain)

    async def _goes_lower(self, of: DomainListing) -> bool:
        """Whether there is more to ask about a domain that is refused in bulk and of which nothing is known yet."""
        listed = await self._library.run(self._library.catalog.pages, of.domain)
        linked = of.linked - {urlkey_of(of.domain)}
        if not of.refused or any(urlkey in linked or can_be_policy(url) for urlkey, url in listed):
            return False
        self._lower(of)
        if not of.queue:
            self._report.add_lost_listing(of.domain, "refused, and nothing found by narrower questions")
        return bool(of.queue)

    def _lower(self, of: DomainListing) -> None:
        of.queue = list(lower_rung(of.rung, of.queue, of.domain, of.pages))
        of.rung = of.queue[0] if of.queue else of.rung

    async def _open(self, of: DomainListing, query: Query) -> Request:
        """Return the request with which a listing begins, goes on, or overlaps the last one."""
        key = self._key(query)
        catalog = self._library.catalog
        since, resume_key = await self._library.run(catalog.open_listing, key, relist_days=self._relist_days)
        listing = Listing(of, replace(query, since=since), key, resumed=resume_key is not None)
        return self._request(listing, resume_key)

    def _request(self, listing: Listing, resume_key: str | None) -> Request:
        self._report.requests["listing"] += 1
        request = self._archive.listing_request(listing.query, resume_key)
        return self._sent(request, self.parse, self._timeout, listing=listing)

    def _sent(self, request: Request, callback: Callable[..., Any], timeout: float | None, **given: Any) -> Request:
        meta = {**request.meta, "download_timeout": timeout} if timeout else request.meta
        return request.replace(callback=callback, errback=self.lost, cb_kwargs=given, meta=meta, priority=1)

    async def parse(self, response: Response, listing: Listing) -> AsyncIterator[Request]:
        """Commit a page of a listing, then ask for the next one, or for what comes after the last."""
        try:
            page = await self._beside(self._archive.read_listing, response, listing.query)
        except ArchiveError as error:
            requests = await self._after_error(listing, error)
        else:
            requests = await self._after_page(listing, page)
        for request in requests:
            yield request

    async def _beside(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call what goes through all rows of a page beside the event loop, one such page at a time."""
        async with self._reading:
            return await asyncio.to_thread(function, *args, **kwargs)

    async def _after_page(self, listing: Listing, page: ListingPage) -> list[Request]:
        course = listing.trail.course_after(page)
        await self._commit(listing, page, course)
        if course is Course.GOES_ON:
            return [self._request(listing, page.resume_key)]
        if course is Course.CUT:
            self._split(listing, page.incomplete or "its resume keys go in a circle")
        return await self._next(listing.of)

    async def _after_error(self, listing: Listing, error: ArchiveError) -> list[Request]:
        of = listing.of
        if isinstance(error, ListingExcluded):
            self._report.of(of.domain).notes[str(error)] += 1
        elif isinstance(error, ListingRefused):
            self._report.of(of.domain).notes[str(error)] += 1
            self._go_down_from(listing)
        elif isinstance(error, ResumeKeyRefused) and listing.resumed:
            await self._forget_key(listing)
            of.queue.insert(0, listing.whole)
        else:
            logger.error("%s: %s", of.domain, error)
            self._report.add_lost_listing(of.domain, str(error))
            if isinstance(error, ListingTooSlow):
                self._go_down_from(listing)
        return await self._next(of)

    def _go_down_from(self, listing: Listing) -> None:
        listing.of.refused, listing.of.rung = True, listing.whole
        self._lower(listing.of)

    async def _forget_key(self, listing: Listing) -> None:
        """Begin again: a key of an earlier run that the archive no longer understands would stop every run to come."""
        await self._library.run(self._library.catalog.forget_resume_key, listing.key)

    def _split(self, listing: Listing, cause: str) -> None:
        """Ask year by year for what the archive does not list whole; a year that it does not list either is a loss."""
        years = by_year(listing.query, _this_year())
        if not years:
            self._report.add_lost_listing(listing.of.domain, f"{cause}: {listing.query}")
        listing.of.queue[:0] = years

    async def _commit(self, listing: Listing, page: ListingPage, course: Course) -> None:
        exact = listing.query.match is Match.EXACT
        linked = listing.of.linked
        worth = page.captures if exact else await self._beside(_worth_knowing, page.captures, linked)
        company = self._report.of(listing.of.domain)
        company.rows += page.rows
        for cause, count in page.unusable.items():
            company.notes[f"listing row skipped: {cause}"] += count
        await self._library.run(
            self._library.catalog.add_listing_page,
            listing.key,
            listing.of.domain,
            worth,
            total=page.rows,
            newest=max((capture.timestamp for capture in page.captures), default=""),
            resume_key=page.resume_key if course is Course.GOES_ON else None,
            complete=course is Course.DONE,
        )

    # The lowest rung

    async def _probe(self, of: DomainListing, query: Query) -> Request | None:
        """Return the first question to playback about a guessed URL, unless enough of it is known."""
        known = await self._library.run(self._library.catalog.page, of.domain, urlkey_of(query.url))
        return self._nearest(of, query, NearestSearch(query, [capture.timestamp for capture, _ in known], _this_year()))

    def _nearest(self, of: DomainListing, query: Query, search: NearestSearch) -> Request | None:
        moment = search.wanted()
        if moment is None:
            return None
        self._report.requests["nearest"] += 1
        request = self._archive.snapshot_request(moment, query.url).replace(dont_filter=True)
        return self._sent(request, self.parse_nearest, None, of=of, query=query, search=search, moment=moment)

    async def parse_nearest(
        self, response: Response, of: DomainListing, query: Query, search: NearestSearch, moment: str
    ) -> AsyncIterator[Request]:
        """Put the capture that playback has nearest to a moment into the catalog as if it had been listed."""
        found = read_playback(response, self._archive)
        requests: list[Request] = []
        if isinstance(found, Absence):
            if not found.fate.is_final:
                self._report.add_lost_listing(of.domain, found.cause)
            elif found.fate is Fate.EXCLUDED:
                self._report.of(of.domain).notes[found.cause] += 1
                of.refused = False  # the archive says why it shows nothing: that is final, and no loss
        else:
            await self._library.run(self._library.catalog.add_captures, of.domain, [_capture(found)])
            search.hear(moment, found.timestamp)
            request = self._nearest(of, query, search)
            requests = [request] if request else []
        for each in requests or await self._next(of):
            yield each

    async def lost(self, failure: Failure) -> AsyncIterator[Request]:
        """Count a listing that could not be had, and go on; not if the run is ending."""
        if isinstance(failure.value, (IgnoreRequest, OutputError)):
            return
        given = failure.request.cb_kwargs  # type: ignore[attr-defined]
        of: DomainListing = given["listing"].of if "listing" in given else given["of"]
        self._report.add_lost_listing(of.domain, fate_of(failure.value)[1])
        for request in await self._next(of):
            yield request


def _worth_knowing(captures: Iterable[Capture], linked: Collection[str]) -> list[Capture]:
    """Return the captures of pages that can be the policy, or are `linked` (urlkeys)."""
    return [c for c in captures if c.urlkey in linked or can_be_policy(c.original)]


def _capture(found: Memento | Pointer) -> Capture:
    """Return what playback tells of a capture, in the words of a listing; `-` is the CDX server's own "not known"."""
    mimetype, status = "-", "-"
    if isinstance(found, Memento):
        mimetype, status = media_type(found.content_type), str(found.status)
    return Capture(urlkey_of(found.url), found.timestamp, found.url, mimetype, status, "-", "-")


def _this_year() -> int:
    return datetime.now(UTC).year
