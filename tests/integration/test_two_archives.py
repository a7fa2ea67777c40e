"""Two archives in one output folder: one history of each page, each archive's own word on what is missing, in any order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.sample.build import render
from tests.sample.captures import CAPTURES
from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.commands import scrapy
from tests.support.service import WARC, crawl, rows
from tests.support.warcs import Exchange, warc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.archive_double import Payload
    from tests.support.commands import Run

RECORDED = {"recorded", "run", "retrieved", "file", "offset", "length", "payload_file", "payload_offset"}
"""Columns that depend on when something was fetched."""


class Emptied(WarcHoldings):
    """An archive that lists the sample's captures and has none of them."""

    def load(self, index: int) -> Payload | None:  # noqa: ARG002 - of every capture
        return None


def state(output: Path, archive: str = "") -> dict[str, Any]:
    """Return what a folder holds of captures, mementos, documents and versions, without moments of our own.

    Of captures, fates and pages only those of one archive if it is given.
    """
    found: dict[str, Any] = {str(path.relative_to(output)): path.read_bytes() for path in output.glob("text/*/*.txt")}
    with closing(sqlite3.connect(output / "catalog.db")) as db:
        db.row_factory = sqlite3.Row
        for table in ("captures", "mementos", "documents", "pages", "versions", "fates"):
            read = (
                {name: value for name, value in dict(row).items() if name not in RECORDED or table == "documents"}
                for row in db.execute(f"SELECT * FROM {table}")  # noqa: S608 - constants
            )
            found[table] = sorted(str(row) for row in read if row.get("archive", archive) == archive or not archive)
    return found


def crawl_in_turn(output: Path, *archives: str, arguments: tuple[str, ...] = (), versions: str = "all") -> Run:
    """Crawl archives into a folder, one after the other; return the last run."""
    for archive in archives:
        run = crawl(archive, output, *arguments, versions=versions)
        assert run.status == 0, run.stderr
    return run


def crawl_in_both_orders(tmp_path: Path, sample_run: Run, other: str) -> tuple[Run, Run]:
    """Crawl another archive into a folder that has the sample, and both into another; return the last run of each."""
    there = crawl_in_turn(sample_run.copied_to(tmp_path / "there"), other)
    return there, crawl_in_turn(tmp_path / "back", other, "sample")


def test_archive_that_has_nothing_takes_no_version(sample_run: Run, tmp_path: Path) -> None:
    with ArchiveDouble(Emptied(WARC), Behaviour()) as double:
        runs = crawl_in_both_orders(tmp_path, sample_run, double.url)
    # what the empty archive was asked for depends on the links that are known by then
    assert state(runs[0].output, "sample") == state(runs[1].output, "sample")
    assert runs[0].files() == sample_run.files()
    assert len(runs[0].versions()) == 25
    missing = rows(runs[0].output, "SELECT archive, count(*) FROM captures WHERE fate = 'missing' GROUP BY archive")
    assert dict(missing).keys() >= {double.url}
    assert dict(missing)[double.url] > 40


def test_plan_of_one_archive_and_crawl_of_another_keep_the_versions(sample_run: Run, tmp_path: Path) -> None:
    plan = scrapy("crawl", "policies", "-a", "archive=sample", "-a", "plan=1", output=tmp_path / "output")
    assert plan.status == 0
    with ArchiveDouble(Emptied(WARC), Behaviour()) as double:
        other = crawl(double.url, tmp_path / "output")
    assert (other.status, other.versions()) == (0, [])
    run = crawl("sample", tmp_path / "output")
    assert run.status == 0
    assert (run.files(), len(run.versions())) == (sample_run.files(), 25)


def test_excluded_by_one_archive_is_read_from_the_other(sample_run: Run, tmp_path: Path) -> None:
    excluded = Behaviour(excluded=frozenset({"northlane.example", "quillbox.example"}))
    with ArchiveDouble(WarcHoldings(WARC), excluded) as double:
        runs = crawl_in_both_orders(tmp_path, sample_run, double.url)
    assert state(runs[0].output) == state(runs[1].output)
    assert runs[0].files() == sample_run.files()


@pytest.mark.parametrize("versions", ["all", "changes"])
def test_archives_that_contradict_each_other_give_one_history(tmp_path: Path, versions: str) -> None:
    """The other archive has Northlane's policies of the same seconds with another sentence, and a 404 for the latest."""
    theirs = [spec for spec in CAPTURES if "northlane" in spec.url and spec.page.startswith("northlane-20")]
    exchanges = [
        Exchange(spec.timestamp, render(spec).replace(b"</p>", b" Another archive says so.</p>", 1), url=spec.url)
        for spec in theirs
        if not spec.revisit_of
    ]
    exchanges[-1] = Exchange(exchanges[-1].timestamp, b"<p>Gone.</p>", url=exchanges[-1].url, status="404 Not Found")
    other = tmp_path / "other.warc.gz"
    other.write_bytes(warc(exchanges).data)
    asked: Any = {"arguments": ("companies=northlane.example",), "versions": versions}
    runs = (
        crawl_in_turn(tmp_path / "there", "sample", str(other), **asked),
        crawl_in_turn(tmp_path / "back", str(other), "sample", **asked),
    )
    assert state(runs[0].output) == state(runs[1].output)
    found = [version for version in runs[0].versions() if version["domain"] == "northlane.example"]
    assert {version["archive"] for version in found} == {"sample", str(other)}
    assert len(found) > 5
    moments = [(version["page"], version["variant"] or "", version["first_seen"]) for version in found]
    assert moments == sorted(moments)  # what one archive says and the other does not are variants: they take turns
