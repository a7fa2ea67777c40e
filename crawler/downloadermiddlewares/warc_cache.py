"""WarcCacheMiddleware: a cache of mementos in the output folder's own WARC files.

Each memento is written to them when it is received. The run after a killed one converts it without a request.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from scrapy.http import Response

from crawler.archives.playback import Pointer, is_listed_page
from crawler.archives.response_headers import header_pairs
from crawler.archives.warc import replay
from crawler.archives.warc_records import Payload
from crawler.run import Run
from pipelines.errors import RecordUnreadable
from pipelines.items import Memento, MementoKey
from pipelines.output.stored_memento import StoredMemento

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.archives.targets import Target
    from pipelines.output.store import OutputStore

logger = logging.getLogger(__name__)

CACHED = "cached"
"""Flag of the responses that come from the output folder's WARC files."""
NO_CACHE = "no_cache"
"""Key of `meta`: set if the archive itself has to answer."""


class WarcCacheMiddleware:
    """Answers requests for mementos from the WARC files, and writes received mementos to them."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        archive, folder = self._run.archive_of(request), self._run.folder
        target: Target | None = request.meta.get("target")
        if known := archive.known_answer(request):
            return known.replace(flags=[CACHED])
        if target is None or request.meta.get(NO_CACHE):
            return None
        may_point = not is_listed_page(request.meta.get("capture"), target)
        found = await folder.run(_look_up, folder.store, MementoKey(*target, archive.name), may_point=may_point)
        if found is None:
            return None
        if isinstance(found, StoredMemento):
            return await self._replayed(found, target)
        named = archive.snapshot_request(found.timestamp, found.url)
        if named is None:
            return None
        return Response(request.url, status=302, headers={"Location": named.url}, flags=[CACHED])

    async def _replayed(self, kept: StoredMemento, target: tuple[str, str]) -> Response | None:
        """Return a stored memento as playback answers it; None, so that it is requested, if it is unreadable or cut."""
        folder = self._run.folder
        try:
            memento = await asyncio.to_thread(kept.read)
        except RecordUnreadable as error:
            logger.warning("%s: %s; it is fetched again", kept.key.url, error)
            await folder.mark_unreadable(kept, error)
            return None
        if memento.is_truncated:  # stored by an earlier release; the archive may have a whole one
            await folder.note_trouble(kept.key, kept, memento.truncation)
            return None
        if not memento.body and memento.status < 300:  # noqa: PLR2004 - only the archive can say whether it was empty
            return None
        headers = tuple((name, _as_payload_has_it(value)) for name, value in memento.headers)
        payload = Payload(memento.status, headers, memento.body)
        return replay(kept.source_url, payload, *target).replace(flags=[CACHED])

    async def process_response(self, request: Request, response: Response) -> Response:
        archive, folder = self._run.archive_of(request), self._run.folder
        target: Target | None = request.meta.get("target")
        if target is None or CACHED in response.flags:
            return response
        found = request.meta["answer"]
        if isinstance(found, Memento) and not found.is_truncated:  # a cut body must not be read in place of the capture
            replaced = await folder.store_memento(found, header_pairs(request))
            self._run.stats.replaced += replaced
        elif isinstance(found, Pointer):
            asked, named = (MementoKey(*each, archive.name) for each in (target, (found.timestamp, found.url)))
            await folder.add_pointer(asked, named)
        return response


def _as_payload_has_it(value: str) -> str:
    """Return a header value of a memento (each character a byte) as WARC payloads have it."""
    return value.encode("latin-1").decode("utf-8", "surrogateescape")


def _look_up(store: OutputStore, target: MementoKey, *, may_point: bool) -> StoredMemento | MementoKey | None:
    """Return the stored memento of a target, else the known redirect target, else None. Runs on the writer thread.

    A page listed with status 200 may not point elsewhere: it is always requested again.
    """
    return store.stored_memento(target) or (store.catalog.pointer(target) if may_point else None)
