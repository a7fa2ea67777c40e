"""Output folders made without a run: documents are filed by the functions that a run uses."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.convert import CONVERTER_VERSION
from pipelines.document import Document, render_date, snapshot_url
from pipelines.items import Answer, Capture, Memento, Snapshot
from pipelines.output.store import OutputStore
from pipelines.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.versions import Version

FIXTURES = Path(__file__).parents[1] / "fixtures"
DOMAIN = "example.com"
PAGE = "com,example)/privacy"


@contextmanager
def opened(root: Path, moment: str = "") -> Iterator[OutputStore]:
    """Hold the folder as a run that opened it at `moment` (now if empty)."""
    library = OutputStore(root, "", software="test").open()
    try:
        library.catalog.moment = moment or library.catalog.moment
        library.catalog.set_company("Example, Inc.", [DOMAIN])
        yield library
    finally:
        library.close()


def file(
    library: OutputStore,
    timestamp: str,
    text: str,
    *,
    page: str = PAGE,
    digest: str = "",
    title: str = "Privacy",
    archive: str = "wayback",
) -> Answer:
    """File a document of one capture; texts are told apart by `text`, captures of one second by `digest`."""
    url = f"http://example.com/{page.partition('/')[2]}"
    capture = Capture(page, timestamp, url, "text/html", "200", digest or text[:9], "9", archive)
    key = ("archive", DOMAIN, "domain", "", "", DOMAIN)
    library.catalog.add_listing_page(key, DOMAIN, [capture], total=1, newest=timestamp, resume_key=None, complete=True)
    snapshot = Snapshot(DOMAIN, capture, Memento(timestamp, url, "http://archive/", 200, (), b"<p>", archive))
    document = Document(
        domain=DOMAIN,
        date=render_date(timestamp),
        snapshot_url=snapshot_url(url, timestamp),
        title=title,
        body=f"{text}\n",
        converter_version=CONVERTER_VERSION,
    )
    return library.record(snapshot, document)


def of_first_release(root: Path) -> Path:
    """Make an output folder as commit 267f960 left it after a crawl of the sample archive; return it."""
    shutil.copytree(FIXTURES / "output-267f960", root)
    dump = root / "catalog.sql"
    with closing(sqlite3.connect(root / "catalog.db")) as db:
        db.executescript(dump.read_text())
    dump.unlink()
    return root


def of_first_release_in_postgresql(root: Path, catalog_url: str) -> Path:
    """Make an output folder as `of_first_release` does, with its catalog in an empty PostgreSQL database."""
    shutil.copytree(FIXTURES / "output-267f960-postgresql", root)
    dump = root / "catalog.sql"
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(catalog_url.replace("+psycopg", "")) as db:
        db.execute(dump.read_text())
    dump.unlink()
    return root


def end_run(library: OutputStore) -> int:
    """Report the changes and record that the run has ended; return how many there were."""
    count = library.write_changes().total()
    library.catalog.add_run(finished=library.catalog.moment, archive="test", exit_status=0, reason="finished")
    return count


def versions_in(library: OutputStore) -> list[Version]:
    """Return the versions of an open folder, by domain, page and time."""
    with library.catalog.connection() as connection:
        return list(read_versions(connection, library.root))
