"""Every memento received is kept in the WARC files at once, and one that is kept is never fetched again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from crawler.archives.playback import is_memento, read_playback
from crawler.archives.warc import replay
from crawler.archives.warc_records import read_kept
from crawler.captures import Memento

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.spiders.policies import PoliciesSpider


class KeepingMiddleware:
    """A cache whose store is the output's own WARC files: what a killed run received is converted from there."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _spider(self) -> PoliciesSpider:
        return self._crawler.spider  # type: ignore[return-value]

    async def process_request(self, request: Request) -> Response | None:
        target = self._spider.archive.playback_target(request.url)
        kept = await self._spider.library.run(self._spider.library.kept, *target) if target else None
        if target is None or kept is None:
            return None
        payload = await asyncio.to_thread(read_kept, kept.record, kept.payload)
        return replay(kept.source_url, payload, *target).replace(flags=["kept"]) if payload else None

    async def process_response(self, request: Request, response: Response) -> Response:
        if "kept" in response.flags or not is_memento(response):
            return response
        memento = read_playback(response, self._spider.archive)
        if isinstance(memento, Memento):
            await self._spider.library.run(self._spider.library.keep, memento, _headers(request))
        return response


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in request.headers.items()
        for value in values
    )
