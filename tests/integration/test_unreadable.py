"""What stays impossible ends: captures that can't be read for a cause of their own are given up after several runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_double import ArchiveDouble, Behaviour, Held, memento
from tests.support.commands import scrapy
from tests.support.hostile import POLICY
from tests.support.service import crawl, rows, write_companies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

DOMAIN = "acme.example"
PAGE, MOVED = f"http://{DOMAIN}/privacy", f"http://{DOMAIN}/privacy-policy"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>end"
OWN = {"2002": "short", "2003": "cut gzip", "2004": "unknown coding", "2005": "long header", "2006": "cut"}
PASSING = {"2011": "torn", "2012": "503", "2013": "403"}
CAUSES = {
    "2002": "body cut short",
    "2003": "compressed body without its end",
    "2004": "content coding that can't be undone: zz",
    "2005": "headers too long",
    "2006": "connection cut",
    "2007": "playback redirects to another capture",
    "2008": "cut when it was captured (at exactly 1 MiB)",
    "2009": "cut short pdf: the PDF can't be opened (Failed to load document (PDFium: Data format error).), and its end is "
    "missing",
}
"""Causes of the capture's own, by year."""


def faults(of: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"/web/{year}.*/privacy$", fault) for year, fault in of.items())


SPOILED = Behaviour(faults_at=faults(OWN | PASSING), offline="^2007", missing_length=False, short_by=7)


def body(year: int) -> str | bytes:
    text = POLICY.format(name=f"Acme {year}")
    return {2008: text.ljust(1 << 20).encode(), 2009: PDF}.get(year, text)


HELD = Held(
    memento(MOVED if year in {2000, 2007} else PAGE, f"{year}0301000000", body(year))
    for year in (*range(2000, 2010), *range(2011, 2015))
)


def crawled(double: ArchiveDouble, output: Path, *arguments: str, **settings: object) -> Run:
    companies = write_companies(output.parent / "companies.yaml", DOMAIN)
    hurried = {"RETRY_SECONDS": 0.01, "GIVE_UP_RUNS": 3, "COMPANIES_FILE": companies, **settings}
    return crawl(double.url, output, *arguments, **hurried)


def fates(run: Run, archive: str = "") -> dict[str, tuple[str, str]]:
    """Return fate and cause of the policy's captures by year."""
    found = rows(run.output, "SELECT substr(timestamp, 1, 4), fate, cause, archive FROM captures")
    return {year: (fate, cause or "") for year, fate, cause, of in found if archive in of}


def asked(double: ArchiveDouble, since: int) -> list[str]:
    """Return the years of the captures that the double was asked for after so many requests."""
    return [entry.path.split("/web/")[1][:4] for entry in double.log[since:] if entry.kind == "playback"]


def test_captures_that_stay_impossible_become_unreadable(tmp_path: Path) -> None:
    """Three runs in which the archive is healthy, and one between them in which it gives 503 for everything."""
    output = tmp_path / "output"
    with ArchiveDouble(HELD, SPOILED) as double:
        for number in range(1, 5):
            double.behaviour = Behaviour(faults_at=(("", "503"),)) if number == 2 else SPOILED
            before = len(double.log)
            run = crawled(double, output)
            assert run.status == 3, run.stderr
            if number > 2:
                years = asked(double, before)
                assert [years.count(year) for year in ("2002", "2006", "2011", "2001", "2014")] == [3, 3, 6, 0, 1], (
                    years
                )
            if number == 3:  # of three runs, one does not count
                assert {fate for year, (fate, _) in fates(run).items() if year in CAUSES} == {
                    "cut short",
                    "failed",
                    "unreadable",
                }
                assert fates(run)["2007"] == ("unreadable", CAUSES["2007"])  # a pointer takes two runs
        found = fates(run)
        assert {year: found[year] for year in CAUSES} == {year: ("unreadable", cause) for year, cause in CAUSES.items()}
        assert {found[year][0] for year in PASSING} == {"cut short", "failed"}
        check_words(run)
        rebuilt = scrapy("convert", "--from-warc", output=output)
        assert rebuilt.status == 0  # what can't be converted stays given up, and is no new loss
        assert "scrapy convert: " not in rebuilt.stderr
        assert fates(run) == found
        second_archive_reads_all_but_what_the_pages_lack(output)
        after(double, output)


def check_words(run: Run) -> None:
    """The catalog, run.json, status and the report say which captures were given up, and why."""
    report = run.report()
    assert report["unreadable"] == report["companies"][0]["unreadable"] == dict.fromkeys(sorted(CAUSES.values()), 1)
    assert report["companies"][0]["fates"]["unreadable"] == len(CAUSES)
    assert set(report["losses"]) == {"cut short: body cut short", "failed: archive offline",
                                     "failed: HTTP 403 without memento"}  # fmt: skip
    assert "7 captures given up as unreadable" in run.stdout
    shown = scrapy("status", output=run.output).stdout
    assert f"{len(CAUSES)} captures, the same way in each run" in shown
    assert "1 capture headers too long" in shown
    assert scrapy("report", output=run.output).status == 0
    page = (run.output / "report" / "index.html").read_text()
    assert "unreadable" in page
    assert "headers too long" in page


def second_archive_reads_all_but_what_the_pages_lack(output: Path) -> None:
    """What one archive can't give is asked of another, and counted for that one alone."""
    with ArchiveDouble(HELD) as other:
        run = crawled(other, output)
        found = fates(run, other.url)
    assert {fate for fate, _ in found.values()} - {"same text"} == {"stored", "cut short"}
    assert {year for year, (fate, _) in found.items() if fate == "cut short"} == {"2008", "2009"}


def after(double: ArchiveDouble, output: Path) -> None:
    """Once only the unreadable ones are left nothing is asked and the status is 0; `retry=` asks, and takes what comes."""
    double.behaviour = replace(SPOILED, faults_at=faults(OWN))
    assert crawled(double, output).status == 0
    before = len(double.log)
    run = crawled(double, output)
    assert (run.status, asked(double, before)) == (0, [])
    again = crawled(double, output, "retry=unreadable")
    assert again.status == 0, again.stderr
    assert {year: found for year, found in fates(again, double.url).items() if found[0] == "unreadable"} == {
        year: ("unreadable", cause) for year, cause in CAUSES.items()
    }
    double.behaviour = Behaviour()
    mended = crawled(double, output, "retry=unreadable")
    assert mended.status == 0, mended.stderr
    left = [year for year, (fate, _) in fates(mended, double.url).items() if fate == "unreadable"]
    assert left == ["2008", "2009"]
    with closing(sqlite3.connect(output / "catalog.db")) as db, db:
        db.execute("UPDATE defects SET converter_version = 'older' WHERE converter_version <> ''")
    anew = crawled(double, output)
    assert anew.status == 3  # what an older converter could not read is tried anew, and counted from one
    assert [fates(anew, double.url)[year][0] for year in left] == ["unreadable", "cut short"]


@pytest.mark.parametrize("value", ["unreadble", "1", "all", "unreadable,missing"])
def test_wrong_retry_is_refused(value: str, tmp_path: Path) -> None:
    run = scrapy("crawl", "policies", "-a", "archive=sample", "-a", f"retry={value}", output=tmp_path / "output")
    assert run.status == 2
    assert run.stderr.count("\n") == 1
    assert f"-a retry={value}: use unreadable, or leave it out" in run.stderr
