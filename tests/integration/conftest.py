"""Fixtures of the tests that crawl: one clean crawl of the double, and a browser."""

from __future__ import annotations

import pytest

from tests.support.archive_double import Behaviour
from tests.support.browser import browser, chromium
from tests.support.service import Clean, crawl_double

__all__ = ["browser", "chromium", "clean"]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """One crawl of every capture of the sample archive behind a double without troubles."""
    run, double = crawl_double(Behaviour(), tmp_path_factory.mktemp("clean") / "output")
    assert run.status == 0, run.stderr
    return Clean(run, double.log)
