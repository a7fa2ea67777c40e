"""WarcHandler: the download handler that answers `warc://` requests from WARC files."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.base import BaseDownloadHandler

from crawler.archives.warc import answer_listing, answer_playback
from crawler.archives.warc_index import WarcIndex
from crawler.archives.warc_indexing import IndexProgress
from crawler.run import Run
from pipelines.errors import OutputError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.archives.warc import WarcArchive

logger = logging.getLogger(__name__)


class WarcHandler(BaseDownloadHandler):
    """Answers the `warc://` requests of a WarcArchive: CDX queries and `id_` playback.

    The first request to an archive opens its index. Reading runs in threads.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._indexes: dict[str, WarcIndex] = {}
        self._opening = asyncio.Lock()

    async def download_request(self, request: Request) -> Response:
        index = await self._opened(request)
        answer = answer_listing if urlsplit(request.url).path == "/cdx/search/cdx" else answer_playback
        return await asyncio.to_thread(answer, index, request.url)

    async def close(self) -> None:
        for index in self._indexes.values():
            index.close()

    async def _opened(self, request: Request) -> WarcIndex:
        run = Run.of(self.crawler)
        archive = cast("WarcArchive", run.archive_of(request))
        async with self._opening:
            if archive.name not in self._indexes:
                self._indexes[archive.name] = await self._open(run, archive)
            return self._indexes[archive.name]

    async def _open(self, run: Run, archive: WarcArchive) -> WarcIndex:
        """Open the index, and count what of the files can't be read. A failure of the index file ends the run."""
        run.stats.indexing = IndexProgress(is_stopped=lambda: run.is_ending)
        try:
            index = await asyncio.to_thread(WarcIndex.open, archive.path, archive.index_file, run.stats.indexing)
        except OutputError as error:
            run.fail(str(error))
            raise
        finally:
            run.stats.indexing = None
        for damage in index.damages:
            logger.warning("%s", damage)
            run.stats.add_damage(damage)
        run.stats.left_out += index.unusable
        return index
