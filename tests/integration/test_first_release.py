"""Output folders of commit 267f960, with the catalog in SQLite and in PostgreSQL: they open, lose nothing, and go on."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import OutputError
from pipelines.output.store import OutputStore
from pipelines.versions import versions
from tests.support.commands import scrapy
from tests.support.folders import of_first_release, of_first_release_in_postgresql
from tests.support.postgres import NO_SERVER, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT = ("company", "domain", "page", "path", "text_sha256", "title", "snapshot_url", "source_url", "timestamp")


@contextmanager
def folder(root: Path, kind: str) -> Iterator[str]:
    """Make the folder; yield its CATALOG_URL."""
    if kind == "sqlite":
        of_first_release(root)
        yield ""
        return
    with postgres() as url:
        of_first_release_in_postgresql(root, url)
        with pytest.raises(OutputError, match="an earlier release made the catalog; a crawl"):
            next(versions(root, catalog_url=url))
        yield url


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=NO_SERVER)])
def test_first_release_is_migrated_and_crawled_further(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "output"
    with folder(root, kind) as url:
        before = [json.loads(line) for line in (root / "versions.jsonl").read_text().splitlines()]
        texts = {path: path.read_bytes() for path in (root / "text").rglob("*.txt")}
        OutputStore(root, url, software="test").open().close()
        assert _kept(root, url) == [tuple(version[name] for name in KEPT) for version in before]
        assert {version.archive for version in versions(root, catalog_url=url)} == {"sample"}
        options = ("-a", "archive=sample", "-a", "versions=all", "-s", f"CATALOG_URL={url}")
        run = scrapy("crawl", "policies", *options, output=root)
        assert run.status == 0, run.stderr
        assert _kept(root, url) == [tuple(version[name] for name in KEPT) for version in before]
    assert run.report()["fetched"] == run.report()["new_versions"] == 0
    assert {path: path.read_bytes() for path in (root / "text").rglob("*.txt")} == texts
    assert {root / version["path"] for version in before} == set(texts)


def _kept(root: Path, catalog_url: str) -> list[tuple[object, ...]]:
    return [tuple(getattr(version, name) for name in KEPT) for version in versions(root, catalog_url=catalog_url)]
