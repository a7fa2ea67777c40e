"""A CATALOG_URL whose driver can't be imported: one line that ends with what to do, wherever it is met."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from crawler.options.setting_values import check_catalog_url
from pipelines.catalog.database import missing_driver
from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.installation import install_command
from pipelines.output.store import OutputStore
from tests.support.either_database import ON_SQLITE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SQLITE
URL = "postgresql+psycopg://policies:s3cret@127.0.0.1:1/policies"


def _check(_root: Path, url: str) -> None:
    check_catalog_url(url)


def _open(root: Path, url: str) -> None:
    OutputStore(root, url, software="test").open()


def _read(root: Path, url: str) -> None:
    with reading(root, url):
        pass


MISSING = [
    (URL, "psycopg", (_check, _open, _read), install_command("postgresql")),
    (URL.replace("psycopg", "asyncpg"), "asyncpg", (_check, _open, _read), "write postgresql+psycopg://host/database"),
    ("sqlite+aiosqlite:///x.db", "aiosqlite", (_check, _open), "write sqlite:///FILE"),
]
"""CATALOG_URL, the module that is missing, who needs it, and the remedy."""


@pytest.mark.parametrize("missing", MISSING, ids=lambda case: case[1])
def test_missing_driver_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: Any) -> None:
    url, module, users, remedy = missing
    monkeypatch.setitem(sys.modules, module, None)  # its import raises ModuleNotFoundError
    for use in users:
        with pytest.raises((OutputError, ValueError), match=module) as caught:
            use(tmp_path, url)
        assert str(caught.value).endswith(f"; {remedy}")
        assert "s3cret" not in str(caught.value)


def test_driver_without_its_library_is_told_in_one_line() -> None:
    error = ImportError("no pq wrapper available.\nAttempts made:\n- couldn't import psycopg 'c' implementation")
    assert missing_driver(error, URL) == f"no pq wrapper available; {install_command('postgresql')}"
