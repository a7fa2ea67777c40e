"""Catalogs of output folders on a server, where tests name none: each folder has a database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pipelines.catalog import database, read_only
from pipelines.output import store
from tests.support.postgres import postgres

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

ON_SQLITE: Final = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Marks a test that is about SQLite, or that PostgreSQL would take too long for."""


def use_server(monkeypatch: pytest.MonkeyPatch, made: ExitStack) -> None:
    """Let `catalog_url` name a server's database. They are dropped when `made` is closed."""
    urls: dict[Path, str] = {}

    def catalog_url(root: Path, given: str) -> str:
        if not given and root not in urls:
            urls[root] = made.enter_context(postgres(is_ready=True))
        return given or urls[root]

    monkeypatch.setattr(database, "catalog_url", catalog_url)
    monkeypatch.setattr(read_only, "default_catalog_url", catalog_url)
    monkeypatch.setattr(store, "default_catalog_url", catalog_url)
