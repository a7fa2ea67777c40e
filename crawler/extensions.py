"""What the user sees of a run: progress while it works, a table and run.json when it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from scrapy import signals

from crawler.errors import OutputError
from pipelines.store import write_atomically

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spiders.policies import PoliciesSpider

logger = logging.getLogger(__name__)


class Progress:
    """Logs a line every PROGRESS_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        self._every = crawler.settings.getfloat("PROGRESS_SECONDS")
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self, spider: PoliciesSpider) -> None:
        if self._every:
            self._task = asyncio.ensure_future(self._log(spider))

    def spider_closed(self) -> None:
        if self._task:
            self._task.cancel()

    async def _log(self, spider: PoliciesSpider) -> None:
        while True:
            await asyncio.sleep(self._every)
            logger.info("%s", spider.report.progress())


class RunReport:
    """Brings the projections up to date, writes run.json, prints the table, and lets go of the output folder."""

    def __init__(self, crawler: Crawler) -> None:
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def spider_closed(self, spider: PoliciesSpider, reason: str) -> None:
        report = spider.report
        report.reason, report.finished = reason, datetime.now(UTC)
        spider.ending = spider.ending or reason
        try:
            if spider.library.is_open:
                await _finish(spider)
        except OutputError as error:
            report.error = report.error or str(error)
        if report.error:
            sys.stderr.write(f"scrapy crawl: {report.error}\n")
        if spider.library.is_open:
            rate = spider.settings.getfloat("PLAYBACK_CALLS_PER_SECOND")
            table = report.plan(rate) if spider.arguments.plan else report.table()
            sys.stdout.write(f"\n{table}\n")
            sys.stdout.flush()
            await spider.library.close()


async def _finish(spider: PoliciesSpider) -> None:
    """Write versions.jsonl and run.json."""
    library, report = spider.library, spider.report
    if not spider.arguments.plan:
        for domain, count in (await library.run(library.write_versions)).items():
            if domain in report:
                report.of(domain).versions += count
    texts = await library.run(library.catalog.document_counts)
    for domain, count in texts.items():
        if domain in report:
            report.of(domain).texts += count
    data = json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"
    await library.run(write_atomically, library.root / "run.json", data.encode())
