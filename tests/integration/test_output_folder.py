"""An output that can't be written: one clear line, status 1, and nothing damaged."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.service import crawl, sample_double, told_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.service import Clean


@pytest.mark.parametrize("most", [60_000, 150_000, 190_000])
def test_output_disk_full(clean: Clean, tmp_path: Path, most: int) -> None:
    """A limit on the size of files does what a full disk does, and needs no root: some write fails part way."""
    output = tmp_path / "output"
    with sample_double() as double:
        full = crawl(double.url, output, file_size=most)
        assert told_once(full, str(output)), full.stderr
        run = crawl(double.url, output)
    assert run.status == 0, run.stderr
    assert run.files() == clean.files()
    check = [sys.executable, "-m", "warcio.cli", "check", *(output / "warc").glob("*.gz")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder that nobody can write to; root can everywhere but on a file system that is mounted so."""
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("root writes anywhere here, and may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_output_read_only(tmp_path: Path) -> None:
    with sample_double() as double, read_only(tmp_path / "read-only"):
        run = crawl(double.url, tmp_path / "read-only" / "output")
        assert double.log == []
    assert (run.status, run.stdout, run.stderr.count("can't write here"), run.stderr.count("\n")) == (2, "", 1, 1), run
    assert "OUTPUT_DIR" in run.stderr


def test_output_catalog_locked_by_another_program(clean: Clean, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with sample_double() as double:
        crawl(double.url, output, "companies=quillbox.example", "plan=1")
        with closing(sqlite3.connect(output / "catalog.db", isolation_level=None)) as other, other:
            other.execute("BEGIN IMMEDIATE")
            locked = crawl(double.url, output)
            other.execute("ROLLBACK")
        assert told_once(locked, "database is locked"), locked.stderr
        run = crawl(double.url, output, "companies=quillbox.example")
    assert run.status == 0, run.stderr
    assert run.files() == clean.files("quillbox.example")
