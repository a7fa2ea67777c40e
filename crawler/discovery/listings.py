"""The listings of a domain in one archive: the questions that it is given, one request at a time, page by page.

It lists what it is told, and knows nothing of what follows. Each page is committed with its resume key before the next page
is requested, so that a killed run goes on there.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.archives.base import BY_DAY, ListingPage, Match, Query
from crawler.archives.failures import in_words
from crawler.archives.playback import Absence, Refusal
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.ladder import NearestSearch, by_year
from crawler.discovery.listed_captures import policy_captures, told_capture
from crawler.discovery.listing_jobs import Listing, ListingJob, Nearest
from crawler.discovery.loop_detector import ListingState, LoopDetector
from crawler.discovery.questions import Asked, Ending, Outcome, Question
from pipelines.errors import (
    ArchiveError,
    ListingExcluded,
    ListingRefused,
    ListingTooSlow,
    ResumeKeyRefused,
)
from pipelines.items import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.base import Archive
    from crawler.run import Run
    from pipelines.catalog.discovery_queries import ListingKey

logger = logging.getLogger(__name__)

MAX_PAGES_OF_ONE = 2
"""Result pages of one page's listing after which it is asked for by day: the design's bound."""


class Listings:
    """The listings of one listed domain in one archive. One request is under way at a time; `asked` has the outcomes.

    `next_request` returns None when all questions have an outcome. `meta["job"]` of a request identifies its response or
    loss.
    """

    def __init__(self, domain: str, run: Run, archive: Archive) -> None:
        self.domain = domain
        self.archive = archive
        self.under_way: ListingJob | None = None
        """The job whose request has no response yet."""
        self.asked = Asked()
        self._run = run
        self._folder = run.folder
        self._stats = run.stats
        self._relist_days = relist_days(run, archive)
        self._timeout = run.settings.getfloat("LISTING_TIMEOUT")
        self._may_collapse = archive.may_collapse and run.arguments.versions != "all"
        self._kinds = run.arguments.kinds
        self._question: Question | None = None
        self._wanted: frozenset[str] = frozenset()
        self._parts: deque[Query] = deque()
        self._failure: Outcome | None = None
        self._rows = 0

    def ask(self, question: Question, wanted: frozenset[str]) -> None:
        """Take the next question. `wanted` are urlkeys whose captures are stored without a look at their URL."""
        self._question, self._wanted, self._failure, self._rows = question, wanted, None, 0
        self._parts = deque([question.query])

    async def next_request(self) -> Request | None:
        """Return the next request for the question; None, with its outcome recorded, if it needs no more."""
        while self._parts:
            query = self._parts.popleft()
            try:
                request = await (self._probe(query) if query.match is Match.NEAREST else self._open(query))
            except ValueError as error:  # an invalid URL
                self._fail(Ending.LOST, in_words(error), query)
                continue
            if request:
                return request
        if self._question:
            await self._end(self._question, self._failure or Outcome(Ending.READ, rows=self._rows))
            self._question = None
        return None

    async def _end(self, question: Question, outcome: Outcome) -> None:
        """Record the outcome of a question. The catalog has that of playback's answers, as if they were a listing."""
        self.asked.outcomes[question] = outcome
        if question.query.match is Match.NEAREST and not outcome.ending.is_failure:
            key = self._key(question.query)
            await self._folder.open_listing(key, relist_days=self._relist_days)
            await self._folder.add_listing_page(
                key, self.domain, (), total=outcome.rows, newest=now(), resume_key=None, complete=True
            )

    async def answered(self, response: Response) -> Request | None:
        """Commit the response to the request under way; return the request of the listing's next page, if there is one."""
        job, self.under_way = self.under_way, None
        if isinstance(job, Nearest):
            return await self._after_nearest(response, job)
        assert job is not None  # noqa: S101 - the caller has checked it
        try:
            page = await self._run.beside(self.archive.read_listing, response, job.query)
        except ArchiveError as error:
            await self._after_error(job, error)
            return None
        return await self._after_page(job, page)

    def put_aside(self) -> None:
        """Drop the question and the request under way. The catalog has how far the listing was read."""
        self.under_way = self._question = None
        self._parts.clear()

    def give_up(self, question: Question, cause: str) -> None:
        """Record a question as lost that is not asked any more."""
        self.asked.outcomes[question] = Outcome(Ending.LOST, cause)

    async def lost(self, cause: str) -> None:
        """Record the listing under way as lost."""
        job, self.under_way = self.under_way, None
        if isinstance(job, Listing):
            await self._folder.fail_listing(job.key, cause, is_final=False)
        if job:
            self._fail(Ending.LOST, cause, job.query)

    def _fail(self, ending: Ending, cause: str, query: Query) -> None:
        """Let the question end so, unless a part of it has failed before."""
        if ending.is_failure:
            logger.warning("%s: no listing (%s): %s", self.domain, cause, query)
        self._failure = self._failure or Outcome(ending, cause, self._rows)

    # Requests of listings

    async def _open(self, query: Query) -> Request:
        """Return the request that begins or resumes a listing, or lists again from where the last one overlaps."""
        key = self._key(query)
        since, resume_key = await self._folder.open_listing(key, relist_days=self._relist_days)
        named = self.domain, self.archive.name
        listing = Listing(*named, replace(query, since=since), key, resumed=resume_key is not None)
        return self._request(listing, resume_key)

    def _key(self, query: Query) -> ListingKey:
        return (self.archive.listing_name, query.url, query.variety, query.since, query.until, self.domain)

    def _request(self, listing: Listing, resume_key: str | None) -> Request:
        self._stats.count_request("listing", self.archive.name)
        self._stats.of(self.domain).index_calls += 1
        self.asked.calls += 1
        if self._question:
            self.asked.calls_for[self._question.kind] += 1
        request = self.archive.listing_request(listing.query, resume_key)
        meta = {"download_timeout": self._timeout, "is_patient": self._question is None or self._question.is_patient}
        return self._sent(request, listing, meta)

    def _sent(self, request: Request, job: ListingJob, meta: Mapping[str, Any]) -> Request:
        self.under_way = job
        return request.replace(meta={**request.meta, "job": job, **meta}, dont_filter=True, priority=1)

    # Answers of listings

    async def _after_page(self, listing: Listing, page: ListingPage) -> Request | None:
        state = listing.loop_detector.state_after(page)
        listing = replace(listing, pages=listing.pages + (not page.is_part))
        most = self._question.max_pages if self._question else 0
        is_cut = state is ListingState.CONTINUES and 0 < most <= listing.pages
        if page.note:
            self._stats.of(self.domain).notes[page.note] += 1
        is_over = is_cut or (page.is_part and state is ListingState.COMPLETE)
        await self._commit(listing, page, ListingState.COMPLETE if is_cut else state, is_over=is_over)
        if is_cut:
            self._fail(Ending.CUT, f"read up to its bound of {most} pages", listing.query)
        elif state is ListingState.CONTINUES:
            return await self._continue(listing, page)
        elif state is ListingState.INCOMPLETE:
            self._split(listing, page.incomplete or "its resume keys go in a circle")
        return None

    async def _continue(self, listing: Listing, page: ListingPage) -> Request:
        """Return the request for the next page; of one page's long listing, for its first page by day."""
        is_long = listing.query.match is Match.EXACT and listing.pages >= MAX_PAGES_OF_ONE
        if not is_long or listing.query.collapse or not self._may_collapse:
            return self._request(listing, page.resume_key)
        await self._folder.forget_resume_key(listing.key)
        by_day = replace(listing, query=replace(listing.query, collapse=BY_DAY), loop_detector=LoopDetector())
        return self._request(by_day, None)

    async def _after_error(self, listing: Listing, error: ArchiveError) -> None:
        notes, query = self._stats.of(self.domain).notes, listing.query
        if isinstance(error, ResumeKeyRefused) and listing.resumed:
            # the archive no longer accepts an earlier run's key: without it, the listing begins again
            await self._folder.forget_resume_key(listing.key)
            self._parts.appendleft(listing.whole)
            return
        is_final = isinstance(error, ListingExcluded | ListingRefused | ListingTooSlow)
        await self._folder.fail_listing(listing.key, str(error), is_final=is_final)
        if isinstance(error, ListingExcluded):
            notes[str(error)] += 1
            self._fail(Ending.EXCLUDED, str(error), query)
        elif isinstance(error, ListingRefused):
            notes[str(error)] += 1
            self._fail(Ending.REFUSED, str(error), query)
        else:
            self._fail(Ending.TOO_SLOW if isinstance(error, ListingTooSlow) else Ending.LOST, str(error), query)

    def _split(self, listing: Listing, cause: str) -> None:
        """Queue one query per year for an incomplete listing. An incomplete one that can't be shorter is a loss."""
        years = by_year(listing.query, _this_year()) if self.archive.filters_dates else ()
        if not years:
            self._fail(Ending.LOST, f"{cause}: {listing.query}", listing.query)
        self._parts.extendleft(reversed(years))

    async def _commit(self, listing: Listing, page: ListingPage, state: ListingState, *, is_over: bool) -> None:
        """Store a page. `is_over`: the listing counts as read up to now, and the next run asks for what is new.

        So it is at its bound; and in an archive with several indexes, each of which would be a call after the last capture.
        """
        exact = listing.query.match is Match.EXACT
        captures = (
            page.captures
            if exact
            else await self._run.beside(policy_captures, page.captures, self._wanted, self._kinds)
        )
        company = self._stats.of(self.domain)
        company.rows += page.rows
        self._rows += page.rows
        for cause, count in page.unusable.items():
            company.notes[f"listing row skipped: {cause}"] += count
        newest = max((capture.timestamp for capture in page.captures), default="")
        await self._folder.add_listing_page(
            listing.key,
            self.domain,
            captures,
            total=page.rows,
            newest=max(newest, now()) if is_over else newest,
            resume_key=page.resume_key if state is ListingState.CONTINUES else None,
            complete=state is ListingState.COMPLETE,
        )

    # Playback's nearest captures

    async def _probe(self, query: Query) -> Request | None:
        """Return the first playback request for a URL; None if its half-years are known."""
        known = await self._folder.page(self.domain, urlkey_of(query.url), self.archive.name)
        search = NearestSearch(query, [capture.timestamp for capture, _ in known], _this_year())
        return self._nearest(query, search)

    def _nearest(self, query: Query, search: NearestSearch) -> Request | None:
        moment = search.wanted()
        if moment is None:
            return None
        self._stats.count_request("nearest", self.archive.name)
        request = self.archive.snapshot_request(moment, query.url)
        if request is None:
            raise ValueError(f"{self.archive.name} has no capture nearest to a moment")
        return self._sent(request, Nearest(self.domain, self.archive.name, query, search, moment), {})

    async def _after_nearest(self, response: Response, job: Nearest) -> Request | None:
        """Add the capture nearest to a moment to the catalog, as a listed one; return the next request."""
        found = response.meta["answer"]
        if isinstance(found, Refusal):
            found = found.absence
        if not isinstance(found, Absence):
            await self._folder.add_captures(self.domain, [told_capture(found, self.archive.name)])
            self._rows += 1
            job.search.record_answer(job.moment, found.timestamp)
            return self._nearest(job.query, job.search)
        if not found.fate.is_final:
            self._fail(Ending.LOST, found.cause, job.query)
        elif found.fate is Fate.EXCLUDED:
            self._stats.of(self.domain).notes[found.cause] += 1
            self._fail(Ending.EXCLUDED, found.cause, job.query)
        else:
            self._fail(Ending.MISSING, found.cause, job.query)
        return None


def _this_year() -> int:
    return datetime.now(UTC).year


def now() -> str:
    """Return the moment as a timestamp of 14 digits."""
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")


def relist_days(run: Run, archive: Archive) -> float:
    """Return RELIST_DAYS; -1 (always) for files: their rows cost nothing, and a repaired or further file brings old rows."""
    return -1.0 if archive.is_local or archive.is_relisted else run.settings.getfloat("RELIST_DAYS")
