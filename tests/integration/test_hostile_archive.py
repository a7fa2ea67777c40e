"""Archives and pages made to stop the program: the run ends, says what it could not use, and the other companies are done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.spiders.policies import OPEN_DOMAINS
from tests.support import hostile
from tests.support.archive_double import ArchiveDouble, Behaviour, Held, memento
from tests.support.service import crawl, rows, write_companies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.commands import Run

HONEST = ("yonder.example", "zonest.example")
WATCHED = {"STATS_DUMP": True, "MEMUSAGE_CHECK_INTERVAL_SECONDS": 0.2}
"""Settings with which Scrapy says how much memory its own process had at most."""


def most_memory(run: Run) -> int:
    """Return the bytes that the main process had at most, its workers not counted."""
    found = re.search(r"'memusage/max': (\d+)", run.stderr)
    assert found
    return int(found[1])


def honest(domain: str) -> Iterator[hostile.Entry]:
    yield memento(f"http://{domain}/privacy-policy", hostile.STAMP, hostile.POLICY.format(name=domain))


def test_hostile_rows_and_home_pages_stop_no_company(tmp_path: Path) -> None:
    """With more such companies than are searched at the same time."""
    domains = [f"h{number:02}.example" for number in range(OPEN_DOMAINS + 1)]
    entries = [entry for domain in domains for entry in hostile.company(domain)]
    entries += hostile.misled(domains[0])
    entries.append(memento(f"http://{domains[1]}/", "20200301000000", hostile.EXPLOSION))
    entries += [entry for domain in HONEST for entry in honest(domain)]
    companies = write_companies(tmp_path / "companies.yaml", *domains, *HONEST)
    misled = f"{{domain: {domains[0]}, pages: ['http://{domains[0]}/privacy'], name: H00}}"
    listed = companies.read_text().replace(f"name: H00\n    domain: {domains[0]}\n    pages: []", misled)
    companies.write_text(listed)
    with ArchiveDouble(Held(entries), Behaviour(lost_redirects=True)) as double:
        run = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies, **WATCHED)
    report = run.report()
    assert run.status == 3, run.stderr
    assert report["losses"] == {"failed: redirected to an impossible date": 1}
    assert sorted(run.files()) == sorted(f"{domain}/{hostile.STAMP}.txt" for domain in (*domains, *HONEST))
    assert report["unfinished"] == []
    assert "Traceback" not in run.stderr
    skipped = {f"listing row skipped: {cause}" for cause, _ in hostile.unusable_rows(domains[1])}
    assert set(report["companies"][1]["notes"]) == skipped
    homes = rows(run.output, "SELECT DISTINCT fate, cause FROM captures WHERE original LIKE '%.example/'")
    assert homes == [("not a policy", "home page, read for its links")]
    assert most_memory(run) < 400 << 20


def test_hostile_responses_are_named_losses(tmp_path: Path) -> None:
    names = ("nothing", "endless", "home", *hostile.PLAYED, "honest")
    companies = write_companies(tmp_path / "companies.yaml", *(f"{name}.example" for name in names))
    with hostile.raw_archive() as url:
        run = crawl(url, tmp_path / "output", COMPANIES_FILE=companies, CONVERSION_MEMORY=400 << 20, **WATCHED)
    assert run.status == 3, run.stderr
    losses = run.report()["losses"]
    nothing = [loss for loss in losses if loss.startswith("listing: ")]
    assert any("the archive sent more than 150000 rows at once, none of them usable" in loss for loss in nothing)
    assert {loss: count for loss, count in losses.items() if loss not in nothing} == {
        "failed: headers too long": 1,
        "failed: home page: conversion out of memory": 1,
        "failed: unreadable Memento-Datetime": 1,
        "failed: unreadable status": 1,
    }
    assert sorted(run.files()) == [f"{name}.example/{hostile.STAMP}.txt" for name in ("home", "honest", "link", "odd")]
    assert run.report()["unfinished"] == []
    assert "\x1b" not in run.stdout + run.stderr
    assert most_memory(run) < 400 << 20
