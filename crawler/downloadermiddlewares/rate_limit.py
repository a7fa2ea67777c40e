"""RateLimitMiddleware: two evenly paced budgets, one for each of an archive's services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.archives.base import LOCAL_SLOT
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class RateLimitMiddleware:
    """Lets each request go when its budget has a slot, not within a pause, and after a pause one before all others.

    Innermost pacing middleware. Cached responses never reach it, and no later middleware delays a request once it has
    its slot.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._throttle = Run.of(crawler).throttle

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the request's slot. Raises GaveUp if the run ends before."""
        if request.meta["download_slot"] != LOCAL_SLOT:
            await self._throttle.take_slot(request)
