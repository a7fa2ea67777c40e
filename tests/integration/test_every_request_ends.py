"""Every request ends in an answer or a lost listing, whatever component drops it or raises: no run hangs, none is silent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler import settings
from tests.support.archive_double import ArchiveDouble, Held, memento
from tests.support.sabotage import ITEM_POINTS, POINTS, STAGES, message
from tests.support.service import crawl, write_companies

if TYPE_CHECKING:
    from pathlib import Path

POLICY = "<title>Privacy Policy</title><body><article><h1>Privacy Policy</h1>" + (
    "<p>We collect personal information such as your name and e-mail address when you register. We use cookies. "
    "We do not share your personal information with third parties without your consent.</p>" * 8
)
GOOD = [f"good{n}.example" for n in range(3)]
SABOTAGED = [f"{point}-{stage}.example" for point in POINTS for stage in STAGES]
SABOTAGED += [f"{point}-policy.example" for point in ITEM_POINTS]
SILENT = {"silent", "scheduler"}
"""Points after which nobody says why there is no answer."""

COMPONENTS = {
    "DOWNLOADER_MIDDLEWARES": {
        "tests.support.sabotage.Downloader1": 1,
        "tests.support.sabotage.Downloader2": 999,
    },
    "SPIDER_MIDDLEWARES": {"tests.support.sabotage.Spider": 1},
    "ITEM_PIPELINES": {"tests.support.sabotage.Pipeline": 1},
    "EXTENSIONS": {"tests.support.sabotage.Extension": 1},
}


def holdings(domains: list[str]) -> Held:
    return Held(
        page
        for domain in domains
        for page in (
            memento(f"http://{domain}/", "20190301000000", "<body><a href='/privacy'>Privacy Policy</a>"),
            memento(f"http://{domain}/privacy", "20190301000000", POLICY),
        )
    )


def test_crawl_ends_after_dropped_requests_and_exceptions(tmp_path: Path) -> None:
    domains = [*SABOTAGED, *GOOD]
    extra = {name: json.dumps({**getattr(settings, name), **own}) for name, own in COMPONENTS.items()}
    with ArchiveDouble(holdings(domains)) as double:
        companies = write_companies(tmp_path / "companies.yaml", *domains)
        run = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies, **extra)
        report = run.report()
        again = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == 3, run.stderr
    found = {company["domains"][0]: company for company in report["companies"]}
    for domain in GOOD:
        assert found[domain]["finished"]
        assert found[domain]["texts"] == 1
    for domain in SABOTAGED:
        losses = found[domain]["losses"]
        point = domain.partition("-")[0]
        said = "dropped" if point in SILENT else message(point)
        assert any(said in cause for cause in losses), (domain, losses)
    assert again.status == 0, again.stderr
    assert {name.partition("/")[0] for name in again.files()} == set(domains)
