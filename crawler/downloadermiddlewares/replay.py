"""ReplayMiddleware: records of an archive that has no playback become mementos, next to the downloader."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from crawler.archives.base import Archive
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class ReplayMiddleware:
    """Gives all others the responses of playback, whatever the archive sends. Innermost middleware."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        archive = Run.of(self._crawler).archive_of(request)
        if "Memento-Datetime" in response.headers or type(archive).replayed is Archive.replayed:
            return response  # playback, or our own WARC files
        return await asyncio.to_thread(archive.replayed, request, response)  # a record can hold much when unpacked

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        return Run.of(self._crawler).archive_of(request).failed(request, exception)
