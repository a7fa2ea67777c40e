"""One clean crawl of the double, which runs with troubles are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.archive_double import Behaviour
from tests.integration.service import crawl_double

if TYPE_CHECKING:
    from tests.archive_double import Logged
    from tests.conftest import Run


@dataclass(frozen=True)
class Clean:
    """A run without troubles, and what the double was asked in it."""

    run: Run
    log: list[Logged]

    def files(self, *domains: str) -> dict[str, bytes]:
        """Return the text files, of some listed domains only if any are named."""
        return {
            name: data for name, data in self.run.files().items() if not domains or name.partition("/")[0] in domains
        }


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """One crawl of every capture of the sample archive behind a double without troubles."""
    run, double = crawl_double(Behaviour(), tmp_path_factory.mktemp("clean") / "output")
    assert run.status == 0, run.stderr
    return Clean(run, double.log)
