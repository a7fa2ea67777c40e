"""Listing a domain: one query after the other, page by page, down the ladder where the archive refuses.

Each page is committed before the next is asked for, with the key that continues it: a killed run goes on there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from crawler.archives import ListingPage, Match, Query
from crawler.archives.cdx_rows import urlkey_of
from crawler.archives.failures import in_words
from crawler.archives.playback import Absence, Pointer, Refusal
from crawler.archives.warc import WarcArchive
from crawler.discovery.ladder import NearestSearch, by_year, lower_rung
from crawler.discovery.loop_detector import ListingState, LoopDetector
from crawler.discovery.url_scores import can_be_policy
from pipelines.errors import (
    ArchiveError,
    ListingExcluded,
    ListingRefused,
    ListingTooSlow,
    ResumeKeyRefused,
)
from pipelines.items import Capture, Fate, Memento

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives import Archive
    from crawler.run import Run
    from pipelines.catalog.writer import ListingKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """A query under way. `key` is its primary key in the catalog."""

    domain: str
    query: Query
    key: ListingKey
    loop_detector: LoopDetector = field(default_factory=LoopDetector)
    resumed: bool = False

    @property
    def whole(self) -> Query:
        """The query without the date from which a listing overlaps the last one."""
        return replace(self.query, since=self.key[3])


@dataclass(frozen=True, slots=True)
class Nearest:
    """A question to playback under way: which capture is nearest to a moment (14 digits)."""

    domain: str
    query: Query
    search: NearestSearch
    moment: str


ListingJob: TypeAlias = Listing | Nearest


class Listings:
    """The listings of one listed domain: makes requests one at a time, and takes what comes of each.

    `next_request` is None once nothing is left to ask. A request's `meta["job"]` is what its response or loss is handed
    back with.
    """

    def __init__(self, domain: str, pages: Sequence[str], run: Run, queue: Sequence[Query] | None = None) -> None:
        """Take the given pages that belong to the domain, and what to ask; by default all of it, and then these pages."""
        self.domain = domain
        self.under_way: ListingJob | None = None
        """What waits for its response."""
        self.unanswered: set[str] = set()
        """URLs whose listing was refused or lost: nothing is known about their captures."""
        self._run = run
        self._catalog = run.folder.catalog
        self._stats = run.stats
        self._relist_days = relist_days(run)
        self._timeout = run.settings.getfloat("LISTING_TIMEOUT")
        self._pages = tuple(pages)
        dates = run.arguments.since, run.arguments.until
        self._rung = Query(domain, Match.DOMAIN, *dates)
        whole = [self._rung, *(Query(page, Match.EXACT, *dates) for page in pages)]
        self._queue = list(whole if queue is None else queue)
        self._can_go_down = queue is None
        self._linked: frozenset[str] | None = None
        self._refused = False

    async def next_request(self) -> Request | None:
        """Return the request of the next query that has one, down the ladder if need be."""
        while self._queue or await self._goes_lower():
            query = self._queue.pop(0)
            try:
                request = await (self._probe(query) if query.match is Match.NEAREST else self._open(query))
            except ValueError as error:  # an address of which no request can be made
                self._lose(query, in_words(error))
                continue
            if request:
                return request
        return None

    async def answered(self, response: Response) -> Request | None:
        """Commit what the response to the request under way says; return the request that continues it, if one does."""
        job, self.under_way = self.under_way, None
        if isinstance(job, Nearest):
            return await self._after_nearest(response, job)
        assert job is not None  # noqa: S101 - the caller has compared
        try:
            page = self._run.archive.read_listing(response, job.query)
        except ArchiveError as error:
            await self._after_error(job, error)
            return None
        return await self._after_page(job, page)

    def lost(self, cause: str) -> None:
        """Count the listing under way as one that could not be had."""
        job, self.under_way = self.under_way, None
        if job:
            self._lose(job.query, cause)

    def _lose(self, query: Query, cause: str) -> None:
        logger.error("%s: listing lost (%s): %s", self.domain, cause, query)
        self.unanswered.add(query.url)
        self._stats.add_lost_listing(self.domain, cause)

    async def _goes_lower(self) -> bool:
        """Whether there is more to ask about a domain that is refused in bulk and of which nothing is known yet."""
        if not self._refused or not self._can_go_down:
            return False
        listed = await self._run.folder.run(self._catalog.pages, self.domain)
        linked = await self._worth_knowing() - {urlkey_of(self.domain)}
        if any(urlkey in linked or can_be_policy(url) for urlkey, url in listed):
            return False
        self._lower()
        if not self._queue:
            self._stats.add_lost_listing(self.domain, "refused, and nothing found by narrower questions")
        return bool(self._queue)

    async def _worth_knowing(self) -> frozenset[str]:
        """Return the pages (urlkeys) worth knowing whatever their URL says: home, given, and what home pages link to."""
        if self._linked is None:
            links = await self._run.folder.run(self._catalog.links, self.domain)
            self._linked = frozenset(urlkey_of(url) for url in [self.domain, *self._pages, *links])
        return self._linked

    def _lower(self) -> None:
        self._queue = list(lower_rung(self._rung, self._queue, self.domain, self._pages))
        self._rung = self._queue[0] if self._queue else self._rung

    async def _open(self, query: Query) -> Request:
        """Return the request with which a listing begins, goes on, or overlaps the last one."""
        key = listing_key(self._run.archive, query)
        since, resume_key = await self._run.folder.run(self._catalog.open_listing, key, relist_days=self._relist_days)
        listing = Listing(self.domain, replace(query, since=since), key, resumed=resume_key is not None)
        return self._request(listing, resume_key)

    def _request(self, listing: Listing, resume_key: str | None) -> Request:
        self._stats.requests["listing"] += 1
        request = self._run.archive.listing_request(listing.query, resume_key)
        return self._sent(request, listing, {"download_timeout": self._timeout})

    def _sent(self, request: Request, job: ListingJob, meta: Mapping[str, Any]) -> Request:
        self.under_way = job
        return request.replace(meta={**request.meta, "job": job, **meta}, dont_filter=True, priority=1)

    async def _after_page(self, listing: Listing, page: ListingPage) -> Request | None:
        state = listing.loop_detector.state_after(page)
        await self._commit(listing, page, state)
        if state is ListingState.CONTINUES:
            return self._request(listing, page.resume_key)
        if state is ListingState.INCOMPLETE:
            self._split(listing, page.incomplete or "its resume keys go in a circle")
        return None

    async def _after_error(self, listing: Listing, error: ArchiveError) -> None:
        company = self._stats.of(self.domain)
        if isinstance(error, ListingExcluded):
            company.notes[str(error)] += 1
        elif isinstance(error, ListingRefused):
            self.unanswered.add(listing.query.url)
            company.notes[str(error)] += 1
            self._go_down_from(listing)
        elif isinstance(error, ResumeKeyRefused) and listing.resumed:
            # a key of an earlier run that the archive no longer understands would stop every run to come
            await self._run.folder.run(self._catalog.forget_resume_key, listing.key)
            self._queue.insert(0, listing.whole)
        else:
            self._lose(listing.query, str(error))
            if isinstance(error, ListingTooSlow):
                self._go_down_from(listing)

    def _go_down_from(self, listing: Listing) -> None:
        self._refused, self._rung = True, listing.whole
        if self._can_go_down:
            self._lower()
        elif listing.query.match is Match.EXACT:
            self._queue.append(replace(listing.whole, match=Match.NEAREST))

    def _split(self, listing: Listing, cause: str) -> None:
        """Ask year by year for what the archive does not list whole; a year that it does not list either is a loss."""
        years = by_year(listing.query, _this_year())
        if not years:
            self._stats.add_lost_listing(self.domain, f"{cause}: {listing.query}")
        self._queue[:0] = years

    async def _commit(self, listing: Listing, page: ListingPage, state: ListingState) -> None:
        exact = listing.query.match is Match.EXACT
        linked = await self._worth_knowing()
        worth = [c for c in page.captures if exact or c.urlkey in linked or can_be_policy(c.original)]
        company = self._stats.of(self.domain)
        company.rows += page.rows
        for cause, count in page.unusable.items():
            company.notes[f"listing row skipped: {cause}"] += count
        await self._run.folder.run(
            self._catalog.add_listing_page,
            listing.key,
            self.domain,
            worth,
            total=page.rows,
            newest=max((capture.timestamp for capture in page.captures), default=""),
            resume_key=page.resume_key if state is ListingState.CONTINUES else None,
            complete=state is ListingState.COMPLETE,
        )

    # The lowest rung

    async def _probe(self, query: Query) -> Request | None:
        """Return the first question to playback about a guessed URL, unless enough of it is known."""
        known = await self._run.folder.run(self._catalog.page, self.domain, urlkey_of(query.url))
        search = NearestSearch(query, [capture.timestamp for capture, _ in known], _this_year())
        return self._nearest(query, search)

    def _nearest(self, query: Query, search: NearestSearch) -> Request | None:
        moment = search.wanted()
        if moment is None:
            return None
        self._stats.requests["nearest"] += 1
        request = self._run.archive.snapshot_request(moment, query.url)
        return self._sent(request, Nearest(self.domain, query, search, moment), {})

    async def _after_nearest(self, response: Response, job: Nearest) -> Request | None:
        """Put the capture that playback has nearest to a moment into the catalog as if it had been listed."""
        found = response.meta["answer"]
        if isinstance(found, Refusal):
            found = found.absence
        if not isinstance(found, Absence):
            await self._run.folder.run(self._catalog.add_captures, self.domain, [_capture(found)])
            job.search.record_answer(job.moment, found.timestamp)
            return self._nearest(job.query, job.search)
        if not found.fate.is_final:
            self._lose(job.query, found.cause)
        elif found.fate is Fate.MISSING:
            self.unanswered.discard(job.query.url)
        elif found.fate is Fate.EXCLUDED:
            self._stats.of(self.domain).notes[found.cause] += 1
            self._refused = False  # the archive says why it shows nothing: that is final, and no loss
        return None


def listing_key(archive: Archive, query: Query) -> ListingKey:
    """Return the primary key of a query's listing in the catalog."""
    return (archive.name, query.url, str(query.match), query.since, query.until)


def _capture(found: Memento | Pointer) -> Capture:
    """Return what playback tells of a capture, in the words of a listing; `-` is the CDX server's own "not known"."""
    mimetype, status = "-", "-"
    if isinstance(found, Memento):
        mimetype, status = found.content_type.partition(";")[0].strip().lower() or "unk", str(found.status)
    return Capture(urlkey_of(found.url), found.timestamp, found.url, mimetype, status, "-", "-")


def _this_year() -> int:
    return datetime.now(UTC).year


def relist_days(run: Run) -> float:
    """Return RELIST_DAYS, but for WARC files always: their rows cost nothing, and a mended file brings old ones."""
    return -1.0 if isinstance(run.archive, WarcArchive) else run.settings.getfloat("RELIST_DAYS")
