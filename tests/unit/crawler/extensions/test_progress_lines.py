"""Words from counts and clocks; and a terminal on which log lines and the live lines don't garble each other."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.archives import SAMPLE
from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT
from crawler.extensions.progress_lines import Display, Pause, Rates, can_show, duration, time_left
from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_rates_are_of_the_last_minute_with_their_share_of_the_budget() -> None:
    rates = Rates({LISTING_SLOT: 24 / 60, PLAYBACK_SLOT: 8}, started=0)
    for moment in range(1000):
        rates.sent(PLAYBACK_SLOT, moment / 4)
    for moment in range(0, 250, 5):
        rates.sent(LISTING_SLOT, moment)
    words = rates.words(now=249.9)
    assert words == "index 12.0 of 24/min (50%), playback 4.0 of 8/s (50%)"
    assert rates.words(now=1000) == ""


def test_a_young_run_is_not_measured_against_a_whole_minute() -> None:
    rates = Rates({}, started=100)
    for _ in range(50):
        rates.sent(LOCAL_SLOT, 105)
    assert rates.words(now=110) == "files 5.0/s"


@pytest.mark.parametrize(
    ("done", "companies", "left"),
    [(0, 146, None), (9, 20, None), (14, 146, None), (15, 146, 8733), (146, 146, None), (10, 20, 1000)],
)
def test_time_left_is_said_only_where_enough_is_done(done: int, companies: int, left: float | None) -> None:
    found = time_left(done, companies, elapsed=1000)
    assert found == (None if left is None else pytest.approx(left, abs=1))


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (99, "99 s"), (120, "2 min"), (7200, "2 h")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_pause_says_for_how_long_and_why() -> None:
    assert str(Pause(60, "the archive refused (HTTP 429)")) == (
        "paused for another 60 s: the archive refused (HTTP 429)"
    )  # fmt: skip


class Screen:
    """A terminal of endless height that knows what Display writes: newline, carriage return, erase line, line up."""

    def __init__(self) -> None:
        self.rows, self.row, self.column = [""], 0, 0

    def feed(self, text: str) -> list[str]:
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", text):
            self._take(part)
        return [row for row in self.rows if row]

    def _take(self, part: str) -> None:
        if part == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif part == "\r":
            self.column = 0
        elif part == "\x1b[2K":
            self.rows[self.row] = ""
        elif part == "\x1b[1A":
            self.row -= 1
            assert self.row >= 0, "above the screen"
        else:
            assert "\x1b" not in part, part
            assert len(self.rows[self.row]) <= self.column, "written over something"
            self.rows[self.row] = self.rows[self.row].ljust(self.column) + part
            self.column += len(part)


def test_log_lines_stand_above_the_live_ones() -> None:
    out = io.StringIO()
    display = Display(out)
    display.show("1 done", "slowly")
    display.write("first log line\n")
    display.show("2 done")
    display.write("second log line\n")
    display.show("3 done", "paused", "x" * 200)
    assert Screen().feed(out.getvalue()) == [
        "first log line", "second log line", "3 done", "paused", "x" * 78 + "…",
    ]  # fmt: skip
    display.show()
    assert Screen().feed(out.getvalue()) == ["first log line", "second log line"]


def test_not_on_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not can_show(io.StringIO())
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setenv("TERM", "xterm")
        assert can_show(terminal)
        monkeypatch.setenv("TERM", "dumb")
        assert not can_show(terminal)
    os.close(master)


def test_a_run_on_a_terminal(tmp_path: Path) -> None:
    written = _run_on_a_terminal("-a", "archive=sample", "-s", f"OUTPUT_DIR={tmp_path / 'output'}")
    assert "of 5 companies done" in written
    left = Screen().feed(written)
    assert all("companies done" not in row for row in left), left
    assert sum("INFO indexing" in row for row in left) == 1  # a log line, whole


def test_a_pause_is_seen_on_a_terminal(tmp_path: Path) -> None:
    with ArchiveDouble(WarcHoldings(SAMPLE / "sample.warc.gz"), Behaviour(cdx_first=("429",))) as double:
        settings = {
            "OUTPUT_DIR": tmp_path / "output", "COMPANIES_FILE": SAMPLE / "companies.yaml", "COOLDOWN_SECONDS": 4,
            "CDX_CALLS_PER_MINUTE": 600, "PLAYBACK_CALLS_PER_SECOND": 0,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        written = _run_on_a_terminal(
            "-a", f"archive={double.url}", "-a", "companies=northlane.example", "-a", "plan=1", *options
        )
    assert re.search(r"paused for another [0-4] s: the archive refused \(HTTP 429\)", written)
    assert "of 600/min" in written


def _run_on_a_terminal(*options: str) -> str:
    """Return all that `scrapy crawl` wrote to a terminal as its standard error."""
    command = [sys.executable, "-m", "scrapy", "crawl", "policies", "-s", "CONVERSION_SECONDS=120", *options]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=slave) as process:
        os.close(slave)
        written = b""
        try:
            while data := os.read(master, 65536):
                written += data
        except OSError:  # the other end is closed
            pass
    os.close(master)
    assert process.returncode == 0, written
    return written.decode().replace("\r\n", "\n")
