"""Where pages are converted: processes behind a small async interface, each with one page at a time.

Every worker is a pebble pool of its own. A pebble pool's processes share one pipe and its locks; a process that is
killed while it holds them would break the others' pages too.
"""

from __future__ import annotations

import asyncio
import pickle
import traceback
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from pipelines.convert.processes import CleanContext, settle_in
from pipelines.errors import (
    ConversionCrashed,
    ConversionError,
    ConversionOutOfMemory,
    ConversionTimedOut,
    PoolClosed,
    WorkerDied,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pebble import ProcessFuture

    from pipelines.document import Document

TASKS_PER_PROCESS = 2000
"""Pages after which a process is replaced, so that what its C extensions leak stays small."""
START_SECONDS = 60.0
"""Time for a process to start, which pebble does not count; also what ends the wait for an answer that got lost."""
_MAX_CAUSE = 300  # characters of a foreign exception's text


@dataclass(frozen=True, slots=True)
class _Page:
    html: bytes
    url: str
    timestamp: str
    domain: str
    content_type: str

    def __str__(self) -> str:
        return f"{self.url} of {self.timestamp}"


_WARM_UP = _Page(
    b"<title>Privacy</title><p>" + b"We collect personal information to provide the service that you asked for. " * 10,
    "http://example.com/",
    "20200101000000",
    "example.com",
    "text/html",
)
"""Long enough for its language to be asked for, which loads a model: a second that no page should be charged with."""


def convert_page(html: bytes, *, url: str, timestamp: str, domain: str, content_type: str = "") -> Document:
    """Convert in this process, and compute the facts of the document here, so that they travel with it."""
    from pipelines.convert import convert_html  # noqa: PLC0415 - loads models, which the parent has no use for

    document = convert_html(html, url=url, timestamp=timestamp, domain=domain, content_type=content_type)
    _ = document.text_sha256, document.words, document.policy_score, document.language
    return document


class ConversionPool:
    """Converts pages in up to `workers` processes, started when they are first needed.

    `timeout` is seconds for one page, not counting a process's start; `memory_limit` bytes for one process; `convert`
    an importable function with the signature of `convert_page`, which must return something picklable.
    Use it from one event loop; more pages than workers wait their turn in order.
    """

    def __init__(
        self,
        *,
        workers: int,
        timeout: float = 10.0,
        memory_limit: int = 1 << 30,
        convert: Callable[..., Document] = convert_page,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be 1 or more, not {workers}")
        self._workers = tuple(_Worker(convert, timeout, memory_limit) for _ in range(workers))
        # The last one used comes first, so that few pages at a time start few processes.
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def convert(self, html: bytes, *, url: str, timestamp: str, domain: str, content_type: str = "") -> Document:
        """Convert one page. Raises ConversionError, by cause, for this page only; cancelling stops its process."""
        page = _Page(html, url, timestamp, domain, content_type)
        worker = await self._free.get()
        try:
            return _opened(page, await worker.run(page))
        finally:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        """End all processes now; what is not converted yet ends in PoolClosed."""
        await asyncio.gather(*(worker.close() for worker in self._workers))


class _Worker:
    """One process, and its replacement whenever it ends."""

    def __init__(self, convert: Callable[..., Document], timeout: float, memory_limit: int) -> None:
        self._initargs = (convert, memory_limit)
        self._timeout = timeout
        self._pool: ProcessPool | None = None
        self._future: ProcessFuture[bytes] | None = None
        self._closed = False

    async def run(self, page: _Page) -> bytes:
        """Give the pickled outcome of one page. Raises ConversionError if there is none."""
        try:
            with suppress(BrokenProcessPool):  # the process ended before it took the page: try another one
                return await self._attempt(page)
            return await self._attempt(page)
        except TimeoutError as error:
            raise ConversionTimedOut(f"{page}: not converted within {self._timeout:g} s") from error
        except ProcessExpired as error:
            raise WorkerDied(f"{page}: its process ended with status {error.exitcode}") from error
        except (OSError, BrokenProcessPool) as error:
            raise WorkerDied(f"{page}: no process could take it ({_cause(error)})") from error

    async def _attempt(self, page: _Page) -> bytes:
        if self._pool is not None and not self._pool.active:
            await self._stop()
        if self._closed:
            raise PoolClosed(f"{page}: not converted, the program is ending")
        if self._pool is None:
            self._pool = ProcessPool(1, TASKS_PER_PROCESS, _start, self._initargs, CleanContext())
        try:
            # The first call starts the process, on the event loop's thread: it must not outlive that thread.
            self._future = self._pool.schedule(_work, args=(page,), timeout=self._timeout)
            async with asyncio.timeout(START_SECONDS + self._timeout):
                return await asyncio.wrap_future(self._future)
        except BaseException:  # a pool that ended a page in any way but this one can't be relied on for the next
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


def _opened(page: _Page, outcome: bytes) -> Document:
    try:
        result: Document | ConversionError = pickle.loads(outcome)  # noqa: S301 - written by _work
    except Exception as error:
        raise ConversionCrashed(f"{page}: its result can't be read ({_cause(error)})") from error
    if isinstance(result, ConversionError):
        raise result
    return result


# What follows runs in the worker's process.

_convert: Callable[..., Document] = convert_page


def _start(convert: Callable[..., Document], memory_limit: int) -> None:
    global _convert  # noqa: PLW0603 - one function per process, for all its life
    settle_in(memory_limit)
    _convert = convert
    with suppress(Exception):  # what fails here fails again, with a page that it can be told to
        _converted(_WARM_UP)


def _work(page: _Page) -> bytes:
    """Convert a page and pickle the outcome here, where what goes wrong takes only this page with it."""
    try:
        return pickle.dumps(_converted(page))
    except ConversionError as error:
        outcome = error
    except MemoryError:
        outcome = ConversionOutOfMemory(f"{page}: needs more than the memory limit")
    except BaseException as error:  # noqa: BLE001 - a page must not end the process, not even by SystemExit
        outcome = ConversionCrashed(f"{page}: {_cause(error)}")
        outcome.add_note(traceback.format_exc(limit=-5))
    return pickle.dumps(outcome)


def _converted(page: _Page) -> Document:
    return _convert(
        page.html, url=page.url, timestamp=page.timestamp, domain=page.domain, content_type=page.content_type
    )


def _cause(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_CAUSE]
