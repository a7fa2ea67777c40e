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
from crawler.archives.playback import Pointer, read_playback, why_not
from crawler.arguments import Arguments, read_arguments
from crawler.captures import Answer, Capture, Fate, Snapshot
from crawler.discovery import best_pages
from crawler.errors import OutputError
from crawler.listings import Listings
from crawler.rebuild import rebuild_if_stale
from crawler.report import CompanyReport, Report
from crawler.retries import fate_of
from crawler.sampling import STRATEGIES, Search, Strategy
from crawler.twins import is_unserved
from pipelines.library import Library

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.archives import Archive

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
        spider.listings = Listings(arguments, spider.library, spider.report, crawler.settings, spider.open_searches)
        crawler.signals.connect(spider.answered, signals.item_scraped)
        crawler.signals.connect(spider.item_failed, signals.item_error)
        return spider

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._searches: dict[tuple[str, str], Search] = {}
        self._open_pages: dict[str, set[str]] = {}
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

    async def open_searches(self, domain: str) -> list[Request]:
        """Start the search of each page that can be the policy, from what the catalog knows of it."""
        catalog = self.library.catalog
        await rebuild_if_stale(self.library, domain, self.settings)
        pages = best_pages(await self.library.run(catalog.pages, domain))
        self._open_pages[domain] = set(pages)
        requests: list[Request] = []
        for urlkey in pages:
            known = await self.library.run(catalog.page, domain, urlkey)
            search = Search(domain, urlkey, self._in_dates(known), self.strategy)
            self._searches[domain, urlkey] = search
            self.report.of(domain).listed += len(search.captures)
            await self._write(search.from_listing)
            requests += await self._next_round(search)
        if not pages:
            await self._end(domain)
        return requests

    def _in_dates(self, known: list[tuple[Capture, Answer | None]]) -> Iterator[tuple[Capture, Answer | None]]:
        since, until = self.arguments.since, self.arguments.until.ljust(14, "9")
        return ((capture, answer) for capture, answer in known if since <= capture.timestamp <= until)

    async def _next_round(self, search: Search) -> list[Request]:
        """Return requests for what the search wants next; when it wants nothing, close it."""
        if self.arguments.plan:
            self.report.of(search.domain).planned += len(search.wanted())
            wanted = []
        else:
            wanted = search.wanted()
        if wanted:
            return [
                self._snapshot_request(search.domain, capture, (capture.timestamp, capture.original))
                for capture in wanted
            ]
        await self._write(search.credits())
        del self._searches[search.domain, search.urlkey]
        self._open_pages[search.domain].discard(search.urlkey)
        if not self._open_pages[search.domain]:
            await self._end(search.domain)
        return []

    async def _write(self, answers: list[Answer]) -> None:
        """Record answers that cost no request."""
        if answers:
            for answer in await self.library.run(self.library.credit, answers):
                self.report.add_answer(answer)

    async def _end(self, domain: str) -> None:
        await self.library.run(self.library.settle, domain)
        self._open_pages.pop(domain, None)
        self.report.end(domain)
        self._room.release()

    async def answered(self, item: Answer) -> None:
        """Hear the one answer to a requested capture, once it is in the catalog."""
        self.report.add_answer(item)
        search = self._searches[item.domain, item.capture.urlkey]
        search.hear(item)
        if not search.waiting:
            for request in await self._next_round(search):
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

    def parse_snapshot(
        self, response: Response, domain: str, capture: Capture, hops: tuple[tuple[str, str], ...]
    ) -> Iterator[Request | Snapshot | Answer]:
        """Follow redirects within the archive to a memento with a page, or say why there is none."""
        self.report.requests["kept" if "kept" in response.flags else "playback"] += 1
        if len(hops) == 1:
            self.report.of(domain).fetched += 1
        found = read_playback(response, self.archive)
        absence = why_not(found, capture, hops)
        if absence:
            yield Answer(domain, capture, absence.fate, absence.cause)
        elif isinstance(found, Pointer):
            yield self._snapshot_request(domain, capture, (found.timestamp, found.url), hops)
        elif len(hops) == 1 and is_unserved(capture, self._searches[domain, capture.urlkey].captures, found.body):
            yield Answer(domain, capture, Fate.MISSING, "playback serves another capture of the same second")
        elif found.location:
            yield self._snapshot_request(domain, capture, found.location, hops)
        else:
            yield Snapshot(domain, capture, found)

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
