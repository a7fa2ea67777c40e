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

from scrapy.exceptions import DownloadConnectionRefusedError, IgnoreRequest
from tenacity import wait_exponential

from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT
from crawler.archives.playback import is_busy, is_memento
from crawler.retries import PASSING, RETRY_STATUSES, again, attempt, cause_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from tenacity.wait import wait_base

    from crawler.spiders.policies import PoliciesSpider

logger = logging.getLogger(__name__)


class GaveUp(IgnoreRequest):
    """The run is ending; the request was not sent and its capture stays open."""


class Budget:
    """Turns, one every `interval` seconds: `rate` a second at most in any window, with one more at its edge."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next = 0.0

    def take(self, now: float) -> float:
        """Take the next turn; return the seconds until it comes."""
        turn = max(now, self._next)
        self._next = turn + self._interval
        return turn - now


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
            wait = retry_after if retry_after is not None else float(self.wait(attempt(self._times)))
            self.until = max(self.until, now + wait)
        elif retry_after is not None:
            self.until = max(self.until, now + retry_after)
        return self.until - now

    def succeeded(self, sent: float) -> None:
        """Note an answer; one to a request sent before the pause says nothing about what comes after it."""
        if sent >= self.until:
            self._times, self._trouble_since = 0, None

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
        self._turn = {kind: asyncio.Lock() for kind in self._budgets}
        self._had_success = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _spider(self) -> PoliciesSpider:
        return self._crawler.spider  # type: ignore[return-value]

    async def process_request(self, request: Request) -> None:
        kind = request.meta["download_slot"]
        if kind == LOCAL_SLOT:
            return
        await self._sleep(request.meta.pop("retry_after", 0.0))
        async with self._turn[kind]:
            await self._sleep(self._budgets[kind].take(monotonic()))
            while (left := self._cooldown.until - monotonic()) > 0:
                await self._sleep(left)
        request.meta["sent"] = monotonic()

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        if request.meta["download_slot"] == LOCAL_SLOT or "kept" in response.flags:
            return response
        if is_memento(response) or not _is_refusal(response):
            self._had_success = True
            self._cooldown.succeeded(request.meta["sent"])
        if is_memento(response):
            return response
        if _is_refusal(response):
            return self._after_refusal(request, f"HTTP {response.status}", _retry_after(response)) or response
        if response.status in RETRY_STATUSES or is_busy(response):
            cause = "archive offline" if is_busy(response) else f"HTTP {response.status}"
            return again(request, cause, self._crawler.stats) or response
        return response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if isinstance(exception, DownloadConnectionRefusedError):
            host = urlsplit(request.url).hostname or ""
            if not self._had_success and host in {"localhost", "127.0.0.1", "::1"}:
                self._spider.fail(f"{urlsplit(request.url).netloc}: connection refused; is the archive running?")
                return None
            return self._after_refusal(request, "connection refused", None)
        if isinstance(exception, PASSING):
            return again(request, cause_of(exception), self._crawler.stats)
        return None

    def _after_refusal(self, request: Request, cause: str, retry_after: float | None) -> Request | None:
        """Pause everything, then ask again, however often, until the archive has refused for too long."""
        now = monotonic()
        left = self._cooldown.refused(request.meta["sent"], now, retry_after)
        self._crawler.stats.inc_value("pauses/refusals")
        if self._cooldown.exhausted(now):
            self._spider.end(f"the archive has refused for {self._cooldown.give_up_after:.0f} s ({cause})")
            return None
        logger.warning("%s for %s: everything pauses for %.0f s", cause, request.url, left)
        return request.replace(dont_filter=True, priority=request.priority + 1)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not through the end of the run."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            self._check_ending()
            await asyncio.sleep(min(left, 0.5))
        self._check_ending()

    def _check_ending(self) -> None:
        engine = self._crawler.engine
        if self._spider.ending or (engine is not None and not engine.running):
            raise GaveUp(self._spider.ending or "the run is ending")


def _is_refusal(response: Response) -> bool:
    """Whether this is a refusal of the archive's: 429, also where it comes as a page with status 200."""
    return not is_memento(response) and (response.status == 429 or b"429 Too Many Requests" in response.body[:2000])  # noqa: PLR2004


def _retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After (RFC 9110: seconds or a date) asks for, if it does."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None
