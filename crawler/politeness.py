"""How to ask politely: two evenly paced budgets, one pause for all when refused, and retries that know a memento.

Scrapy's own Retry, Redirect and HttpCompression middlewares decide by status and header alone, which is wrong for
mementos (research/wayback.md section 3); this one takes their place. It stands next to the downloader, so that what
is answered from our own files costs no turn.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import DownloadConnectionRefusedError, IgnoreRequest
from tenacity import wait_exponential

from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT
from crawler.archives.playback import is_busy, is_cut_short, is_memento, is_refusal
from crawler.progress import Pause
from crawler.retries import PASSING, RETRY_STATUSES, Retries, attempt, fate_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from tenacity.wait import wait_base

    from crawler.spiders.policies import PoliciesSpider

logger = logging.getLogger(__name__)

MOST_REFUSALS = 10
"""Refusals of one request while others were answered: by then it is this request that the archive refuses."""


class GaveUp(IgnoreRequest):
    """The run is ending; the request was not sent and its capture stays open."""


class Budget:
    """Turns so far apart that no window of w seconds, w at least 1, has more than rate * w + 1 requests.

    A turn that comes up to LATENESS seconds late does not put off the next one, so that what an event loop is late by
    costs nothing; what comes later than that is not made up for. HEADROOM leaves twice LATENESS in every second: the
    other half is for requests that take less time to the archive than the one before (what counts is when they arrive).
    """

    HEADROOM = 1.02
    LATENESS = 0.01

    def __init__(self, rate: float) -> None:
        """Take the turns a second, 0 for no limit."""
        self._interval = self.HEADROOM / rate if rate else 0.0
        self.next = 0.0

    def take(self, now: float) -> None:
        """Take the turn; the next one comes at `next` (monotonic seconds)."""
        self.next = max(self.next, now - self.LATENESS) + self._interval


@dataclass
class Cooldown:
    """The pause for everything that goes to the archive. Times are monotonic seconds."""

    wait: wait_base
    give_up_after: float
    until: float = 0.0
    _began: float = 0.0
    _times: int = field(default=0, init=False)
    _trouble_since: float | None = field(default=None, init=False)

    def refused(self, sent: float, now: float, retry_after: float | None) -> float:
        """Note a refusal of a request sent at `sent`; return the seconds left to wait.

        Requests that were in flight when the pause began are the same event: they can't lengthen the next pause.
        """
        if self._times == 0 or sent > self._began:
            self._times += 1
            self._began = now
            self._trouble_since = self._trouble_since if self._trouble_since is not None else now
            wait = float(self.wait(attempt(self._times))) if retry_after is None else retry_after
            self.until = max(self.until, now + wait)
        elif retry_after is not None:
            self.until = max(self.until, now + retry_after)
        return self.until - now

    def succeeded(self, sent: float) -> None:
        """Note an answer; one to a request sent before the pause says nothing about what comes after it."""
        if sent >= self.until:
            self._times, self._trouble_since = 0, None

    @property
    def is_first(self) -> bool:
        """Whether the archive had answered something before it refused last."""
        return self._times <= 1

    def exhausted(self, now: float) -> bool:
        """Whether the archive has refused for so long that the run should end."""
        return self._trouble_since is not None and max(now, self.until) - self._trouble_since > self.give_up_after


class PolitenessMiddleware:
    """Paces requests, pauses all of them on a refusal, and repeats those that failed in passing."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._budgets = {
            LISTING_SLOT: Budget(settings.getfloat("CDX_CALLS_PER_MINUTE") / 60),
            PLAYBACK_SLOT: Budget(settings.getfloat("PLAYBACK_CALLS_PER_SECOND")),
        }
        pause = settings.getfloat("COOLDOWN_SECONDS")
        self._cooldown = Cooldown(
            wait_exponential(multiplier=pause, min=pause, max=3600), settings.getfloat("COOLDOWN_GIVE_UP_SECONDS")
        )
        self._retries = Retries(settings.getfloat("RETRY_SECONDS"), crawler.stats)
        self._turn = {kind: asyncio.Lock() for kind in self._budgets}
        # in Scrapy's own queue, paced requests would gather behind slow answers and then be sent all at once
        most = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._room = {kind: asyncio.Semaphore(most) for kind in self._budgets}
        self._in_flight: set[Request] = set()
        self._had_success = False
        self._refusal = ""
        crawler.signals.connect(self._left_downloader, signals.request_left_downloader)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _spider(self) -> PoliciesSpider:
        return self._crawler.spider  # type: ignore[return-value]

    @property
    def pause(self) -> Pause | None:
        """The pause that everything is in, if it is in one."""
        left = self._cooldown.until - monotonic()
        return Pause(left, self._refusal) if left > 0 else None

    async def process_request(self, request: Request) -> None:
        kind = request.meta["download_slot"]
        if kind == LOCAL_SLOT:
            return
        again_at = monotonic() + request.meta.pop("retry_after", 0.0)
        await self._sleep_until(lambda: again_at)
        await self._room[kind].acquire()
        try:
            await self._take_turn(kind)
        except BaseException:
            self._room[kind].release()
            raise
        self._in_flight.add(request)
        request.meta["sent"] = monotonic()

    async def _take_turn(self, kind: str) -> None:
        budget = self._budgets[kind]
        async with self._turn[kind]:
            await self._sleep_until(lambda: max(budget.next, self._cooldown.until))
            budget.take(monotonic())

    def _left_downloader(self, request: Request) -> None:
        if request in self._in_flight:
            self._in_flight.remove(request)
            self._room[request.meta["download_slot"]].release()

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        if request.meta["download_slot"] == LOCAL_SLOT or "kept" in response.flags:
            return response
        if is_refusal(response):
            return self._after_refusal(request, f"HTTP {response.status}", _retry_after(response)) or response
        cause = _passing_trouble(response)
        if cause is None:
            self._had_success = True
            self._cooldown.succeeded(request.meta["sent"])
            return response
        return self._retries.again(request, cause) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if isinstance(exception, DownloadConnectionRefusedError):
            host = urlsplit(request.url).hostname or ""
            if not self._had_success and host in {"localhost", "127.0.0.1", "::1"}:
                self._spider.fail(f"{urlsplit(request.url).netloc}: connection refused; is the archive running?")
                return None
            return self._after_refusal(request, "connection refused", None)
        if isinstance(exception, PASSING):
            return self._retries.again(request, fate_of(exception)[1])
        return None

    def _after_refusal(self, request: Request, cause: str, retry_after: float | None) -> Request | None:
        """Pause everything, then ask again, until the archive has refused for too long, or only ever this request."""
        now = monotonic()
        self._refusal = f"the archive refused ({cause})"
        left = self._cooldown.refused(request.meta["sent"], now, retry_after)
        self._crawler.stats.inc_value("pauses/refusals")
        if self._cooldown.exhausted(now):
            self._spider.end(f"the archive has refused for {self._cooldown.give_up_after:.0f} s ({cause})")
            return None
        alone = request.meta.get("refused_alone", 0) + self._cooldown.is_first
        if alone > MOST_REFUSALS:
            logger.warning("%s for %s, and for nothing else: given up", cause, request.url)
            return None
        logger.warning("%s for %s: everything pauses for %.0f s", cause, request.url, left)
        meta = {**request.meta, "refused_alone": alone}
        return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)

    async def _sleep_until(self, due: Callable[[], float]) -> None:
        """Sleep until a moment that may be moved out meanwhile, but not through the end of the run."""
        self._check_ending()
        while (left := due() - monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))
            self._check_ending()

    def _check_ending(self) -> None:
        engine = self._crawler.engine
        if self._spider.ending or (engine is not None and not engine.running):
            raise GaveUp(self._spider.ending or "the run is ending")


def _passing_trouble(response: Response) -> str | None:
    """Return what is wrong with a response that the next try may not have; an archived status is never wrong."""
    if is_memento(response):
        return "body cut short" if is_cut_short(response) else None
    if is_busy(response):
        return "archive offline"
    return f"HTTP {response.status}" if response.status in RETRY_STATUSES else None


def _retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After (RFC 9110: seconds or a date) asks for, if it does."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None
