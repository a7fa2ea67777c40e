"""Connection to a Dask scheduler: its workers, those of them that fit, and batches sent to these.

The client of Dask lives on the event loop of the crawl. It is replaced, not reconnected, when its scheduler is lost: what
was sent is then lost for certain, and is sent again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import pickle
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.convert.dask_tasks import Reply, batch_task, version_task
from pipelines.convert.jobs import cause_of
from pipelines.convert.program_version import differences, program_version
from pipelines.installation import in_a_clone
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from distributed import Client

logger = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10.0
"""Time for one try to connect, and for an answer of a scheduler that is there."""
SCHEDULER_SECONDS: Final = 120.0
"""A scheduler that is gone for so long is lost. It may be restarted meanwhile."""
WORKERS_SECONDS: Final = 600.0
"""A cluster without a worker that fits for so long is lost. A machine may be started meanwhile."""
LOOK_SECONDS: Final = 1.0
"""Time between two looks which workers there are."""
UNFIT_SECONDS: Final = 15.0
"""Time for which a worker gets no batch that could start no process."""
_DISCONNECTED: Final = "the connection to the scheduler was lost"


class SchedulerLost(Exception):
    """The cluster can do no more jobs. Its text is one line."""


class BatchLost(Exception):
    """A batch came back without a reply. `is_suspect`: its workers may have died of it; `is_proven`: several have."""

    def __init__(self, reason: str, *, is_suspect: bool, is_proven: bool = False) -> None:
        super().__init__(reason)
        self.is_suspect = is_suspect
        self.is_proven = is_proven


@dataclass(slots=True, eq=False)
class _Sent:
    """A batch in flight: the workers that may take it, and whether these or the scheduler are gone."""

    workers: Collection[str]
    gone: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def lose(self, why: BatchLost) -> None:
        if not self.gone.done():
            self.gone.set_result(why)


async def connected(address: str) -> Client:
    """Return a client of the scheduler, which logs nothing. Raises ImportError, or OSError and others with the reason."""
    import dask.config  # noqa: PLC0415 - of an extra
    from distributed import Client  # noqa: PLC0415
    from distributed.versions import VersionMismatchWarning  # noqa: PLC0415

    for name in ("distributed", "distributed.client"):  # what they say is said here, in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)  # program_version compares what matters
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})  # a page may have 16 MiB
    client = Client(  # type: ignore[no-untyped-call]
        address, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS, name="wayback-policies"
    )
    try:
        async with asyncio.timeout(2 * CONNECT_SECONDS):
            await client
    except BaseException:
        await closed(client)
        raise
    return client


async def closed(client: Client) -> None:
    """Close a client, whether or not its scheduler is still there."""
    with suppress(Exception):
        await client.close(timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]


async def unfit_workers(client: Client, addresses: Collection[str]) -> Mapping[str, str]:
    """Return those of the workers that would make other texts or none, each with the reason."""
    if not addresses:
        return {}
    async with asyncio.timeout(6 * CONNECT_SECONDS):  # a worker imports the converter first
        found = await client.run(version_task(), workers=list(addresses), on_error="return")
    reasons = {address: _why_unfit(found.get(address)) for address in addresses if address in found}
    return {address: reason for address, reason in reasons.items() if reason}


def _why_unfit(version: object) -> str:
    if isinstance(version, OSError):
        return ""  # it is gone, or going: that is seen by the next look
    if isinstance(version, ImportError):
        return f"{version}; install the program there: {in_a_clone('dask')}"
    if not isinstance(version, dict):
        return cause_of(version) if isinstance(version, BaseException) else f"it answers {version!r:.80}"
    other = differences(version, program_version())
    return f"its texts may differ: {other}; install the same version there" if other else ""


class Cluster:
    """The workers of a scheduler. `watch` keeps connected to it; meanwhile, `send` gives them batches."""

    is_needed: Callable[[], bool] = staticmethod(lambda: True)
    """Whether jobs wait. The time for which the cluster is away counts only while there are any."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Client | None = None
        self._fit: dict[str, int] = {}
        self._unfit: dict[str, float] = {}
        self._sent: set[_Sent] = set()
        self._idle_since = time.monotonic()
        self._told = ""

    @property
    def threads(self) -> int:
        """Threads of all workers that fit, 0 while there is none."""
        return sum(self._fit.values())

    async def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each look at the workers, for ever. Raises SchedulerLost."""
        while True:
            self._client = await self._connected()
            self._idle_since = time.monotonic()
            try:
                while True:
                    await self._look(self._client)
                    changed()
                    await asyncio.sleep(LOOK_SECONDS)
            except (OSError, TimeoutError) as error:
                logger.warning("the Dask scheduler at %s is away (%s)", self.address, cause_of(error))
                await self.close()

    async def _connected(self) -> Client:
        """Return a client, once the scheduler can be reached. Raises SchedulerLost."""
        since = time.monotonic()
        while True:
            try:
                return await connected(self.address)
            except (OSError, TimeoutError) as error:
                if not self.is_needed():
                    since = time.monotonic()
                elif time.monotonic() - since > SCHEDULER_SECONDS:
                    away = f"is away for {SCHEDULER_SECONDS:g} s ({cause_of(error)})"
                    raise SchedulerLost(f"the Dask scheduler at {self.address} {away}") from error
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, client: Client) -> None:
        """Take note of the workers that there are. Raises OSError if the scheduler is away, and SchedulerLost."""
        if client.status != "running":
            raise ConnectionError("connection lost")
        async with asyncio.timeout(3 * CONNECT_SECONDS):
            threads: Mapping[str, int] = await client.scheduler.ncores()  # type: ignore[union-attr]
        now = time.monotonic()
        self._unfit = {each: until for each, until in self._unfit.items() if each in threads and until > now}
        new = threads.keys() - self._fit.keys() - self._unfit.keys()
        for address, reason in (await unfit_workers(client, new)).items():
            self.exclude(address, reason, math.inf)
        self._fit = {each: count for each, count in threads.items() if each not in self._unfit}
        for sent in self._sent:
            if self._fit.keys().isdisjoint(sent.workers):
                sent.lose(BatchLost("its workers are gone", is_suspect=True))
        self._tell(now)

    def _tell(self, now: float) -> None:
        """Log the number of workers if it has changed. Raises SchedulerLost if there is none for too long."""
        told = f"{quantity(len(self._fit), 'worker')} with {quantity(self.threads, 'thread')}"
        if told != self._told:
            logger.log(logging.INFO if self._fit else logging.WARNING, "Dask at %s: %s", self.address, told)
            self._told = told
        if self._fit or not self.is_needed():
            self._idle_since = now
        elif now - self._idle_since > WORKERS_SECONDS:
            raise SchedulerLost(f"the Dask scheduler at {self.address} has no worker for {WORKERS_SECONDS:g} s")

    def exclude(self, worker: str, reason: str, seconds: float = UNFIT_SECONDS) -> None:
        """Send nothing to a worker for some time."""
        logger.warning("Dask: worker %s converts nothing: %s", worker, reason)
        self._unfit[worker] = time.monotonic() + seconds
        self._fit.pop(worker, None)

    async def send(self, key: str, payload: bytes) -> Reply:
        """Let one of the workers that fit do a batch; return its reply. Raises BatchLost. Cancelling stops it there."""
        from distributed import CancelledError, KilledWorker  # noqa: PLC0415 - of an extra

        if self._client is None or not self._fit:
            raise BatchLost("no worker is there", is_suspect=False)
        sent = _Sent(tuple(self._fit))
        task = self._client.submit(batch_task(), payload, key=key, pure=False, workers=list(sent.workers))
        result: asyncio.Future[Any] = asyncio.ensure_future(_result_of(self._client, task))
        self._sent.add(sent)
        try:
            await asyncio.wait({result, sent.gone}, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                reply: Reply = pickle.loads(result.result())  # noqa: S301 - written by do_batch
                return reply
        except CancelledError as error:
            raise BatchLost(_DISCONNECTED, is_suspect=False) from error
        except KilledWorker as error:
            raise BatchLost("the Dask workers that took it died", is_suspect=True, is_proven=True) from error
        except Exception as error:
            raise BatchLost(cause_of(error), is_suspect=True) from error
        finally:
            self._sent.discard(sent)
            result.cancel()
            task.release()  # type: ignore[no-untyped-call]  # the scheduler forgets it, and the worker ends it
        raise sent.gone.result()

    async def close(self) -> None:
        """Close the connection. What was sent is lost."""
        client, self._client = self._client, None
        self._fit = {}
        for sent in self._sent:
            sent.lose(BatchLost(_DISCONNECTED, is_suspect=False))
        if client is not None:
            await closed(client)


async def _result_of(client: Client, task: Any) -> bytes:
    from distributed import wait  # noqa: PLC0415 - of an extra

    with client.as_current():
        done = wait([task])  # type: ignore[no-untyped-call]
    await done  # first, as a client that is closed leaves an exception behind in each result that is awaited
    result: bytes = await task
    return result
