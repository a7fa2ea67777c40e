"""The password of a CATALOG_URL is in no message, and those that an earlier release recorded are taken out."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.output.folder import OutputFolder
from tests.support import folders

if TYPE_CHECKING:
    from pathlib import Path

UNREACHABLE = [
    "postgresql+psycopg://policies:half@s3cret@127.0.0.1:1/policies",
    "postgresql+psycopg://policies:s3cret@127.0.0.1:port/policies",
    "postgresql+psycopg://policies@127.0.0.1:1/policies?password=s3cret",
    "postgresql+nothing://policies:s3cret@127.0.0.1/policies",
    "policies:s3cret@127.0.0.1/policies",
]
"""None of these is ever connected to: nobody listens at port 1."""


@pytest.mark.parametrize("url", UNREACHABLE)
def test_unreachable_catalog_error_hides_password(tmp_path: Path, url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(OutputError, match=r"can't use this as the catalog: .*see CATALOG_URL") as crawling:
        OutputFolder(tmp_path, url, software="test").open()
    with pytest.raises(OutputError, match="can't read the catalog: ") as looking, reading(tmp_path, url):
        pass
    for caught in (crawling, looking):
        shown = "".join(traceback.format_exception(caught.value))
        assert "s3cret" not in shown
        assert "half" not in shown
        assert "\n" not in str(caught.value)


def test_open_removes_passwords_of_earlier_release(tmp_path: Path) -> None:
    with folders.opened(tmp_path) as library:
        folders.file(library, "20150101000000", "one")
        folders.end_run(library)
        for table, column, value in [
            ("listings", "archive", "pywb+http://me:s3cret@archive/c"),
            ("runs", "archive", "pywb+http://me:s3cret@archive/c"),
            ("documents", "source_url", "http://me:s3cret@archive/c/2015id_/http://a.example/@b"),
        ]:
            with library.catalog.connection() as db:
                db.execute(sa.text(f"UPDATE {table} SET {column} = '{value}'"))  # noqa: S608 - our own
    with folders.opened(tmp_path) as library, library.catalog.connection() as db:
        assert db.execute(sa.text("SELECT archive FROM listings")).all() == []
        assert db.execute(sa.text("SELECT archive FROM runs")).all() == [("pywb+http://archive/c",)]
        sources = db.execute(sa.text("SELECT source_url FROM documents")).all()
        assert sources == [("http://archive/c/2015id_/http://a.example/@b",)]
