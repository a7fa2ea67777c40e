"""RateLimitMiddleware: of each archive an evenly paced budget for listings, and one for playback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.archives.base import LOCAL
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class RateLimitMiddleware:
    """Delays each request until its budget has a slot and no pause is on. After a pause, one request is sent as a probe.

    Innermost pacing middleware. Cached responses never reach it, and no later middleware delays a request once it has
    its slot.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the request's slot. Raises GaveUp if the run ends before."""
        if request.meta["service"] != LOCAL:
            await self._run.throttle_of(request).take_slot(request)
