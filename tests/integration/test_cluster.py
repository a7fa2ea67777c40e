"""Two Scrapyd nodes crawl a shard each, with PostgreSQL, Redis and an object store: what one process makes, as docs/cluster.md says."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.archives.opening import SAMPLE
from pipelines.output.location import ObjectLocation
from pipelines.output.storage import open_storage
from tests.integration.test_object_store import copied_down
from tests.integration.test_postgres import check_views
from tests.support.commands import Run
from tests.support.environments import environment
from tests.support.object_store import SECRET
from tests.support.postgres import NO_SERVER, PASSWORD, postgres
from tests.support.redis_server import PASSWORD as REDIS_PASSWORD
from tests.support.redis_server import redis_server
from tests.support.scrapyd import scrapyd_server
from tests.support.service import sample_double, versions_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.object_store import ObjectStore
    from tests.support.service import Clean

pytestmark = NO_SERVER


def test_two_nodes_make_what_one_process_makes(
    clean: Clean, object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in object_store.env.items():
        monkeypatch.setenv(name, value)
    programs = environment("scrapyd", beside_ours=True)
    folders = [tmp_path / "one", tmp_path / "other"]
    location = ObjectLocation(object_store.bucket(), "policies", str(tmp_path / "none"))
    for folder in folders:
        folder.mkdir()
    environ = {**os.environ, "SCRAPY_SETTINGS_MODULE": "our_cluster", "PYTHONPATH": str(tmp_path)}
    with (
        postgres() as url,
        redis_server() as redis,
        sample_double() as double,
        ExitStack() as stack,
    ):
        addresses = {"OUTPUT_DIR": str(location), "CATALOG_URL": url, "RATE_LIMIT_URL": redis.url}
        lines = [f"{name} = {value!r}" for name, value in addresses.items()]
        (tmp_path / "our_cluster.py").write_text("\n".join(["from crawler.settings import *", *lines]))
        one, other = (stack.enter_context(scrapyd_server(programs, folder, environ)) for folder in folders)
        settings = [
            f"COMPANIES_FILE={SAMPLE / 'companies.yaml'}",
            "CDX_CALLS_PER_MINUTE=6000",
            "PLAYBACK_CALLS_PER_SECOND=100",
            "CONVERSION_SECONDS=120",
        ]
        nodes = list(zip((one, other), folders, strict=True))
        jobs = [
            node.start(
                archive=double.url,
                versions="all",
                shard=f"{part}/2",
                setting=[*settings, f"SPOOL_DIR={folder / 'spool'}"],
            )
            for part, (node, folder) in enumerate(nodes, start=1)
        ]
        for (node, _), job in zip(nodes, jobs, strict=True):
            node.wait_for(job, "finished")
        logs = [path.read_text() for folder in folders for path in folder.rglob("*.log")]
        with redis.client() as client:
            shared = {key.rpartition(":")[2] for key in client.keys("wayback-policies:*")}
        storage = open_storage(location)
        statuses = [json.loads(storage.read(f"run-{part}-of-2.json"))["exit_status"] for part in (1, 2)]
        assert statuses == [0, 0], logs
        check_views(url, clean.run.output)
    assert shared == {"pause", "listing", "playback"}
    found = Run(0, "", "", copied_down(storage, tmp_path / "copy"))
    assert found.files() == clean.files()
    assert versions_of(found) == versions_of(clean.run)
    assert not [path for folder in folders for path in (folder / "spool").glob("*/open/**/*") if path.is_file()]
    for secret in (SECRET, PASSWORD, REDIS_PASSWORD):
        assert not [log for log in logs if secret in log or quote(secret, safe="") in log]
