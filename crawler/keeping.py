"""Every memento received is kept in the WARC files at once, and one that is kept is never fetched again.

A cache whose store is the output's own WARC files: what a killed run received is converted from there.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from scrapy.http import Response

from crawler.archives.playback import Pointer, header_pairs, read_playback
from crawler.archives.warc import replay
from crawler.archives.warc_records import Payload
from crawler.captures import Memento
from crawler.errors import RecordUnreadable
from crawler.run import Run
from pipelines.kept import Kept

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipelines.library import Library

logger = logging.getLogger(__name__)

_KEPT = ["kept"]
"""The flag of responses that cost no request."""


class KeepingMiddleware:
    """Answers from what is kept, and keeps what is received.

    Stands within crawler.politeness, for which a request is in flight until that is done, and before crawler.turns: what
    is kept costs no turn.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def _run(self) -> Run:
        return Run.of(self._crawler)

    async def process_request(self, request: Request) -> Response | None:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None:
            return None
        known = await library.run(_look_up, library, target)
        if known is None:
            return None
        if isinstance(known, Kept):
            return await self._replayed(known, target)
        return Response(
            request.url, status=302, headers={"Location": archive.snapshot_request(*known).url}, flags=_KEPT
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
        return replay(kept.source_url, payload, *target).replace(flags=_KEPT)

    async def process_response(self, request: Request, response: Response) -> Response:
        archive, library = self._run.archive, self._run.folder
        target = archive.playback_target(request.url)
        if target is None or "kept" in response.flags:
            return response
        found = read_playback(response, archive, request.meta.get("capture"))
        if isinstance(found, Memento) and not found.is_truncated:  # half a body must not stand for the capture
            replaced = await library.run(library.keep, found, header_pairs(request))
            self._run.stats.replaced += replaced
        elif isinstance(found, Pointer):
            await library.run(library.catalog.add_pointer, target, (found.timestamp, found.url))
        return response


def _look_up(library: Library, target: tuple[str, str]) -> Kept | tuple[str, str] | None:
    """Return what is kept for a timestamp and URL, or else what the archive redirected to; on the writer thread."""
    return library.kept(*target) or library.catalog.pointer(*target)
