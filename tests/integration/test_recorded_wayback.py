"""A crawl of recorded answers of web.archive.org, played by a small server: what becomes of each capture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crawler.archives.base import Match, Query
from crawler.archives.urlkey import urlkey_of
from crawler.archives.wayback import WAYBACK
from tests.support.recorded import RECORDED, exchanges
from tests.support.replay_server import Replay, served
from tests.support.service import crawl, rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="needs the recorded exchanges in ../shared")

READ = {"stored", "same text", "not a policy"}
EPA = "https://www.epa.gov"
UNLISTED = {
    "20170929002712 https://nationalpost.com/health/ 200": ("excluded", "site excluded", None),
    "20170929002712 https://this-is-not-real-url.whatever/a 200": (
        "missing",
        "listed, but the archive does not have it",
        None,
    ),
    "20200925075402 https://link.springer.com/article/10.1007/s00382-012-1331-2 303": (
        "archived error",
        "redirect loop",
        None,
    ),
    "20201027215555 https://www.whitehouse.gov/administration/eop/ostp/about/student/faqs 301": (
        "archived error",
        "HTTP 404",
        None,
    ),
    "20201102232816 https://www.census.gov/geography/gss-initiative.html 301": ("archived error", "HTTP 404", None),
    "20200201020357 http://epa.gov/climatechange 200": ("failed", "playback redirects to another capture", None),
    "20200201020358 http://epa.gov/climatechange 301": ("missing", "listed, but the archive does not have it", None),
    "20171124143728 http://fws.gov/index 200": ("missing", "listed, but the archive does not have it", None),
    "20150129034904 http://www.reddit.com/r/PokemonGiveaway 429": ("archived error", "HTTP 429", None),
}
"""Rows that were not recorded, of captures whose playback was: fate, cause, and the second of the memento read."""

LISTED = {
    "20171124151315 https://www.fws.gov/birds/": "20171124151315",
    f"20190101033033 {EPA}/hfstudy/epa-published-research-related-hydraulic-fracturing-study": "20190101033033",
    f"20180808094144 {EPA}/ghgreporting/san5779-factsheet": "20180808104500",
    f"20200430024232 {EPA}/sites/production/files/2016-08/documents/oar-climate-change-adaptation-plan.pdf": "20200430024232",
    "20201123040127 https://www.cdc.gov/coronavirus/2019-ncov/travelers/after-travel-precautions-japanese.html": (
        "20201123040127"
    ),
    "20260416012735 https://highways.dot.gov/safety/data-analysis-tools/rsdp/rsdp-tools/"
    "highway-performance-monitoring-system-hpms": "20260416012735",
    "20080328041443 http://www.commoncrawl.org:80/": "20080328041443",
}
"""Recorded rows whose page was recorded, and the second of the memento read."""


def recorded_rows() -> list[list[str]]:
    """Return the rows of the recorded listings whose playback was recorded."""
    found = []
    for exchange in exchanges():
        if exchange.is_listing and exchange.status == 200:
            page = WAYBACK.read_listing(exchange.listing, Query("any.example", Match.EXACT))
            found += [capture for capture in page.captures if f"{capture.timestamp} {capture.original}" in LISTED]
    return [[c.urlkey, c.timestamp, c.original, c.mimetype, c.statuscode, c.digest, c.length] for c in found]


def made_rows() -> list[list[str]]:
    parted = (row.split(" ") for row in UNLISTED)
    return [[urlkey_of(url), stamp, url, "text/html", status, "-", "900"] for stamp, url, status in parted]


def test_a_crawl_of_recorded_answers(tmp_path: Path) -> None:
    pages = [row.split(" ")[1] for row in (*LISTED, *UNLISTED)]
    companies = tmp_path / "companies.yaml"
    companies.write_text(json.dumps({"companies": [{"name": "Any", "domain": "any.example", "pages": pages}]}))
    replay = Replay(exchanges(), recorded_rows() + made_rows())
    with served(replay) as url:
        run = crawl(url, tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == 3, run.stderr
    found = {
        f"{stamp} {original}": (fate, cause, memento)
        for stamp, original, fate, cause, memento in rows(
            run.output, "SELECT timestamp, original, fate, cause, memento_timestamp FROM captures"
        )
    }
    assert {row: found[row.rpartition(" ")[0]] for row in UNLISTED} == UNLISTED
    assert {row: found[row][2] for row in LISTED} == LISTED
    assert {found[row][0] for row in LISTED} <= READ
    assert run.report()["losses"] == {"failed: playback redirects to another capture": 1}
