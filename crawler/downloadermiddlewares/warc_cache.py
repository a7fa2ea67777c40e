"""WarcCacheMiddleware: a cache of mementos in the output folder's own WARC files.

Each memento is written to them when it is received. The run after a killed one converts it without a request.
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

CACHED = "cached"
"""Flag of the responses that come from the output folder's WARC files."""


class WarcCacheMiddleware:
    """Answers requests for mementos from the WARC files, and writes received mementos to them."""

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
        found = await library.run(_look_up, library, target)
        if found is None:
            return None
        if isinstance(found, Kept):
            return await asyncio.to_thread(_memento, found, target)
        return Response(
            request.url, status=302, headers={"Location": archive.snapshot_request(*found).url}, flags=[CACHED]
        )

    async def process_response(self, request: Request, response: Response) -> Response:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None or CACHED in response.flags:
            return response
        found = request.meta["answer"]
        if isinstance(found, Memento) and not found.is_truncated:  # a cut body must not be read in place of the capture
            await library.run(library.keep, found, header_pairs(request))
        elif isinstance(found, Pointer):
            await library.run(library.catalog.add_pointer, target, (found.timestamp, found.url))
        return response


def _look_up(library: Library, target: tuple[str, str]) -> Kept | tuple[str, str] | None:
    """Return the stored memento of a target, else the known redirect target, else None. Runs on the writer thread."""
    return library.kept(*target) or library.catalog.pointer(*target)


def _memento(stored: Kept, target: tuple[str, str]) -> Response | None:
    """Return a stored memento as playback answers it; None if its record is damaged or gone."""
    payload = read_kept(stored.record, stored.payload)
    return replay(stored.source_url, payload, *target).replace(flags=[CACHED]) if payload else None
