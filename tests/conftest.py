"""What every test can use: running `scrapy` as a user does, and the material that only CI and developers have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.environments import environment

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

_BY_THE_CLOCK = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("clockless", deadline=None, suppress_health_check=_BY_THE_CLOCK)
hypothesis.settings.load_profile("clockless")


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


@pytest.fixture(scope="session")
def pywb_bin() -> Path:
    """Return the bin folder of an environment with pywb and with other people's clients of archives.

    pywb pins packages that Scrapy needs newer, and its brotlipy takes the place of brotli, so it has its own. The
    clients need nothing that pywb has not.
    """
    return environment("pywb")


@pytest.fixture
def run_scrapy(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs `scrapy` on an output folder of this test's own."""

    def run(*arguments: str, output: Path = tmp_path / "output", **settings: object) -> Run:
        return scrapy(*arguments, output=output, **settings)

    return run


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One crawl of every capture of the sample archive, shared by the tests that only look at it."""
    output = tmp_path_factory.mktemp("sample") / "output"
    return scrapy("crawl", "policies", "-a", "archive=sample", "-a", "versions=all", output=output)


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """Return the WARC file of real captures; tests that want it skip where it is absent."""
    path = SHARED / "archive" / "real-captures.warc.gz"
    if not path.exists():
        pytest.skip("../shared/archive/real-captures.warc.gz is not here")
    return path


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory, real_captures: Path) -> Run:
    """One crawl of every real capture, shared by the tests that only look at it."""
    output = tmp_path_factory.mktemp("real") / "output"
    return scrapy(
        "crawl", "policies", "-a", f"archive={real_captures}", "-a", "versions=all", output=output, timeout=1800,
        COMPANIES_FILE=ROOT / "tests" / "integration" / "real_companies.yaml",
    )  # fmt: skip
