"""DecodeBodyMiddleware: undoes content encodings, next to the downloader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.archives.http_body import CUT, NO_END, encodings_in, inflated

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class DecodeBodyMiddleware:
    """Undoes the content encodings of responses, up to DOWNLOAD_MAXSIZE or the request's `download_maxsize` bytes.

    A cut body gets a CUT flag. Innermost middleware: all others get decoded bodies.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", "gzip")

    def process_response(self, request: Request, response: Response) -> Response:
        named = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        found = inflated(response.body, encodings_in(named), request.meta.get("download_maxsize", self._max_size))
        if not found.is_whole:
            return response.replace(body=found.body, flags=[*response.flags, f"{CUT}{NO_END}"])
        return response if found.body is response.body else response.replace(body=found.body)
