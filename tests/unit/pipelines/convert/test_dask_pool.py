"""DaskPool and its queue with a cluster that is made up: what is sent again, what is given up, what is counted."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.convert.dask_cluster import BatchLost, SchedulerLost, _why_unfit
from pipelines.convert.dask_pool import MAX_BYTES, MAX_LOSSES, DaskPool
from pipelines.convert.dask_tasks import Batch, Reply
from pipelines.convert.job_queue import BATCH_BYTES, BATCH_JOBS, JobQueue, QueuedJob
from pipelines.convert.jobs import Job, Limits
from pipelines.convert.program_version import differences, program_version
from pipelines.errors import ConversionError, PoolClosed, PoolLost, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable

FACTS = {"url": "http://a.com/", "timestamp": "20200102030405", "domain": "a.com"}
ABOUT = "http://a.com/ of 20200102030405"


def double(html: bytes, **_: str) -> bytes:
    return html * 2


class MadeUpCluster:
    """A cluster with `threads`; `behave` takes the pages of a batch, and gives how many are done, or raises."""

    def __init__(self, behave: Callable[[list[bytes]], int] = len, threads: int = 2) -> None:
        self.behave = behave
        self.threads = threads
        self.batches: list[list[bytes]] = []
        self.most = self.flying = 0
        self.excluded: list[str] = []
        self.lost = asyncio.Event()
        self.is_closed = False

    async def watch(self, changed: Callable[[], None]) -> None:
        changed()
        await self.lost.wait()
        raise SchedulerLost("the scheduler is away")

    async def send(self, key: str, payload: bytes) -> Reply:
        batch: Batch = pickle.loads(payload)  # noqa: S301
        jobs: list[Job] = [pickle.loads(job) for job in batch.jobs]  # noqa: S301
        pages = [job.arguments[0] for job in jobs]
        assert batch.key == key
        self.batches.append(pages)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            await asyncio.sleep(0)
            done = self.behave(pages)
        finally:
            self.flying -= 1
        return Reply("tcp://w", tuple(pickle.dumps(job.do()) for job in jobs[:done]))

    def exclude(self, worker: str, reason: str) -> None:
        self.excluded.append(f"{worker}: {reason}")

    async def close(self) -> None:
        self.is_closed = True


class NoPool:
    """A local pool that tells what it was asked."""

    async def run(self, about: str, *_: object, **__: object) -> str:
        return f"here: {about}"

    async def close(self) -> None:
        """Do nothing."""


def converted(cluster: MadeUpCluster, *pages: bytes) -> list[Any]:
    """Return what becomes of pages that come at once."""

    async def main() -> list[Any]:
        pool = pool_of(cluster)
        try:
            calls = [pool.convert(page, **FACTS) for page in pages]
            return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 60)
        finally:
            await pool.close()

    return asyncio.run(main())


def pool_of(cluster: MadeUpCluster) -> DaskPool:
    return DaskPool(cluster, NoPool(), Limits(1, 1, 1), double)  # type: ignore[arg-type]


def test_few_jobs_are_spread_over_all_threads() -> None:
    cluster = MadeUpCluster(threads=2)
    assert converted(cluster, *[b"p"] * 16) == [b"pp"] * 16
    assert [len(batch) for batch in cluster.batches] == [4, 4, 4, 4]  # two batches for each of two threads
    assert cluster.most == 4
    assert cluster.is_closed


def test_many_small_jobs_are_sent_together_and_large_ones_alone() -> None:
    cluster = MadeUpCluster(threads=1)
    large = b"L" * BATCH_BYTES
    found = converted(cluster, *[b"s"] * 200, large)
    assert found == [b"ss"] * 200 + [large * 2]
    assert max(map(len, cluster.batches)) == BATCH_JOBS
    assert [large] in cluster.batches
    assert len(cluster.batches) < 40


def test_bytes_in_flight_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_BYTES < 1 << 30
    monkeypatch.setattr("pipelines.convert.dask_pool.MAX_BYTES", BATCH_BYTES)
    cluster = MadeUpCluster(threads=50)
    page = b"L" * BATCH_BYTES
    assert converted(cluster, *[page] * 10) == [page * 2] * 10
    assert cluster.most == 1


def test_no_thread_no_batch() -> None:
    async def main() -> None:
        pool = pool_of(cluster)
        job = asyncio.ensure_future(pool.convert(b"p", **FACTS))
        for _ in range(5):
            await asyncio.sleep(0.01)
        assert cluster.batches == []
        await pool.close()
        with pytest.raises(PoolClosed, match=f"^{ABOUT}: not converted, the program is ending$"):
            await job

    cluster = MadeUpCluster(threads=0)
    asyncio.run(main())


def test_rest_of_a_batch_that_takes_long_is_sent_again() -> None:
    cluster = MadeUpCluster(lambda _: 1, threads=1)
    assert converted(cluster, b"a", b"b", b"c") == [b"aa", b"bb", b"cc"]


def test_page_that_workers_die_of_is_given_up_alone() -> None:
    def behave(pages: list[bytes]) -> int:
        if b"bad" in pages:
            raise BatchLost("the Dask workers that took it died", is_suspect=True, is_proven=True)
        return len(pages)

    cluster = MadeUpCluster(behave, threads=1)
    *good, bad, last = converted(cluster, b"a", b"b", b"c", b"bad", b"d")
    assert (good, last) == ([b"aa", b"bb", b"cc"], b"dd")
    assert isinstance(bad, WorkerDied)
    assert not bad.by_itself, "it is asked for again, and is not unreadable"
    assert str(bad) == f"{ABOUT}: no process could take it (the Dask workers that took it died)"
    assert [batch for batch in cluster.batches if b"bad" in batch] == [[b"bad", b"d"], [b"bad"]]


def test_page_whose_workers_are_gone_each_time_is_given_up() -> None:
    def behave(_: list[bytes]) -> int:
        raise BatchLost("its workers are gone", is_suspect=True)

    cluster = MadeUpCluster(behave)
    (failure,) = converted(cluster, b"p")
    assert isinstance(failure, WorkerDied)
    assert len(cluster.batches) == MAX_LOSSES


def test_lost_connections_are_never_a_pages_fault() -> None:
    def behave(pages: list[bytes]) -> int:
        if len(cluster.batches) < 3 * MAX_LOSSES:
            raise BatchLost("the connection to the scheduler was lost", is_suspect=False)
        return len(pages)

    cluster = MadeUpCluster(behave)
    assert converted(cluster, b"p", b"q") == [b"pp", b"qq"]


def test_worker_that_is_unfit_gets_no_more_and_its_batch_goes_to_another() -> None:
    class Unfit(MadeUpCluster):
        async def send(self, key: str, payload: bytes) -> Reply:
            reply = await super().send(key, payload)
            return reply if self.excluded else Reply("tcp://bad", unfit="other code of pipelines")

    cluster = Unfit(threads=1)
    assert converted(cluster, b"p", b"q") == [b"pp", b"qq"]
    assert cluster.excluded[0] == "tcp://bad: other code of pipelines"


def test_lost_scheduler_is_told_before_the_jobs_end() -> None:
    """The run ends first, so that no capture is counted as lost."""

    async def main() -> None:
        pool = pool_of(cluster)
        told = list[str]()
        pool.on_lost = told.append
        jobs = [asyncio.ensure_future(pool.convert(b"p", **FACTS)) for _ in range(3)]
        seen = list[bool]()
        jobs[0].add_done_callback(lambda _: seen.append(bool(told)))
        await asyncio.sleep(0.02)
        cluster.lost.set()
        found = await asyncio.gather(*jobs, return_exceptions=True)
        assert {type(error) for error in found} == {PoolLost}
        assert seen == [True]
        assert told == [str(found[0])]
        assert told[0].startswith("the scheduler is away; nothing is lost")
        with pytest.raises(PoolLost):
            await pool.convert(b"p", **FACTS)
        await pool.close()

    cluster = MadeUpCluster(threads=0)
    asyncio.run(main())


def test_cancelled_job_is_not_sent() -> None:
    async def main() -> None:
        pool = pool_of(cluster)
        jobs = [asyncio.ensure_future(pool.convert(page, **FACTS)) for page in (b"p", b"q")]
        await asyncio.sleep(0)
        jobs[0].cancel()
        assert await jobs[1] == b"qq"
        assert cluster.batches == [[b"q"]]
        await pool.close()

    cluster = MadeUpCluster()
    asyncio.run(main())


def test_jobs_of_the_crawler_are_done_here() -> None:
    """The workers have `pipelines` alone."""
    from crawler.discovery.link_texts import page_links  # noqa: PLC0415

    async def main() -> None:
        pool = pool_of(cluster)
        found: object = await pool.run("home", page_links, b"", "", url="http://a.com/", domain="a.com")
        assert found == "here: home"
        await pool.close()

    cluster = MadeUpCluster()
    asyncio.run(main())
    assert cluster.batches == []


def test_close_twice_and_unused() -> None:
    async def main() -> None:
        pool = pool_of(cluster)
        await pool.close()
        await pool.close()
        with pytest.raises(PoolClosed):
            await pool.convert(b"p", **FACTS)

    cluster = MadeUpCluster()
    asyncio.run(main())


def test_queue_gives_one_suspect_at_a_time() -> None:
    async def main() -> None:
        queue = JobQueue()
        jobs = [QueuedJob(Job(str(n), len, (), {}), b"x", asyncio.get_running_loop().create_future()) for n in range(4)]
        for each in jobs:
            queue.add(each)
        assert queue.next_batch(10, suspects=True) == jobs
        jobs[1].losses = jobs[2].losses = 1
        queue.requeue(jobs)
        assert queue.next_batch(10, suspects=True) == [jobs[1]]
        assert queue.next_batch(10, suspects=False) == [jobs[0], jobs[3]]
        assert len(queue) == 1
        assert queue.drain() == [jobs[2]]

    asyncio.run(main())


def test_worker_died_keeps_its_facts_on_the_way() -> None:
    error = pickle.loads(pickle.dumps(WorkerDied("x", by_itself=True)))  # noqa: S301
    assert isinstance(error, ConversionError)
    assert (str(error), error.by_itself) == ("x", True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ""),
        ({"converter": "0"}, "converter 0 instead of "),
        ({"turbohtml": "9"}, "turbohtml 9 instead of "),
        ({"code of pipelines": "x"}, "other code of pipelines"),
    ],
)
def test_versions_that_make_other_texts_are_named(changed: dict[str, str], told: str) -> None:
    here = program_version()
    assert differences({**here, **changed}, here).startswith(told)
    assert bool(differences({**here, **changed}, here)) == bool(changed)
    assert told in _why_unfit({**here, **changed})


def test_worker_without_the_program_is_told_what_to_install() -> None:
    why = _why_unfit(ModuleNotFoundError("No module named 'pipelines'"))
    assert (
        why
        == "No module named 'pipelines'; install the program there: pip install -c constraints.txt '.[dask]' in a clone of the program"
    )
    assert _why_unfit(OSError("gone")) == ""
    assert _why_unfit(RuntimeError("odd\nthing")) == "RuntimeError: odd thing"
