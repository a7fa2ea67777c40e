"""The spider of a self-test: one question after the other through the downloader middlewares of a crawl.

It stands outside SPIDER_MODULES: `scrapy selftest` runs it, on an output folder of its own that nothing is left of.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakKeyDictionary

import scrapy
from scrapy import signals
from scrapy.exceptions import IgnoreRequest

from crawler.archives.failures import fate_of
from crawler.archives.header_limit import HeaderLimitHandler
from crawler.options.contact import user_agent
from crawler.pacing.archive_throttle import GaveUp
from crawler.run import Run
from crawler.selftest.evidence import Evidence, Exchange
from crawler.selftest.selftest_questions import MAX_REQUESTS, QUESTIONS
from pipelines.errors import PoliciesError, RecordUnreadable
from pipelines.items import Memento
from pipelines.output.warc_writer import payload_digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

    from crawler.selftest.exchange_file import ExchangeFile

logger = logging.getLogger(__name__)

MOST_SILENCES: Final = 3
"""Questions in a row without an answer, after which no more are asked."""


class AskOnceHandler(HeaderLimitHandler):
    """Sends each request once, over a connection of its own.

    Twisted by itself sends a request again if a connection that was kept alive ends before the answer.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.persistent = False


class RecordMiddleware:
    """Writes each exchange to the WARC file as it came over the wire, and lets no more than MAX_REQUESTS through.

    Innermost middleware, nearer to the downloader than DecodeBodyMiddleware.
    """

    def __init__(self, file: ExchangeFile) -> None:
        self._file = file
        self._sent = 0
        self.received: dict[str, tuple[Response, str]] = {}
        """Responses with the identifiers of their records, by question."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        made = _RECORDERS[crawler] = cls(_FILES[crawler])
        return made

    def process_request(self, request: Request) -> None:  # noqa: ARG002 - Scrapy's signature
        self._sent += 1
        if self._sent > MAX_REQUESTS:
            raise IgnoreRequest(f"a self-test sends {MAX_REQUESTS} requests at most")

    def process_response(self, request: Request, response: Response) -> Response:
        self.received[request.meta["question"]] = response, self._file.add(request, response)
        return response


class SelftestSpider(scrapy.Spider):
    """Asks an archive the questions of a self-test, each once, and none after a refusal."""

    name = "selftest"

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Put RecordMiddleware below those of a crawl, and leave out what makes documents and reports."""
        super().update_settings(settings)
        handlers = dict.fromkeys(("http", "https"), "crawler.selftest.spider.AskOnceHandler")
        middlewares = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), "crawler.selftest.spider.RecordMiddleware": 990}
        own = {
            "DOWNLOADER_MIDDLEWARES": middlewares,
            "DOWNLOAD_HANDLERS": {**settings.getdict("DOWNLOAD_HANDLERS"), **handlers},
            "ITEM_PIPELINES": dict.fromkeys(settings.getdict("ITEM_PIPELINES")),
            "EXTENSIONS": dict.fromkeys(settings.getdict("EXTENSIONS")),
            "COOLDOWN_GIVE_UP_SECONDS": -1,  # the first refusal ends the self-test
        }
        settings.setdict(own, priority="cmdline")
        if not settings.getpriority("USER_AGENT"):
            settings.set("USER_AGENT", user_agent(settings), priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Take `archive` and `page`, as the command has checked them, and the `file` for the exchanges."""
        spider = super().from_crawler(crawler, *args)
        spider.run = Run(crawler, {"archive": kwargs["archive"], "domain": "example.com"})
        spider.evidence = Evidence(spider.run.archives[0], kwargs["page"])
        spider.file = _FILES[crawler] = kwargs["file"]
        crawler.signals.connect(spider.closed_, signals.spider_closed)
        return spider

    run: Run
    evidence: Evidence
    file: ExchangeFile

    async def start(self) -> AsyncIterator[Request]:
        """Ask the questions. What is yielded to Scrapy is nothing: each question waits for the answer before."""
        await asyncio.to_thread(self.run.folder.open)
        silences = 0
        for number, question in enumerate(QUESTIONS, 1):
            request = question.request(self.evidence)
            if request is None:
                continue
            logger.info("%2d of %d: %s", number, len(QUESTIONS), question.name)
            meta = {**request.meta, "question": question.name, "max_tries": 1}
            await self._ask(question.name, request.replace(meta=meta, dont_filter=True))
            silences = 0 if self.evidence.is_answered(question.name) else silences + 1
            if self.run.is_ending or silences == MOST_SILENCES or (silences and self._was_never_answered):
                break
        return
        yield  # an async generator, as Scrapy wants it

    async def _ask(self, question: str, request: Request) -> None:
        """Send a request, and note what came back."""
        recorder = _RECORDERS[self.crawler]
        failure = stored = ""
        try:
            response = await self.crawler.engine.download_async(request)
            stored = await self._stored(response)
        except PoliciesError as error:
            self.run.fail(str(error))
        except GaveUp as error:  # another process's refusal has ended the run, with a shared budget
            failure = self.run.ending or str(error)
        except Exception as error:  # noqa: BLE001 - whatever keeps a request from its answer
            failure = fate_of(error)[1]
        received, identifier = recorder.received.get(question, (None, ""))
        exchange = Exchange(question, request.url, received, failure, stored)
        self.evidence.add(exchange)
        self.file.note(exchange, identifier)

    async def _stored(self, response: Response) -> str:
        """Return the digest of a memento's body as the crawl's own WARC file gives it back."""
        found, folder = response.meta["answer"], self.run.folder
        if not isinstance(found, Memento):
            return ""
        kept = await folder.run(folder.store.stored_memento, found.key)
        try:
            return payload_digest((await asyncio.to_thread(kept.read)).body) if kept else ""
        except RecordUnreadable:
            return "unreadable"

    @property
    def _was_never_answered(self) -> bool:
        """Whether no connection to the archive has been made."""
        return all(exchange.received is None for exchange in self.evidence.exchanges.values())

    async def closed_(self) -> None:
        """Release the output folder."""
        await self.run.repairs.close()
        if self.run.folder.is_open:
            await self.run.folder.close()


_FILES: WeakKeyDictionary[Crawler, ExchangeFile] = WeakKeyDictionary()
_RECORDERS: WeakKeyDictionary[Crawler, RecordMiddleware] = WeakKeyDictionary()
