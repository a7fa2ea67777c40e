"""The end of a run that was refused, as another process does its work: one line, and no trace of a run."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from scrapy.utils.test import get_crawler

from crawler.claims import Claims
from crawler.company_stats import CompanyStats
from crawler.extensions.run_report import RunReport
from crawler.run import _RUNS
from crawler.run_stats import ExitStatus, RunStats
from pipelines.errors import OutputError

if TYPE_CHECKING:
    import pytest

TAKEN = "out: process 7 on other works on shard 1/2; wait for it, or take another shard="


class RefusedFolder:
    """An open folder whose work another process does. Anything but a claim and `close` fails the test."""

    is_open = True

    async def claim(self, *_: object) -> None:
        raise OutputError(TAKEN)

    async def close(self) -> None:
        self.is_open = False


async def _closed() -> None:
    pass


def test_refused_run_says_one_line_and_records_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stats = RunStats("wayback", {"a.example": CompanyStats("A", ("a.example",))})
    run = SimpleNamespace(
        folder=RefusedFolder(), stats=stats, repairs=SimpleNamespace(close=_closed), ending="", has_begun=False,
        arguments=SimpleNamespace(companies=(), plan=False), given={"shard": "1/2"},
    )  # fmt: skip
    crawler = get_crawler()
    _RUNS[crawler] = run  # type: ignore[assignment]

    async def crawl() -> None:
        try:
            await Claims(run).begin()  # type: ignore[arg-type]
        except OutputError as error:
            stats.error = str(error)
        await RunReport(crawler).spider_closed(stats.error)

    asyncio.run(crawl())
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"scrapy crawl: {TAKEN}\n")
    assert not caplog.records
    assert not run.folder.is_open
    assert stats.exit_status is ExitStatus.FAILED
