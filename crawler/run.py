"""Run: what one crawl has, for every component of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from crawler import __version__
from crawler.arguments import read_arguments
from crawler.repair import Repairs
from crawler.report import CompanyReport, Report
from pipelines.library import Library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.core.engine import _Slot
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from crawler.archives import Archive
    from crawler.arguments import Arguments


class Run:
    """One crawl: its arguments, archive, output folder and counts, and how it ends before its work is done.

    The spider makes it before Scrapy makes any other component; these find it with `Run.of(crawler)`.
    """

    def __init__(self, crawler: Crawler, given: Mapping[str, str]) -> None:
        """Take the spider's arguments as given. Raises UsageError."""
        self._crawler = crawler
        self.settings: BaseSettings = crawler.settings
        self.arguments: Arguments = read_arguments(given, crawler.settings)
        self.archive: Archive = self.arguments.archive
        companies = {c.domain: CompanyReport(c.name, c.listed_domains) for c in self.arguments.companies}
        self.stats = Report(self.archive.name, companies)
        root = Path(crawler.settings["OUTPUT_DIR"]).resolve()
        software = f"wayback-policies {__version__}"
        self.folder = Library(root, crawler.settings["CATALOG_URL"], software=software, on_error=self.fail)
        self.repairs = Repairs(self)
        self.ending = ""
        """Why the run ends before its work is done; nothing more is sent once this is set."""
        self._closing: asyncio.Task[None] | None = None
        _RUNS[crawler] = self

    @staticmethod
    def of(crawler: Crawler) -> Run:
        """Return the run of a crawler. Raises KeyError before its spider is made."""
        return _RUNS[crawler]

    @property
    def is_ending(self) -> bool:
        """Whether nothing more may be sent: the run or the engine has stopped, or the spider is being closed."""
        engine, slot = (
            self._crawler.engine,
            self._slot,
        )  # only the slot knows that CLOSESPIDER_TIMEOUT closes the spider
        return bool(self.ending) or (engine is not None and not engine.running) or bool(slot and slot.closing)

    @property
    def is_busy(self) -> bool:
        """Whether a request is between scheduler and callback: the spider_idle signal can come in between."""
        return bool(self._slot and self._slot.inprogress)

    @property
    def _slot(self) -> _Slot | None:
        engine = self._crawler.engine
        return engine._slot if engine else None  # noqa: SLF001 - nothing public has these two facts

    def fail(self, error: str) -> None:
        """End the run because it can't go on; one line says why (exit status 1)."""
        self.stats.error = self.stats.error or error
        self.end(error)

    def end(self, reason: str) -> None:
        """End the run in order, before its work is done."""
        if not self.ending:
            self.ending = reason
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=reason))


_RUNS: WeakKeyDictionary[Crawler, Run] = WeakKeyDictionary()
