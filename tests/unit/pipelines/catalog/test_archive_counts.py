"""What each archive has given: counted from the catalog, and shown by status, the closing table, run.json and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.company_stats import CompanyStats
from crawler.console.run_tables import closing_table
from crawler.console.status import read_status, show
from crawler.run_stats import RunStats
from pipelines.catalog.archive_counts import ArchiveCounts, archive_counts, has_several_archives
from pipelines.catalog.read_only import reading
from pipelines.report.site import build
from tests.support.folders import DOMAIN, end_run, file, opened

if TYPE_CHECKING:
    from pathlib import Path

HERE, THERE = "wayback", "arquivo"
SEEN = [
    ("20100101000000", "a", HERE), ("20110101000000", "a", THERE), ("20120101000000", "b", THERE), ("20130101000000", "c", HERE),
    ("20140101000000", "c", HERE), ("20150101000000", "a", HERE),
]  # fmt: skip


def fill(root: Path, seen: list[tuple[str, str, str]] = SEEN) -> None:
    with opened(root, "2026-01-01T06:00:00.000000+00:00") as library:
        for timestamp, text, archive in seen:
            file(library, timestamp, text, archive=archive)
        end_run(library)


def test_archive_counts_tell_what_only_one_archive_has_given(tmp_path: Path) -> None:
    fill(tmp_path)
    with reading(tmp_path) as db:
        assert has_several_archives(db)
        counts = archive_counts(db)
        assert archive_counts(db, [DOMAIN]) == counts
        assert archive_counts(db, ["other.example"]) == []
    assert counts == [
        ArchiveCounts(THERE, captures=2, with_text=2, texts=2, versions=2, only_texts=1, only_versions=1),
        ArchiveCounts(HERE, captures=4, with_text=4, texts=2, versions=3, only_texts=1, only_versions=2),
    ]
    stats = RunStats(f"{HERE}, {THERE}", {"example.com": CompanyStats("Example", ("example.com",))}, (HERE, THERE))
    stats.archive_counts = counts
    stats.count_request("playback", THERE)
    stats.given_up_archives[THERE] = "the archive does not answer (timed out)"
    assert [(each["archive"], each["only_versions"], each["requests"]) for each in stats.as_json()["archives"]] == [
        (HERE, 2, {}),
        (THERE, 1, {"playback": 1}),
    ]
    said = "arquivo: 2 captures; 2 versions, 2 texts; 1 version and 1 text only from it"
    assert said in closing_table(stats)
    assert "arquivo: given up in this run: the archive does not answer (timed out)" in closing_table(stats)
    assert said in show(read_status(tmp_path))


def test_one_archive_is_not_told_apart(tmp_path: Path) -> None:
    fill(tmp_path, [each for each in SEEN if each[2] == HERE])
    assert "archives" not in show(read_status(tmp_path))
    build(tmp_path)
    (page,) = (tmp_path / "report" / "companies").glob("*.html")
    assert "What each archive has given" not in page.read_text()


def test_report_shows_which_archive_each_capture_is_from(tmp_path: Path) -> None:
    fill(tmp_path)
    build(tmp_path)
    (page,) = (tmp_path / "report" / "companies").glob("*.html")
    text = page.read_text()
    assert "What each archive has given" in text
    assert "arquivo: 2 captures; 2 versions, 2 texts; 1 version and 1 text only from it" in text
    rows = [line for line in text.splitlines() if line.startswith('<svg class="lane" width="100%" height="12"')]
    assert [line.count("v1") for line in rows] == [2, 4]
    assert text.index(f">{THERE}</p>") < text.index(f">{HERE}</p>")
