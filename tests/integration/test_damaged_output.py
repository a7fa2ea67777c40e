"""An output folder that lost something, or was being rebuilt when it was killed: no text is lost, and a crawl mends it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.sample import outcome
from tests.support.archive_double import Behaviour
from tests.support.commands import ROOT, Run, scrapy
from tests.support.service import crawl, rows, sample_double, versions_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILLS = 5
DOMAINS = sorted({page.domain for page in outcome.PAGES})
CRAWL = ("crawl", "policies", "-a", "archive=sample", "-a", "versions=all")
CRAWL_CHANGES = (*CRAWL[:-1], "versions=changes")
CONVERT = ("convert", "--from-warc")


@pytest.fixture
def output(sample_run: Run, tmp_path: Path) -> Path:
    return sample_run.copied_to(tmp_path / "output")


def make_older(output: Path, text: str = "") -> None:
    """Let all documents be an older converter's: other texts, and `text` in their files."""
    with closing(sqlite3.connect(output / "catalog.db")) as db, db:
        db.execute("UPDATE documents SET converter_version = 'older'")
        for (sha,) in db.execute("SELECT DISTINCT text_sha256 FROM documents").fetchall():
            for table in ("documents", "captures"):
                db.execute(f"UPDATE {table} SET text_sha256 = ? WHERE text_sha256 = ?", (sha[::-1], sha))  # noqa: S608
    for file in (output / "text").rglob("*.txt"):
        file.write_text(text or file.read_text())


def warc_of(output: Path) -> Path:
    return output / "warc" / "policies-00001.warc.gz"


def is_as_before(run: Run, before: Run) -> bool:
    versions = (before.output / "versions.jsonl").read_bytes() == (run.output / "versions.jsonl").read_bytes()
    return run.files() == before.files() and versions


def test_rebuild_killed_repeatedly_loses_nothing(sample_run: Run, output: Path) -> None:
    make_older(output, "as the older converter wrote it")
    dice = random.Random(9)  # noqa: S311 - moments to kill at
    command = [sys.executable, "-m", "scrapy", *CONVERT, "-s", f"OUTPUT_DIR={output}", "-s", "CONVERSION_WORKERS=1"]
    names = {path.name for path in (output / "text").rglob("*.txt")}
    longest = 8.0
    for _ in range(KILLS):
        begun = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(dice.uniform(longest / 6, longest))
                longest = time.monotonic() - begun  # it has come to its end: as fast is this machine
            except subprocess.TimeoutExpired:
                process.kill()
        assert {path.name for path in (output / "text").rglob("*.txt")} == names
    run = scrapy(*CONVERT, output=output)
    assert run.status == 0, run.stderr
    assert "converted 62 of 62 mementos" in run.stdout
    assert is_as_before(run, sample_run)
    assert not [path for path in (output / "text").rglob("*") if path.suffix in {".new", ".tmp"}]


def lose(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    os.truncate(path, 60_000)


def garble(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:50_000] + bytes(byte ^ 90 for byte in data[50_000:52_000]) + data[52_000:])


@pytest.mark.parametrize("damage", [lose, garble])
def test_rebuild_unreadable_record_keeps_text_until_fetched_again(
    sample_run: Run, output: Path, damage: Callable[[Path], None]
) -> None:
    damage(warc_of(output))
    run = scrapy(*CONVERT, output=output)
    assert run.status == 3
    losses = [line for line in run.stderr.splitlines() if line.startswith("scrapy convert: ")]
    assert losses
    assert all(f"{warc_of(output)} at byte " in line for line in losses)
    assert f"converted {62 - len(losses)} of 62 mementos of 6 domains; {len(losses)} could not be read" in run.stdout
    assert is_as_before(run, sample_run)
    again = scrapy(*CRAWL, output=output)
    assert again.status == 0, again.stderr
    assert 0 < again.report()["records_replaced"] <= again.report()["requests"]["playback"]
    assert is_as_before(again, sample_run)
    last = scrapy(*CONVERT, output=output)
    assert (last.status, last.stderr) == (0, "")
    assert is_as_before(last, sample_run)


def test_crawl_changes_after_lost_records_keeps_file_names(tmp_path: Path) -> None:
    output = tmp_path / "output"
    first = scrapy(*CRAWL_CHANGES, output=output)
    files, versions = first.files(), (output / "versions.jsonl").read_bytes()
    lose(warc_of(output))
    run = scrapy(*CRAWL_CHANGES, output=output)
    assert run.status == 0, run.stderr
    assert run.files() == files
    assert (output / "versions.jsonl").read_bytes() == versions


def test_crawl_with_new_converter_and_lost_warc_rebuilds_all_texts(sample_run: Run, output: Path) -> None:
    make_older(output)
    cut(warc_of(output))
    run = scrapy(*CRAWL, output=output)
    assert run.status == 0, run.stderr
    assert is_as_before(run, sample_run)
    second = scrapy(*CRAWL, output=output)
    assert second.report()["fetched"] == 0, second.stderr
    assert "the converter has changed" not in second.stderr


def test_crawl_lost_record_gone_from_archive_is_loss_in_every_run(sample_run: Run, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with sample_double() as double:
        before = versions_of(crawl(double.url, output))
        lose(warc_of(output))
        make_older(output)
        gone = next((output / "text" / "northlane.example").glob("2015*.txt"))
        gone.unlink()
        double.behaviour = Behaviour(excluded=frozenset(DOMAINS))
        for _ in range(2):
            run = crawl(double.url, output)
            assert run.status == 3, run.stderr
            losses = run.report()["losses"]
            assert any("what was read of it earlier stays" in cause for cause in losses)
            assert any("the text file and the WARC records of its text are gone" in cause for cause in losses)
            assert {**sample_run.files(), f"northlane.example/{gone.name}": b""} == {
                **run.files(), f"northlane.example/{gone.name}": b"",
            }  # fmt: skip
            assert all((output / version["path"]).is_file() for version in run.versions())
            assert "Traceback" not in run.stderr
        double.behaviour = Behaviour()
        again = crawl(double.url, output)
    assert again.status == 0, again.stderr
    assert (again.files(), versions_of(again)) == (sample_run.files(), before)


def test_crawl_restores_text_files(sample_run: Run, output: Path) -> None:
    texts = output / "text"
    shutil.rmtree(texts / "wolkenwerft.example")
    missing, edited, emptied, swapped, *_ = sorted((texts / "northlane.example").iterdir())
    missing.unlink()
    edited.write_text(edited.read_text().replace("](https://", "](http://"))
    shutil.copy(emptied, swapped)
    emptied.write_bytes(b"")
    notes = texts / "northlane.example" / "notes.txt"
    notes.write_text("mine")
    (output / "versions.jsonl").write_text("{}\n")
    run = scrapy(*CRAWL, output=output)
    assert run.status == 0, run.stderr
    assert run.report()["requests"].get("playback", 0) == 0
    assert run.report()["texts_restored"] == 7
    assert notes.read_text() == "mine"
    notes.unlink()
    assert is_as_before(run, sample_run)


def test_crawl_folder_in_place_of_text_is_one_loss(sample_run: Run, output: Path) -> None:
    place = next((output / "text" / "northlane.example").iterdir())
    place.unlink()
    place.mkdir()
    for command in (CONVERT, CRAWL):
        run = scrapy(*command, output=output)
        assert run.status == 3
        assert f"text/northlane.example/{place.name} is missing or changed: a folder" in run.stderr
        assert "Traceback" not in run.stderr
    assert list(run.report()["losses"]) == ["text file: a folder stands in its place; move it away"]
    place.rmdir()
    run = scrapy(*CRAWL, output=output)
    assert run.status == 0, run.stderr
    assert is_as_before(run, sample_run)


def test_crawl_fetches_again_when_text_and_record_are_gone(sample_run: Run, output: Path) -> None:
    shutil.rmtree(output / "text")
    shutil.rmtree(output / "warc")
    run = scrapy(*CONVERT, output=output)
    assert run.status == 3
    assert run.versions() == []
    assert rows(output, "SELECT count(*) FROM documents") == [(0,)]
    again = scrapy(*CRAWL, output=output)
    assert again.status == 0, again.stderr
    assert is_as_before(again, sample_run)


def test_crawl_names_a_damaged_record_that_it_does_not_ask_for(output: Path) -> None:
    """As an earlier run found it: a run within other dates does not fetch it again."""
    with closing(sqlite3.connect(output / "catalog.db")) as db, db:
        at, url = db.execute(
            "SELECT memento_timestamp, memento_url FROM captures WHERE fate = 'stored' AND domain = 'northlane.example'"
        ).fetchone()
        for table, column, prefix in (("mementos", "trouble", ""), ("captures", "again", "memento_")):
            query = f"UPDATE {table} SET {column} = 'damaged' WHERE {prefix}timestamp = ? AND {prefix}url = ?"  # noqa: S608
            assert db.execute(query, (at, url)).rowcount == 1
    run = scrapy(*CRAWL, "-a", "domain=northlane.example", "-a", "until=2001", output=output)
    assert run.status == 3, run.stderr
    assert run.report()["losses"] == {"stored memento: damaged; what was read of it stays, the next run asks again": 1}
