"""Conversion pool: worker processes behind a small async interface, each with one job at a time.

Every worker is a separate pebble pool. The processes of one pebble pool share a pipe and its locks, so a process that is
killed while it holds them would break the jobs of the others.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import traceback
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from pipelines.convert.jobs import Job, JobPool, Limits, cause_of, opened
from pipelines.convert.processes import CleanContext, processor_time_limited, settle_in
from pipelines.errors import (
    ConversionCrashed,
    ConversionError,
    ConversionOutOfMemory,
    ConversionTimedOut,
    PoolClosed,
    WorkerDied,
)
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pebble import ProcessFuture
    from scrapy.settings import BaseSettings

    from pipelines.convert.readings import Wanted
    from pipelines.document import Document

_P = ParamSpec("_P")
_T = TypeVar("_T")

TASKS_PER_PROCESS = 2000
"""Jobs after which a process is replaced, which bounds the memory that C extensions leak."""
START_SECONDS = 60.0
"""Time for a process to start, which pebble does not count. It also ends the wait for a result that was lost."""
PATIENCE = 1.0 if sys.platform == "win32" else 10.0
"""Seconds on the clock for each second of processor time. On a machine with ten times as many busy processes as cores a
job still gets its processor time; a job that only waits ends."""
_KILLED = (-9, -15)  # exit codes of a process that the system or its operator ended: SIGKILL, SIGTERM
_SIGPROF = -27  # exit code of a process that a signal ended; POSIX systems agree on the number


_WARM_UP = (
    b"<title>Privacy</title><p>" + b"We collect personal information to provide the service that you asked for. " * 10
)
"""Long enough for language detection, which loads a model for about a second: no page should be charged with that."""

COLLECT_AFTER = (20_000, 4, 2)
"""Thresholds of a process's garbage collector (`gc.set_threshold`). A page's tree is one cycle that lives until the page is
done. Python's own thresholds have it searched for garbage over and over, for a fifth of a conversion's time; these,
and a search before each job for what the last one left, take a third of that."""


def convert_page(
    html: bytes,
    *,
    url: str,
    timestamp: str,
    domain: str,
    content_type: str = "",
    reading: Wanted = "auto",
    kind: str = PRIVACY.name,
) -> Document:
    """Convert in this process, and compute the facts of the document here, so that they travel with it."""
    from pipelines.convert import convert_html  # noqa: PLC0415 - loads models, which the parent has no use for

    document = convert_html(
        html, url=url, timestamp=timestamp, domain=domain, content_type=content_type, reading=reading, kind=kind
    )
    _ = document.text_sha256, document.words, document.policy_score, document.language
    return document


class ConversionPool(JobPool):
    """Runs jobs in up to `workers` processes of this machine, which start on first use.

    `timeout` is seconds of processor time for one job, not counting a process's start, and `patience` seconds on the
    clock for each of them; `memory_limit` bytes for one process. More jobs than workers wait their turn in order.
    """

    def __init__(
        self,
        *,
        workers: int,
        timeout: float = 10.0,
        patience: float = PATIENCE,
        memory_limit: int = 1 << 30,
        convert: Callable[..., Document] = convert_page,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be 1 or more, not {workers}")
        super().__init__(convert)
        limits = Limits(timeout, patience, memory_limit)
        self._workers = tuple(_Worker(convert, limits) for _ in range(workers))
        # The last one used comes first, so that few jobs at a time start few processes.
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        return cls(
            workers=settings.getint("CONVERSION_WORKERS"),
            timeout=settings.getfloat("CONVERSION_SECONDS"),
            memory_limit=settings.getint("CONVERSION_MEMORY"),
        )

    @property
    def width(self) -> int:
        return len(self._workers)

    async def run(self, about: str, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        job = Job(about, function, args, kwargs)
        result: _T = opened(job, await self.outcome(job))
        return result

    async def outcome(self, job: Job) -> bytes:
        """Return the pickled outcome of a job: its result or its ConversionError. Raises ConversionError without one."""
        worker = await self._free.get()
        try:
            return await worker.run(job)
        finally:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))


class _Worker:
    """One process, and its replacement whenever it ends."""

    def __init__(self, convert: Callable[..., Document], limits: Limits) -> None:
        self._initargs = (convert, limits.memory)
        self._timeout = limits.seconds
        self._wall_timeout = limits.seconds * limits.patience
        self._pool: ProcessPool | None = None
        self._future: ProcessFuture[bytes] | None = None
        self._closed = False

    async def run(self, job: Job) -> bytes:
        """Return the pickled outcome of one job. Raises ConversionError without one."""
        try:
            with suppress(BrokenProcessPool):  # the process ended before it took the job: try another one
                return await self._attempt(job)
            return await self._attempt(job)
        except TimeoutError as error:
            raise ConversionTimedOut(f"{job}: not converted within {self._timeout:g} s") from error
        except ProcessExpired as error:
            if error.exitcode == _SIGPROF:
                raise ConversionTimedOut(
                    f"{job}: not converted within {self._timeout:g} s of processor time"
                ) from error
            by_itself = error.exitcode not in _KILLED
            raise WorkerDied(f"{job}: its process ended with status {error.exitcode}", by_itself=by_itself) from error
        except (OSError, BrokenProcessPool) as error:
            raise WorkerDied(f"{job}: no process could take it ({cause_of(error)})") from error

    async def _attempt(self, job: Job) -> bytes:
        if self._pool is not None and not self._pool.active:
            await self._stop()
        if self._closed:
            raise PoolClosed(f"{job}: not converted, the program is ending")
        if self._pool is None:
            self._pool = ProcessPool(1, TASKS_PER_PROCESS, _start, self._initargs, CleanContext())
        try:
            # The first call starts the process, on the event loop's thread: it must not outlive that thread.
            self._future = self._pool.schedule(_work, args=(job, self._timeout), timeout=self._wall_timeout)
            async with asyncio.timeout(START_SECONDS + self._wall_timeout):
                return await asyncio.wrap_future(self._future)
        except BaseException:  # after any other outcome of a job the pool is not reliable any more
            await self._stop()
            raise

    async def close(self) -> None:
        self._closed = True
        await self._stop()
        if self._future is not None and not self._future.done():
            self._future.set_exception(PoolClosed("not converted, the program is ending"))

    async def _stop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(pool.join)


# The functions below run in the worker's process.


def _start(convert: Callable[..., Document], memory_limit: int) -> None:
    settle_in(memory_limit)
    with suppress(Exception):  # an error here is raised again for the first page, which can report it
        convert(
            _WARM_UP,
            url="http://example.com/",
            timestamp="20200101000000",
            domain="example.com",
            content_type="text/html",
        )
    gc.freeze()  # modules and models are never garbage
    gc.set_threshold(*COLLECT_AFTER)


def _work(job: Job, processor_seconds: float) -> bytes:
    """Do a job and pickle the outcome here, where an error affects this job only."""
    gc.collect(1)  # the last job's tree: its texts may be large, and the thresholds count objects
    try:
        with processor_time_limited(processor_seconds):
            return pickle.dumps(job.do())
    except ConversionError as error:
        outcome = error
    except MemoryError:
        outcome = ConversionOutOfMemory(f"{job}: needs more than the memory limit")
    except BaseException as error:  # noqa: BLE001 - a page must not end the process, not even by SystemExit
        outcome = ConversionCrashed(f"{job}: {cause_of(error)}")
        outcome.add_note(traceback.format_exc(limit=-5))
    return pickle.dumps(outcome)
