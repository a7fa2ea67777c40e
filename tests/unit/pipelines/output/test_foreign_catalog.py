"""An empty catalog beside texts of earlier runs: a crawl and every reader refuse it in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.output.foreign_catalog import refuse_foreign_catalog
from pipelines.output.storage import open_storage
from pipelines.output.store import OutputStore
from pipelines.report.site import build
from pipelines.topics.topics_file import load_topics
from pipelines.versions import versions
from tests.support.postgres import NO_SERVER, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = "text/a.example/20150102030405.txt"
REFUSED = "has texts or WARC files of earlier runs, and the catalog is empty: "


@pytest.fixture
def root(tmp_path: Path) -> Path:
    storage = open_storage(tmp_path)
    storage.write(TEXT, b"a text")
    storage.write("report/index.html", b"a report")
    return tmp_path


@pytest.fixture(params=["no tables", "no rows"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with postgres(is_ready=request.param == "no rows") as made:
        yield made


@NO_SERVER
def test_empty_catalog_on_a_server_is_refused_by_all(root: Path, url: str) -> None:
    (root / "catalog.db").write_bytes(b"of the folder")
    said = rf"{REFUSED}this folder's is catalog\.db, .*: leave CATALOG_URL out, or use another OUTPUT_DIR"
    before = _tables(url)
    with pytest.raises(OutputError, match=said):
        OutputStore(root, url, software="test").open()
    assert _tables(url) == before
    with pytest.raises(OutputError, match=said):
        next(versions(root, catalog_url=url))
    with pytest.raises(OutputError, match=said):
        build(root, url, load_topics(""))
    assert (root / "report" / "index.html").read_bytes() == b"a report"
    assert (root / TEXT).read_bytes() == b"a text"


def _tables(url: str) -> list[str]:
    engine = sa.create_engine(url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_new_file_in_place_of_a_lost_catalog_is_refused(root: Path) -> None:
    for _ in range(2):  # the first crawl makes the file, as SQLite does
        with pytest.raises(OutputError, match=f"{REFUSED}put the catalog back"):
            OutputStore(root, "", software="test").open()
    with pytest.raises(OutputError, match=f"{REFUSED}put the catalog back"), reading(root):
        pass


def test_first_run_that_is_at_work_is_no_foreign_catalog(root: Path) -> None:
    """Its files are younger than the first row, which is there once they were seen."""
    answers = iter([True, False])
    refuse_foreign_catalog(root, open_storage(root), lambda: next(answers), is_shared=False)


def test_empty_catalog_of_an_empty_folder_is_read(tmp_path: Path) -> None:
    OutputStore(tmp_path, "", software="test").open().close()
    assert list(versions(tmp_path)) == []
