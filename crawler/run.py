"""Run: the arguments, archives, output folder, counts and throttles of one crawl."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from scrapy import signals

from crawler import __version__
from crawler.archives.failures import ArchiveRefuses
from crawler.arguments import ARCHIVE, read_arguments
from crawler.company_stats import CompanyStats
from crawler.options.contact import contact_warning
from crawler.options.own_settings import output_of, takedown_of, topics_of
from crawler.pacing.archive_throttle import Throttle
from crawler.pacing.local_pacing import LocalPacing
from crawler.reconversion.repair import Repairs
from crawler.run_stats import RunStats
from crawler.sampling.reading_cost import ReadingCost
from pipelines.output.folder import OutputFolder
from pipelines.output.location import resolved
from pipelines.output.store import OutputStore
from pipelines.pool_choice import pool_from_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from scrapy import Request
    from scrapy.core.engine import _Slot
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from crawler.archives.base import Archive
    from crawler.archives.failures import ArchiveAway
    from crawler.arguments import Arguments
    from crawler.pacing.local_pacing import Cooldown, Pacing
    from crawler.pacing.rate_limit_server import RateLimitServer
    from pipelines.items import Capture

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Run:
    """One crawl: its arguments, archives, output folder, counts and throttles. `fail()` and `end()` end it early.

    The spider makes it before Scrapy makes any other component. Components get it with `Run.of(crawler)`.
    """

    def __init__(self, crawler: Crawler, given: Mapping[str, str]) -> None:
        """Read and check the spider's arguments. Raises UsageError."""
        self._crawler = crawler
        self.settings: BaseSettings = crawler.settings
        self.given = dict(given)
        """The spider's arguments as they were given."""
        self.arguments: Arguments = read_arguments(given, crawler.settings)
        if warning := contact_warning(ARCHIVE.of(given), crawler.settings):
            logger.warning(warning)
        if self.arguments.warning:
            logger.warning(self.arguments.warning)
        self.archives: tuple[Archive, ...] = self.arguments.archives
        self._named = {archive.name: archive for archive in self.archives}
        if len(self.archives) > 1:  # requests that wait for one archive must not keep those to another one waiting
            most = crawler.settings.getint("CONCURRENT_REQUESTS") * len(self.archives)
            crawler.settings.set("CONCURRENT_REQUESTS", most, priority="spider")
        companies = {c.domain: CompanyStats(c.name, c.listed_domains) for c in self.arguments.companies}
        self.stats = RunStats(
            ", ".join(self._named),
            companies,
            tuple(self._named),
            is_of_files=all(archive.is_local for archive in self.archives),
        )
        root = resolved(output_of(crawler.settings))
        software = f"wayback-policies {__version__}"
        topics = topics_of(crawler.settings)
        store = OutputStore(
            root,
            crawler.settings["CATALOG_URL"],
            software=software,
            topics=topics,
            takedown=takedown_of(crawler.settings),
            address=crawler.settings["PUBLIC_URL"],
        )
        self.folder = OutputFolder(store, on_error=self.fail, is_interrupted=lambda: self.is_interrupted)
        self._rate_limit_server = self._connect_rate_limit()
        self.throttles = {
            archive.name: Throttle(
                crawler.settings,
                archive.pace,
                is_ending=lambda: self.is_ending,
                active=self._active_requests,
                has_others=len(self.archives) > 1,
                pacing=self._pacing_of(archive),
            )
            for archive in self.archives
        }
        self.pool = pool_from_settings(crawler.settings)
        """Where pages are parsed; the item pipeline that converts and the repairs share it, and close it."""
        self.pool.on_lost = self.fail
        self.repairs = Repairs(self)
        self._reading = asyncio.Lock()
        self.ending = ""
        """The reason for which the run ends early, else empty. No request is sent once it is set."""
        self._closing: asyncio.Task[None] | None = None
        self.has_begun = False
        """Whether the folder is open and the work is this run's. One that is refused leaves no trace of a run."""
        _RUNS[crawler] = self

    @staticmethod
    def of(crawler: Crawler) -> Run:
        """Return the run of a crawler. Raises KeyError before the crawler has its spider."""
        return _RUNS[crawler]

    def _connect_rate_limit(self) -> RateLimitServer | None:
        """Return the connection to the server of RATE_LIMIT_URL; None without that setting."""
        url = self.settings["RATE_LIMIT_URL"]
        if not url:
            return None
        from crawler.pacing.rate_limit_server import RateLimitServer  # noqa: PLC0415 - of the extra redis

        give_up_after = self.settings.getfloat("COOLDOWN_GIVE_UP_SECONDS")
        server = RateLimitServer(url, give_up_after=give_up_after, is_ending=lambda: self.is_ending, end=self.end)
        self._crawler.signals.connect(server.close, signals.spider_closed)
        return server

    def _pacing_of(self, archive: Archive) -> Callable[[Mapping[str, float], Cooldown], Pacing]:
        """Return what makes the pacing of an archive. Files of this machine need none that is shared."""
        if self._rate_limit_server is None or archive.is_local:
            return LocalPacing
        from crawler.pacing.shared_pacing import SharedPacing  # noqa: PLC0415 - of the extra redis

        def give_up(why: str) -> None:
            self.give_up(archive.name, ArchiveRefuses(why))

        return partial(SharedPacing, self._rate_limit_server, archive.name, give_up)

    def archive_of(self, request: Request) -> Archive:
        """Return the archive that a request goes to."""
        return self._named[request.meta["archive"]]

    def archive_named(self, name: str) -> Archive:
        """Return the archive of the run with this name. Raises KeyError."""
        return self._named[name]

    def throttle_of(self, request: Request) -> Throttle:
        """Return the throttle of the archive that a request goes to."""
        return self.throttles[request.meta["archive"]]

    def cost_of(self, capture: Capture) -> ReadingCost:
        """Return what reading a capture costs now: a record of this machine, or a request to an archive."""
        throttle = self.throttles[capture.archive]
        if self._named[capture.archive].is_local:
            return ReadingCost.FREE
        if throttle.given_up or throttle.is_away:
            return ReadingCost.IN_VAIN
        return ReadingCost.WAITS if throttle.is_busy else ReadingCost.READY

    def give_up(self, archive: str, why: ArchiveAway) -> None:
        """Ask an archive no more in this run. Without another one the run ends, and fails if none has ever answered."""
        if len(self.archives) > 1 and not self.throttles[archive].given_up:
            logger.warning("%s: %s; nothing more is asked of it in this run", archive, why)
        self.throttles[archive].given_up = why
        self.stats.given_up_archives[archive] = str(why)
        if not all(throttle.given_up for throttle in self.throttles.values()):
            return
        if isinstance(why, ArchiveRefuses) or any(throttle.had_success for throttle in self.throttles.values()):
            self.end(str(why))
        else:
            self.fail(str(why))

    @property
    def is_ending(self) -> bool:
        """Whether no more requests may be sent: the run is ending, the engine has stopped, or the spider is closing."""
        engine, slot = (
            self._crawler.engine,
            self._slot,
        )  # only the slot knows that CLOSESPIDER_TIMEOUT closes the spider
        return bool(self.ending) or (engine is not None and not engine.running) or bool(slot and slot.closing)

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C or SIGTERM has ended the run. A run that ends otherwise goes on crawling until it is closed."""
        return not self._crawler.crawling

    @property
    def is_busy(self) -> bool:
        """Whether a request is between scheduler and callback. Scrapy can send spider_idle meanwhile."""
        return bool(self._slot and self._slot.inprogress)

    def is_backed_up(self) -> bool:
        """Whether more bytes of responses wait for their callbacks than SCRAPER_SLOT_MAX_ACTIVE_SIZE.

        Scrapy then takes no request from its scheduler. Requests that wait in a middleware have left it before.
        """
        engine = self._crawler.engine
        return bool(engine and engine.scraper.slot and engine.scraper.slot.needs_backout())

    def _active_requests(self) -> Collection[Request] | None:
        engine = self._crawler.engine
        return engine.downloader.active if engine else None

    @property
    def _slot(self) -> _Slot | None:
        engine = self._crawler.engine
        return engine._slot if engine else None  # noqa: SLF001 - no public attribute has `closing` and `inprogress`

    async def beside(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function that reads all rows of a listing page in a thread, one page at a time."""
        async with self._reading:
            return await asyncio.to_thread(function, *args, **kwargs)

    def fail(self, error: str) -> None:
        """End the run with an error (exit status 1). `error` is one line that tells the cause."""
        self.stats.error = self.stats.error or error
        self.end(error)

    def end(self, reason: str) -> None:
        """Close the spider early, in order: requests in flight are finished. Further calls do nothing."""
        if not self.ending:
            self.ending = reason
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=reason))


_RUNS: WeakKeyDictionary[Crawler, Run] = WeakKeyDictionary()
