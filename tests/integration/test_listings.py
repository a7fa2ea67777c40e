"""Listings with every known trouble give the same files as listings without."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from crawler.archives.playback import ELSEWHERE
from tests.support.archive_double import ArchiveDouble, Behaviour, generated
from tests.support.double.cdx import ODD_ROWS
from tests.support.service import crawl, crawl_double, rows, sample_double, versions_of, write_companies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run
    from tests.support.service import Clean


def test_listing_repeated_overlapping_empty_and_odd_pages(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(repeat_every=2, overlap=1, empty_every=3, odd_rows=tuple(ODD_ROWS), pages_refused=True)
    run, double = crawl_double(behaviour, tmp_path / "output", LISTING_ROWS=8)
    assert run.status == 3, run.stderr
    assert set(run.report()["losses"]) == {f"failed: {ELSEWHERE}"}  # the rows that no file stands behind
    assert run.files() == clean.files()
    pages = double.requests("cdx")
    notes = [company["notes"] for company in run.report()["companies"]]
    assert all(note["listing row skipped: not a web address"] > 4 for note in notes)  # two odd rows for each page
    assert len([page for page in pages if "resumeKey=" in page.path]) >= 5
    assert all("limit=8&" in page.path for page in pages)


def test_listing_old_resume_keys_inclusive_and_repeated(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(key_format="old", key_inclusive=True, key_on_exact_fit=True, key_returns_after=-1)
    run, double = crawl_double(behaviour, tmp_path / "output", LISTING_ROWS=4)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(clean.run)
    keys = [entry.path.partition("resumeKey=")[2] for entry in double.requests("cdx")]
    assert any("%252C" in key for key in keys)  # the old key is percent-encoded, and is encoded again


def test_listing_repeated_key_continues_year_by_year(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(key_returns_after=2)
    run, double = crawl_double(behaviour, tmp_path / "output", "companies=northlane.example", LISTING_ROWS=5)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("northlane.example")
    assert len(double.requests("cdx")) < 50


def test_listing_repeated_key_within_a_year_is_loss(tmp_path: Path) -> None:
    page = "http://larkfield.example/000000/privacy"
    companies = write_companies(tmp_path / "companies.yaml", "larkfield.example", pages=[page])
    with ArchiveDouble(generated(40, "larkfield.example"), Behaviour(key_returns_after=1)) as double:
        run = crawl(double.url, tmp_path / "output", "since=2000", "until=2000", "plan=1", COMPANIES_FILE=companies,
                    LISTING_ROWS=5)  # fmt: skip
    assert run.status == 3
    assert run.report()["losses"] == {f"listing: its resume keys go in a circle: exact {page} 2000 to 2000": 1}


def test_listing_refused_in_bulk_finds_policy(clean: Clean, tmp_path: Path) -> None:
    refused = frozenset({"domain", "host"})
    behaviour = Behaviour(refused=refused, redirect_years=1)  # where a redirect leads so far away, others have the text
    run, double = crawl_double(behaviour, tmp_path / "output", "companies=larkfield.example")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("larkfield.example")
    assert {entry.path.partition("matchType=")[2].partition("&")[0] for entry in double.requests("cdx")} == {
        "exact", "prefix",
    }  # fmt: skip
    far = rows(
        tmp_path / "output", "SELECT timestamp FROM captures WHERE cause LIKE 'the nearest memento is more than%'"
    )
    assert far == [("20120410115959",)]


def test_listing_always_refused_uses_playback(clean: Clean, tmp_path: Path) -> None:
    with sample_double(Behaviour(refused=frozenset({"domain", "host", "prefix", "exact"}))) as double:
        run = crawl(double.url, tmp_path / "output", "companies=larkfield.example,northlane.example")
        asked = run.report()["requests"]["nearest"]
        again = crawl(double.url, tmp_path / "output", "companies=larkfield.example,northlane.example")
    assert run.status == again.status == 0, run.stderr
    assert bodies(run.files()) <= bodies(clean.files("larkfield.example", "northlane.example"))
    assert len(run.files()) == 7  # of nine different texts, two are at an address that nothing led to
    assert again.files() == run.files()
    assert again.report()["requests"]["nearest"] < asked  # half-years with a known capture are not asked for


def bodies(files: dict[str, bytes]) -> set[bytes]:
    """Return the texts below their headers, without the targets of their links."""
    return {re.sub(rb"\]\([^)]*\)", b"]", text.partition(b"\n")[2]) for text in files.values()}


def test_listing_refused_is_loss_unless_excluded(tmp_path: Path) -> None:
    companies = write_companies(
        tmp_path / "companies.yaml", "elsewhere.example", "larkfield.example", "quillbox.example"
    )
    behaviour = Behaviour(
        refused=frozenset({"domain", "host", "prefix", "exact"}),
        excluded=frozenset({"larkfield.example"}), excluded_status=403, robots=frozenset({"quillbox.example"}),
    )  # fmt: skip
    run, _ = crawl_double(behaviour, tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == 3
    assert run.report()["losses"] == {"listing: refused, and nothing found by narrower questions": 1}
    assert "refused" in run.stdout
    notes = {company["name"]: set(company["notes"]) for company in run.report()["companies"]}
    said = {"site excluded", "robots.txt"}
    assert {name: found & said for name, found in notes.items()} == {
        "Elsewhere": set(), "Larkfield": {"site excluded"}, "Quillbox": {"robots.txt"},
    }  # fmt: skip


def test_listing_excluded_and_robots_differ_and_loops_end(clean: Clean, tmp_path: Path) -> None:
    shut = Behaviour(
        excluded=frozenset({"larkfield.example"}), robots=frozenset({"quillbox.example"}), loops="pepperrack"
    )
    run, _ = crawl_double(shut, tmp_path / "output")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("northlane.example", "wolkenwerft.example", "wolkenwerft-hosting.example")
    notes = {company["name"]: list(company["notes"]) for company in run.report()["companies"]}
    assert notes["Larkfield Hosting"] == ["the archive excludes this site: exact by month larkfield.example"]
    assert notes["Quillbox"] == ["the archive excludes this site for its robots.txt: exact by month quillbox.example"]
    causes = rows(tmp_path / "output", "SELECT DISTINCT cause FROM captures WHERE domain = 'pepperrack.example'")
    assert ("redirect loop",) in causes


PAGE = "http://larkfield.example/000000/privacy"


def plan(double: ArchiveDouble, folder: Path, **settings: object) -> Run:
    """List a given page of 21 captures, four rows a page."""
    companies = write_companies(folder / "companies.yaml", "larkfield.example", pages=[PAGE])
    return crawl(double.url, folder / "output", "plan=1", COMPANIES_FILE=companies, LISTING_ROWS=4, **settings)


def lose_after_two_pages(double: ArchiveDouble, folder: Path) -> None:
    double.behaviour = Behaviour(cdx_limit=2, limit_window=3600)
    lost = plan(double, folder, COOLDOWN_GIVE_UP_SECONDS=0.5)
    assert lost.status == 3
    assert "has refused for" in lost.report()["reason"]
    double.behaviour = Behaviour()


def resume_keys(double: ArchiveDouble) -> list[str]:
    asked = [entry.path for entry in double.requests("cdx") if entry.status == 200 and "000000%2Fprivacy" in entry.path]
    return [path.partition("resumeKey=")[2] for path in asked]


def test_listing_interrupted_continues_at_resume_key(tmp_path: Path) -> None:
    with ArchiveDouble(generated(21, "larkfield.example")) as double:
        lose_after_two_pages(double, tmp_path)
        run = plan(double, tmp_path)
        keys = resume_keys(double)
    assert run.status == 0
    assert len(set(keys)) == len(keys) == 6
    assert rows(tmp_path / "output", "SELECT count(*) FROM captures") == [(21,)]


def test_listing_rejected_resume_key_starts_again(tmp_path: Path) -> None:
    with ArchiveDouble(generated(21, "larkfield.example")) as double:
        lose_after_two_pages(double, tmp_path)
        with closing(sqlite3.connect(tmp_path / "output" / "catalog.db")) as catalog, catalog:
            catalog.execute("UPDATE listings SET resume_key = 'of another server' WHERE resume_key IS NOT NULL")
        run = plan(double, tmp_path)
    assert run.status == 0, run.stderr
    assert rows(tmp_path / "output", "SELECT count(*) FROM captures") == [(21,)]


def test_listing_of_one_page_beyond_two_result_pages_is_asked_by_day(tmp_path: Path) -> None:
    page = "http://larkfield.example/000000/privacy"
    companies = write_companies(tmp_path / "companies.yaml", "larkfield.example", pages=[page])
    with ArchiveDouble(generated(200, "larkfield.example")) as double:  # four captures a day
        by_day = crawl(
            double.url, tmp_path / "by day", "plan=1", versions="changes", COMPANIES_FILE=companies, LISTING_ROWS=20
        )
        asked = [entry.path for entry in double.requests("cdx") if "000000%2Fprivacy" in entry.path]
        whole = crawl(double.url, tmp_path / "all", "plan=1", versions="all", COMPANIES_FILE=companies, LISTING_ROWS=20)
    assert by_day.status == whole.status == 0
    assert ["collapse=timestamp%3A8" in path for path in asked] == [False, False, True, True, True]
    assert rows(tmp_path / "by day", "SELECT count(DISTINCT substr(timestamp, 1, 8)) FROM captures") == [(50,)]
    assert rows(tmp_path / "all", "SELECT count(*) FROM captures") == [(200,)]  # versions=all wants every capture
