"""WarcCacheMiddleware: a cache of mementos in the output folder's own WARC files.

Each memento is written to them when it is received. The run after a killed one converts it without a request.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from scrapy.http import Response

from crawler.archives.playback import Pointer, header_pairs
from crawler.archives.warc import replay
from crawler.archives.warc_records import Payload
from crawler.run import Run
from pipelines.errors import RecordUnreadable
from pipelines.items import Memento
from pipelines.output.stored_memento import Kept

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipelines.output.folder import Library

logger = logging.getLogger(__name__)

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
            return await self._replayed(found, target)
        return Response(
            request.url, status=302, headers={"Location": archive.snapshot_request(*found).url}, flags=[CACHED]
        )

    async def _replayed(self, kept: Kept, target: tuple[str, str]) -> Response | None:
        """Return a kept memento as playback would answer it; None, so that it is fetched, if it can't be read or is cut."""
        library = self._run.folder
        try:
            memento = await asyncio.to_thread(kept.read)
        except RecordUnreadable as error:
            logger.warning("%s: %s; it is fetched again", kept.url, error)
            await library.run(library.lose, kept, error)
            return None
        if memento.is_truncated:  # kept by an earlier release; the archive may have a whole one
            await library.run(library.catalog.set_trouble, {(kept.timestamp, kept.url): memento.truncation})
            return None
        payload = Payload(memento.status, memento.headers, memento.body)
        return replay(kept.source_url, payload, *target).replace(flags=[CACHED])

    async def process_response(self, request: Request, response: Response) -> Response:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None or CACHED in response.flags:
            return response
        found = request.meta["answer"]
        if isinstance(found, Memento) and not found.is_truncated:  # a cut body must not be read in place of the capture
            replaced = await library.run(library.keep, found, header_pairs(request))
            self._run.stats.replaced += replaced
        elif isinstance(found, Pointer):
            await library.run(library.catalog.add_pointer, target, (found.timestamp, found.url))
        return response


def _look_up(library: Library, target: tuple[str, str]) -> Kept | tuple[str, str] | None:
    """Return the stored memento of a target, else the known redirect target, else None. Runs on the writer thread."""
    return library.kept(*target) or library.catalog.pointer(*target)
