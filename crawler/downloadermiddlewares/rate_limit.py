"""When each request goes out: at its turn, not within a pause, and after a pause one before all others.

Stands next to the downloader: what is answered from our own files never comes here, and nothing delays what leaves here.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Self

from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT
from crawler.downloadermiddlewares.pacing import Budget
from crawler.downloadermiddlewares.throttle import PolitenessMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class TurnsMiddleware:
    """Spends two evenly paced budgets, one for each of an archive's services."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        settings = crawler.settings
        self._budgets = {
            LISTING_SLOT: Budget(settings.getfloat("CDX_CALLS_PER_MINUTE") / 60),
            PLAYBACK_SLOT: Budget(settings.getfloat("PLAYBACK_CALLS_PER_SECOND")),
        }
        self._queue = {kind: asyncio.Lock() for kind in self._budgets}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _politeness(self) -> PolitenessMiddleware:
        found = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        assert found is not None  # noqa: S101 - crawler.settings has both
        return found

    async def process_request(self, request: Request) -> None:
        """Wait for the request's turn. Raises GaveUp if the run ends before."""
        kind, polite = request.meta["download_slot"], self._politeness
        if kind == LOCAL_SLOT:
            return
        budget, cooldown = self._budgets[kind], polite.cooldown
        async with self._queue[kind]:
            await polite.sleep_until(lambda: inf if polite.probe else max(budget.next, cooldown.until))
            now = request.meta["sent"] = monotonic()
            budget.take(now)
            if cooldown.in_trouble:
                polite.probe = request
