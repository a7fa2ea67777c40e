"""The same real captures over several archives: the texts and versions of one archive, whichever of them are down first."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.commands import ROOT
from tests.support.commoncrawl_double import CommonCrawlDouble
from tests.support.ports import free_port
from tests.support.service import crawl, rows
from tests.support.split_archives import split

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

DOMAINS = ("opencollective.com", "uptimerobot.com")
SHORT: dict[str, object] = {
    "DOWNLOAD_TIMEOUT": 3,
    "LISTING_TIMEOUT": 3,
    "CONVERSION_WORKERS": 2,
    "COMMONCRAWL_CALLS_PER_MINUTE": 0,
    "COMMONCRAWL_RECORDS_PER_SECOND": 0,
    "COMPANIES_FILE": ROOT / "tests" / "support" / "real_companies.yaml",
}


def test_archives_that_are_down_leave_the_others_work_whole_and_are_completed(
    tmp_path: Path, real_captures: Path, real_run: Run
) -> None:
    (index,) = (real_run.output / "index").glob("*.db")
    local, crawled, *parts = paths = [tmp_path / f"part{number}.warc.gz" for number in range(5)]
    split(real_captures, index, paths, DOMAINS, seed=17)
    port = free_port()
    with ExitStack() as doubles:
        busy, silent = (
            doubles.enter_context(ArchiveDouble(WarcHoldings(part), Behaviour(faults_at=((".", fault),))))
            for part, fault in zip(parts, ("503", "stall"), strict=False)
        )
        common_crawl = doubles.enter_context(CommonCrawlDouble(crawled).served())
        archives = [str(local), "commoncrawl", busy.url, silent.url, f"http://127.0.0.1:{port}"]
        options = f"companies={','.join(DOMAINS)}"
        settings = {**SHORT, **{f"COMMONCRAWL_{name}_URL": common_crawl for name in ("INDEX", "DATA")}}
        first = crawl(",".join(archives), tmp_path / "output", options, versions="changes", **settings)
        assert first.status == 3, first.stderr
        assert first.report()["unfinished"] == []
        assert {each["archive"]: bool(each["given_up"]) for each in first.report()["archives"]} == {
            name: name.startswith("http") for name in archives
        }
        assert texts(first) == texts_of(real_run, first)
        busy.behaviour = silent.behaviour = Behaviour()
        doubles.enter_context(ArchiveDouble(WarcHoldings(parts[2]), port=port))
        last = crawl(",".join(archives), tmp_path / "output", options, versions="changes", **settings)
    assert last.status == 0, last.stderr
    assert last.report()["losses"] == {}
    assert last.files() == {name: data for name, data in real_run.files().items() if name.startswith(DOMAINS)}
    assert versions(last) == [version for version in versions(real_run) if version[0] in DOMAINS]
    counts = {each["archive"]: each for each in last.report()["archives"]}
    assert all(each["captures"] for each in counts.values())
    assert counts[archives[0]]["requests"].get("kept", 0) == 0
    assert all(counts[name]["requests"]["playback"] < 40 for name in archives[2:])


def versions(run: Run) -> list[tuple[object, ...]]:
    names = "domain, page, number, first_seen, last_seen, text_sha256, captures, path"
    return rows(run.output, f"SELECT {names} FROM versions ORDER BY domain, page, number")  # noqa: S608 - constants


def texts(run: Run) -> set[str]:
    return {text for (text,) in rows(run.output, "SELECT text_sha256 FROM versions")}


def texts_of(whole: Run, part: Run) -> set[str]:
    """Return the texts of the captures that one run has listed, as the run of all of them has read each."""
    listed = set(rows(part.output, "SELECT urlkey, timestamp, digest FROM captures"))
    found = rows(whole.output, "SELECT urlkey, timestamp, digest, text_sha256 FROM captures")
    return {text for *key, text in found if text and tuple(key) in listed}
