"""The end of a run: projections, run.json, the closing table."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from scrapy import signals

from crawler.archives.base import LISTING, PLAYBACK
from crawler.archives.failures import in_words
from crawler.console.program import command_line
from crawler.console.run_tables import closing_table, plan_table
from crawler.extensions.expectations import unmet
from crawler.extensions.notify import channel_names, tell
from crawler.extensions.progress import budgets_of
from crawler.extensions.run_files import write_run_files
from crawler.extensions.run_parameters import run_parameters
from crawler.options.own_settings import takedown_at_end
from crawler.run import Run
from pipelines.errors import OutputError
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class RunReport:
    """Brings the projections up to date, writes run.json, prints the closing table, and releases the output folder."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def spider_closed(self, reason: str) -> None:
        run = Run.of(self._crawler)
        stats = run.stats
        stats.reason, stats.finished = reason, datetime.now(UTC)
        run.ending = run.ending or reason
        await run.repairs.close()
        try:
            if run.has_begun:
                await _finish(run)
        except OutputError as error:
            stats.error = stats.error or str(error)
        except Exception as error:
            logger.exception("the run can't be summed up")
            stats.error = stats.error or f"the run can't be summed up: {in_words(error)}"
        if stats.error:
            sys.stderr.write(f"{command_line('crawl')}: {printable(stats.error)}\n")
        if run.has_begun:
            budgets = budgets_of(run)  # Common Crawl and Arquivo.pt have paces of their own
            rates = budgets[LISTING] * 60, budgets[PLAYBACK]
            table = plan_table(stats, *rates) if run.arguments.plan else closing_table(stats)
            sys.stdout.write(f"\n{printable(table)}\n")
            sys.stdout.flush()
        if run.folder.is_open:
            with suppress(OutputError):  # told already
                await run.folder.close()


async def _finish(run: Run) -> None:
    """Bring versions.jsonl and the changes up to date, check the expectations, write run.json, and tell of changes."""
    async with run.folder.projecting():
        await _sum_up(run)
    if run.arguments.plan or await run.folder.is_reported_by_another():
        return
    await tell(run)
    if run.stats.told:
        async with run.folder.projecting():
            await _add_run(run)
            await write_run_files(run)


async def _sum_up(run: Run) -> None:
    folder, stats = run.folder, run.stats
    with suppress(OutputError):  # the run has failed then; the next one tries again
        await folder.finish_warc()
    if not run.arguments.plan:
        folder.store.takedown = takedown_at_end(run.settings, folder.store.takedown, logger.warning)
        for (domain, kind), count in (await folder.write_versions()).items():
            if domain in stats:
                stats.of(domain).versions_by_kind[kind] += count
    for (domain, kind), count in (await folder.document_counts()).items():
        if domain in stats:
            stats.of(domain).texts_by_kind[kind] += count
    stats.is_counted = True
    stats.forgotten = await folder.forget_unused_trouble()
    stats.give_up(await folder.give_up(run.settings.getint("GIVE_UP_RUNS")))
    await _count_fates(run)
    stats.archive_counts = await folder.archive_counts()
    if not run.arguments.plan:
        await _report_changes(run)
    await write_run_files(run)


async def _count_fates(run: Run) -> None:
    for company in run.stats.companies.values():
        for domain in company.domains:
            for key, why in () if run.arguments.plan else await run.folder.damaged_readings(domain):
                run.stats.add_damaged_reading(domain, key, why)
            company.unreadable.update(await run.folder.unreadable(domain))
            company.fates.update(await run.folder.fates(domain))


async def _report_changes(run: Run) -> None:
    """Write the changes since the last run that ended in order, and only then record that this one has."""
    folder, stats = run.folder, run.stats
    assert stats.finished is not None  # noqa: S101 - set when the spider closed
    since = await folder.reported_until()
    found = await folder.write_changes()
    stats.add_news(found)
    if found:
        await folder.expect_deliveries(channel_names(run.settings), since)
    newest = await folder.newest_texts()
    for company in run.arguments.companies:
        known, kind = stats.of(company.domain), company.expect.kind
        latest = max((newest.get((domain, kind), "") for domain in company.listed_domains), default="")
        if kind in (wanted.name for wanted in run.arguments.kinds):
            known.unmet += unmet(
                company.expect, versions=known.versions_by_kind[kind], newest=latest, now=stats.finished
            )
    if stats.reason == "finished" and not await folder.other_runs():
        for archive in run.archives:
            await folder.forget_pointers(archive.name)
    await _add_run(run)


async def _add_run(run: Run) -> None:
    stats = run.stats
    assert stats.finished is not None  # noqa: S101 - set when the spider closed
    await run.folder.add_run(
        finished=stats.finished.isoformat(timespec="microseconds"),
        archive=stats.archive,
        exit_status=int(stats.exit_status),
        reason=stats.error or stats.reason,
        parameters=run_parameters(run.given, run.settings, run.folder.store.topics, len(run.arguments.companies)),
    )
