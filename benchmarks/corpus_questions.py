"""One question to an output folder, in a process of its own: `python benchmarks/corpus_questions.py NAME FOLDER [URL]`.

Prints JSON: the seconds that it took, the most memory that the process had, and what it gave.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import sqlalchemy as sa

from crawler.console.status import read_status
from pipelines.catalog.database import catalog_url
from pipelines.catalog.read_only import reading
from pipelines.catalog.schema import captures, documents
from pipelines.catalog.writer import Catalog
from pipelines.columns import json_line
from pipelines.digest.news import read_digest, runs_ago
from pipelines.export.corpus import export_corpus
from pipelines.export.package import export_tables
from pipelines.export.tables import PAIRS, VERSIONS
from pipelines.items import Capture
from pipelines.measures import Change
from pipelines.output.store import OutputStore
from pipelines.report.data_files import FORMAT, TextFiles
from pipelines.report.site import build
from pipelines.versions import COLUMNS, read_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS_A_PAGE: Final = 1_000
"""Rows of a page of a listing that is added to the catalog."""
REPEATED: Final = 20
"""Times that a short question is asked, of as many companies; the median counts."""


def _companies(folder: Path, url: str) -> list[str]:
    """Return some listed domains with a text, spread over the catalog."""
    with reading(folder, url) as db:
        found = list(db.scalars(sa.select(documents.c.domain).distinct().order_by(documents.c.domain)))
    return found[:: max(1, len(found) // REPEATED)][:REPEATED]


def _each(companies: list[str], ask: Callable[[str], object]) -> dict[str, Any]:
    seconds = []
    for domain in companies:
        started = time.perf_counter()
        ask(domain)
        seconds.append(time.perf_counter() - started)
    return {"seconds": median(seconds)}


def one_company(folder: Path, url: str) -> dict[str, Any]:
    companies = _companies(folder, url)
    with reading(folder, url) as db:
        shared: dict[str, list[str]] = {}
        return _each(companies, lambda domain: list(read_versions(db, folder, of=[domain], shared=shared)))


def newest_changes(folder: Path, url: str) -> dict[str, Any]:
    with reading(folder, url) as db:
        found = list(read_versions(db, folder, after=runs_ago(db, 1) or runs_ago(db, 0)))
    return {"gave": f"{len(found):,} versions"}


def digest(folder: Path, url: str) -> dict[str, Any]:
    return {
        "gave": f"{sum(len(of) for _, of in read_digest(folder, since=1, catalog_url=url, most=100).companies):,} changes"
    }


def status(folder: Path, url: str) -> dict[str, Any]:
    return {"gave": str(read_status(folder, catalog_url=url).totals)}


def first_versions(folder: Path, url: str) -> dict[str, Any]:
    with reading(folder, url) as db:
        list(islice(read_versions(db, folder), 10))
    return {}


def versions_file(folder: Path, url: str) -> dict[str, Any]:
    size = 0
    with reading(folder, url) as db:
        for version in read_versions(db, folder):
            size += len(json_line(version, COLUMNS))
    return {"gave": f"{size / 1e6:,.0f} MB"}


def run_end(folder: Path, url: str) -> dict[str, Any]:
    """What the end of a run writes: versions.jsonl, SHA256SUMS, changes.jsonl and the feeds."""
    store = OutputStore(folder, url, software="benchmark").open()
    count = store.write_versions().total()
    changes = store.write_changes().total()
    store.close()
    return {"gave": f"{count:,} versions, {changes:,} changes"}


def export_jsonl(folder: Path, url: str) -> dict[str, Any]:
    return _export(folder, url, "jsonl")


def export_csv(folder: Path, url: str) -> dict[str, Any]:
    return _export(folder, url, "csv")


def export_parquet(folder: Path, url: str) -> dict[str, Any]:
    return _export(folder, url, "parquet")


def export_sqlite(folder: Path, url: str) -> dict[str, Any]:
    return _export(folder, url, "sqlite")


def _export(folder: Path, url: str, form: str) -> dict[str, Any]:
    target = folder.parent / "export" / form
    export_tables(folder, target, [VERSIONS, PAIRS], form, catalog_url=url)
    return {"gave": f"{sum(path.stat().st_size for path in target.iterdir()) / 1e6:,.0f} MB"}


def export_git(folder: Path, url: str) -> dict[str, Any]:
    count, _ = export_corpus(folder, folder.parent / "export" / "git", catalog_url=url)
    return {"gave": f"{count:,} commits"}


def report(folder: Path, url: str) -> dict[str, Any]:
    built = build(folder, url)
    peak = _peak()  # without the names of a hundred thousand files
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for path in (folder / "report").rglob("*.*"):
        sizes[path.suffix].append(path.stat().st_size)
    pages, data = sizes[".html"], sizes[".js"]
    index = (folder / "report/index.html").stat().st_size
    return {
        "peak": peak,
        "gave": f"{len(pages):,} pages, the largest {max(pages) / 1e3:,.0f} KB (index.html {index / 1e3:,.0f} KB); "
        f"{len(data):,} data files, the largest {max(data) / 1e3:,.0f} KB; {built.versions:,} versions",
    }


def report_pages(folder: Path, url: str) -> dict[str, Any]:
    """The report without the data files of texts and comparisons: what they say of a change is made up."""
    change = Change("substantive", 24, 2, 0, "retention")
    with (
        patch.object(TextFiles, "add", lambda _, version: f"{version.text_sha256[:16]}.{FORMAT}"),
        patch.object(TextFiles, "measure", lambda *_: change),
    ):
        return report(folder, url)


# A crawl's questions


def first_questions(folder: Path, url: str) -> dict[str, Any]:
    """What a domain that is begun asks for: its captures by page and half-year, and the last ones of its pages."""
    return _asked(folder, url, lambda catalog, domain: (catalog.page_half_years(domain), catalog.last_captures(domain)))


def page_of_search(folder: Path, url: str) -> dict[str, Any]:
    """What a search begins with: a page's captures, with their answers."""
    return _asked(folder, url, lambda catalog, domain: catalog.page(domain, f"{_surt(domain)}/legal/privacy"))


def add_known(folder: Path, url: str) -> dict[str, Any]:
    """A page of a listing whose rows are known."""

    def ask(catalog: Catalog, domain: str) -> None:
        catalog.add_captures(domain, known[domain])

    known = {}
    with reading(folder, url) as db:
        names = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length", "archive")
        for domain in _companies(folder, url):
            query = sa.select(*(captures.c[name] for name in names)).where(captures.c.domain == domain)
            rows = [Capture(*row) for row in db.execute(query)]
            known[domain] = (rows * (ROWS_A_PAGE // len(rows) + 1))[:ROWS_A_PAGE]
    return _asked(folder, url, ask)


def add_new(folder: Path, url: str) -> dict[str, Any]:
    """A page of a listing with new rows, of domains that have none yet and of ones between those that are there."""
    turn = time.time_ns()

    def ask(catalog: Catalog, domain: str) -> None:
        catalog.add_captures(domain, list(_made(f"{_surt(domain)}/new/{turn}")))

    def forget() -> None:
        with sa.create_engine(catalog_url(folder, url)).begin() as db:
            db.execute(
                sa.delete(captures).where(
                    captures.c.urlkey.like(f"%/new/{turn}"), captures.c.domain.in_(_companies(folder, url))
                )
            )

    found = _asked(folder, url, ask)
    forget()
    return found


def _made(urlkey: str) -> Iterator[Capture]:
    for number in range(ROWS_A_PAGE):
        digest = f"{hash((urlkey, number)) & (1 << 60) - 1:032d}"
        yield Capture(
            urlkey, f"{20_000_101_000_000 + number}", f"https://{urlkey}", "text/html", "200", digest, "7000", "double"
        )


def _asked(folder: Path, url: str, ask: Callable[[Catalog, str], object]) -> dict[str, Any]:
    companies, catalog = _companies(folder, url), Catalog(catalog_url(folder, url))
    try:
        return _each(companies, lambda domain: ask(catalog, domain))
    finally:
        catalog.close()


def _surt(domain: str) -> str:
    return f"{','.join(reversed(domain.split('.')))})"


QUESTIONS: Final = {
    each.__name__: each
    for each in (
        first_questions, page_of_search, add_known, add_new, one_company, newest_changes, digest, status, first_versions,
        versions_file, run_end, report, report_pages, export_jsonl, export_csv, export_parquet, export_sqlite, export_git,
    )
}  # fmt: skip


def _peak() -> int:
    """Return the most bytes that this process has had in memory."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    """Ask one question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=QUESTIONS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("url", nargs="?", default="", help="the setting CATALOG_URL")
    options = parser.parse_args()
    started, cpu = time.perf_counter(), time.process_time()
    found = QUESTIONS[options.name](options.folder, options.url)
    whole = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    json.dump({**whole, "peak": _peak(), **found}, sys.stdout)


if __name__ == "__main__":
    main()
