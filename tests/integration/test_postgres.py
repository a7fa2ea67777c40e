"""The catalog in a real PostgreSQL: the same files, and the same commands work on it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.views import VIEWS
from tests.conftest import Run, scrapy
from tests.postgres import postgres, server_bin

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(
    server_bin() is None and "CI" not in os.environ, reason="no PostgreSQL server is installed"
)


def test_a_crawl_into_postgresql_gives_the_same_and_the_views_can_be_queried(sample_run: Run, tmp_path: Path) -> None:
    with postgres() as url:
        output = tmp_path / "output"
        options = ("-a", "archive=sample", "-a", "versions=all", "-s", f"CATALOG_URL={url}")
        first = scrapy("crawl", "policies", *options, output=output)
        assert first.status == 0, first.stderr
        assert first.files() == sample_run.files()
        assert first.versions() == sample_run.versions()
        _check_views(url, sample_run.output)
        second = scrapy("crawl", "policies", *options, output=output)
        assert second.status == 0, second.stderr
        assert second.report()["requests"].get("playback", 0) == 0
        assert second.versions() == sample_run.versions()
        shutil.rmtree(output / "warc")
        next((output / "text").rglob("*.txt")).unlink()
        assert scrapy("convert", "--from-warc", "-s", f"CATALOG_URL={url}", output=output).status == 3
        third = scrapy("crawl", "policies", *options, output=output)
        assert third.status == 0, third.stderr
        assert third.files() == sample_run.files()
        assert third.versions() == sample_run.versions()
        for command in (["status"], ["report"], ["export", "--format", "csv", "--pairs"]):
            done = scrapy(*command, "-s", f"CATALOG_URL={url}", output=output)
            assert (done.status, done.stderr) == (0, "")
        wrong = url.replace("h4lf", "wr0ng")
        refused = scrapy("crawl", "policies", *options[:-1], f"CATALOG_URL={wrong}", output=tmp_path / "refused")
    assert refused.status == 1
    assert "password authentication failed" in refused.stderr
    for run in (first, second, refused):
        said = [
            run.stdout,
            run.stderr,
            *(path.read_text("latin-1") for path in run.output.rglob("*") if path.is_file()),
        ]
        assert not any(part in text for text in said for part in ("s3cret", "h4lf", "wr0ng"))


def _check_views(url: str, sample: Path) -> None:
    """Check that every view says in PostgreSQL what it says in SQLite, but for when a run was."""
    found = []
    for address in (url, f"sqlite:///{sample / 'catalog.db'}"):
        engine = sa.create_engine(address)
        with engine.connect() as db:
            found.append({name: _rows(db, name) for name in VIEWS})
        engine.dispose()
    assert found[0] == found[1]
    assert found[0]["versions"]


def _rows(db: sa.Connection, view: str) -> list[tuple[object, ...]]:
    rows = db.execute(sa.text(f"SELECT * FROM {view}")).mappings()  # noqa: S608 - our own names
    return sorted(tuple(str(value) for name, value in row.items() if name not in MOMENTS) for row in rows)


MOMENTS = {"recorded", "finished", "finished_full"}
