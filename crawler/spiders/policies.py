"""The one spider: listings in, snapshots out, each answer back to the search of its page."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.exceptions import IgnoreRequest

from crawler import __version__
from crawler.archives.playback import Absence, Pointer, read_playback, why_not
from crawler.archives.rows import urlkey_of
from crawler.arguments import Arguments, read_arguments
from crawler.captures import HOME_PAGE, Answer, Capture, Fate, Snapshot
from crawler.discovery import best_pages
from crawler.errors import ConversionError, OutputError, PoolClosed
from crawler.estimate import estimate
from crawler.links import policy_links
from crawler.listings import Listings
from crawler.rebuild import rebuild_if_stale
from crawler.report import CompanyReport, Report
from crawler.retries import fate_of
from crawler.sampling import STRATEGIES, Outcome, Search, Strategy, half_year, last_of_each
from crawler.twins import is_unserved
from pipelines.items import failure
from pipelines.library import Library
from pipelines.workers import ConversionPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.archives import Archive
    from crawler.captures import Memento

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
    pool: ConversionPool
    """Where pages are read; the item pipeline that converts shares it, and closes it."""
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
        spider.pool = ConversionPool.from_settings(crawler.settings)
        spider.listings = Listings(arguments, spider.library, spider.report, crawler.settings, spider.listed)
        crawler.signals.connect(spider.answered, signals.item_scraped)
        crawler.signals.connect(spider.item_failed, signals.item_error)
        return spider

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._searches: dict[tuple[str, str], Search] = {}
        self._open_pages: dict[str, set[str]] = {}
        self._homes_seen: set[str] = set()
        self._room = asyncio.Semaphore(OPEN_DOMAINS)

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first listing of each listed domain, as earlier ones finish."""
        try:
            await asyncio.to_thread(self.library.open)
        except OutputError as error:
            self.fail(str(error))
            return
        for company in self.arguments.companies:
            await self.library.run(self.library.catalog.set_company, company.name, company.listed_domains)
            for domain in company.listed_domains:
                await self._room.acquire()
                for request in await self.listings.begin(company, domain):
                    yield request

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
        search = self._searches[domain, urlkey] = Search(domain, urlkey, self._in_dates(known), strategy)
        return search

    async def _open_searches(self, domain: str) -> list[Request]:
        """Start the search of each page that can be the policy, from what the catalog knows of it."""
        catalog = self.library.catalog
        await rebuild_if_stale(self.library, domain, self.settings, self.arguments.languages[domain])
        links = {urlkey_of(url): times for url, times in (await self.library.run(catalog.links, domain)).items()}
        pages = best_pages(await self.library.run(catalog.pages, domain), links)
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
            self.report.error = f"the search of {search.urlkey} ended with captures that it still wants"
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

    async def _end(self, domain: str) -> None:
        await self.library.run(self.library.settle, domain)
        self._open_pages.pop(domain, None)
        self.report.end(domain)
        company = self.report.of(domain)
        if company.finished:
            logger.info("%s: done, %d captures listed, %d fetched", company.name, company.listed, company.fetched)
        self._room.release()

    async def answered(self, item: Answer) -> None:
        """Hear the one answer to a requested capture, once it is in the catalog."""
        self._tell(item)
        search = self._searches[item.domain, item.capture.urlkey]
        search.hear(item)
        for request in await self._go_on(search):
            self.crawler.engine.crawl(request)

    async def item_failed(self, item: Answer | Snapshot, failure: Failure) -> None:
        """End the run if the output can't be written; anything else is this program's fault, and the capture's loss."""
        if isinstance(failure.value, OutputError):
            self.fail(str(failure.value))
            return
        self.report.error = f"{type(failure.value).__name__} while working on {item.capture.original}"
        await self.answered(Answer(item.domain, item.capture, Fate.FAILED, type(failure.value).__name__))

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
        elif answer := await self._read_home(domain, capture, found):
            yield answer

    def _count(self, response: Response, domain: str, *, first: bool) -> None:
        self.report.requests["kept" if "kept" in response.flags else "playback"] += 1
        if first and domain in self._open_pages:
            self.report.of(domain).fetched += 1
        elif first:
            self.report.of(domain).home_pages += 1

    async def _read_home(self, domain: str, capture: Capture, memento: Memento) -> Answer | None:
        """Remember where a home page's links to the policy lead; None if the run ended first, and it stays open."""
        about = f"{memento.url} of {memento.timestamp}"
        html, content_type = memento.body, memento.content_type
        try:
            urls = await self.pool.run(about, policy_links, html, content_type, url=memento.url, domain=domain)
        except PoolClosed:
            return None
        except ConversionError as error:
            fate, cause = failure(domain, error)
            return Answer(domain, capture, fate, f"home page: {cause}")
        await self.library.run(self.library.catalog.add_links, domain, memento.timestamp, urls)
        return Answer(domain, capture, Fate.NOT_A_POLICY, HOME_PAGE)

    def snapshot_lost(self, failure: Failure) -> Iterator[Answer]:
        request = failure.request  # type: ignore[attr-defined]
        if not isinstance(failure.value, (IgnoreRequest, OutputError)):  # then the run is ending, and it stays open
            fate, cause = fate_of(failure.value)
            yield Answer(request.cb_kwargs["domain"], request.cb_kwargs["capture"], fate, cause)

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
