"""Fixtures of the tests that crawl: one clean crawl of the double, and a browser."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.archive_double import Behaviour, Logged
from tests.support.browser import browser, chromium
from tests.support.service import Clean, crawl_double
from tests.support.shared_runs import shared_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

__all__ = ["browser", "chromium", "clean"]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """One crawl of every capture of the sample archive behind a double without troubles. Tests only look at it."""

    def make(output: Path) -> tuple[Run, list[dict[str, Any]]]:
        run, double = crawl_double(Behaviour(), output)
        assert run.status == 0, run.stderr
        return run, [asdict(entry) for entry in double.log]

    run, log = shared_run(tmp_path_factory, "clean", make)
    return Clean(run, [Logged(**entry) for entry in log])
