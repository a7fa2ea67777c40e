"""DecodeBodyMiddleware: undoes content encodings, next to the downloader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.archives.http_body import CUT, WHOLE, codings_in, decoded

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class DecodeBodyMiddleware:
    """Undoes the content encodings of responses, up to DOWNLOAD_MAXSIZE or the request's `download_maxsize` bytes.

    A cut body, or one that can't be decoded, gets a CUT flag, a decoded one the WHOLE flag. All but
    ReplayMiddleware get decoded bodies.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", "gzip")

    def process_response(self, request: Request, response: Response) -> Response:
        found = decoded(response.body, _codings(response), request.meta.get("download_maxsize", self._max_size))
        if not (found.problem or found.is_coded):
            return response
        flag = f"{CUT}{found.problem}" if found.problem else WHOLE
        return response.replace(body=found.body, flags=[*response.flags, flag])


def _codings(response: Response) -> list[str]:
    """Return the codings named; where Content-Encoding is blank (WMP#309), those that the page had when captured."""
    for name in ("Content-Encoding", "X-Archive-Orig-Content-Encoding"):
        header = b",".join(response.headers.getlist(name)).decode("latin-1")
        if header.strip(" ,"):
            return codings_in(header)
    return []
