"""`scrapy crawl` on a terminal: live lines below the log."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from crawler.archives.opening import SAMPLE
from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.commands import ROOT
from tests.support.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path


def test_progress_on_terminal(tmp_path: Path) -> None:
    written = _run_on_a_terminal(
        "-a", "archive=sample", "-s", "CONVERSION_WORKERS=1", "-s", f"OUTPUT_DIR={tmp_path / 'output'}"
    )
    assert "of 5 companies done" in written
    left = Screen().feed(written)
    assert all("companies done" not in row for row in left), left
    assert sum("INFO indexing" in row for row in left) == 1  # a log line, whole


def test_progress_shows_pause_on_terminal(tmp_path: Path) -> None:
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
