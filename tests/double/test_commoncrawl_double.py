"""The double of Common Crawl: this program's client and cdx_toolkit read the same of it, and both what was put in."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

from crawler.archives.base import Match, Query
from pipelines.items import Memento
from tests.sample.build import render
from tests.sample.captures import CAPTURES
from tests.support.commands import ROOT
from tests.support.commoncrawl_client import archive_at, fetched, listed, pages
from tests.support.commoncrawl_double import CommonCrawlDouble
from tests.support.service import WARC

if TYPE_CHECKING:
    from pathlib import Path

LARKFIELD = sorted((spec for spec in CAPTURES if "larkfield" in spec.url), key=lambda spec: (spec.timestamp, spec.url))
EMPTY = [f"CC-MAIN-{year}-{week:02}" for year in range(2022, 2028) for week in range(1, 14)]


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def test_client_reads_what_was_put_in() -> None:
    double = CommonCrawlDouble(WARC, EMPTY[:1])
    with double.served() as url:
        archive = archive_at(url)
        captures = listed(archive, Query("larkfield.example", Match.DOMAIN))
        page = next(each for each in captures if each.statuscode == "200" and "privacy" in each.original)
        found = fetched(archive, page.timestamp, page.original, page.locator)
        looked_up = fetched(archive, page.timestamp, page.original)
        filtered = listed(archive, Query("larkfield.example", Match.DOMAIN, filter="urlkey:.*privacy.*"))
        since = listed(archive, Query("www.larkfield.example", Match.EXACT, "2010", "2012"))
    assert sorted((each.timestamp, each.original) for each in captures) == [(s.timestamp, s.url) for s in LARKFIELD]
    assert isinstance(found, Memento)
    assert (found.body, found.status) == (looked_up.body, looked_up.status)
    assert found.body in {render(spec) for spec in LARKFIELD if spec.timestamp == page.timestamp}
    assert 0 < len(filtered) < len(captures)
    assert all("privacy" in each.urlkey for each in filtered)
    assert all("2010" <= each.timestamp[:4] <= "2012" for each in since)
    assert {crawl for crawl in double.crawls if any(f"/{crawl}-index" in path for path in double.asked)} == {
        *double.crawls
    }


def test_client_goes_on_in_the_crawl_where_it_stopped() -> None:
    double = CommonCrawlDouble(WARC)
    with double.served() as url:
        archive, query = archive_at(url), Query("larkfield.example", Match.DOMAIN)
        whole = pages(archive, query)
        middle = len(whole) // 2
        rest = pages(archive, query, whole[middle].resume_key)
    assert [page.captures for page in rest] == [page.captures for page in whole[middle + 1 :]]


def test_cdx_toolkit_reads_the_same(pywb_bin: Path) -> None:
    double = CommonCrawlDouble(WARC, EMPTY)
    with double.served() as url:
        command: list[str | Path] = [
            pywb_bin / "python",
            ROOT / "tests" / "support" / "readers.py",
            "cdx_toolkit_cc",
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=300)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        archive = archive_at(url)
        captures = listed(archive, Query("larkfield.example", Match.DOMAIN, "2010", "2020"))
        read = [
            fetched(archive, each.timestamp, each.original, each.locator)
            for each in captures
            if each.statuscode == "200" and each.mimetype == "text/html"
        ]
    assert found["crawls"] == len(double.crawls) > 60
    assert found["rows"] == [[each.timestamp, each.original, each.digest] for each in captures]
    assert found["contents"] == [_sha1(each.body) for each in read]
    assert len(read) > 2
