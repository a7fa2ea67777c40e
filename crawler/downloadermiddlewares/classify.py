"""ClassifyMiddleware: classifies each response once, for all later components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.archives.listing_trouble import read_listing_trouble
from crawler.archives.playback import read_playback
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class ClassifyMiddleware:
    """Sets `meta["answer"]` to a Memento, Pointer, Absence or Refusal; to None for a listing page."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        archive = Run.of(self._crawler).archive
        if archive.playback_target(request.url) is None:
            request.meta["answer"] = read_listing_trouble(response)
        else:
            request.meta["answer"] = read_playback(response, archive, request.meta.get("capture"))
        return response
