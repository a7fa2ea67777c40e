"""The command line as a user calls it: `scrapy COMMAND ...` in the project folder, and the output folder it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def versions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.output / "versions.jsonl").read_text().splitlines()]

    def report(self) -> dict[str, Any]:
        return json.loads((self.output / "run.json").read_text())


def scrapy(*arguments: str, output: Path, timeout: float = 900, **settings: object) -> Run:
    """Run `scrapy ARGUMENTS` in the project folder with OUTPUT_DIR and other settings, and wait for its end."""
    settings = {"CONVERSION_SECONDS": 120, **settings}  # so that no test fails on a busy machine's clock
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments, "-s", f"OUTPUT_DIR={output}", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, output)
