"""CONVERSION_POOL=dask with a real scheduler and real workers, which have `pipelines` alone."""

from __future__ import annotations

import asyncio
import importlib
import re
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.options.dask_scheduler import reach
from pipelines.convert import dask_cluster as clusters
from pipelines.convert.dask_cluster import Cluster
from pipelines.convert.dask_pool import DaskPool
from pipelines.convert.jobs import Limits
from pipelines.convert.pool import ConversionPool
from tests.support.commands import ROOT, Run, scrapy
from tests.support.conversion_failures import FAILURES
from tests.support.dask_cluster import DaskCluster, dask_cluster, end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

FACTS = {"url": "http://a.com/", "timestamp": "20200102030405", "domain": "a.com"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    with dask_cluster(workers=2) as cluster:
        yield cluster


@pytest.fixture
def run(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Run `scenario(convert, pool)` in an event loop, where convert takes a page's text, and close the pool."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "support")
    target = importlib.import_module("worker_targets").perform

    def start(scenario: Any, seconds: float = 100.0) -> Any:
        async def main() -> Any:
            limits = Limits(seconds, 1.0, 300 << 20)
            pool = DaskPool(Cluster(cluster.address), ConversionPool(workers=1), limits, target)
            try:
                return await asyncio.wait_for(scenario(lambda page: pool.convert(page.encode(), **FACTS), pool), 300)
            finally:
                await pool.close()

        return asyncio.run(main())

    return start


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that are there."""
    return [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]


def wait_until(condition: Callable[[], object]) -> None:
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("waited for two minutes and more")


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_failures_are_those_of_the_local_pool(run: Callable[..., Any]) -> None:
    async def scenario(convert: Callable[[str], Awaitable[Any]], _: DaskPool) -> Any:
        pages = [*FAILURES, "eat 2000", "page", "eat 100", "size " + "x" * 10_000_000, *["pid"] * 50]
        return await asyncio.gather(*(convert(page) for page in pages), return_exceptions=True)

    found = run(scenario, seconds=3.0)
    for failure, (name, message) in zip(found, FAILURES.values(), strict=False):
        assert type(failure).__name__ == name
        assert re.search(message, str(failure))
    assert "raise ValueError" in found[1].__notes__[0], "the traceback has come along"
    memory, page, eaten, size, *pids = found[len(FAILURES) :]
    assert type(memory).__name__ == "ConversionOutOfMemory"
    assert page == (b"page", {**FACTS, "content_type": ""})
    assert (eaten, size) == (100 << 20, 10_000_000)
    assert all(isinstance(pid, int) for pid in pids)


def test_cancelled_page_ends_its_process_on_the_worker(run: Callable[..., Any], tmp_path: Path) -> None:
    async def scenario(convert: Callable[[str], Awaitable[Any]], _: DaskPool) -> None:
        hanging = asyncio.ensure_future(convert(f"hang {tmp_path / 'pid'}"))
        await asyncio.to_thread(wait_until, (tmp_path / "pid").exists)
        await asyncio.sleep(0.1)
        hanging.cancel()
        pid = int((tmp_path / "pid").read_text())
        await asyncio.to_thread(wait_until, lambda: is_gone(pid))
        assert isinstance(await convert("pid"), int)

    run(scenario)


def test_worker_of_another_version_is_refused_and_gets_nothing(run: Callable[..., Any], cluster: DaskCluster) -> None:
    reach(cluster.address)
    stranger = cluster.start_worker(first="import pipelines.convert\npipelines.convert.CONVERTER_VERSION = '0'\n")
    try:
        wait_until(lambda: "Registered to" in cluster.log(f"worker-{len(cluster.workers) - 1}"))
        with pytest.raises(
            ValueError, match=r"^worker tcp://\S+: its texts may differ: converter 0 instead of \d+; install"
        ):
            reach(cluster.address)

        async def scenario(convert: Callable[[str], Awaitable[Any]], pool: DaskPool) -> None:
            await asyncio.gather(*(convert("slowly 0.05") for _ in range(20)))
            assert pool.width == len(cluster.workers) - 1

        run(scenario)
        assert children(stranger.pid) == []
    finally:
        end(stranger, signal.SIGTERM)
        stranger.wait()
        cluster.workers.remove(stranger)


def test_killed_worker_loses_nothing(cluster: DaskCluster, sample_run: Run, tmp_path: Path) -> None:
    """`convert --from-warc` makes the files of the local pool, though one of two workers is killed in the middle."""
    output = sample_run.copied_to(tmp_path / "output")
    shutil.rmtree(output / "text")
    (output / "versions.jsonl").unlink()
    before, victim = {*Path("/proc").iterdir()}, cluster.workers[0]
    settings = {"CONVERSION_POOL": "dask", "DASK_SCHEDULER": cluster.address, "CONVERSION_SECONDS": 121}
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(scrapy, "convert", "--from-warc", output=output, **settings)
        wait_until(
            lambda: [pid for pid in children(victim.pid) if Path(f"/proc/{pid}") not in before]
        )  # a page is being converted
        end(victim, signal.SIGKILL)
        done = running.result()
    assert victim.wait() == -signal.SIGKILL
    assert (done.status, done.stderr) == (0, "")
    assert re.match(r"converted (\d+) of \1 mementos", done.stdout)
    assert done.files() == sample_run.files()
    assert done.versions() == sample_run.versions()


def test_lost_scheduler_ends_all_jobs_in_one_line(
    run: Callable[..., Any], cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clusters, "SCHEDULER_SECONDS", 0.5)
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 1.0)
    told = list[str]()

    async def scenario(convert: Callable[[str], Awaitable[Any]], pool: DaskPool) -> Any:
        pool.on_lost = told.append
        await convert("pid")
        jobs = [asyncio.ensure_future(convert("slowly 60")) for _ in range(6)]
        await asyncio.sleep(0.1)
        assert cluster.scheduler
        end(cluster.scheduler, signal.SIGKILL)
        found = await asyncio.gather(*jobs, return_exceptions=True)
        return [*found, *await asyncio.gather(convert("pid"), return_exceptions=True)]

    assert {type(error).__name__ for error in run(scenario)} == {"PoolLost"}
    (line,) = told
    assert re.fullmatch(rf"the Dask scheduler at {cluster.address} is away for 0.5 s \(.*\); nothing is lost: .*", line)
    assert [record.levelname for record in caplog.records if record.levelname not in {"INFO", "WARNING"}] == []
    with pytest.raises(ValueError, match=r"^can't connect to a Dask scheduler there \(OSError: "):
        reach(cluster.address)
