"""The password of a CATALOG_URL is in no message, and those that an earlier release recorded are taken out."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.output.store import OutputStore
from tests.support.either_database import ON_SQLITE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SQLITE

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
        OutputStore(tmp_path, url, software="test").open()
    with pytest.raises(OutputError, match="can't read the catalog: ") as looking, reading(tmp_path, url):
        pass
    for caught in (crawling, looking):
        shown = "".join(traceback.format_exception(caught.value))
        assert "s3cret" not in shown
        assert "half" not in shown
        assert "\n" not in str(caught.value)
        assert "psycopg." not in str(caught.value)
        assert ("; start the server, or check host and port" in str(caught.value)) == ("policies@127.0.0.1:1/" in url)
