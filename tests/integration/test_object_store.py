"""A crawl into an object store, killed on the way and completed: the same files as in a local folder, and no half object."""

from __future__ import annotations

import os
import time
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.console.status import read_status
from pipelines.document import parse
from pipelines.export.package import export_tables
from pipelines.export.tables import VERSIONS
from pipelines.output.location import ObjectLocation
from pipelines.output.storage import open_storage
from pipelines.report.site import build
from pipelines.versions import versions
from tests.integration.test_kills import IN_FLIGHT, SLOW, crawling, wait_for_requests
from tests.support.commands import Run, scrapy
from tests.support.object_store import SECRET
from tests.support.postgres import postgres, server_bin
from tests.support.service import crawl, sample_double, versions_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.output.storage import Storage
    from tests.support.object_store import ObjectStore
    from tests.support.service import Clean

pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(
    server_bin() is None and "CI" not in os.environ, reason="no PostgreSQL server is installed"
)


def copied_down(storage: Storage, folder: Path) -> Path:
    """Copy all objects to a folder, which a local crawl could have written."""
    for name in storage.list():
        open_storage(folder).write(name, storage.read(name))
    return folder


def check_objects(bucket: Storage, clean: Clean) -> None:
    """Check that every object is whole. A text has another name and date until its earliest capture is read."""
    texts = clean.files()
    for name in bucket.list():
        data = bucket.read(name)
        if name.endswith(".txt"):
            assert parse(data.decode()).text == data.decode()
            assert texts.get(name.removeprefix("text/"), data) == data
        if name.endswith(".warc.gz"):
            for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
                record.content_stream().read()


def test_crawl_killed_and_completed_equals_local_one(
    clean: Clean, object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in object_store.env.items():
        monkeypatch.setenv(name, value)
    spool = tmp_path / "spool"
    location = ObjectLocation(object_store.bucket(), "policies of 2026", str(spool))
    elsewhere = open_storage(ObjectLocation(location.bucket, location.prefix, str(tmp_path / "none")))
    with postgres() as url, sample_double(SLOW) as double:
        settings = {"CATALOG_URL": url, "SPOOL_DIR": spool}
        with crawling(double, tmp_path / "output", OUTPUT_DIR=location, **settings) as process:
            wait_for_requests(double, process, 40)
            time.sleep(0.1)
            process.kill()
        check_objects(elsewhere, clean)
        assert [path.name for path in spool.glob("*/open/**/*.gz")] == ["policies-00001.warc.gz"]
        run = crawl(double.url, location, CONCURRENT_REQUESTS_PER_DOMAIN=IN_FLIGHT, **settings)
        assert run.status == 0, run.stderr
        check_objects(elsewhere, clean)
        assert not [path for path in spool.glob("*/open/**/*") if path.is_file()]
        found = Run(0, "", "", copied_down(elsewhere, tmp_path / "copy"))
        assert found.files() == clean.files()
        assert versions_of(found) == versions_of(clean.run)
        assert list(versions(str(location), catalog_url=url))[-1].text() in map(bytes.decode, clean.files().values())
        _check_commands(location, url, clean, tmp_path)
    said = [run.stdout, run.stderr, (tmp_path / "stderr.txt").read_text(), *map(str, found.report().values())]
    assert not [text for text in said if SECRET in text or "s3cret" in text]


def _check_commands(location: ObjectLocation, url: str, clean: Clean, tmp_path: Path) -> None:
    """Check that commands read and write there what they do in a local folder."""
    local = clean.run.copied_to(tmp_path / "local")
    there, here = read_status(location, catalog_url=url), read_status(local)
    assert (there.folder, there.totals, there.losses) == (str(location), here.totals, here.losses)
    assert there.records.damages == ()
    pages, same = build(location, url), build(local)
    assert (pages.index, pages.versions, pages.written) == (
        f"{location}/report/index.html",
        same.versions,
        same.written,
    )
    (table,) = export_tables(location, location / "export/csv", [VERSIONS], "csv", catalog_url=url)
    assert table.rows == len(clean.run.versions())
    storage, folder = open_storage(location), open_storage(local)
    assert list(storage.list("report")) == list(folder.list("report"))
    assert storage.read("text/SHA256SUMS") == folder.read("text/SHA256SUMS")
    assert len(storage.read("export/csv/versions.csv").splitlines()) > table.rows
    for command in (["check"], ["evidence", "northlane.example"]):
        done = scrapy(*command, output=location, CATALOG_URL=url, SPOOL_DIR=location.spool_dir)
        assert (done.status, done.stderr) == (0, "")
    assert f"{location}/evidence/northlane.example/" in done.stdout
