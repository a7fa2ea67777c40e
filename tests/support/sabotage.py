"""Scrapy components that drop requests and raise exceptions, for tests/integration/test_every_request_ends.py.

A domain's name selects the fault: `POINT-STAGE.example`, with a POINT of POINTS and a STAGE of STAGES.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.exceptions import DropItem, IgnoreRequest

from crawler.domain import DomainCrawl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response

STAGES = ("listing", "home", "policy")
POINTS = {
    "dropped1": "IgnoreRequest in process_request of the outermost downloader middleware",
    "dropped2": "IgnoreRequest in process_request of the innermost one",
    "refused2": "IgnoreRequest in process_response of the innermost one",
    "request2": "exception in process_request of the innermost one",
    "response1": "exception in process_response of the outermost one",
    "response2": "exception in process_response of the innermost one",
    "scheduler": "a request_scheduled handler that ignores the request",
    "input": "exception in process_spider_input",
    "output": "exception in process_spider_output",
    "silent": "a spider middleware that leaves out what the callback yields",
    "callback": "exception in the callback",
    "errback": "exception in the errback of a request that failed",
    "handler": "exception in what is done with the response or answer",
}
ITEM_POINTS = {
    "item": "exception in an item pipeline",
    "dropitem": "DropItem in an item pipeline",
    "search": "exception when the searches of a domain are closed",
}

_DOMAIN = re.compile(r"([a-z]+\d?)-([a-z]+)\.example")


def done_to(url: str) -> str:
    """Return the point at which the request for `url` fails, or an empty string."""
    found = _DOMAIN.search(url)
    if found is None:
        return ""
    stage = "listing" if "/cdx/" in url else "home" if url.endswith(".example/") else "policy"
    return found[1] if found[2] == stage else ""


def message(point: str) -> str:
    """Return the message of a point's exception, which run.json has to contain."""
    return f"sabotage {point}"


class Downloader1:
    """The outermost downloader middleware."""

    place = "1"

    def process_request(self, request: Request) -> None:
        point = done_to(request.url)
        if point == f"dropped{self.place}":
            raise IgnoreRequest(message(point))
        if point == f"request{self.place}" or (point == "errback" and self.place == "1"):
            raise ValueError(message(point))

    def process_response(self, request: Request, response: Response) -> Response:
        point = done_to(request.url)
        if point == f"refused{self.place}":
            raise IgnoreRequest(message(point))
        if point == f"response{self.place}":
            raise ValueError(message(point))
        return response


class Downloader2(Downloader1):
    """The innermost downloader middleware."""

    place = "2"


class Spider:
    """A spider middleware."""

    def process_spider_input(self, response: Response) -> None:
        if done_to(response.request.url) == "input":  # type: ignore[union-attr]
            raise ValueError(message("input"))

    async def process_spider_output_async(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        point = done_to(response.request.url)  # type: ignore[union-attr]
        async for each in result:
            if point == "output":
                raise ValueError(message(point))
            if point != "silent":
                yield each

    def process_spider_output(self, response: Response, result: Any) -> Any:
        raise NotImplementedError


class Pipeline:
    """The first item pipeline."""

    def process_item(self, item: Any) -> Any:
        point = done_to(item.capture.original)
        if point == "item":
            raise ValueError(message(point))
        if point == "dropitem":
            raise DropItem(message(point))
        return item


class Extension:
    """Raises in the spider's own methods."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.request_scheduled, signals.request_scheduled)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def request_scheduled(self, request: Request) -> None:
        if done_to(request.url) == "scheduler":
            raise IgnoreRequest(message("scheduler"))

    def spider_opened(self, spider: Any) -> None:
        for name in ("parse_listing", "parse_snapshot"):
            setattr(spider, name, _raising(getattr(spider, name), "callback", lambda response: response.request.url))
        for name in ("listing_lost", "snapshot_lost"):
            setattr(spider, name, _raising(getattr(spider, name), "errback", lambda failure: failure.request.url))
        for name, point, url_of in (
            ("listing_answered", "handler", lambda _crawl, _job, response: response.request.url),
            ("answered", "handler", lambda _crawl, answer: answer.capture.original),
            ("_close_searches", "search", lambda crawl: f"http://{crawl.domain}/privacy"),
        ):
            setattr(DomainCrawl, name, _raising(getattr(DomainCrawl, name), point, url_of))


def _raising(method: Any, point: str, url_of: Any) -> Any:
    def raising(*arguments: Any) -> Any:
        if done_to(url_of(*arguments)) == point:
            raise ValueError(message(point))
        return method(*arguments)

    return raising
