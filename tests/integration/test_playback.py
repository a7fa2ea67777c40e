"""Playback with every known trouble: what is read is what was archived, and nothing is read twice."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from scrapy.http import Request, Response

from crawler import settings
from crawler.archives.playback import ELSEWHERE, is_busy
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware
from crawler.pacing.backoff import SAME_DEFECT_TRIES
from tests.support.archive_double import ArchiveDouble, Behaviour, Payload, WarcHoldings
from tests.support.double.faults import OFFLINE
from tests.support.service import WARC, crawl, crawl_double, rows, sample_double, versions_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.items import Capture
    from tests.support.service import Clean

PEPPERRACK = "companies=pepperrack.example"


def test_playback_every_content_encoding(clean: Clean, tmp_path: Path) -> None:
    run, _ = crawl_double(Behaviour(encoding="mixed", location="schemeless"), tmp_path / "output")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(clean.run)


def test_playback_encoded_error_page_is_recognised() -> None:
    packed = Response("http://a.example", body=gzip.compress(OFFLINE), headers={"Content-Encoding": "gzip"})
    assert not is_busy(packed)
    assert is_busy(DecodeBodyMiddleware(1 << 20).process_response(Request("http://a.example"), packed))
    order = {name.rpartition(".")[2]: place or 0 for name, place in settings.DOWNLOADER_MIDDLEWARES.items()}
    nearer = {name for name, place in order.items() if place > order["DecodeBodyMiddleware"]}
    assert nearer == {"ReplayMiddleware"}  # the higher, the nearer to the downloader


def test_playback_serves_one_of_two_digests_in_a_second(clean: Clean, tmp_path: Path) -> None:
    run, _ = crawl_double(Behaviour(twin_every=2, unknown_length=True), tmp_path / "output")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    found, expected = ([{**v, "captures": 0} for v in versions_of(each)] for each in (run, clean.run))
    assert found == expected
    for version, alone in zip(run.versions(), clean.run.versions(), strict=True):  # both rows of a second count
        assert alone["captures"] <= version["captures"] <= 2 * alone["captures"]
    twins = rows(
        tmp_path / "output",
        "SELECT fate, cause, count(*) FROM captures WHERE cause LIKE 'playback serves%' AND urlkey NOT LIKE '%)/' GROUP BY 1, 2",
    )
    assert [(fate, cause) for fate, cause, _ in twins] == [
        ("missing", "playback serves another capture of the same second")
    ]
    seconds = (
        "SELECT count(*) FROM captures WHERE urlkey NOT LIKE '%)/' "  # of home pages, not all are asked for
        "GROUP BY domain, urlkey, timestamp HAVING count(*) = 2"
    )
    assert len(rows(tmp_path / "output", seconds)) - 2 <= twins[0][2]  # one second is lost; of redirects both are read
    assert twins[0][2] > 20


LOST = "20160427171717"


class Unsure(WarcHoldings):
    """Holdings that list a capture with an unknown status and have lost it."""

    def __getitem__(self, index: int) -> Capture:
        row = super().__getitem__(index)
        return replace(row, statuscode="-") if row.timestamp == LOST else row

    def load(self, index: int) -> Payload | None:
        return None if self[index].timestamp == LOST else super().load(index)


def test_playback_redirect_target_is_fetched_once(tmp_path: Path) -> None:
    with ArchiveDouble(Unsure(WARC), Behaviour(lost_redirects=True)) as double:
        run = crawl(double.url, tmp_path / "output", PEPPERRACK, CONCURRENT_REQUESTS_PER_DOMAIN=1)
        mementos = Counter(entry.path for entry in double.requests("playback"))
    assert run.status == 0, run.stderr
    assert set(mementos.values()) == {1}
    read = rows(tmp_path / "output", "SELECT timestamp, memento_timestamp FROM captures WHERE memento_url IS NOT NULL")
    assert (LOST, "20151120080808") in read
    assert any("/web/20151120080808id_/" in path for path in mementos)


def test_playback_offline_file_is_requested_at_the_end_and_in_the_next_run(clean: Clean, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with sample_double(Behaviour(offline=LOST)) as double:
        first = crawl(double.url, output)
        report = first.report()
        paths = [entry.path for entry in double.requests("playback")]
        double.behaviour = Behaviour()
        second = crawl(double.url, output)
    assert first.status == 3, first.stderr
    assert report["losses"] == {f"failed: {ELSEWHERE}": 1}
    assert report["unfinished"] == []
    asked = [number for number, path in enumerate(paths) if f"/web/{LOST}id_/" in path]
    assert len(asked) == 2
    assert asked[1] == len(paths) - 1  # after all other companies' pages
    assert second.status == 0, second.stderr
    assert second.files() == clean.files()
    assert versions_of(second) == versions_of(clean.run)


def test_playback_offline_file_that_comes_back_is_no_loss(clean: Clean, tmp_path: Path) -> None:
    class Returning(WarcHoldings):
        """Holdings of which one capture is lost until it has been asked for."""

        def load(self, index: int) -> Payload | None:
            was_asked = any(f"/web/{LOST}id_/" in entry.path for entry in double.log)
            return super().load(index) if was_asked or self[index].timestamp != LOST else None

    with ArchiveDouble(Returning(WARC), Behaviour(lost_redirects=True)) as double:
        run = crawl(double.url, tmp_path / "output")
    assert run.status == 0, run.stderr
    assert run.report()["losses"] == {}
    assert run.files() == clean.files()
    assert versions_of(run) == versions_of(clean.run)


def test_playback_body_cut_at_capture_is_open_loss(clean: Clean, tmp_path: Path) -> None:
    run, double = crawl_double(Behaviour(cut_at_1_mib=True), tmp_path / "output", PEPPERRACK)
    assert run.status == 3, run.stderr
    assert run.files() == {}
    assert run.versions() == []
    assert set(run.report()["losses"]) == {"cut short: cut when it was captured (WARC-Truncated: length)"}
    assert max(Counter(entry.path for entry in double.requests("playback")).values()) == 1
    again, _ = crawl_double(Behaviour(), tmp_path / "output", PEPPERRACK)
    assert again.status == 0, again.stderr
    assert again.files() == clean.files("pepperrack.example")


def test_playback_gzip_without_end_is_retried(clean: Clean, tmp_path: Path) -> None:
    behaviour = Behaviour(playback_first=("short",), encoding="gzip", unknown_length=True)
    run, double = crawl_double(behaviour, tmp_path / "output", PEPPERRACK)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("pepperrack.example")
    assert "compressed body without its end for " in run.stderr
    assert max(Counter(entry.path for entry in double.requests("playback")).values()) == 2


@pytest.mark.parametrize("fault", ["short", "cut", "empty"])
def test_playback_permanent_failure_is_open_loss(clean: Clean, tmp_path: Path, fault: str) -> None:
    with sample_double(
        Behaviour(playback_first=(fault,) * SAME_DEFECT_TRIES, unknown_length=fault == "empty")
    ) as double:
        lost = crawl(double.url, tmp_path / "output", PEPPERRACK)
        losses, files = lost.report()["losses"], lost.files()
        run = crawl(double.url, tmp_path / "output", PEPPERRACK)
    assert lost.status == 3
    assert files == {}
    assert losses
    assert all(loss.startswith("cut short: ") for loss in losses)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("pepperrack.example")
