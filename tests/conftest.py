"""Fixtures that every test can use: `scrapy` as a user runs it, and crawls that several tests look at."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support import postgres
from tests.support.commands import ROOT, SHARED, Run, scrapy
from tests.support.either_database import use_server
from tests.support.environments import environment
from tests.support.fork_server import close_fork_server
from tests.support.object_store import ObjectStore, shared_object_store
from tests.support.shared_runs import session_folder, shared_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Containers often have it set. Each process would compile the program, and each of pytest's the tests, which takes seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_CLOCKLESS = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", _CLOCKLESS, max_examples=40)
hypothesis.settings.register_profile("thorough", _CLOCKLESS, max_examples=500)  # --hypothesis-profile=thorough
hypothesis.settings.register_profile("ci", _CLOCKLESS, max_examples=40, derandomize=True)  # the same examples each time
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "quick")


def pytest_xdist_auto_num_workers() -> int:
    """Return the processes of `-n auto`: twice the processors, as tests of budgets, kills and pauses mostly wait."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        postgres.open_session()


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        postgres.close_session()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgres.NO_SERVER)])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the catalogs of output folders be in files, and in a second test on a server. Returns which it is.

    `pipelines.catalog.database.catalog_url` is the URL of a folder's catalog, where CATALOG_URL is not given.
    """
    with ExitStack() as made:
        if request.param == "postgresql":
            use_server(monkeypatch, made)
        yield request.param


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

    def run(*arguments: str, output: Path = tmp_path / "output", fresh: bool = False, **settings: object) -> Run:
        return scrapy(*arguments, output=output, fresh=fresh, **settings)

    return run


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One crawl of every capture of the sample archive. Tests only look at it, or copy its folder."""

    def make(output: Path) -> tuple[Run, None]:
        return scrapy(
            "crawl", "policies", "-a", "archive=sample", "-a", "versions=all", output=output, fresh=True
        ), None

    return shared_run(tmp_path_factory, "sample", make)[0]


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """Return the WARC file of real captures; tests that want it skip where it is absent."""
    path = SHARED / "archive" / "real-captures.warc.gz"
    if not path.exists():
        pytest.skip("../shared/archive/real-captures.warc.gz is not here")
    return path


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory, real_captures: Path) -> Run:
    """One crawl of every real capture. Tests only look at it."""

    def make(output: Path) -> tuple[Run, None]:
        options = ("-a", f"archive={real_captures}", "-a", "versions=all")
        companies = ROOT / "tests" / "support" / "real_companies.yaml"
        return scrapy("crawl", "policies", *options, output=output, timeout=1800, COMPANIES_FILE=companies), None

    return shared_run(tmp_path_factory, "real", make)[0]


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """Run a server that speaks S3, which pytest's processes share."""
    pytest.importorskip("obstore")
    with shared_object_store(session_folder(tmp_path_factory)) as store:
        yield store


@pytest.fixture(scope="session", autouse=True)
def _end_fork_server() -> Iterator[None]:
    yield
    close_fork_server()
