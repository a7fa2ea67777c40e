"""How to ask politely: little at a time, one pause for all when refused, and retries that know a memento.

Scrapy's own Retry, Redirect and HttpCompression middlewares decide by status and header alone, which is wrong for
mementos (research/wayback.md section 3); this one takes their place. It stands around crawler.keeping, which answers
from our own files or keeps what was received, and crawler.turns, which paces.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic, time
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy.exceptions import DownloadConnectionRefusedError, IgnoreRequest
from tenacity import wait_exponential

from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT
from crawler.archives.playback import http_date, is_busy, is_cut_short, is_memento, is_refusal
from crawler.pacing import Cooldown
from crawler.progress import Pause
from crawler.retries import PASSING, RETRY_STATUSES, Retries, fate_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.spiders.policies import PoliciesSpider

logger = logging.getLogger(__name__)

MOST_REFUSALS = 10
"""Refusals of one request while others were answered: by then it is this request that the archive refuses."""

_POLL = 0.5
"""Seconds between two looks at whether the run is ending, or a wait is over that has no end known beforehand."""


class GaveUp(IgnoreRequest):
    """The run is ending; the request was not sent and its capture stays open."""


class PolitenessMiddleware:
    """Bounds what is in flight, pauses everything on a refusal, and repeats what failed in passing.

    A request is in flight from before it waits for its turn until what it brought is kept: so a kill repeats no more than
    that, and slow answers can't dam up requests that are then sent all at once, as they would be in Scrapy's own queue.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        pause = settings.getfloat("COOLDOWN_SECONDS")
        self.cooldown = Cooldown(
            wait_exponential(multiplier=pause, min=pause, max=3600), settings.getfloat("COOLDOWN_GIVE_UP_SECONDS")
        )
        self.probe: Request | None = None
        """The first request after a pause, until it is answered; the others wait for that."""
        self._retries = Retries(settings.getfloat("RETRY_SECONDS"), crawler.stats)
        most = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._room = {kind: asyncio.Semaphore(most) for kind in (LISTING_SLOT, PLAYBACK_SLOT)}
        self._in_flight: set[Request] = set()
        self._had_success = False
        self._refusal = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _spider(self) -> PoliciesSpider:
        return self._crawler.spider  # type: ignore[return-value]

    @property
    def pause(self) -> Pause | None:
        """The pause that everything is in, if it is in one."""
        left = self.cooldown.until - monotonic()
        return Pause(left, self._refusal) if left > 0 else None

    async def process_request(self, request: Request) -> None:
        """Wait until there is room, but not through the end of the run: then raises GaveUp."""
        if request.meta["download_slot"] != LOCAL_SLOT:
            await self._take_room(request)
        while self._is_dammed_up():
            self._check_ending()
            await asyncio.sleep(_POLL)

    async def _take_room(self, request: Request) -> None:
        again_at = monotonic() + request.meta.pop("retry_after", 0.0)
        await self.sleep_until(lambda: again_at)
        while request not in self._in_flight:
            self._check_ending()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room[request.meta["download_slot"]].acquire(), _POLL)
                self._in_flight.add(request)

    def _is_dammed_up(self) -> bool:
        """Whether more bytes of responses wait to be worked on than SCRAPER_SLOT_MAX_ACTIVE_SIZE.

        Scrapy takes nothing more from its queue then; but what a search wants at once has left that long ago.
        """
        scraper = getattr(self._crawler.engine, "scraper", None)
        return bool(scraper and scraper.slot and scraper.slot.needs_backout())

    def _let_go(self, request: Request) -> None:
        """Make room for another request: this one is answered, and what it brought is kept."""
        if request in self._in_flight:
            self._in_flight.remove(request)
            self._room[request.meta["download_slot"]].release()
        if request is self.probe:
            self.probe = None

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        self._let_go(request)
        if request.meta["download_slot"] == LOCAL_SLOT or "kept" in response.flags:
            return response
        if is_refusal(response):
            return self._after_refusal(request, f"HTTP {response.status}", _retry_after(response)) or response
        cause = _passing_trouble(request, response)
        if cause is None:
            self._had_success = True
            self.cooldown.succeeded(request.meta["sent"])
            return response
        return self._retries.again(request, cause) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        self._let_go(request)
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
        left = self.cooldown.refused(request.meta["sent"], now, retry_after)
        self._crawler.stats.inc_value("pauses/refusals")
        if self.cooldown.exhausted(now):
            self._spider.end(f"the archive has refused for {self.cooldown.give_up_after:.0f} s ({cause})")
            return None
        alone = request.meta.get("refused_alone", 0) + self.cooldown.is_first
        if alone > MOST_REFUSALS:
            logger.warning("%s for %s, and for nothing else: given up", cause, request.url)
            return None
        logger.warning("%s for %s: everything pauses for %.0f s", cause, request.url, left)
        meta = {**request.meta, "refused_alone": alone}
        return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)

    async def sleep_until(self, due: Callable[[], float]) -> None:
        """Sleep until a moment that may be moved out meanwhile, but not through the end of the run."""
        self._check_ending()
        while (left := due() - monotonic()) > 0:
            await asyncio.sleep(min(left, _POLL))
            self._check_ending()

    def _check_ending(self) -> None:
        engine = self._crawler.engine
        if self._spider.ending or (engine is not None and not engine.running):
            raise GaveUp(self._spider.ending or "the run is ending")


def _passing_trouble(request: Request, response: Response) -> str | None:
    """Return what is wrong with a response that the next try may not have; an archived status is never wrong."""
    if is_memento(response):
        return "body cut short" if is_cut_short(response, request.cb_kwargs.get("capture")) else None
    if is_busy(response):
        return "archive offline"
    return f"HTTP {response.status}" if response.status in RETRY_STATUSES else None


def _retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After (RFC 9110: seconds or a date) asks for, if it does."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    moment = http_date(value)
    return max(0.0, moment.timestamp() - time()) if moment else None
