"""The command line as users call it: `scrapy COMMAND ...` in the project folder, and its output folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.output.location import Location, local_folder
from tests.support.fork_server import Ended, fork_server, limit_file_size

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROOT", "SHARED", "Ended", "Run", "run_command", "scrapy"]

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class Run:
    """A finished `scrapy` command and the output folder it worked on."""

    status: int
    stdout: str
    stderr: str
    output: Path

    def files(self) -> dict[str, bytes]:
        """Return the text files by path under text/."""
        texts = self.output / "text"
        return {str(path.relative_to(texts)): path.read_bytes() for path in sorted(texts.rglob("*.txt"))}

    def copied_to(self, folder: Path) -> Path:
        """Copy the output folder; return the copy. SQLite's files of another test that reads the catalog come and go."""
        return shutil.copytree(self.output, folder, ignore=shutil.ignore_patterns("catalog.db-*"))

    def versions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.output / "versions.jsonl").read_text().splitlines()]

    def report(self) -> dict[str, Any]:
        """Return what the last run or plan has left of its counts."""
        found = [path for name in ("run.json", "plan.json") if (path := self.output / name).exists()]
        report: dict[str, Any] = json.loads(max(found, key=lambda path: path.stat().st_mtime_ns).read_text())
        return report


def scrapy(
    *arguments: str,
    output: Location,
    timeout: float = 900,
    fresh: bool = False,
    file_size: int = 0,
    **settings: object,
) -> Run:
    """Run `scrapy ARGUMENTS` in the project folder with OUTPUT_DIR and other settings, and wait for its end.

    `fresh` starts a new Python, as a user's shell does. Otherwise the command runs in a fork (fork_server.py), with one
    conversion worker: a second one costs a fifth of a crawl's processor time.
    """
    workers = {} if fresh else {"CONVERSION_WORKERS": 1}
    settings = {"CONVERSION_SECONDS": 120, **workers, **settings}  # seconds: no test fails on a busy machine's clock
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    arguments = (*arguments, "-s", f"OUTPUT_DIR={output}", *options)
    ended = run_command(*arguments, timeout=timeout, fresh=fresh, file_size=file_size)
    return Run(ended.status, ended.stdout, ended.stderr, local_folder(output))


def run_command(
    *arguments: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: float = 900,
    fresh: bool = False,
    file_size: int = 0,
) -> Ended:
    """Run `scrapy ARGUMENTS` as they stand, in a folder. Raises TimeoutExpired after `timeout` seconds.

    `env` adds to this process's environment. `file_size`: bytes of a file after which a write fails, or 0.
    """
    env = {**os.environ, "PYTHONWARNINGS": "default", **(env or {})}
    server = None if fresh else fork_server()
    if server:
        return server.run(arguments, cwd=cwd, env=env, timeout=timeout, file_size=file_size)
    command = [sys.executable, "-m", "scrapy", *arguments]
    limit = partial(limit_file_size, file_size) if file_size else None
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False, preexec_fn=limit
    )
    return Ended(done.returncode, done.stdout, done.stderr)
