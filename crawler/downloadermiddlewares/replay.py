"""ReplayMiddleware: records of an archive that has no playback become mementos, next to the downloader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

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

    def process_response(self, request: Request, response: Response) -> Response:
        if "Memento-Datetime" in response.headers:  # playback, or our own WARC files
            return response
        return Run.of(self._crawler).archive_of(request).replayed(request, response)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        return Run.of(self._crawler).archive_of(request).failed(request, exception)
