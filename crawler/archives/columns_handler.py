"""ColumnsHandler: the download handler that answers `columns://` requests from the rows of Common Crawl's columnar index."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, cast

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import Response

from crawler.archives.columns_files import NO_FILE, BadFile, RemoteFile, opener
from crawler.archives.columns_index import RESUME_KEY, ColumnsIndex
from crawler.archives.proxies import read_proxies
from crawler.run import Run
from pipelines.errors import OutputError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.archives.columns_archive import ColumnarArchive
    from crawler.archives.columns_files import ColumnsFiles

logger = logging.getLogger(__name__)

_POLL = 0.5
"""Seconds between two looks whether the run is ending."""
_HEADERS = {"Content-Type": "text/x-ndjson"}


class ColumnsHandler(BaseDownloadHandler):
    """Answers the `columns://` requests of a ColumnarArchive. The first request reads the files; reading runs in threads."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._index: ColumnsIndex | None = None
        self._failure = ""
        """Why the files can't be known in this run: its listings are lost, and other archives go on."""
        self._opening = asyncio.Lock()

    async def download_request(self, request: Request) -> Response:
        index = await self._opened(request)
        try:
            body, resume_key = await asyncio.to_thread(index.answer, request.url)
        except OutputError as error:
            Run.of(self.crawler).fail(str(error))
            raise
        return Response(request.url, body=body, headers=_HEADERS | ({RESUME_KEY: resume_key} if resume_key else {}))

    async def close(self) -> None:
        if self._index:
            self._index.close()

    async def _opened(self, request: Request) -> ColumnsIndex:
        async with self._opening:
            if self._index is None and not self._failure:
                run = Run.of(self.crawler)
                archive = cast("ColumnarArchive", run.archive_of(request))
                try:
                    self._index = await asyncio.to_thread(self._build, run, archive)
                except BadFile as error:
                    self._failure = str(error)
                except OutputError as error:
                    run.fail(str(error))
                    raise
            if self._index is None:
                raise BadFile(self._failure)
            return self._index

    def _build(self, run: Run, archive: ColumnarArchive) -> ColumnsIndex:
        """Open the index, read what was not read yet, and count the files that can't be read."""
        files = self._files(archive).find()
        if not files:
            raise BadFile(NO_FILE)
        index = ColumnsIndex(archive.index_file)
        domains = [domain for company in run.arguments.companies for domain in company.listed_domains]
        index.build(files, domains, lambda: run.is_ending)
        for problem in index.problems:
            logger.warning("%s", problem)
            run.stats.add_damage(problem)
        run.stats.left_out += index.unusable
        return index

    def _files(self, archive: ColumnarArchive) -> ColumnsFiles:
        settings = self.crawler.settings
        opened_by = opener(read_proxies(settings), str(settings["USER_AGENT"]))
        seconds = 1 / rate if (rate := archive.pace.playbacks_per_second) else 0.0
        pause, run = settings.getfloat("COOLDOWN_SECONDS"), Run.of(self.crawler)

        def wait(failures: int) -> None:
            until = time.monotonic() + (pause * 2 ** (failures - 1) if failures else seconds)
            while (left := until - time.monotonic()) > 0 and not run.is_ending:
                time.sleep(min(left, _POLL))
            if run.is_ending:
                raise InterruptedError("the run is ending")

        def remote(address: str) -> RemoteFile:
            return RemoteFile(address, opened_by, wait)

        return archive.files(remote)
