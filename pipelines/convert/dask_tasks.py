"""What a Dask worker does: a batch of jobs, each in a process of its own with the limits of the local pool.

The tasks are functions within functions, which cloudpickle sends by value: the scheduler, which unpickles them, need not
have this package. A task is a coroutine on the worker's event loop: it takes one of the worker's threads in Dask's count,
and the processes are children of the main thread, with which they end.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections import OrderedDict
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from pebble import ProcessExpired

from pipelines.convert.jobs import cause_of
from pipelines.convert.pool import ConversionPool
from pipelines.convert.program_version import differences, program_version
from pipelines.errors import ConversionError, PoolClosed, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from distributed import Worker

    from pipelines.convert.jobs import Limits

SLICE_SECONDS: Final = 2.0
"""A batch begins no further job after this time, so that its results are not kept waiting; the rest is sent again."""
WATCH_SECONDS: Final = 0.5
"""Time between two looks whether a batch is still wanted."""
MAX_POOLS: Final = 4
"""Pools with different limits that a worker keeps: crawls with other settings may share it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs, each pickled, with the limits of one. `version` is the sender's: another one's texts would differ."""

    key: str
    version: Mapping[str, str]
    convert: Callable[..., Any]
    limits: Limits
    jobs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """Pickled outcomes of a batch's first jobs, in order. `unfit`: why the worker at this address can't do the next."""

    worker: str
    outcomes: tuple[bytes, ...] = ()
    unfit: str = ""


def batch_task() -> Callable[..., Any]:
    """Return the task of a batch, to be sent by value."""

    async def convert_pages(payload: bytes) -> bytes:
        from pipelines.convert.dask_tasks import do_batch  # noqa: PLC0415 - on the worker

        return await do_batch(payload)

    return convert_pages


def version_task() -> Callable[..., Any]:
    """Return a function that tells the program's version on a worker, to be sent by value."""

    def version_there() -> dict[str, str]:
        import distributed  # noqa: F401, PLC0415 - on the worker

        from pipelines.convert.program_version import program_version  # noqa: PLC0415

        return dict(program_version())

    return version_there


async def do_batch(payload: bytes) -> bytes:
    """Do the jobs of a pickled Batch in turn, while they are wanted; return the pickled Reply."""
    from distributed import get_worker  # noqa: PLC0415 - of an extra

    batch: Batch = pickle.loads(payload)  # noqa: S301 - the scheduler's users are trusted
    worker = get_worker()
    if other := differences(program_version(), batch.version):
        return pickle.dumps(Reply(worker.address, unfit=other))
    doing = asyncio.ensure_future(_done(batch, worker.address, _pool_of(worker, batch)))
    while not doing.done():
        await asyncio.wait({doing}, timeout=WATCH_SECONDS)
        if not _is_wanted(worker, batch.key):
            doing.cancel()  # which ends the process
            await asyncio.wait({doing})
            return pickle.dumps(Reply(worker.address))
    return pickle.dumps(doing.result())


async def _done(batch: Batch, address: str, pool: ConversionPool) -> Reply:
    begun, outcomes = time.monotonic(), list[bytes]()
    for job in batch.jobs:
        if outcomes and time.monotonic() - begun > SLICE_SECONDS:
            break
        try:
            outcomes.append(await pool.outcome(pickle.loads(job)))  # noqa: S301
        except PoolClosed:
            return Reply(address, tuple(outcomes), "it closes its processes")
        except ConversionError as error:
            if _is_machines(error):
                return Reply(
                    address, tuple(outcomes), f"it can start no process ({cause_of(error.__cause__ or error)})"
                )
            outcomes.append(pickle.dumps(error))
    return Reply(address, tuple(outcomes))


def _is_machines(error: ConversionError) -> bool:
    """Whether no process could take the job, as none could be started: another worker may do it."""
    cause = error.__cause__
    is_failed_start = isinstance(cause, (OSError, BrokenProcessPool)) and not isinstance(cause, ProcessExpired)
    return isinstance(error, WorkerDied) and is_failed_start


def _is_wanted(worker: Worker, key: str) -> bool:
    """Whether a task is not cancelled: its crawl may have ended, or the scheduler have given it to another worker."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in {"executing", "long-running", "resumed"}


_POOLS: WeakKeyDictionary[Worker, OrderedDict[object, ConversionPool]] = WeakKeyDictionary()


def _pool_of(worker: Worker, batch: Batch) -> ConversionPool:
    """Return the worker's pool for a batch's limits, with one process for each of its threads."""
    pools = _POOLS.setdefault(worker, OrderedDict())
    name = batch.convert, batch.limits
    if name not in pools:
        limits = batch.limits
        pools[name] = ConversionPool(
            workers=max(1, worker.state.nthreads),
            timeout=limits.seconds,
            patience=limits.patience,
            memory_limit=limits.memory,
            convert=batch.convert,
        )
    pools.move_to_end(name)
    if len(pools) > MAX_POOLS:
        _, oldest = pools.popitem(last=False)
        _spawn(oldest.close())
    return pools[name]


_TASKS: set[asyncio.Future[None]] = set()


def _spawn(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
