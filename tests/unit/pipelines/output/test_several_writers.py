"""Several processes that write to one output folder, whose catalog is on a PostgreSQL server."""

from __future__ import annotations

import asyncio
import gzip
import json
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from crawler.checks.checked_records import RecordCheck
from crawler.console.status import read_status, show
from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.items import Memento, MementoKey
from pipelines.output.folder import OutputFolder
from pipelines.output.storage import LocalStorage
from pipelines.output.store import OutputStore
from pipelines.versions import versions
from tests.support.folders import DOMAIN, file, of_first_release_in_postgresql
from tests.support.postgres import NO_SERVER, postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = NO_SERVER
TORN = gzip.compress(b"a record that was being written")[:20]


@pytest.fixture
def url() -> Iterator[str]:
    with postgres(is_ready=True) as made:
        yield made


def test_empty_database_is_said_in_one_line(tmp_path: Path) -> None:
    with (
        postgres() as empty,
        pytest.raises(OutputError, match="the catalog is an empty database; a crawl makes its tables"),
        reading(tmp_path, empty),
    ):
        pass


def test_folder_with_a_catalog_of_its_own_is_not_moved_to_a_server(tmp_path: Path, url: str) -> None:
    store = OutputStore(tmp_path, "", software="test").open()
    store.catalog.set_company("Example", [DOMAIN])
    store.store_memento(memento(1))
    store.close()
    with pytest.raises(OutputError, match=r"this folder's is catalog\.db, .* leave CATALOG_URL out, or use another"):
        OutputStore(tmp_path, url, software="test").open()


@pytest.fixture
def begin(tmp_path: Path, url: str) -> Iterator[Callable[[], OutputStore]]:
    """Return a function that opens the folder as another process does."""
    with ExitStack() as opened:

        def another() -> OutputStore:
            store = OutputStore(tmp_path, url, software="test").open()
            opened.callback(store.catalog.close)
            store.catalog.set_company("Example", [DOMAIN])
            return store

        yield another


def kill(store: OutputStore, url: str) -> None:
    """End a process's connection, as the server does when the process is killed."""
    with store.catalog.connection() as db:
        pid = db.scalar(sa.text("SELECT pg_backend_pid()"))
    engine = sa.create_engine(url)
    with engine.connect() as db:
        db.execute(sa.text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
    engine.dispose()


def memento(number: int, body: bytes = b"") -> Memento:
    stamp = f"20150101{number:06}"
    page = body or b"<p>%d" % number
    return Memento(stamp, "http://example.com/", "http://archive/", 200, (), page, "wayback")


def warcs(root: Path) -> dict[str, int]:
    return {path.name[9:14]: path.stat().st_size for path in sorted((root / "warc").iterdir())}


def test_each_writer_appends_to_a_file_of_its_own(begin: Callable[[], OutputStore], tmp_path: Path, url: str) -> None:
    one, other = begin(), begin()
    for number in range(4):
        (one, other)[number % 2].store_memento(memento(number))
    assert list(warcs(tmp_path)) == ["00001", "00002"]
    kill(one, url)
    with (tmp_path / "warc" / "policies-00001.warc.gz").open("ab") as torn:
        torn.write(TORN)
    with (tmp_path / "warc" / "policies-00002.warc.gz").open("ab") as under_way:
        under_way.write(TORN)
    before = warcs(tmp_path)
    third = begin()
    after = warcs(tmp_path)
    assert before["00001"] - after["00001"] == len(TORN)
    assert before["00002"] == after["00002"]
    third.store_memento(memento(5))
    assert warcs(tmp_path)["00001"] > after["00001"]
    fourth = begin()
    fourth.store_memento(memento(6))
    assert list(warcs(tmp_path)) == ["00001", "00002", "00003"]
    assert [read(fourth, number) for number in (0, 1, 2, 3, 5, 6)] == [b"<p>%d" % n for n in (0, 1, 2, 3, 5, 6)]


def read(store: OutputStore, number: int) -> bytes:
    kept = store.stored_memento(MementoKey(f"20150101{number:06}", "http://example.com/", "wayback"))
    assert kept
    return kept.read().body


def test_a_full_file_is_given_back_and_the_next_name_is_free(begin: Callable[[], OutputStore], tmp_path: Path) -> None:
    one, other = begin(), begin()
    for store in (one, other):
        store.warcs._max_size = 1
        store.store_memento(memento(1, store.locks.__class__.__name__.encode()))
    one.store_memento(memento(2))
    other.store_memento(memento(3))
    assert len(warcs(tmp_path)) == 3  # the first memento is one for both
    assert [read(one, number) for number in (2, 3)] == [b"<p>2", b"<p>3"]


def test_a_body_of_another_writer_is_referred_to_once_it_can_be_read(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    one, other = begin(), begin()
    one.store_memento(memento(1, b"same"))
    other.store_memento(memento(2, b"same"))
    assert read(one, 2) == b"same"
    (first, second) = (store.catalog.memento(memento(n).key) for n, store in ((1, one), (2, other)))
    assert first
    assert second
    assert (second["payload_file"], second["file"]) == ("policies-00001.warc.gz", "policies-00002.warc.gz")
    theirs = tmp_path / "warc" / first["payload_file"]
    theirs.rename(tmp_path / "spooled elsewhere")  # as an open file is for an object store
    other.store_memento(memento(3, b"same"))
    third = other.catalog.memento(memento(3).key)
    assert third
    assert third["payload_file"] == third["file"]
    assert other.stored_memento(memento(1).key) is None  # to be fetched
    assert begin().catalog.count(sa.text("trouble IS NOT NULL")) == 0  # a living writer's file is no damage
    assert damages(tmp_path, url) == ((), [], 2)
    kill(one, url)
    (damage,), (finding,), under_way = damages(tmp_path, url)
    assert "the file is gone; 2 mementos" in damage
    assert "the file is gone; 2 mementos" in finding
    assert under_way == 0
    assert begin().catalog.count(sa.text("trouble IS NOT NULL")) == 2


def damages(root: Path, url: str) -> tuple[tuple[str, ...], list[str], int]:
    """Return the WARC files that `status` and `check` say are lost, and how many mementos can't be checked yet."""
    with reading(root, url) as db:
        check = RecordCheck(db, LocalStorage(root))
        findings = [str(finding) for finding in check.mementos()]
        return read_status(root, catalog_url=url).records.damages, findings, check.under_way


def test_same_memento_of_two_writers_is_one(begin: Callable[[], OutputStore]) -> None:
    one, other = begin(), begin()
    append, found = other.warcs.append, memento(1)

    def late(*arguments: Any, **facts: Any) -> Any:
        one.store_memento(found)
        return append(*arguments, **facts)

    other.warcs.append = late  # type: ignore[method-assign]
    assert not other.store_memento(found)
    assert other.catalog.count() == 1
    assert read(other, 1) == found.body


def test_claims_name_their_owner_and_end_with_the_process(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    one, other = begin(), begin()
    one.claim([DOMAIN, "b.example"], "shard 1/2")
    with pytest.raises(OutputError, match=r"process \d+ on .* works on shard 1/2; wait for it, or take another shard="):
        other.claim(["b.example", DOMAIN], "shard 1/2")
    assert one.catalog.other_runs() == []
    other.claim([DOMAIN], "")
    with pytest.raises(
        OutputError, match=r"process \d+ on .* works on the same companies; wait for it, or take other comp"
    ):
        one.claim([DOMAIN], "")
    assert one.claim_domain(DOMAIN) is None
    assert str(other.claim_domain(DOMAIN)).startswith("process ")
    one.release_domain(DOMAIN)
    assert other.claim_domain(DOMAIN) is None
    kill(other, url)
    assert one.claim_domain(DOMAIN) is None
    with pytest.raises(OutputError, match=r"in use by process \d+ on .*; wait for it"):
        OutputStore(tmp_path, url, software="test").open(alone=True)
    kill(one, url)
    alone = OutputStore(tmp_path, url, software="test").open(alone=True)
    with pytest.raises(OutputError, match=r"in use by process \d+ on "):
        begin()
    alone.close()
    begin().close()


def test_empty_shards_do_not_exclude_each_other(begin: Callable[[], OutputStore]) -> None:
    begin().claim([], "shard 3/4")
    begin().claim([], "shard 4/4")


def test_lost_connection_is_one_line_and_writes_no_more(begin: Callable[[], OutputStore], url: str) -> None:
    store = begin()
    kill(store, url)
    with pytest.raises(sa.exc.SQLAlchemyError) as first:
        store.store_memento(memento(1))
    lost = "the connection to the catalog's database was lost, and with it the locks; run this again"
    assert store.problem(first.value) == f"{store.root}: can't write: {lost}"
    for _ in range(2):
        with pytest.raises(OutputError, match="the connection to the catalog's database was lost") as caught:
            store.store_memento(memento(1))
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    store.close()


def test_status_tells_who_is_at_work_and_who_was_killed(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    one, other, third = begin(), begin(), begin()
    one.claim([DOMAIN], "shard 1/2")
    third.close()
    kill(other, url)
    lines = show(read_status(tmp_path, catalog_url=url)).splitlines()
    now = [line[16:] for line in lines[2:] if " on " in line]
    assert [line.partition(" on ")[2].split(" ", 1)[1] for line in now] == [
        "(shard 1/2) is at work here",
        "was killed while working here; its responses are stored, and the next run continues from them",
    ]
    one.close()
    last = begin()
    end(last)
    with reading(tmp_path, url) as db:
        assert db.execute(sa.text("SELECT * FROM open_runs")).all() == []


def end(store: OutputStore) -> int:
    """End a run in order now; return how many changes it has reported."""
    count = store.write_changes().total()
    finished = datetime.now(UTC).isoformat(timespec="microseconds")
    store.catalog.add_run(finished=finished, archive="test", exit_status=0, reason="finished")
    store.close()
    return count


def changes(root: Path) -> list[str]:
    return sorted(json.loads(line)["timestamp"][:4] for line in (root / "changes.jsonl").read_text().splitlines())


def test_changes_of_runs_at_the_same_time_are_all_reported(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    """The run that began first ends last; one is killed; one fails without a report."""
    before = begin()
    file(before, "20100101000000", "before")
    end(before)
    first, second, killed = begin(), begin(), begin()
    file(first, "20110101000000", "first")
    file(second, "20120101000000", "second")
    assert second.catalog.is_reported_by_another()
    end(second)
    file(first, "20130101000000", "first, later")
    file(killed, "20140101000000", "killed")
    kill(killed, url)
    failed = begin()
    file(failed, "20150101000000", "failed")
    failed.close()
    assert not first.catalog.is_reported_by_another()
    end(first)
    assert changes(tmp_path) == ["2011", "2012", "2013", "2014", "2015"]
    assert show(read_status(tmp_path, catalog_url=url)).count("5 versions since") == 1
    last = begin()
    assert end(last) == 0


def test_changes_of_a_run_killed_after_another_reported_are_told_by_the_next(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    killed, ended = begin(), begin()
    end(ended)
    file(killed, "20110101000000", "killed")
    kill(killed, url)
    after = begin()
    end(after)
    assert changes(tmp_path) == ["2011"]


def test_first_release_is_migrated_by_one_of_two(tmp_path: Path) -> None:
    with postgres() as url, ThreadPoolExecutor() as threads:
        root = of_first_release_in_postgresql(tmp_path / "output", url)
        stores = [OutputStore(root, url, software="test") for _ in range(2)]
        for opened in list(threads.map(OutputStore.open, stores)):
            opened.close()
        before = (root / "versions.jsonl").read_text().splitlines()
        assert len(list(versions(root, catalog_url=url))) == len(before) > 0


def test_open_changes_nothing_that_is_being_read(begin: Callable[[], OutputStore], tmp_path: Path, url: str) -> None:
    """Making views anew would wait for the reader, and let every other reader wait."""
    begin().close()
    with reading(tmp_path, url) as db:
        assert db.execute(sa.text("SELECT count(*) FROM versions")).scalar() == 0
        begin().close()


def test_another_release_at_work_is_named(begin: Callable[[], OutputStore], url: str) -> None:
    store = begin()
    with store.catalog.connection() as db:
        db.exec_driver_sql("DROP VIEW coverage")
    with pytest.raises(OutputError, match="with another release of this program; wait for it"):
        begin()
    store.close()
    begin().close()
    assert url


class _Refused(Exception):
    """What a driver raises."""

    def __init__(self, state: str) -> None:
        super().__init__("refused")
        self.sqlstate = state


@pytest.mark.parametrize(("state", "tries"), [("40P01", 3), ("40001", 3), ("53100", 1)])
def test_an_operation_ended_in_favour_of_another_is_done_again(tmp_path: Path, state: str, tries: int) -> None:
    tried = []

    def refused() -> None:
        tried.append(state)
        raise OperationalError("", {}, _Refused(state))

    async def call() -> None:
        folder = OutputFolder(OutputStore(tmp_path, "", software="test")).open()
        try:
            with pytest.raises(OutputError, match="can't write: "):
                await folder.run(refused)
        finally:
            await folder.close()

    asyncio.run(call())
    assert len(tried) == tries


def test_folder_without_any_file_of_the_catalog_is_refused(
    begin: Callable[[], OutputStore], tmp_path: Path, url: str
) -> None:
    """It may not be mounted on this machine: all records would count as lost."""
    store = begin()
    store.store_memento(memento(1))
    other = tmp_path / "not mounted"
    with pytest.raises(OutputError, match="is the folder mounted"):
        OutputStore(other, url, software="test").open()
    assert [each.who for each in store.catalog.living_runs()] == []
    store.close()
    with reading(tmp_path, url) as db:
        assert db.execute(sa.text("SELECT count(*) FROM mementos WHERE trouble IS NOT NULL")).scalar() == 0
    (other / "text").mkdir(parents=True)
    (other / "text" / "lost.txt").touch()
    OutputStore(other, url, software="test").open().close()
    with reading(tmp_path, url) as db:
        assert db.execute(sa.text("SELECT count(*) FROM mementos WHERE trouble IS NOT NULL")).scalar() == 1
