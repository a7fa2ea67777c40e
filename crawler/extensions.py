"""What the user sees of a run: progress while it works, a table and run.json when it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.utils.log import get_scrapy_root_handler

from crawler.archives.base import LISTING_SLOT, PLAYBACK_SLOT
from crawler.errors import OutputError
from crawler.expectations import unmet
from crawler.politeness import PolitenessMiddleware
from crawler.progress import Display, Rates, can_show, duration, time_left
from pipelines.store import write_atomically
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.report import Report
    from crawler.spiders.policies import PoliciesSpider

logger = logging.getLogger(__name__)

REDRAW_SECONDS = 0.5
"""Between two states of the live display."""


class Progress:
    """Says how the run goes: on a terminal in place, elsewhere in a log line every PROGRESS_SECONDS; 0 for neither."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._every = crawler.settings.getfloat("PROGRESS_SECONDS")
        self._task: asyncio.Task[None] | None = None
        self._display: Display | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self._sent, signals.request_reached_downloader)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self, spider: PoliciesSpider) -> None:
        settings = self._crawler.settings
        self._started = monotonic()
        budgets = {
            LISTING_SLOT: settings.getfloat("CDX_CALLS_PER_MINUTE") / 60,
            PLAYBACK_SLOT: settings.getfloat("PLAYBACK_CALLS_PER_SECOND"),
        }
        self._rates = Rates(budgets, self._started)
        if not self._every:
            return
        handler = get_scrapy_root_handler()
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr and can_show(sys.stderr):
            self._display = Display(sys.stderr)
            handler.setStream(self._display)
        self._task = asyncio.ensure_future(self._show(spider, self._display) if self._display else self._log(spider))

    def spider_closed(self) -> None:
        if self._task:
            self._task.cancel()
        handler = get_scrapy_root_handler()
        if self._display and isinstance(handler, logging.StreamHandler):
            self._display.show()
            handler.setStream(sys.stderr)

    def _sent(self, request: Request) -> None:
        self._rates.sent(request.meta["download_slot"], monotonic())

    async def _show(self, spider: PoliciesSpider, display: Display) -> None:
        while True:
            display.show(*self._lines(spider.report))
            await asyncio.sleep(REDRAW_SECONDS)

    async def _log(self, spider: PoliciesSpider) -> None:
        while True:
            await asyncio.sleep(self._every)
            logger.info("%s", "; ".join(self._lines(spider.report)))

    def _lines(self, report: Report) -> list[str]:
        now = monotonic()
        politeness = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        done = sum(company.finished for company in report.companies.values())
        left = time_left(done, len(report.companies), now - self._started)
        facts = (
            report.progress(),
            self._rates.words(now),
            str((politeness and politeness.pause) or ""),
            f"about {duration(left)} left, judging by the companies done" if left else "",
        )
        return [fact for fact in facts if fact]


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
            sys.stderr.write(f"scrapy crawl: {printable(report.error)}\n")
        if spider.library.is_open:
            rate = spider.settings.getfloat("PLAYBACK_CALLS_PER_SECOND")
            table = report.plan(rate) if spider.arguments.plan else report.table()
            sys.stdout.write(f"\n{printable(table)}\n")
            sys.stdout.flush()
            await spider.library.close()


async def _finish(spider: PoliciesSpider) -> None:
    """Bring versions.jsonl and the changes up to date, compare with what is expected, and write run.json."""
    library, report = spider.library, spider.report
    if not spider.arguments.plan:
        for domain, count in (await library.run(library.write_versions)).items():
            if domain in report:
                report.of(domain).versions += count
    texts = await library.run(library.catalog.document_counts)
    for domain, count in texts.items():
        if domain in report:
            report.of(domain).texts += count
    if not spider.arguments.plan:
        await _report_changes(spider)
    data = json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"
    await library.run(write_atomically, library.root / "run.json", data.encode())


async def _report_changes(spider: PoliciesSpider) -> None:
    """Write what is new since the last run that came to this point, and only then record that this one has."""
    library, report, catalog = spider.library, spider.report, spider.library.catalog
    assert report.finished is not None  # noqa: S101 - set when the spider closed
    report.news = await library.run(library.write_changes)
    newest = await library.run(catalog.newest_texts)
    for company in spider.arguments.companies:
        known = report.of(company.domain)
        latest = max((newest.get(domain, "") for domain in company.listed_domains), default="")
        known.unmet += unmet(company.expect, versions=known.versions, newest=latest, now=report.finished)
    if report.reason == "finished":
        await library.run(catalog.forget_pointers)
    await library.run(
        catalog.add_run,
        finished=report.finished.isoformat(timespec="microseconds"),
        archive=report.archive,
        exit_status=report.exit_status,
        reason=report.error or report.reason,
    )
