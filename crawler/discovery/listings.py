"""The listings of a domain: one query at a time, page by page. A refused query is replaced by narrower ones (ladder).

Each page is committed with its resume key before the next page is requested, so that a killed run goes on there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from crawler.archives import ListingPage, Match, Query
from crawler.archives.cdx_rows import media_type
from crawler.archives.failures import in_words
from crawler.archives.playback import Absence, Pointer, Refusal
from crawler.archives.urlkey import urlkey_of
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
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives import Archive
    from crawler.run import Run
    from pipelines.catalog.queries import ListingKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing under way. `key` is its primary key in the catalog; `resumed` tells that an earlier run began it."""

    domain: str
    query: Query
    key: ListingKey
    loop_detector: LoopDetector = field(default_factory=LoopDetector)
    resumed: bool = False

    @property
    def whole(self) -> Query:
        """The query with its original `since`, not the date from which it overlaps the last listing."""
        return replace(self.query, since=self.key[3])


@dataclass(frozen=True, slots=True)
class Nearest:
    """A playback request under way for the capture nearest to a moment (14 digits)."""

    domain: str
    query: Query
    search: NearestSearch
    moment: str


ListingJob: TypeAlias = Listing | Nearest


class Listings:
    """The listings of one listed domain. One request is under way at a time.

    `next_request` returns None when all queries are done. `meta["job"]` of a request identifies its response or loss.
    """

    def __init__(self, domain: str, pages: Sequence[str], run: Run, queue: Sequence[Query] | None = None) -> None:
        """Take the domain's given pages and the queries; by default the whole domain, then the given pages."""
        self.domain = domain
        self.under_way: ListingJob | None = None
        """The job whose request has no response yet."""
        self.unanswered: set[str] = set()
        """URLs whose listing was refused or lost: it is unknown whether they have captures."""
        self._run = run
        self._folder = run.folder
        self._stats = run.stats
        self._relist_days = relist_days(run)
        self._timeout = run.settings.getfloat("LISTING_TIMEOUT")
        self._pages = tuple(pages)
        dates = run.arguments.since, run.arguments.until
        self._rung = Query(domain, Match.DOMAIN, *dates)
        whole = [self._rung, *(Query(page, Match.EXACT, *dates) for page in pages)]
        self._queue = list(whole if queue is None else queue)
        self._may_descend = queue is None
        self._linked: frozenset[str] | None = None
        self._refused = False

    async def next_request(self) -> Request | None:
        """Return the next query's request, of a lower rung of the ladder if all others are done; None if none is left."""
        while self._queue or await self._descend_ladder():
            query = self._queue.pop(0)
            try:
                request = await (self._probe(query) if query.match is Match.NEAREST else self._open(query))
            except ValueError as error:  # an invalid URL
                self._lose(query, in_words(error))
                continue
            if request:
                return request
        return None

    async def answered(self, response: Response) -> Request | None:
        """Commit the response to the request under way; return the request of the listing's next page, if it has one."""
        job, self.under_way = self.under_way, None
        if isinstance(job, Nearest):
            return await self._after_nearest(response, job)
        assert job is not None  # noqa: S101 - the caller has checked it
        try:
            page = await self._run.beside(self._run.archive.read_listing, response, job.query)
        except ArchiveError as error:
            await self._after_error(job, error)
            return None
        return await self._after_page(job, page)

    def lost(self, cause: str) -> None:
        """Count the listing under way as lost."""
        job, self.under_way = self.under_way, None
        if job:
            self._lose(job.query, cause)

    def _lose(self, query: Query, cause: str) -> None:
        logger.error("%s: listing lost (%s): %s", self.domain, cause, query)
        self.unanswered.add(query.url)
        self._stats.add_lost_listing(self.domain, cause)

    async def _descend_ladder(self) -> bool:
        """Queue the next rung if the domain was refused and no policy page is known; return whether it has queries."""
        if not self._refused or not self._may_descend:
            return False
        listed = await self._folder.pages(self.domain)
        linked = await self._wanted_urlkeys() - {urlkey_of(self.domain)}
        if any(urlkey in linked or can_be_policy(url) for urlkey, url in listed):
            return False
        self._take_lower_rung()
        if not self._queue:
            self._stats.add_lost_listing(self.domain, "refused, and nothing found by narrower questions")
        return bool(self._queue)

    async def _wanted_urlkeys(self) -> frozenset[str]:
        """Return the urlkeys stored without a look at their URL: home page, given pages, pages that home pages link to."""
        if self._linked is None:
            links = await self._folder.links(self.domain)
            self._linked = frozenset(urlkey_of(url) for url in [self.domain, *self._pages, *links])
        return self._linked

    def _take_lower_rung(self) -> None:
        self._queue = list(lower_rung(self._rung, self._queue, self.domain, self._pages))
        self._rung = self._queue[0] if self._queue else self._rung

    async def _open(self, query: Query) -> Request:
        """Return the request that begins or resumes a listing, or lists again from where the last one overlaps."""
        key = listing_key(self._run.archive, query)
        since, resume_key = await self._folder.open_listing(key, relist_days=self._relist_days)
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
            self._descend_from(listing)
        elif isinstance(error, ResumeKeyRefused) and listing.resumed:
            # the archive no longer accepts an earlier run's key: without it, the listing begins again
            await self._folder.forget_resume_key(listing.key)
            self._queue.insert(0, listing.whole)
        else:
            self._lose(listing.query, str(error))
            if isinstance(error, ListingTooSlow):
                self._descend_from(listing)

    def _descend_from(self, listing: Listing) -> None:
        self._refused, self._rung = True, listing.whole
        if self._may_descend:
            self._take_lower_rung()
        elif listing.query.match is Match.EXACT:
            self._queue.append(replace(listing.whole, match=Match.NEAREST))

    def _split(self, listing: Listing, cause: str) -> None:
        """Queue one query per year for an incomplete listing. An incomplete listing of one year is a loss."""
        years = by_year(listing.query, _this_year())
        if not years:
            self._stats.add_lost_listing(self.domain, f"{cause}: {listing.query}")
        self._queue[:0] = years

    async def _commit(self, listing: Listing, page: ListingPage, state: ListingState) -> None:
        exact = listing.query.match is Match.EXACT
        linked = await self._wanted_urlkeys()
        wanted = page.captures if exact else await self._run.beside(_policy_captures, page.captures, linked)
        company = self._stats.of(self.domain)
        company.rows += page.rows
        for cause, count in page.unusable.items():
            company.notes[f"listing row skipped: {cause}"] += count
        await self._folder.add_listing_page(
            listing.key,
            self.domain,
            wanted,
            total=page.rows,
            newest=max((capture.timestamp for capture in page.captures), default=""),
            resume_key=page.resume_key if state is ListingState.CONTINUES else None,
            complete=state is ListingState.COMPLETE,
        )

    # The lowest rung

    async def _probe(self, query: Query) -> Request | None:
        """Return the first playback request for a guessed URL; None if its half-years are known."""
        known = await self._folder.page(self.domain, urlkey_of(query.url), self._run.archive.name)
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
        """Add the capture nearest to a moment to the catalog, as a listed one; return the next request."""
        found = response.meta["answer"]
        if isinstance(found, Refusal):
            found = found.absence
        if not isinstance(found, Absence):
            await self._folder.add_captures(self.domain, [_capture(found, self._run.archive.name)])
            job.search.record_answer(job.moment, found.timestamp)
            return self._nearest(job.query, job.search)
        if not found.fate.is_final:
            self._lose(job.query, found.cause)
        elif found.fate is Fate.MISSING:
            self.unanswered.discard(job.query.url)
        elif found.fate is Fate.EXCLUDED:
            self._stats.of(self.domain).notes[found.cause] += 1
            self._refused = False  # an exclusion is final, and no loss
        return None


def listing_key(archive: Archive, query: Query) -> ListingKey:
    """Return the primary key of a query's listing in the catalog."""
    return (archive.name, query.url, str(query.match), query.since, query.until)


def _policy_captures(captures: Iterable[Capture], linked: Collection[str]) -> list[Capture]:
    """Return the captures of pages that can be the policy, or are `linked` (urlkeys)."""
    return [c for c in captures if c.urlkey in linked or can_be_policy(c.original)]


def _capture(found: Memento | Pointer, archive: str) -> Capture:
    """Return the capture of an archive's playback answer. `-` is the CDX server's value for "not known"."""
    mimetype, status = "-", "-"
    if isinstance(found, Memento):
        mimetype, status = media_type(found.content_type), str(found.status)
    return Capture(urlkey_of(found.url), found.timestamp, found.url, mimetype, status, "-", "-", archive)


def _this_year() -> int:
    return datetime.now(UTC).year


def relist_days(run: Run) -> float:
    """Return RELIST_DAYS; -1 (always) for WARC files: their rows cost nothing, and a repaired file brings old rows."""
    return -1.0 if isinstance(run.archive, WarcArchive) else run.settings.getfloat("RELIST_DAYS")
