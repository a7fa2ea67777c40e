"""A real pywb over the sample WARC and over the WARC files that a run writes."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from crawler.archives.opening import SAMPLE
from tests.integration.test_rebuild_from_warc import twice
from tests.support.archive_double import ArchiveDouble
from tests.support.commands import Run, scrapy
from tests.support.proven import BODIES, URL, evidence_of, proven_folder
from tests.support.pywb import add_wacz, pywb
from tests.support.selftest import PAGE, holdings, warc_of
from tests.support.service import Clean, crawl, rows

WACZ = "example.com-20170101000000.wacz"
UNPACED = {"CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 0}


def test_pywb_crawl_gives_same_text_files(pywb_bin: Path, tmp_path: Path, clean: Clean) -> None:
    with pywb(pywb_bin, tmp_path, SAMPLE / "sample.warc.gz") as archive:
        arguments = ("-a", f"archive={archive}", "-a", "versions=all")
        companies = {"COMPANIES_FILE": SAMPLE / "companies.yaml"}
        run = scrapy("crawl", "policies", *arguments, output=tmp_path / "output", **UNPACED, **companies)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    here, there = ([_text_and_dates(version) for version in r.versions()] for r in (run, clean.run))
    assert here == there


def _text_and_dates(version: dict[str, Any]) -> dict[str, Any]:
    """Leave out where a version was read, and what a capture that is listed but lost adds to it.

    For a revisit whose original is lost, pywb plays back the neighbour, where others say that they have none.
    """
    left_out = {"source_url", "archive", "recorded"}
    if version["page"].startswith("example,pepperrack)"):
        left_out |= {"last_seen", "captures"}
    return {name: value for name, value in version.items() if name not in left_out}


def test_selftest_of_pywb(pywb_bin: Path, tmp_path: Path) -> None:
    """Pywb knows no `collapse`, and its own kinds of `filter` and `limit`; its playback is nearly the Wayback Machine's."""
    (tmp_path / "page.warc.gz").write_bytes(warc_of(holdings()))
    with pywb(pywb_bin, tmp_path, tmp_path / "page.warc.gz") as archive:
        arguments = ("-a", f"archive={archive}", "-a", f"url={PAGE}", "--folder", str(tmp_path / "selftest"))
        run = scrapy("selftest", *arguments, output=tmp_path / "output", **UNPACED)
    assert run.status == 3, run.stderr
    seen = {name: next(line for line in run.stdout.splitlines() if line.startswith(name)) for name in _SEEN_OF_PYWB}
    assert {name: words for name, words in _SEEN_OF_PYWB.items() if words not in seen[name]} == {}, run.stdout
    assert "Traceback" not in run.stderr


_SEEN_OF_PYWB = {
    "collapse=timestamp:6": "differs   ignored: 200 rows of 40 months",
    "filter=urlkey, prefix": "differs   5 of 5 rows that don't match",
    "limit=-N": "differs   no rows",
    "resume key in JSON": "not seen  pywb has none",
    "next page": "not seen  not asked",
    "fl: seven fields": "not seen  pywb names each field in each row",
    "page never archived": "held      HTTP 404, with the known sentence",
    "Memento-Datetime": "held      Sat, 01 Jan 2000 00:00:00 GMT",
    "Link: original": "held      http://page.example/",
    "id_: raw body": "held      its SHA-1 is the digest of its row",
    "nearest capture": "differs   the memento of 20000101000000 at once: HTTP 200",
    "archived redirect": "differs   Location 'http://page.example/home'",
    "stored in WARC": "held      3 of 3 mementos",
}


def test_pywb_replays_stored_mementos_and_wacz(pywb_bin: Path, tmp_path: Path, sample_run: Run) -> None:
    kept = sorted((sample_run.output / "warc").glob("*.warc.gz"))
    assert kept
    copies = [Path(shutil.copy(path, tmp_path)) for path in kept]
    (tmp_path / "e.wacz").write_bytes(evidence_of(proven_folder(tmp_path / "proven"), 2)[WACZ])
    add_wacz(pywb_bin, tmp_path, "evidence", tmp_path / "e.wacz")
    with pywb(pywb_bin, tmp_path, *copies) as archive:
        base = archive.removeprefix("pywb+")
        for timestamp, body in BODIES.items():  # one of them is that of a revisit
            address = f"{base.removesuffix('/policies')}/evidence/{timestamp}id_/{URL}"
            with urllib.request.urlopen(address, timeout=120) as response:
                assert response.read() == body
        for version in sample_run.versions():
            url = version["snapshot_url"].partition("id_/")[2].replace("%3A", ":")
            with urllib.request.urlopen(f"{base}/{version['timestamp']}id_/{url}", timeout=120) as response:
                body = response.read()
            assert response.headers["Memento-Datetime"]
            assert b"<" in body


def test_pywb_crawl_of_stored_mementos_gives_same_texts(pywb_bin: Path, tmp_path: Path) -> None:
    with ArchiveDouble(twice()) as double:
        first = crawl(double.url, tmp_path / "first", "companies=northlane.example")
    copies = [Path(shutil.copy(path, tmp_path)) for path in (first.output / "warc").glob("*.warc.gz")]
    with pywb(pywb_bin, tmp_path, *copies) as archive:
        second = crawl(archive, tmp_path / "second", "companies=northlane.example")
        base = archive.removeprefix("pywb+")
        both = f"arquivo+{base},timemap+{base}/timemap/link"
        third = crawl(both, tmp_path / "third", "companies=northlane.example")
    assert third.status == 0, third.stderr
    assert third.files() == first.files()
    assert [version["text_sha256"] for version in third.versions()] == [v["text_sha256"] for v in second.versions()]
    of_timemap = rows(third.output, "SELECT timestamp, locator, fate FROM captures WHERE archive LIKE 'timemap+%'")
    assert {timestamp for timestamp, _, _ in of_timemap} >= {v["timestamp"] for v in third.versions()}
    assert all(locator.startswith(f"{base}/") and fate for _, locator, fate in of_timemap)
    assert third.report()["archives"][1]["requests"]["playback"]
    assert (first.status, second.status) == (0, 0), second.stderr
    assert len(first.files()) == 2
    assert second.files() == first.files()
    assert [v["captures"] for v in second.versions()] == [1, 1, 1]  # the revisit record among them
