"""The end of a run: one that was refused leaves one line and no trace; a plan's hours are those of its archives' paces."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from scrapy.utils.test import get_crawler

from crawler.archives.base import LISTING, PLAYBACK
from crawler.company_stats import CompanyStats
from crawler.discovery.costs import Cost
from crawler.domain_claims import DomainClaims
from crawler.extensions.run_report import RunReport
from crawler.run import _RUNS
from crawler.run_stats import ExitStatus, RunStats
from crawler.sampling.estimate import Estimate
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


def test_hours_of_a_plan_are_by_the_paces_of_its_archives(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the settings for the Wayback Machine: Common Crawl and Arquivo.pt have paces of their own."""
    company = CompanyStats("A", ("a.example",), planned=Estimate(3600, 7200))
    company.costs = {"HOME": Cost(calls=Estimate(120, 240))}
    throttles = {name: SimpleNamespace(rates={LISTING: 1 / 60, PLAYBACK: 0.5}) for name in ("commoncrawl", "arquivo")}
    run = SimpleNamespace(
        folder=RefusedFolder(), stats=RunStats("both", {"a.example": company}), repairs=SimpleNamespace(close=_closed),
        ending="", has_begun=True, arguments=SimpleNamespace(plan=True), throttles=throttles,
    )  # fmt: skip
    crawler = get_crawler()
    _RUNS[crawler] = run  # type: ignore[assignment]
    monkeypatch.setattr("crawler.extensions.run_report._finish", lambda _: _closed())
    asyncio.run(RunReport(crawler).spider_closed("finished"))
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    assert [line[-1] for line in lines if line[0] in ("A", "HOME")] == ["1.00 to 2.00", "1.00 to 2.00"]


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
            await DomainClaims(run).claim_run()  # type: ignore[arg-type]
        except OutputError as error:
            stats.error = str(error)
        await RunReport(crawler).spider_closed(stats.error)

    asyncio.run(crawl())
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"scrapy crawl: {TAKEN}\n")
    assert not caplog.records
    assert not run.folder.is_open
    assert stats.exit_status is ExitStatus.FAILED
