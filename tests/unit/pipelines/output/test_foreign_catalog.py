"""An empty catalog beside texts of earlier runs: a crawl and every reader refuse it in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog.read_only import reading
from pipelines.catalog.writer import Catalog
from pipelines.errors import OutputError
from pipelines.items import Memento
from pipelines.output.foreign_catalog import refuse_foreign_catalog
from pipelines.output.storage import open_storage
from pipelines.output.store import OutputStore
from pipelines.report.site import build
from pipelines.topics.topics_file import load_topics
from pipelines.versions import versions
from tests.support.folders import DOMAIN, file
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


@pytest.mark.parametrize("is_empty_file", [False, True])
@pytest.mark.parametrize("elsewhere", ["", "other.db"])
def test_lost_catalog_is_refused_without_a_trace(
    root: Path, tmp_path: Path, elsewhere: str, *, is_empty_file: bool
) -> None:
    """SQLite made the file before it was refused, and all that was said later was of an empty catalog."""
    catalog = tmp_path / (elsewhere or "catalog.db")
    if is_empty_file:
        catalog.touch()
    url = f"sqlite:///{catalog}" if elsewhere else ""
    said = f"{re.escape(f'has texts or WARC files of earlier runs, and no catalog ({catalog})')}: put the catalog back"
    before = _contents(root)
    with pytest.raises(OutputError, match=said):
        OutputStore(root, url, software="test").open()
    assert _contents(root) == before
    with pytest.raises(OutputError, match=REFUSED if is_empty_file else said), reading(root, url):
        pass
    assert _contents(root) == before


def _contents(root: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def test_catalog_without_rows_is_refused(root: Path) -> None:
    """Such as a refused run of an earlier release has left."""
    Catalog(f"sqlite:///{root / 'catalog.db'}").close()
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


@NO_SERVER
def test_catalog_of_another_folder_is_refused_where_there_is_a_catalog_db(tmp_path: Path) -> None:
    """A crawl took the other folder's records for lost. A catalog.db of a refused run is no obstacle: it knows nothing."""
    one, other = tmp_path / "one", tmp_path / "other"
    with postgres(is_ready=True) as url:
        _fill(one, "", 3)
        _fill(other, url, 1)
        said = r"has a catalog\.db of its own, .* another folder's .*: leave CATALOG_URL out, or move catalog\.db away"
        with pytest.raises(OutputError, match=said):
            OutputStore(one, url, software="test").open()
        with pytest.raises(OutputError, match=said), reading(one, url):
            pass
        _fill(tmp_path / "unused", "", 0)
        (other / "catalog.db").write_bytes((tmp_path / "unused" / "catalog.db").read_bytes())
        _fill(other, url, 4)
        with reading(other, url) as db:
            assert db.scalar(sa.text("SELECT count(*) FROM mementos")) == 4


def _fill(root: Path, url: str, count: int) -> None:
    """Store some mementos as a run does."""
    store = OutputStore(root, url, software="test").open()
    store.catalog.set_company("Example", [DOMAIN])
    for number in range(count):
        file(store, f"2015010203040{number}", f"text {number}")
        body = b"<p>%d" % number
        store.store_memento(
            Memento(f"2015010203040{number}", "http://example.com/", "http://archive/", 200, (), body, "wayback")
        )
    store.close()
