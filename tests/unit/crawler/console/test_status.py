"""`scrapy status` without the command: what is read, and what the screen says."""

from __future__ import annotations

import json
import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

from crawler.console.status import LINES, read_status, show
from pipelines.errors import OutputError
from pipelines.items import Answer, Capture, Fate, Memento
from tests.support.folders import DOMAIN, PAGE, end_run, file, opened

if TYPE_CHECKING:
    from pathlib import Path


def lose(library, timestamp: str, fate: Fate, cause: str) -> None:
    capture = Capture(PAGE, timestamp, "http://example.com/privacy", "text/html", "200", timestamp, "9", "wayback")
    library.catalog.add_listing_page(
        ("a", DOMAIN, "domain", "", "", DOMAIN), DOMAIN, [capture], total=1, newest="", resume_key=None, complete=True
    )
    library.catalog.add_answers([Answer(DOMAIN, capture, fate, cause)])


def screen(root: Path, **options: str) -> str:
    """Return the screen with its runs of spaces as one."""
    return re.sub(" +", " ", show(read_status(root, **options)))


def test_show_one_screen(tmp_path: Path) -> None:
    with opened(tmp_path, "2026-01-01T06:00:00.000000+00:00") as library:
        file(library, "20100101000000", "a")
        end_run(library)
    with opened(tmp_path, "2026-01-02T06:00:00.000000+00:00") as library:
        file(library, "20110101000000", "b")
        lose(library, "20120101000000", Fate.FAILED, "timed out")
        lose(library, "20130101000000", Fate.EXCLUDED, "robots.txt")
        end_run(library)
    company = {"name": "Example, Inc.", "losses": {"failed: timed out": 1, "listing: 403": 1}}
    last = {"companies": [company | {"unmet_expectations": ["2 versions, …"]}], "damages": ["x.warc.gz: cut at byte 9"]}
    (tmp_path / "run.json").write_text(json.dumps(last))
    text = screen(tmp_path)
    assert "last run 2026-01-02 06:00 UTC" in text
    assert "exit status 0, everything is final" in text
    assert (
        "new 1 version since 2026-01-01T06:00\n 2011-01-01 changed Example, Inc. text/example.com/20110101000000.txt"
        in text
    )
    assert (
        "lost 1 capture; the next run asks again\n Example, Inc.: 1 capture failed: timed out\n archive file: x.warc.gz: cut at byte 9"
        in text
    )
    assert "refused Example, Inc.: listing: 403\n Example, Inc.: 1 capture robots.txt" in text
    assert "not as expected Example, Inc.: 2 versions, …" in text
    assert "now" not in text
    assert "new 2 versions since 2025" in screen(tmp_path, since="2025-01-01T00:00:00.000000+00:00")


def test_show_is_bounded(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for year in range(1980, 2020):
            file(library, f"{year}0101000000", f"text {year}")
            lose(library, f"{year}0601000000", Fate.FAILED, f"cause {year}")
    text = show(read_status(tmp_path))
    assert text.count("changed") <= LINES
    assert text.count(f"… and {40 - LINES} more") == 2
    assert len(text.splitlines()) < 32


def test_show_running_and_killed_runs(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20100101000000", "a")
        assert f"process {os.getpid()} on {socket.gethostname()} is at work here" in screen(tmp_path)
        assert "none has ended in order yet; a plan is no run" in screen(tmp_path)
    (tmp_path / ".holder").write_text(f"process 4194305 on {socket.gethostname()}")  # above Linux' largest pid
    assert "was killed while working here" in screen(tmp_path)
    (tmp_path / ".holder").write_text("process 4194305 on elsewhere")
    assert "on elsewhere is at work here" in screen(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"companies": 1}', "[" * 100_000])
def test_show_broken_run_json(tmp_path: Path, content: str) -> None:
    with opened(tmp_path):
        pass
    (tmp_path / "run.json").write_text(content)
    assert "refused nothing" in screen(tmp_path)


def test_read_status_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no catalog here"):
        read_status(tmp_path)


def test_show_damaged_records_are_no_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, "2026-01-01T06:00:00.000000+00:00") as library:
        read = file(library, "20100101000000", "a").memento
        library.store_memento(
            Memento("20100101000000", "http://example.com/privacy", "http://a/", 200, (), b"<p>", "wayback")
        )
        assert (
            "lost nothing\nrecords 1 memento in warc/, home pages and redirects among them; `scrapy check` reads them all"
            in screen(tmp_path)
        )
        library.catalog.set_trouble({read: "damaged"})
        assert library.catalog.damaged_readings(DOMAIN)[0][0].timestamp == "20100101000000"
        lose(library, "20110101000000", Fate.CUT_SHORT, "its end is missing")
        with library.catalog.transaction():  # open, and read from a memento in trouble: one loss
            library.catalog._db.exec_driver_sql("UPDATE captures SET again = 'cut' WHERE fate = 'cut short'")
        assert len(library.catalog.damaged_readings(DOMAIN)) == 1
    said = "Example, Inc.: 1 capture cut short: its end is missing\n Example, Inc.: 1 capture whose record in warc/ can't be used: damaged"
    assert f"lost 2 captures; the next run asks again\n {said}" in screen(tmp_path)
    (warc,) = (tmp_path / "warc").iterdir()
    warc.unlink()
    assert f"{warc}: the file is gone; 1 memento has its record or body in what is gone" in screen(tmp_path)
