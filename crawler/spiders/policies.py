"""The one spider: listings in, snapshots out, each answer back to the crawl of its domain. Callbacks only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from crawler.archives.failures import PutAside, download_defect, fate_of, in_words
from crawler.discovery.questions import Phase
from crawler.domain import DomainCrawl
from crawler.domain_claims import DomainClaims
from crawler.options.contact import user_agent
from crawler.pacing.archive_throttle import GaveUp
from crawler.run import Run
from crawler.sampling.control import Control
from crawler.snapshots import SnapshotJob, SnapshotReader
from pipelines.errors import OutputError, PoolClosed
from pipelines.items import Answer, Snapshot
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from crawler.companies import Company
    from crawler.discovery.listing_jobs import ListingJob

logger = logging.getLogger(__name__)

OPEN_DOMAINS = 16
"""Listed domains crawled at the same time: enough to use both rate budgets, few enough for the memory."""


class PoliciesSpider(scrapy.Spider):
    """Every version of each company's privacy policy that an archive holds.

    Arguments: companies=, domain=, archive=, since=, until=, versions=, kinds=, shard=, plan=, retry=, crawls= (README.md).
    Every request ends in an answer or in a lost listing, even if a component drops it or raises. An exception in the
    work on a domain ends that domain alone.
    """

    name = "policies"
    run: Run
    snapshots: SnapshotReader
    control: Control
    claims: DomainClaims

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if not settings.getpriority("USER_AGENT"):
            settings.set("USER_AGENT", user_agent(settings), priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args)
        run = spider.run = Run(crawler, kwargs)
        spider.snapshots, spider.control, spider.claims = SnapshotReader(run), Control(run), DomainClaims(run)
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
        self._open: dict[str, DomainCrawl] = {}
        self._waiting: list[DomainCrawl] = []
        self._to_resume: deque[DomainCrawl] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._raised: dict[str, str] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first listing of the first listed domains; the others begin as these end."""
        try:
            await asyncio.to_thread(self.run.folder.open)
            await self.claims.claim_run()
            await self._settle_unreadable()
        except OutputError as error:
            self.run.fail(str(error))
            return
        self._to_begin.extend((each, name) for each in self.run.arguments.companies for name in each.listed_domains)
        for request in await self._begin_more():
            yield request

    async def _settle_unreadable(self) -> None:
        """Give up what a killed run has left to be given up; then let what was given up be open if it is to be retried."""
        folder = self.run.folder
        await folder.give_up(self.run.settings.getint("GIVE_UP_RUNS"))
        if self.run.arguments.retry:
            domains = [name for each in self.run.arguments.companies for name in each.listed_domains]
            count = sum([await folder.reopen_unreadable(each.name, domains) for each in self.run.archives])
            logger.info("asking again for %s", quantity(count, "unreadable capture"))

    async def _step(self, domain: str, work: Awaitable[list[Request]]) -> list[Request]:
        """Do a step of a domain's crawl; return its requests and those of domains that can begin now."""
        requests = await self._guarded(domain, work)
        self._crawl(await self._begin_more())  # not with this domain's, which a spider middleware may drop
        return [self._with_callbacks(request) for request in requests]

    async def _guarded(self, domain: str, work: Awaitable[list[Request]]) -> list[Request]:
        """Do a step of a domain's crawl.

        An exception ends this domain alone: it is counted as a loss, and the next run begins the domain again.
        """
        try:
            requests = await work
        except OutputError as error:
            self.run.fail(str(error))
        except PoolClosed:
            pass  # the run ends, and the next one begins the domain again
        except Exception as error:
            logger.exception("%s: its work ended wrongly", domain)
            self.run.stats.add_failure(domain, in_words(error))
            self._open.pop(domain, None)
        else:
            crawl = self._open.get(domain)
            if crawl and (crawl.is_waiting or crawl.phase is Phase.DONE):
                del self._open[domain]
                self._waiting += [crawl] if crawl.is_waiting else []
                await self.claims.release(domain)
            return requests
        return []

    async def _begin_more(self) -> list[Request]:
        """Begin as many listed domains as may be open at a time; return their first requests.

        When all are done, those that wait go on with what is asked for again at the end of the run.
        """
        requests: list[Request] = []
        while self._to_begin and len(self._open) < OPEN_DOMAINS and not self.run.ending:
            company, domain = self._to_begin.popleft()
            requests += await self._guarded(domain, self._begin(company, domain))
        if not self._to_begin and not self._open:
            for throttle in self.run.throttles.values():
                throttle.be_patient()
            self._to_resume.extend(self._waiting)
            self._waiting.clear()
        while self._to_resume and len(self._open) < OPEN_DOMAINS and not self.run.ending:
            crawl = self._to_resume.popleft()
            requests += await self._guarded(crawl.domain, self._resume(crawl))
        return [self._with_callbacks(request) for request in requests]

    async def _begin(self, company: Company, domain: str) -> list[Request]:
        if not await self.claims.claim(domain):
            return []
        await self.run.folder.set_company(company.name, [domain], company.since, company.until)
        crawl = self._open[domain] = DomainCrawl(company, domain, self.run)
        return await crawl.advance()

    async def _resume(self, crawl: DomainCrawl) -> list[Request]:
        if await self.claims.claim(crawl.domain):
            self._open[crawl.domain] = crawl
            return await crawl.resume()
        return []

    def _with_callbacks(self, request: Request) -> Request:
        if isinstance(request.meta["job"], SnapshotJob):
            return request.replace(callback=self.parse_snapshot, errback=self.snapshot_lost)
        return request.replace(callback=self.parse_listing, errback=self.listing_lost)

    def _crawl(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.crawler.engine.crawl(request)

    # Listings

    async def parse_listing(self, response: Response) -> AsyncIterator[Request]:
        """Return the next requests of a domain: further listings, or the searches after them."""
        job: ListingJob = response.meta["job"]
        if crawl := self._open.get(job.domain):
            for request in await self._step(job.domain, crawl.listing_answered(job, response)):
                yield request

    async def listing_lost(self, failure: Failure) -> AsyncIterator[Request]:
        """Count a lost listing, unless the run is ending."""
        if not isinstance(failure.value, (GaveUp, OutputError)):
            cause, aside = fate_of(failure.value)[1], isinstance(failure.value, PutAside)
            for request in await self._lose(failure.request, cause, is_put_aside=aside):  # type: ignore[attr-defined]
                yield request

    # Snapshots

    async def parse_snapshot(self, response: Response) -> AsyncIterator[Request | Snapshot | Answer]:
        """Follow redirects within the archive to a memento with a page, or answer with the reason why there is none."""
        job: SnapshotJob = response.meta["job"]
        if crawl := self._open.get(job.domain):
            outcome = await self.snapshots.read(crawl, job, response)
            if isinstance(outcome, scrapy.Request):
                yield self._with_callbacks(outcome)
            elif outcome is not None:
                yield outcome

    async def snapshot_lost(self, failure: Failure) -> AsyncIterator[Answer]:
        """Answer for a lost capture, unless the run is ending, which leaves it open."""
        job: SnapshotJob = failure.request.meta["job"]  # type: ignore[attr-defined]
        if not isinstance(failure.value, (GaveUp, OutputError)):
            fate, cause = fate_of(failure.value)
            yield Answer(job.domain, job.capture, fate, cause, defect=download_defect(failure.value))

    # Answers

    async def answered(self, item: Answer) -> None:
        """Take the answer to a requested capture, once it is in the catalog."""
        if crawl := self._open.get(item.domain):
            self._crawl(await self._step(item.domain, crawl.answered(item)))

    async def item_failed(self, item: Answer | Snapshot, failure: Failure) -> None:
        """End the run if the output can't be written. Any other error is the loss of this capture."""
        if isinstance(failure.value, OutputError):
            self.run.fail(str(failure.value))
        elif crawl := self._open.get(item.domain):
            self._crawl(await self._step(item.domain, crawl.capture_lost(item.capture, in_words(failure.value))))

    async def item_dropped(self, item: Answer | Snapshot, exception: BaseException) -> None:
        """Answer for a dropped capture; at the run's end it stays open, and its memento is in the WARC."""
        if (crawl := self._open.get(item.domain)) and not self.run.ending:
            self._crawl(await self._step(item.domain, crawl.capture_lost(item.capture, in_words(exception))))

    # Requests without an answer

    async def _lose(self, request: Request, cause: str, *, is_put_aside: bool = False) -> list[Request]:
        """Answer for a request without another answer: as a failed capture, or as a listing lost or put aside."""
        job: SnapshotJob | ListingJob = request.meta["job"]
        crawl = self._open.get(job.domain)
        if crawl is None:
            return []
        if isinstance(job, SnapshotJob):
            return await self._step(job.domain, crawl.capture_lost(job.capture, cause))
        lost = crawl.listing_put_aside(job) if is_put_aside else crawl.listing_lost(job, cause)
        return await self._step(job.domain, lost)

    def callback_failed(self, failure: Failure, response: Response | Failure) -> None:
        """Answer for a request whose callback, or a middleware around it, has raised; Scrapy has logged the traceback."""
        request = response.request  # type: ignore[union-attr]
        if request is None or "job" not in request.meta or isinstance(failure.value, OutputError):
            return
        cause = in_words(failure.value)
        self._raised[request.meta["job"].domain] = cause  # the callback's next requests may be lost with it
        self._spawn(self._lose(request, cause))

    def request_dropped(self, request: Request) -> None:
        """Answer for a request that the scheduler refuses."""
        if "job" in request.meta:
            self._spawn(self._lose(request, "dropped by the scheduler"))

    def idle(self) -> None:
        """Answer for requests and items that a component dropped silently, before the run can end."""
        if self.run.ending:
            return
        if not self._tasks and not self.run.is_busy:
            if self._open or self._waiting:
                self._spawn(self._recover())
            elif not self.control.has_ended:
                self._spawn(self._next_control())
        if self._tasks or self.run.is_busy:
            raise DontCloseSpider

    async def _recover(self) -> list[Request]:
        requests: list[Request] = []
        for domain, crawl in list(self._open.items()):
            cause = self._raised.pop(domain, "dropped without an answer")
            requests += await self._step(domain, crawl.everything_lost(cause))
        return [*requests, *await self._begin_more()]

    async def _next_control(self) -> list[Request]:
        """Return the next request of the control. Its response or failure needs no callback: the middlewares see it."""

        def done(_: Response | Failure) -> None:
            """Do nothing."""

        requests = await self.control.next_requests()
        return [request.replace(callback=done, errback=done) for request in requests]

    def _spawn(self, work: Awaitable[list[Request]]) -> None:
        """Do the work of a synchronous signal handler; the run does not end before it is done."""

        async def done() -> None:
            self._crawl(await work)

        task = asyncio.ensure_future(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
