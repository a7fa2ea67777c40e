"""What a run keeps is an archive of its own: every text file can be made from it again, without a network."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.sample.build import render
from tests.sample.captures import CAPTURES
from tests.support.archive_double import ArchiveDouble, Held, memento
from tests.support.service import crawl

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.service import Clean


def twice() -> Held:
    """Return the same bytes at two addresses, and another text at the first: a revisit record in the WARC files."""
    old, new = (render(next(c for c in CAPTURES if c.timestamp == t)) for t in ("20150911043127", "20180604112233"))
    return Held(
        [
            memento("http://northlane.example/privacy", "20150911043127", old),
            memento("http://northlane.example/legal/privacy", "20160911043127", old),
            memento("http://northlane.example/privacy", "20180604112233", new),
        ]
    )


def test_convert_from_warc_restores_every_text_file(clean: Clean, tmp_path: Path) -> None:
    warc = clean.run.output / "warc"
    run = crawl(str(warc), tmp_path / "output")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    check = [sys.executable, "-m", "warcio.cli", "check", *warc.glob("*.gz"), *(tmp_path / "output/warc").glob("*.gz")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_convert_from_warc_restores_revisits(tmp_path: Path) -> None:
    with ArchiveDouble(twice()) as double:
        run = crawl(double.url, tmp_path / "output", "companies=northlane.example")
    assert run.status == 0, run.stderr
    assert len(run.files()) == 2
    again = crawl(str(tmp_path / "output" / "warc"), tmp_path / "again", "companies=northlane.example")
    assert again.status == 0, again.stderr
    assert again.files() == run.files()
    assert [v["captures"] for v in again.versions()] == [v["captures"] for v in run.versions()] == [1, 1, 1]
