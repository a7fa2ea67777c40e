"""The one spider: listings in, snapshots out, each answer back to the search of its page."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from crawler import __version__
from crawler.archives.playback import Absence, Pointer, read_playback, why_not
from crawler.archives.rows import urlkey_of
from crawler.arguments import Arguments, read_arguments
from crawler.captures import HOME_PAGE, Answer, Capture, Fate, Snapshot
from crawler.discovery import best_pages, given_pages
from crawler.errors import OutputError
from crawler.estimate import estimate
from crawler.links import policy_links
from crawler.listings import Listings
from crawler.politeness import GaveUp
from crawler.rebuild import rebuild_if_stale
from crawler.report import CompanyReport, Report
from crawler.retries import fate_of, in_words
from crawler.sampling import STRATEGIES, Outcome, Search, Strategy, half_year, last_of_each
from crawler.twins import is_unserved
from pipelines.library import Library

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.archives import Archive
    from crawler.captures import Memento
    from crawler.companies import Company
    from crawler.listings import Listing, Nearest

logger = logging.getLogger(__name__)

OPEN_DOMAINS = 16
"""Listed domains searched at the same time: enough to use both rate budgets, few enough to be held in memory."""


class PoliciesSpider(scrapy.Spider):
    """Every version of each company's privacy policy that an archive holds.

    Arguments: companies=, domain=, archive=, since=, until=, versions=, shard=, plan= (README.md says what they do).
    """

    name = "policies"
    arguments: Arguments
    archive: Archive
    report: Report
    library: Library
    listings: Listings
    strategy: Strategy
    ending: str = ""
    """Why the run ends before its work is done; nothing more is sent once this is set."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args)
        arguments = spider.arguments = read_arguments(kwargs, crawler.settings)
        spider.archive = arguments.archive
        spider.strategy = STRATEGIES[arguments.versions]
        reports = {c.domain: CompanyReport(c.name, c.listed_domains) for c in arguments.companies}
        spider.report = Report(arguments.archive.name, reports)
        software = f"wayback-policies {__version__}"
        root = Path(crawler.settings["OUTPUT_DIR"]).resolve()
        spider.library = Library(root, crawler.settings["CATALOG_URL"], software=software, on_error=spider.fail)
        spider.listings = Listings(arguments, spider.library, spider.report, crawler.settings, spider)
        for handler, signal in (
            (spider.answered, signals.item_scraped),
            (spider.item_failed, signals.item_error),
            (spider.item_dropped, signals.item_dropped),
            (spider.request_dropped, signals.request_dropped),
            (spider.callback_failed, signals.spider_error),
            (spider.idle, signals.spider_idle),
        ):
            crawler.signals.connect(handler, signal)
        return spider

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._to_begin: deque[tuple[Company, str]] = deque()
        self._open: set[str] = set()
        self._searches: dict[tuple[str, str], Search] = {}
        self._open_pages: dict[str, set[str]] = {}
        self._homes_seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._raised: dict[str, str] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first listing of the first listed domains; the others begin as these end."""
        try:
            await asyncio.to_thread(self.library.open)
        except OutputError as error:
            self.fail(str(error))
            return
        self._to_begin.extend(
            (company, domain) for company in self.arguments.companies for domain in company.listed_domains
        )
        for request in await self._begin_more():
            yield request

    # Domains

    async def _step(self, domain: str, work: Awaitable[list[Request]]) -> list[Request]:
        """Do a piece of a domain's work; return its requests, and the first ones of domains that can begin after it."""
        return await self._guarded(domain, work) + await self._begin_more()

    async def _guarded(self, domain: str, work: Awaitable[list[Request]]) -> list[Request]:
        """Do a piece of a domain's work.

        An exception ends this domain alone: it is counted as a loss, and the next run begins the domain again.
        """
        try:
            return await work
        except OutputError as error:
            self.fail(str(error))
        except Exception as error:
            logger.exception("%s: its work ended wrongly", domain)
            self.report.add_failure(domain, in_words(error))
            self._forget(domain)
        return []

    async def _begin_more(self) -> list[Request]:
        """Begin as many listed domains as may be open at a time; return their first requests."""
        requests: list[Request] = []
        while self._to_begin and len(self._open) < OPEN_DOMAINS and not self.ending:
            company, domain = self._to_begin.popleft()
            self._open.add(domain)
            requests += await self._guarded(domain, self._begin(company, domain))
        return requests

    async def _begin(self, company: Company, domain: str) -> list[Request]:
        await self.library.run(self.library.catalog.set_company, company.name, [domain])
        return await self.listings.begin(company, domain)

    def _forget(self, domain: str) -> None:
        """Drop what is held of a domain; answers that still come are recorded, and nothing follows from them."""
        self._open.discard(domain)
        self._open_pages.pop(domain, None)
        self._searches = {key: search for key, search in self._searches.items() if key[0] != domain}
        self.listings.forget(domain)

    async def _end(self, domain: str) -> None:
        await self.library.run(self.library.settle, domain)
        self._forget(domain)
        self.report.end(domain)
        company = self.report.of(domain)
        if company.finished:
            logger.info("%s: done, %d captures listed, %d fetched", company.name, company.listed, company.fetched)

    # Searches

    async def listed(self, domain: str) -> list[Request]:
        """Go on with a listed domain: first to its home pages, which may lead to further listings, then to its policies."""
        if domain in self._homes_seen or self.arguments.plan or not self.settings.getbool("HOME_PAGES"):
            return await self._open_searches(domain)
        self._homes_seen.add(domain)
        search = await self._search(domain, urlkey_of(domain), last_of_each(half_year))
        return await self._go_on(search)

    async def _search(self, domain: str, urlkey: str, strategy: Strategy) -> Search:
        known = await self.library.run(self.library.catalog.page, domain, urlkey)
        if domain in self._open_pages:  # a home page that is given as a policy was so far read for its links only
            known = [(capture, None if answer and answer.cause == HOME_PAGE else answer) for capture, answer in known]
        search = self._searches[domain, urlkey] = Search(domain, urlkey, self._in_dates(known), strategy)
        return search

    async def _open_searches(self, domain: str) -> list[Request]:
        """Start the search of each page that can be the policy, from what the catalog knows of it."""
        catalog = self.library.catalog
        await rebuild_if_stale(self.library, domain, self.settings, self.arguments.languages[domain])
        links = {urlkey_of(url): times for url, times in (await self.library.run(catalog.links, domain)).items()}
        listed = await self.library.run(catalog.pages, domain)
        pages = best_pages(listed, links, given_pages(listed, self.arguments.pages[domain]))
        self._open_pages[domain] = set(pages)
        requests: list[Request] = []
        for urlkey in pages:
            search = await self._search(domain, urlkey, self.strategy)
            self.report.of(domain).listed += len(search.captures)
            await self._write(search.from_listing)
            requests += await self._go_on(search)
        if not pages:
            await self._end(domain)
        return requests

    def _in_dates(self, known: list[tuple[Capture, Answer | None]]) -> Iterator[tuple[Capture, Answer | None]]:
        since, until = self.arguments.since, self.arguments.until.ljust(14, "9")
        return ((capture, answer) for capture, answer in known if since <= capture.timestamp <= until)

    async def _go_on(self, search: Search) -> list[Request]:
        """Return requests for what the search wants now; close it when it wants nothing and waits for nothing."""
        if self.arguments.plan:
            company = self.report.of(search.domain)
            company.planned += estimate(search.captures, search.known, self.arguments.versions)
        elif wanted := search.wanted():
            return [self._snapshot_request(search.domain, c, (c.timestamp, c.original)) for c in wanted]
        elif search.waiting:
            return []
        return await self._close(search)

    async def _close(self, search: Search) -> list[Request]:
        """Credit what was not fetched; after the last search of a domain, end the domain."""
        await self._write(search.credits())
        if search.outcome is Outcome.OPEN and not self.arguments.plan:
            raise RuntimeError(f"the search of {search.urlkey} ended with captures that it still wants")
        del self._searches[search.domain, search.urlkey]
        if search.domain not in self._open_pages:  # that was the search of its home pages
            return await self.listings.begin_linked(search.domain)
        self._open_pages[search.domain].discard(search.urlkey)
        if not self._open_pages[search.domain]:
            await self._end(search.domain)
        return []

    async def _write(self, answers: list[Answer]) -> None:
        """Record answers that cost no request."""
        if answers:
            for answer in await self.library.run(self.library.credit, answers):
                self._tell(answer)

    def _tell(self, answer: Answer) -> None:
        if answer.domain in self._open_pages or not answer.fate.is_final:  # home pages count where they are lost
            self.report.add_answer(answer)

    async def answered(self, item: Answer) -> None:
        """Take the answer to a requested capture, once it is in the catalog."""
        self._crawl(await self._step(item.domain, self._after(item)))

    async def _after(self, answer: Answer) -> list[Request]:
        """Count an answer and hand it to its page's search; return what the search wants next."""
        self._tell(answer)
        search = self._searches.get((answer.domain, answer.capture.urlkey))
        if search is None or not search.awaits(answer.capture):
            return []
        search.hear(answer)
        return await self._go_on(search)

    def _crawl(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.crawler.engine.crawl(request)

    # Snapshots

    def _snapshot_request(
        self, domain: str, capture: Capture, target: tuple[str, str], hops: tuple[tuple[str, str], ...] = ()
    ) -> Request:
        request = self.archive.snapshot_request(*target)
        return request.replace(
            callback=self.parse_snapshot,
            errback=self.snapshot_lost,
            cb_kwargs={"domain": domain, "capture": capture, "hops": (*hops, target)},
            dont_filter=True,
            priority=len(hops),
        )

    async def parse_snapshot(
        self, response: Response, domain: str, capture: Capture, hops: tuple[tuple[str, str], ...]
    ) -> AsyncIterator[Request | Snapshot | Answer]:
        """Follow redirects within the archive to a memento with a page, or say why there is none."""
        self._count(response, domain, first=len(hops) == 1)
        found = read_playback(response, self.archive, capture)
        if isinstance(found, Absence):
            yield Answer(domain, capture, found.fate, found.cause)
        elif absence := why_not(found, capture, hops):
            yield Answer(domain, capture, absence.fate, absence.cause)
        elif isinstance(found, Pointer):
            yield self._snapshot_request(domain, capture, (found.timestamp, found.url), hops)
        elif len(hops) == 1 and is_unserved(capture, self._searches[domain, capture.urlkey].captures, found.body):
            yield Answer(domain, capture, Fate.MISSING, "playback serves another capture of the same second")
        elif found.location:
            yield self._snapshot_request(domain, capture, found.location, hops)
        elif domain in self._open_pages:
            yield Snapshot(domain, capture, found)
        else:
            yield await self._read_home(domain, capture, found)

    def _count(self, response: Response, domain: str, *, first: bool) -> None:
        self.report.requests["kept" if "kept" in response.flags else "playback"] += 1
        if first and domain in self._open_pages:
            self.report.of(domain).fetched += 1
        elif first:
            self.report.of(domain).home_pages += 1

    async def _read_home(self, domain: str, capture: Capture, memento: Memento) -> Answer:
        """Remember where a home page's links to the policy lead."""
        read = partial(policy_links, memento.body, memento.content_type, url=memento.url, domain=domain)
        urls = await asyncio.to_thread(read)
        await self.library.run(self.library.catalog.add_links, domain, memento.timestamp, urls)
        return Answer(domain, capture, Fate.NOT_A_POLICY, HOME_PAGE)

    def snapshot_lost(self, failure: Failure) -> Iterator[Answer]:
        request = failure.request  # type: ignore[attr-defined]
        if not isinstance(failure.value, (GaveUp, OutputError)):  # then the run is ending, and it stays open
            fate, cause = fate_of(failure.value)
            yield Answer(request.cb_kwargs["domain"], request.cb_kwargs["capture"], fate, cause)

    # Listings

    async def parse_listing(self, response: Response, job: Listing | Nearest) -> AsyncIterator[Request]:
        """Go on with the listings of a domain, or with what comes after them."""
        if self.listings.under_way(job.of.domain) is job:
            for request in await self._step(job.of.domain, self.listings.answered(response, job)):
                yield request

    async def listing_lost(self, failure: Failure) -> AsyncIterator[Request]:
        request = failure.request  # type: ignore[attr-defined]
        if not isinstance(failure.value, (GaveUp, OutputError)):
            for each in await self._lose(request, fate_of(failure.value)[1]):
                yield each

    # What ended in no answer

    async def _lose(self, request: Request, cause: str) -> list[Request]:
        """Answer for a request of ours that nobody else answers: as a failed capture, or as a lost listing."""
        given = request.cb_kwargs
        job: Listing | Nearest | None = given.get("job")
        if job:
            if self.listings.under_way(job.of.domain) is not job:
                return []
            return await self._step(job.of.domain, self.listings.lost(job, cause))
        if capture := given.get("capture"):
            return await self._lose_capture(given["domain"], capture, cause)
        return []

    async def _lose_capture(self, domain: str, capture: Capture, cause: str) -> list[Request]:
        """Record a capture that nothing was learned of, unless it has its answer."""
        search = self._searches.get((domain, capture.urlkey))
        if search is None or not search.awaits(capture):
            return []
        return await self._step(domain, self._record_loss(Answer(domain, capture, Fate.FAILED, cause)))

    async def _record_loss(self, answer: Answer) -> list[Request]:
        await self.library.run(self.library.catalog.add_answers, [answer])
        return await self._after(answer)

    def callback_failed(self, failure: Failure, response: Response | Failure) -> None:
        """Answer for a request whose callback, or a middleware around it, has raised; Scrapy has logged the traceback."""
        request = response.request  # type: ignore[union-attr]
        if request is None or isinstance(failure.value, OutputError):
            return
        cause = in_words(failure.value)
        if domain := _domain_of(request):
            self._raised[domain] = cause  # what the callback had asked for next may be lost with it
        self._spawn(self._lose(request, cause))

    def request_dropped(self, request: Request) -> None:
        self._spawn(self._lose(request, "dropped by the scheduler"))

    async def item_failed(self, item: Answer | Snapshot, failure: Failure) -> None:
        """End the run if the output can't be written; anything else is the loss of this capture."""
        if isinstance(failure.value, OutputError):
            self.fail(str(failure.value))
            return
        self._crawl(await self._lose_capture(item.domain, item.capture, in_words(failure.value)))

    async def item_dropped(self, item: Answer | Snapshot, exception: BaseException) -> None:
        if not self.ending:  # else it stays open, and its memento is in the WARC
            self._crawl(await self._lose_capture(item.domain, item.capture, in_words(exception)))

    def idle(self) -> None:
        """Answer for requests and items that some component has dropped without a word, before the run can end."""
        if self.ending:
            return
        if not self._tasks and self._open:
            self._spawn(self._recover())
        if self._tasks:
            raise DontCloseSpider

    async def _recover(self) -> list[Request]:
        requests: list[Request] = []
        for domain in sorted(self._open):
            cause = self._raised.pop(domain, "dropped without an answer")
            requests += await self._guarded(domain, self._lose_what_is_out(domain, cause))
        return requests + await self._begin_more()

    async def _lose_what_is_out(self, domain: str, cause: str) -> list[Request]:
        if job := self.listings.under_way(domain):
            return await self.listings.lost(job, cause)
        searches = [search for key, search in self._searches.items() if key[0] == domain]
        waiting = [capture for search in searches for capture in search.waiting_for]
        if not waiting:
            raise RuntimeError("nothing is asked of it, and it is not at its end")
        return [
            request
            for capture in waiting
            for request in await self._record_loss(Answer(domain, capture, Fate.FAILED, cause))
        ]

    def _spawn(self, work: Awaitable[list[Request]]) -> None:
        """Do work that a synchronous signal handler calls for; the run does not end before it is done."""

        async def done() -> None:
            self._crawl(await work)

        task = asyncio.ensure_future(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The end

    def fail(self, error: str) -> None:
        """End the run because it can't go on; one line says why (exit status 1)."""
        self.report.error = self.report.error or error
        self.end(error)

    def end(self, reason: str) -> None:
        """End the run in order, before its work is done."""
        if not self.ending:
            self.ending = reason
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))


def _domain_of(request: Request) -> str:
    """Return the listed domain that a request of ours is for, or an empty string."""
    job: Listing | Nearest | None = request.cb_kwargs.get("job")
    return job.of.domain if job else str(request.cb_kwargs.get("domain", ""))
