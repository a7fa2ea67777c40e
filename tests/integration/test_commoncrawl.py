"""Crawls of Common Crawl: the same texts and versions as from the Wayback Machine, and its manners when it says slow down."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from crawler.archives.warc_records import read_captures
from tests.support.archive_double import ArchiveDouble, WarcHoldings
from tests.support.commoncrawl_double import CommonCrawlDouble
from tests.support.service import crawl, rows, versions_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

PAGE = "https://opencollective.com/privacypolicy"
FEW = 8
"""Each which real capture of the page is taken: enough for its texts, and few for the processor."""
UNHURRIED = {"COMMONCRAWL_CALLS_PER_MINUTE": 0, "COMMONCRAWL_RECORDS_PER_SECOND": 0}


def part_of(real_captures: Path, path: Path) -> Path:
    """Write some of one company's captures to a WARC file of their own."""
    data = real_captures.read_bytes()
    chosen = [each for each in read_captures(real_captures) if each.url == PAGE][::FEW]
    path.write_bytes(b"".join(data[each.offset : each.offset + each.length] for each in chosen))
    return path


def crawl_common_crawl(url: str, output: Path, *arguments: str, **settings: object) -> Run:
    addresses = {f"COMMONCRAWL_{name}_URL": url for name in ("INDEX", "DATA")} | settings
    return crawl(
        "commoncrawl", output, "domain=opencollective.com", *arguments, versions="changes", **UNHURRIED, **addresses
    )


def test_common_crawl_gives_the_texts_and_versions_of_the_wayback_machine(real_captures: Path, tmp_path: Path) -> None:
    """On the way it is busy, closes connections without a word, and has a file offline; one connection at a time is used."""
    captures = part_of(real_captures, tmp_path / "captures.warc.gz")
    double = CommonCrawlDouble(captures)
    double.faults = {
        f"/{double.crawls[1]}-index": deque([(503, {}, b""), None]),
        f"/crawl-data/{double.crawls[0]}": deque(
            [(503, {}, b"<Error><Code>SlowDown</Code></Error>"), (200, {}, b"?" * 99)]
        ),
    }
    with double.served() as url:
        run = crawl_common_crawl(url, tmp_path / "output")
    assert run.status == 0, run.stderr
    with ArchiveDouble(WarcHoldings(captures)) as wayback:
        other = crawl(wayback.url, tmp_path / "wayback", "domain=opencollective.com", versions="changes")
    assert other.status == 0, other.stderr
    assert len(run.files()) > 2
    assert run.files() == other.files()
    assert versions_of(run) == versions_of(other)
    assert double.busiest == {"index": 1, "records": 1}
    assert double.asked.count("/collinfo.json") == 1
    assert all(not queue for queue in double.faults.values())
    (source,) = rows(run.output, "SELECT source_url FROM mementos ORDER BY timestamp LIMIT 1")[0]
    assert source.startswith(f"{url}/crawl-data/{double.crawls[0]}/")
    assert "#bytes=0-" in source
    pytest.importorskip("fsspec", reason="the extra commoncrawl is not installed")
    asked_before = len(double.asked)
    with double.served() as url:
        lists = ",".join(f"{url}/crawl-data/{name}/cc-index-table.paths.gz" for name in double.crawls)
        columns = crawl_common_crawl(url, tmp_path / "columns", COMMONCRAWL_PARQUET=lists)
    assert columns.status == 0, columns.stderr
    assert (columns.files(), versions_of(columns)) == (run.files(), versions_of(run))
    assert not any("-index?" in path or "collinfo" in path for path in double.asked[asked_before:])
