"""The crawl over HTTP in the Wayback Machine's own dialect gives what the crawl over the files gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.archives.opening import SAMPLE
from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.service import rows, versions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.commands import Run

WARC = SAMPLE / "sample.warc.gz"
UNPACED = {"CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 0, "COMPANIES_FILE": SAMPLE / "companies.yaml"}


@pytest.fixture
def double() -> Iterator[ArchiveDouble]:
    with ArchiveDouble(WarcHoldings(WARC), Behaviour(needs_user_agent=True)) as running:
        yield running


def crawl(run_scrapy: Callable[..., Run], double: ArchiveDouble, *arguments: str, **settings: object) -> Run:
    options = [part for argument in arguments for part in ("-a", argument)]
    return run_scrapy("crawl", "policies", "-a", f"archive={double.url}", *options, **{**UNPACED, **settings})


def test_wayback_crawl_equals_warc_crawl(
    double: ArchiveDouble, run_scrapy: Callable[..., Run], sample_run: Run
) -> None:
    run = crawl(run_scrapy, double, "versions=all")
    assert run.status == 0, run.stderr
    assert run.files() == sample_run.files()
    here, there = (versions_of(r) for r in (run, sample_run))
    # a customer's copy of the text, on a subdomain, to which nothing leads: only a listing of the whole domain has it
    assert here == [version for version in there if "kunden" not in version["page"]]
    assert all(version["source_url"].startswith(f"{double.url}/web/") for version in run.versions())


def test_wayback_listings_are_paged_and_playback_is_raw(double: ArchiveDouble, run_scrapy: Callable[..., Run]) -> None:
    crawl(run_scrapy, double, "companies=northlane.example")
    listings = double.requests("cdx")
    assert listings
    assert all("limit=" in entry.path and "showResumeKey=true" in entry.path for entry in listings)
    assert all("id_/" in entry.path for entry in double.requests("playback"))


def test_wayback_second_run_asks_for_home_pages_and_living_pages(
    double: ArchiveDouble, run_scrapy: Callable[..., Run]
) -> None:
    crawl(run_scrapy, double, "versions=all")
    asked = len(double.log)
    second = crawl(run_scrapy, double, "versions=all")
    assert second.status == 0
    new = double.log[asked:]
    domains = sum(len(company["domains"]) for company in second.report()["companies"])
    pages = rows(second.output, "SELECT page FROM policy_pages WHERE with_text > 0")
    assert len(new) == domains + len(pages)
    assert {entry.kind for entry in new} == {"cdx"}
    assert all("matchType=exact" in entry.path for entry in new)


def test_wayback_user_agent_has_contact_and_version(double: ArchiveDouble, run_scrapy: Callable[..., Run]) -> None:
    run = crawl(run_scrapy, double, "companies=northlane.example", CONTACT="me@example.org")
    assert run.status == 0
    assert {entry.user_agent for entry in double.log} == {"wayback-policies/0.1.0 (+me@example.org)"}


def test_wayback_refused_connection_is_one_line(run_scrapy: Callable[..., Run]) -> None:
    run = run_scrapy("crawl", "policies", "-a", "archive=http://127.0.0.1:9", **UNPACED)
    assert run.status == 1
    assert "connection refused" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
