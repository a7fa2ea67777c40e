"""The catalog in a real PostgreSQL: the same files, and the same commands work on it."""

from __future__ import annotations

import json
import random
import re
import shutil
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog.read_only import reading, writers
from pipelines.catalog.views import VIEWS
from pipelines.output.run_file import read_run_file
from pipelines.untrusted import MAX_URL
from tests.support import hostile
from tests.support.archive_double import ArchiveDouble, Held, memento
from tests.support.commands import ROOT, Run, scrapy
from tests.support.postgres import NO_SERVER, postgres
from tests.support.service import crawl, versions_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

pytest.importorskip("psycopg")
LONGER_IN_QUERY = 2 * len(":///?")
"""Of a link's address, which must fit encoded in a query too."""
pytestmark = NO_SERVER


def test_postgres_crawl_gives_same_files_and_views(sample_run: Run, tmp_path: Path) -> None:
    with postgres() as url:
        output = tmp_path / "output"
        options = ("-a", "archive=sample", "-a", "versions=all", "-s", f"CATALOG_URL={url}")
        first = scrapy("crawl", "policies", *options, output=output)
        assert first.status == 0, first.stderr
        assert first.files() == sample_run.files()
        assert versions_of(first) == versions_of(sample_run)
        check_views(url, sample_run.output)
        second = scrapy("crawl", "policies", *options, output=output)
        assert second.status == 0, second.stderr
        assert second.report()["requests"].get("playback", 0) == 0
        assert versions_of(second) == versions_of(sample_run)
        shutil.rmtree(output / "warc")
        next((output / "text").rglob("*.txt")).unlink()
        assert scrapy("convert", "--from-warc", "-s", f"CATALOG_URL={url}", output=output).status == 3
        third = scrapy("crawl", "policies", *options, output=output)
        assert third.status == 0, third.stderr
        assert third.files() == sample_run.files()
        assert versions_of(third) == versions_of(sample_run)
        for command in (
            ["status"],
            ["report"],
            ["export", "--format", "csv", "--pairs"],
            ["evidence", "northlane.example"],
        ):
            done = scrapy(*command, "-s", f"CATALOG_URL={url}", output=output)
            assert (done.status, done.stderr) == (0, "")
        wrong = url.replace("h4lf", "wr0ng")
        refused = scrapy("crawl", "policies", *options[:-1], f"CATALOG_URL={wrong}", output=tmp_path / "refused")
    assert refused.status == 2
    assert "password authentication failed" in refused.stderr
    for run in (first, second, refused):
        said = [
            run.stdout,
            run.stderr,
            *(path.read_text("latin-1") for path in run.output.rglob("*") if path.is_file()),
        ]
        assert not any(part in text for text in said for part in ("s3cret", "h4lf", "wr0ng"))


def test_two_shards_at_once_give_the_files_of_one_run(sample_run: Run, tmp_path: Path) -> None:
    """One is killed in the middle. Nothing is locked after it: the next run of its shard ends its work."""
    output = tmp_path / "output"
    with postgres() as url:
        options = ("-a", "archive=sample", "-a", "versions=all", "-s", f"CATALOG_URL={url}")
        command = [sys.executable, "-m", "scrapy", "crawl", "policies", *options, "-a", "shard=1/2"]
        killed = subprocess.Popen([*command, "-s", f"OUTPUT_DIR={output}", "-s", "CONVERSION_WORKERS=1"], cwd=ROOT)
        with ThreadPoolExecutor() as threads:
            second = threads.submit(scrapy, "crawl", "policies", *options, "-a", "shard=2/2", output=output)
            while not any(output.glob("text/quillbox.example/*.txt")):
                assert killed.poll() is None
                sleep(0.02)
            killed.kill()
            killed.wait()
            assert second.result().status == 0, second.result().stderr
        told = changes_of(output)
        first = scrapy("crawl", "policies", *options, "-a", "shard=1/2", output=output)
        assert first.status == 0, first.stderr
        assert first.files() == sample_run.files()
        assert versions_of(first) == versions_of(sample_run)
        check_views(url, sample_run.output, VIEWS.keys() - {"listing_states"})  # a second run asks for known pages
        # The shard that ends while the other one is dead tells what that had found; else the last run tells all.
        assert told | changes_of(output) == {(line["page"], line["text_sha256"]) for line in sample_run.versions()}
        with reading(output, url) as db:
            assert writers(output, db) == []
            assert db.execute(sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar() == 0
    assert {path.name for path in output.glob("run*.json")} == {"run.json", "run-1-of-2.json", "run-2-of-2.json"}
    names = {company.name for company in read_run_file(output).companies}
    assert names == {company["name"] for company in sample_run.report()["companies"]}


def changes_of(output: Path) -> set[tuple[str, str]]:
    """Return page and text of the versions that changes.jsonl names; their first capture may not have been read yet."""
    lines = map(json.loads, (output / "changes.jsonl").read_text().splitlines())
    return {(line["page"], line["text_sha256"]) for line in lines}


def test_postgres_stores_hostile_text(tmp_path: Path) -> None:
    """It takes no NUL, and no row of an index above 2,704 bytes."""
    domain = "h.example"
    noise = random.Random(1).choices(string.ascii_letters, k=MAX_URL)  # noqa: S311 - text that can't be compressed
    longest = f"http://{domain}/privacy-policy?{''.join(noise)}"[: MAX_URL - LONGER_IN_QUERY]
    entries = [
        *hostile.company(domain, home=f"{hostile.HOME}<a href={longest}>Privacy</a><a href=/a&#0;b>Privacy</a>"),
        memento(longest, hostile.STAMP, hostile.POLICY.format(name="Longest")),
    ]
    with postgres() as url, ArchiveDouble(Held(entries)) as double:
        run = crawl(double.url, tmp_path / "output", f"domain={domain}", CATALOG_URL=url)
    assert run.status == 0, run.stderr
    assert sorted(len(version["page"]) for version in run.versions()) == [
        len("example,h)/privacy-policy"),
        MAX_URL - LONGER_IN_QUERY - 6,
    ]


def check_views(url: str, sample: Path, names: Collection[str] = tuple(VIEWS)) -> None:
    """Check that every view says in PostgreSQL what it says in SQLite, but for when a run was."""
    found = []
    for address in (url, f"sqlite:///{sample / 'catalog.db'}"):
        engine = sa.create_engine(address)
        with engine.connect() as db:
            found.append({name: _rows(db, name) for name in VIEWS})
        engine.dispose()
    for view in names:
        assert found[0][view] == found[1][view], view
    assert found[0]["versions"]


def _rows(db: sa.Connection, view: str) -> list[tuple[object, ...]]:
    rows = db.execute(sa.text(f"SELECT * FROM {view}")).mappings()  # noqa: S608 - our own names
    return sorted(
        tuple(
            _DOUBLE.sub("the double", str(value))
            for name, value in row.items()
            if name not in MOMENTS | NOW.get(str(row.get("match")), set())
        )
        for row in rows
    )


_DOUBLE = re.compile(r"http://127\.0\.0\.1:\d+")
MOMENTS = {"recorded", "run", "finished", "finished_full"}
NOW = {"nearest": {"newest"}}
"""What a question that names no captures is as new as: the moment at which it was asked."""
