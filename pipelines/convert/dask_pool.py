"""Conversion on a Dask cluster: the interface of the local pool, with the processes on other machines.

Jobs are sent in batches, as many as the cluster's threads can do, so that the scheduler holds few pages at a time. Nothing
is lost with a worker or the scheduler: what was sent and has no outcome is sent again. A job that its workers die of, again
and again, is sent alone, and ends as WorkerDied.
"""

from __future__ import annotations

import asyncio
import pickle
from itertools import count
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from uuid import uuid4

from pipelines.convert.dask_cluster import BatchLost, Cluster, SchedulerLost
from pipelines.convert.dask_tasks import Batch
from pipelines.convert.job_queue import JobQueue, QueuedJob
from pipelines.convert.jobs import Job, JobPool, cause_of, opened
from pipelines.convert.program_version import program_version
from pipelines.errors import PoolClosed, PoolLost, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from pipelines.convert.dask_tasks import Reply
    from pipelines.convert.jobs import Limits
    from pipelines.convert.pool import ConversionPool
    from pipelines.document import Document

_P = ParamSpec("_P")
_T = TypeVar("_T")

LINGER_SECONDS: Final = 0.005
"""Time for which the first job of a batch waits for others."""
BATCHES_A_THREAD: Final = 2
"""Batches in flight for each thread of the cluster: one is done, and one waits there, so that no thread has to wait."""
MAX_BYTES: Final = 256 << 20
"""Bytes of jobs in flight, which the scheduler keeps in memory until they are done."""
MAX_LOSSES: Final = 3
"""Batches with a job whose workers died, until it is given up. A page that is given up is asked for by the next run."""


class DaskPool(JobPool):
    """Does the jobs of `pipelines` on a cluster, and the few others (links of home pages) in the `local` pool.

    The workers need no other package of ours than `pipelines`. Connects on first use.
    """

    def __init__(
        self, cluster: Cluster, local: ConversionPool, limits: Limits, convert: Callable[..., Document]
    ) -> None:
        super().__init__(convert)
        self._cluster = cluster
        self._cluster.is_needed = lambda: bool(self._queue or self._in_flight)
        self._local = local
        self._limits = limits
        self._queue = JobQueue()
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._in_flight: set[QueuedJob] = set()
        self._batches = 0
        self._keys = (f"convert-pages-{uuid4().hex}-{number}" for number in count())
        self._end: Callable[[Job], PoolClosed] | None = None

    @property
    def width(self) -> int:
        return max(1, self._cluster.threads)

    async def run(self, about: str, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if function is not self._convert and not function.__module__.startswith("pipelines."):
            return await self._local.run(about, function, *args, **kwargs)
        job = Job(about, function, args, kwargs)
        if self._end:
            raise self._end(job)
        queued = QueuedJob(job, pickle.dumps(job), asyncio.get_running_loop().create_future())
        self._queue.add(queued)
        if self._watching is None:
            self._watching = self._spawn(self._watch())
            self._spawn(self._feed())
        self._wake.set()
        result: _T = opened(job, await queued.outcome)
        return result

    async def close(self) -> None:
        await self._finish(lambda job: PoolClosed(f"{job}: not converted, the program is ending"))
        await self._local.close()

    async def _watch(self) -> None:
        try:
            await self._cluster.watch(self._wake.set)
        except Exception as error:  # noqa: BLE001 - whatever it is, no job may wait for ever
            what = str(error) if isinstance(error, SchedulerLost) else f"Dask: {cause_of(error)}"
            reason = f"{what}; nothing is lost: run this again when it is back"
            if self.on_lost:
                self.on_lost(reason)
            await self._finish(lambda _: PoolLost(reason))

    async def _finish(self, end: Callable[[Job], PoolClosed]) -> None:
        """Do no more jobs. Those that are not done raise what `end` makes of them."""
        self._end = self._end or end
        for queued in [*self._queue.drain(), *self._in_flight]:
            if not queued.outcome.done():
                queued.outcome.set_exception(self._end(queued.job))
        others = self._running - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._cluster.close()

    async def _feed(self) -> None:
        """Send batches, as long as there are jobs and threads that are free."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(LINGER_SECONDS)
            self._wake.clear()
            while batch := self._next_batch():
                self._batches += 1
                self._in_flight.update(batch)
                self._spawn(self._deliver(batch))

    def _next_batch(self) -> list[QueuedJob]:
        room = self._cluster.threads * BATCHES_A_THREAD
        if self._batches >= room or sum(len(each.payload) for each in self._in_flight) >= MAX_BYTES:
            return []
        share = -(-(len(self._queue) + len(self._in_flight)) // room)  # a few jobs are spread over all threads
        return self._queue.next_batch(share, suspects=not any(each.is_suspect for each in self._in_flight))

    async def _deliver(self, batch: list[QueuedJob]) -> None:
        """Send a batch; give its jobs their outcomes, and put back those that have none."""
        key = next(self._keys)
        payload = pickle.dumps(
            Batch(key, dict(program_version()), self._convert, self._limits, tuple(each.payload for each in batch))
        )
        sending = asyncio.ensure_future(self._cluster.send(key, payload))
        _cancel_with(batch, sending)
        try:
            reply = await sending
        except BatchLost as lost:
            self._lose(batch, lost)
        else:
            for each, outcome in zip(batch, reply.outcomes, strict=False):
                if not each.outcome.done():
                    each.outcome.set_result(outcome)
            if reply.unfit:
                self._cluster.exclude(reply.worker, reply.unfit)
                self._lose(batch[len(reply.outcomes) :], BatchLost(reply.unfit, is_suspect=True))
            else:
                self._requeue(batch)
        finally:
            sending.cancel()
            self._batches -= 1
            self._in_flight.difference_update(batch)
            self._wake.set()

    def _lose(self, batch: list[QueuedJob], lost: BatchLost) -> None:
        for each in batch:
            is_alone = each.is_suspect
            each.losses += lost.is_suspect
            if not each.outcome.done() and ((lost.is_proven and is_alone) or each.losses >= MAX_LOSSES):
                each.outcome.set_exception(WorkerDied(f"{each.job}: no process could take it ({lost})"))
        self._requeue(batch)

    def _requeue(self, batch: Iterable[QueuedJob]) -> None:
        self._queue.requeue(each for each in batch if not each.outcome.done())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _cancel_with(batch: list[QueuedJob], sending: asyncio.Future[Reply]) -> None:
    """Cancel a batch once nobody waits for any of its jobs."""

    def check(_: asyncio.Future[bytes]) -> None:
        if all(each.outcome.cancelled() for each in batch):
            sending.cancel()

    for each in batch:
        each.outcome.add_done_callback(check)
