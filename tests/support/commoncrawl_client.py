"""A crawl's requests to Common Crawl without a crawl: sent one at a time, and judged as the middlewares do."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from scrapy.http import Headers, Response

from crawler.archives.commoncrawl import CommonCrawlArchive
from crawler.archives.commoncrawl_addresses import Sites
from crawler.archives.commoncrawl_crawls import read_choice
from crawler.archives.playback import read_playback
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware

if TYPE_CHECKING:
    from scrapy import Request

    from crawler.archives.base import ListingPage, Query
    from pipelines.items import Capture

MOST_REQUESTS = 400
_DECODER = DecodeBodyMiddleware(64 << 20)


def archive_at(url: str, crawls: str = "") -> CommonCrawlArchive:
    return CommonCrawlArchive(read_choice(crawls), Sites(url, url))


def exchange(request: Request) -> Response:
    """Send a request; return the answer as it comes over the wire."""
    headers = {name.decode(): b",".join(values).decode() for name, values in request.headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, headers=headers)) as reply:
            return received(request, reply.status, reply.headers.items(), reply.read())
    except urllib.error.HTTPError as error:
        return received(request, error.code, error.headers.items(), error.read())


def received(request: Request, status: int, headers: Any, body: bytes) -> Response:
    found = Headers()
    for name, value in headers:
        found.appendlist(name, value)
    return Response(request.url, status=status, headers=found, body=body, request=request)


def judged(archive: CommonCrawlArchive, request: Request, response: Response) -> tuple[Any, Response]:
    """Return the answer that a response is, and the response as all but the innermost middlewares see it."""
    response = _DECODER.process_response(request, archive.replayed(request, response)).replace(request=request)
    own = archive.classify(request, response)
    if own is not None or "target" not in request.meta:
        return own, response
    return read_playback(response, archive, request.meta.get("capture"), request.meta["target"]), response


def pages(archive: CommonCrawlArchive, query: Query, resume_key: str | None = None) -> list[ListingPage]:
    """Return the parts of a listing."""
    found: list[ListingPage] = []
    while not found or found[-1].resume_key:
        assert len(found) < MOST_REQUESTS
        request = archive.listing_request(query, found[-1].resume_key if found else resume_key)
        answer, response = judged(archive, request, archive.known_answer(request) or exchange(request))
        assert answer is None, answer
        found.append(archive.read_listing(response.replace(request=request), query))
    return found


def listed(archive: CommonCrawlArchive, query: Query) -> list[Capture]:
    return [capture for page in pages(archive, query) for capture in page.captures]


def fetched(archive: CommonCrawlArchive, timestamp: str, url: str, locator: str = "") -> Any:
    """Return the answer to a snapshot request, after the look-ups that it takes."""
    request = archive.snapshot_request(timestamp, url, locator)
    for _ in range(4):
        response = exchange(request)
        following = None
        if (
            request.meta["place"] is None
            and archive.classify(request, _DECODER.process_response(request, response)) is None
        ):
            following = archive.next_request(request, _DECODER.process_response(request, response))
        if following is None:
            return judged(archive, request, response)[0]
        request = following
    raise AssertionError("look-ups without an end")
