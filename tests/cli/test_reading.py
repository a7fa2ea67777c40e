"""Commands that only read change no byte of the output folder, and work where it can't be written."""

from __future__ import annotations

import ctypes
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import ROOT, Run, scrapy
from tests.support.folders import of_first_release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = {
    "status": ("status",),
    "companies": ("companies",),
    "check": ("check",),
    "explain": ("companies", "--explain", "northlane.example"),
    "export": ("export", "--format", "jsonl", "-o", "{elsewhere}"),
    "changes": ("changes", "--only", "all", "--format", "html"),
    "diff": ("diff", "northlane.example", "1", "5"),
    "show": ("show", "northlane.example", "--at", "2023-06", "--plain"),
    "search": ("search", "personal data"),
    "evidence": ("evidence", "northlane.example", "-o", "{elsewhere}"),
    "corpus": ("export", "--corpus-layout", "{elsewhere}"),
}
PYTHON = (
    "from pipelines.versions import versions; print(sum(len(v.text()) > 9 for v in versions('{output}')), 'versions')"
)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return every file and folder below `folder`, with the bytes of files."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def arguments(command: tuple[str, ...], elsewhere: Path) -> list[str]:
    return [part.format(elsewhere=elsewhere) for part in command]


@pytest.fixture
def output(sample_run: Run, tmp_path: Path) -> Path:
    return sample_run.copied_to(tmp_path / "output")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_reading_command_changes_no_byte(output: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    before = contents(output)
    run = scrapy(*arguments(command, tmp_path / "elsewhere"), output=output)
    assert run.status == 0, run.stderr
    assert contents(output) == before


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_reading_command_leaves_folder_of_killed_run_as_it_is(
    output: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    kill_while_writing(output)
    assert (output / "catalog.db-wal").stat().st_size
    if command[0] == "status":
        (output / "catalog.db-shm").unlink()  # as a copy of the folder may lack it
    before = contents(output)
    run = scrapy(*arguments(command, tmp_path / "elsewhere"), output=output)
    assert run.status == 0, run.stderr
    assert contents(output) == before


def kill_while_writing(output: Path) -> None:
    """Leave a catalog as a killed run does: committed rows stand in the write-ahead log."""
    script = (
        "import os, sqlite3; db = sqlite3.connect(r'{}'); db.execute('PRAGMA journal_mode = WAL');"
        "db.execute(\"INSERT INTO domains (domain, company) VALUES ('a.example', 'A')\"); db.commit(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script.format(output / "catalog.db")], check=False)
    (output / ".holder").write_text(f"process {2**31 - 1} on {socket.gethostname()}")  # of a process that is no more


@pytest.fixture
def read_only(output: Path) -> Iterator[Path]:
    """Return a copy of the sample's folder whose permissions forbid to write it."""
    allow(output, write=False)
    yield output
    allow(output, write=True)


def allow(folder: Path, *, write: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o755 if write else 0o555) if path.is_dir() else (0o644 if write else 0o444))


def obey_permissions() -> None:
    """Drop the capability by which root writes what its permissions forbid; has no effect for other users."""
    drop_from_bounding_set, dac_override = 24, 1  # linux/prctl.h, linux/capability.h
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0)


@pytest.mark.parametrize("killed", [False, True], ids=["whole", "killed"])
def test_folder_that_cannot_be_written_is_read(read_only: Path, *, killed: bool) -> None:
    if killed:
        allow(read_only, write=True)
        kill_while_writing(read_only)
        (read_only / "catalog.db-shm").unlink()  # as a copy of the folder may lack it
        allow(read_only, write=False)
    before = contents(read_only)
    settings = ["-s", f"OUTPUT_DIR={read_only}"]
    for given, says in (
        (["-c", PYTHON.format(output=read_only)], "25 versions"),
        (["-m", "scrapy", "status", *settings], "25 versions"),
        (["-m", "scrapy", "check", *settings], "all agree: 22 texts, 69 mementos, 25 versions"),
        (["-m", "scrapy", "companies", "--explain", "northlane.example", *settings], "northlane.example"),
        (["-m", "scrapy", "changes", *settings], "Northlane"),
        (["-m", "scrapy", "diff", "northlane.example", *settings], "+++ version 5"),
        (["-m", "scrapy", "show", "northlane.example", *settings], "# Privacy Notice | Northlane Cloud"),
    ):
        done = subprocess.run(
            [sys.executable, *given], cwd=ROOT, preexec_fn=obey_permissions, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert says in done.stdout
    assert contents(read_only) == before


def test_folder_of_first_release_is_read_without_a_change(tmp_path: Path) -> None:
    output = of_first_release(tmp_path / "output")
    before = contents(output)
    run = scrapy("status", output=output)
    assert run.status == 0, run.stderr
    assert "25 versions" in run.stdout
    assert contents(output) == before
