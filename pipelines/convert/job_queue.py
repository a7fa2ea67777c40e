"""JobQueue: the jobs that wait to be sent to a cluster, and how they are put together in batches. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator

    from pipelines.convert.jobs import Job

BATCH_JOBS: Final = 16
"""Jobs of a batch. A batch of pages takes half a second; what Dask needs for it is a few milliseconds."""
BATCH_BYTES: Final = 1 << 20
"""Bytes after which a batch takes no further job. A page that has as many goes alone."""


@dataclass(slots=True, eq=False)
class QueuedJob:
    """A job with its pickled form, and the future of its pickled outcome.

    `losses` counts the batches with it that came back without an outcome, as their worker had died or could not do them.
    """

    job: Job
    payload: bytes
    outcome: asyncio.Future[bytes]
    losses: int = 0

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what its worker died of. It is sent alone from now on."""
        return self.losses > 0


@dataclass(slots=True)
class JobQueue:
    """Jobs in the order in which they came. Those that came back are first."""

    _waiting: deque[QueuedJob] = field(default_factory=deque)
    _suspects: deque[QueuedJob] = field(default_factory=deque)

    def add(self, job: QueuedJob) -> None:
        self._waiting.append(job)

    def requeue(self, jobs: Iterable[QueuedJob]) -> None:
        """Take jobs that were sent and have no outcome."""
        jobs = list(jobs)
        self._suspects.extend(each for each in jobs if each.is_suspect)
        self._waiting.extendleft(each for each in reversed(jobs) if not each.is_suspect)

    def next_batch(self, share: int, *, suspects: bool) -> list[QueuedJob]:
        """Return the next batch: one suspect, if `suspects` says that it can be told from others, else up to `share` jobs.

        Empty if there is none. Jobs that were cancelled are left out.
        """
        if suspects and (one := next(_live(self._suspects), None)):
            return [one]
        batch: list[QueuedJob] = []
        size = 0
        for each in _live(self._waiting):
            if batch and size + len(each.payload) > BATCH_BYTES:
                self._waiting.appendleft(each)
                break
            batch.append(each)
            size += len(each.payload)
            if len(batch) >= min(share, BATCH_JOBS):
                break
        return batch

    def drain(self) -> list[QueuedJob]:
        """Return what waits, and forget it."""
        taken = [*_live(self._suspects), *_live(self._waiting)]
        self._suspects.clear()
        self._waiting.clear()
        return taken

    def __len__(self) -> int:
        return len(self._waiting) + len(self._suspects)


def _live(waiting: deque[QueuedJob]) -> Iterator[QueuedJob]:
    """Yield jobs from the left, and remove them; those that are done are skipped."""
    while waiting:
        each = waiting.popleft()
        if not each.outcome.done():
            yield each
