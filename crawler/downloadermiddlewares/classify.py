"""ClassifyMiddleware: classifies each response once, for all later components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import IgnoreRequest

from crawler.archives.listing_trouble import read_listing_trouble
from crawler.archives.playback import read_playback
from crawler.archives.playback_urls import host_of
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.archives.base import Archive
    from crawler.archives.playback import Absence, Pointer, Refusal
    from crawler.archives.targets import Target
    from pipelines.items import Capture, Memento


class ClassifyMiddleware:
    """Sets `meta["answer"]` to a Memento, Pointer, Absence or Refusal; to None for a listing page.

    A request that would leave its archive's hosts is not sent. `meta["next_request"]` is set if the answer is one to a
    look-up, that leads to another request of the archive.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise IgnoreRequest for a request to another host than its archive's."""
        archive = Run.of(self._crawler).archive_of(request)
        if (host := host_of(request.url)) not in archive.hosts:
            raise IgnoreRequest(f"{host} is no host of the archive {archive.name}")

    def process_response(self, request: Request, response: Response) -> Response:
        archive, target = Run.of(self._crawler).archive_of(request), request.meta.get("target")
        own = archive.classify(request, response)
        following = archive.next_request(request, response) if own is None else None
        if own is None and following is None:
            request.meta["answer"] = _classified(response, archive, request.meta.get("capture"), target)
        else:
            request.meta["answer"], request.meta["next_request"] = own, following
        return response


def _classified(
    response: Response, archive: Archive, capture: Capture | None, target: Target | None
) -> Memento | Pointer | Absence | Refusal | None:
    if target is None:
        return read_listing_trouble(response)
    return read_playback(response, archive, capture, target)
