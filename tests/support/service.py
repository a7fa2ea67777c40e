"""Shared helpers of the archive client's tests: a double of the sample archive, and a crawl with short waits."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.archives.opening import SAMPLE
from tests.support.archive_double import ArchiveDouble, Behaviour, WarcHoldings
from tests.support.commands import Run, scrapy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.output.location import Location
    from tests.support.archive_double import Logged

WARC = SAMPLE / "sample.warc.gz"
HURRIED: Mapping[str, object] = {
    "CDX_CALLS_PER_MINUTE": 0,
    "PLAYBACK_CALLS_PER_SECOND": 0,
    "COOLDOWN_SECONDS": 0.3,
    "RETRY_SECONDS": 0.1,
    "DOWNLOAD_TIMEOUT": 4,
    "LISTING_TIMEOUT": 4,
    "CONVERSION_WORKERS": 1,
    "CONVERSION_SECONDS": 120,
    "COMPANIES_FILE": SAMPLE / "companies.yaml",
}
"""Settings for a local archive with faults: short waits, no rate budgets."""


@dataclass(frozen=True)
class Clean:
    """A run without faults, and the requests that the double received."""

    run: Run
    log: list[Logged]

    def files(self, *domains: str) -> dict[str, bytes]:
        """Return the text files of the named listed domains, or of all if none is named."""
        return {
            name: data for name, data in self.run.files().items() if not domains or name.partition("/")[0] in domains
        }


def sample_double(behaviour: Behaviour | None = None) -> ArchiveDouble:
    return ArchiveDouble(WarcHoldings(WARC), behaviour)


def options(archive: str, *arguments: str, versions: str = "all") -> list[str]:
    return [
        part for argument in (f"archive={archive}", f"versions={versions}", *arguments) for part in ("-a", argument)
    ]


def crawl(archive: str, output: Location, *arguments: str, versions: str = "all", **settings: Any) -> Run:
    """Run `scrapy crawl policies` on an archive, with the settings HURRIED unless `settings` override them."""
    return scrapy(
        "crawl", "policies", *options(archive, *arguments, versions=versions),
        output=output, timeout=600, **{**HURRIED, **settings},
    )  # fmt: skip


def crawl_double(behaviour: Behaviour, output: Path, *arguments: str, **settings: Any) -> tuple[Run, ArchiveDouble]:
    """Crawl a double of the sample archive with faults; return the run and the double, which has ended."""
    with sample_double(behaviour) as double:
        return crawl(double.url, output, *arguments, **settings), double


def write_companies(path: Path, *domains: str, pages: Sequence[str] = ()) -> Path:
    """Write a companies file with these domains, each a company of its own; `pages` are the given ones of each."""
    entries = "".join(
        f"  - name: {domain.partition('.')[0].title()}\n    domain: {domain}\n    pages: {[*pages]}\n"
        for domain in domains
    )
    path.write_text(f"companies:\n{entries}")
    return path


def versions_of(run: Run) -> list[dict[str, Any]]:
    """Return the lines of versions.jsonl without the fields that depend on the archive and on the run."""
    left_out = {"source_url", "archive", "recorded"}
    return [{name: value for name, value in version.items() if name not in left_out} for version in run.versions()]


def rows(output: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query of an output folder's catalog."""
    with closing(sqlite3.connect(output / "catalog.db")) as connection, connection:
        return list(connection.execute(query))


def told_once(run: Run, words: str) -> bool:
    """Whether a run ended with status 1, one line with `words` and no traceback."""
    lines = [line for line in run.stderr.splitlines() if line.startswith("scrapy crawl: ")]
    return run.status == 1 and len(lines) == 1 and words in lines[0] and "Traceback" not in run.stderr
