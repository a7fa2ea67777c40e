"""WarcCacheMiddleware: a cache of mementos in the output folder's own WARC files.

Every memento is written there when it is received, so that a killed run's mementos are converted without a request.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from scrapy.http import Response

from crawler.archives.playback import Pointer, header_pairs
from crawler.archives.warc import replay
from crawler.archives.warc_records import read_kept
from crawler.run import Run
from pipelines.items import Memento
from pipelines.output.folder import Kept

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipelines.output.folder import Library

_KEPT = ["kept"]
"""The flag of responses that cost no request."""


class WarcCacheMiddleware:
    """Answers requests for mementos that the WARC files have, and writes the mementos received to them."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None:
            return None
        known = await library.run(_look_up, library, target)
        if known is None:
            return None
        if isinstance(known, Kept):
            return await asyncio.to_thread(_memento, known, target)
        return Response(
            request.url, status=302, headers={"Location": archive.snapshot_request(*known).url}, flags=_KEPT
        )

    async def process_response(self, request: Request, response: Response) -> Response:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None or "kept" in response.flags:
            return response
        found = request.meta["answer"]
        if isinstance(found, Memento) and not found.is_truncated:  # half a body must not stand for the capture
            await library.run(library.keep, found, header_pairs(request))
        elif isinstance(found, Pointer):
            await library.run(library.catalog.add_pointer, target, (found.timestamp, found.url))
        return response


def _look_up(library: Library, target: tuple[str, str]) -> Kept | tuple[str, str] | None:
    """Return what is kept for a timestamp and URL, or else what the archive redirected to; on the writer thread."""
    return library.kept(*target) or library.catalog.pointer(*target)


def _memento(kept: Kept, target: tuple[str, str]) -> Response | None:
    """Return a kept memento as playback would answer it, or None if its record is gone."""
    payload = read_kept(kept.record, kept.payload)
    return replay(kept.source_url, payload, *target).replace(flags=_KEPT) if payload else None
