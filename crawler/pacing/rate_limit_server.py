"""The Redis server of RATE_LIMIT_URL: its connection, its clock, and what happens while it does not answer."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from crawler.pacing.archive_throttle import GaveUp
from crawler.pacing.pacing_script import SCRIPT
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 5.0
"""Seconds to wait for a connection, or for an answer, before the server counts as lost."""
_AGAIN_SECONDS: Final = 1.0
"""Seconds between two tries while it is lost."""
_DRIFT: Final = 2e-4
"""Seconds a second by which two clocks may drift apart: twice what quartz clocks do."""
_MICROSECONDS: Final = 1_000_000


class ServerClock:
    """The server's clock in terms of this process's monotonic clock, which no change of the machine's time moves.

    Each answer bounds the difference: the server read its clock between the question and the answer. The tightest bound
    holds, and grows with its age by _DRIFT. One that contradicts it takes its place: the server's clock was set.
    """

    def __init__(self) -> None:
        self._offset, self._error, self._since = 0.0, inf, 0.0

    def add(self, asked: float, server: int, answered: float) -> None:
        """Take the server's time (microseconds) in an answer, and when it was asked for and arrived (monotonic seconds)."""
        offset, error = server / _MICROSECONDS - (asked + answered) / 2, (answered - asked) / 2
        current = self._error + (answered - self._since) * _DRIFT
        if error <= current or abs(offset - self._offset) > error + current:
            self._offset, self._error, self._since = offset, error, answered

    def local(self, server: int) -> float:
        """Return the monotonic time of a time of the server."""
        return server / _MICROSECONDS - self._offset

    def server(self, local: float) -> int:
        """Return the server's time in microseconds at a monotonic time."""
        return round((local + self._offset) * _MICROSECONDS)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a call: what the script returned, and when it was asked and answered in monotonic seconds."""

    values: Sequence[Any]
    asked: float
    answered: float


class RateLimitServer:
    """The connection of a run to the server, for the pacing of all its archives.

    While the server does not answer, no request is sent. After `give_up_after` seconds of it, `end` is called once.
    """

    def __init__(
        self, url: str, *, give_up_after: float, is_ending: Callable[[], bool], end: Callable[[str], None]
    ) -> None:
        self._url = url
        self._give_up_after = give_up_after
        self._is_ending = is_ending
        self._end = end
        self._client: Redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),  # it would hide from `call` that the server was lost
        )
        self._script = self._client.register_script(SCRIPT)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._endless: set[asyncio.Task[Any]] = set()
        self._lost_since: float | None = None
        self.outages = 0
        """Calls without an answer. The server may have lost its state in each."""

    async def call(self, keys: Sequence[str], asked: Mapping[str, Any]) -> Answered:
        """Run the script until it answers. Raises GaveUp if the run ends before."""
        unsure = False
        while True:
            began = monotonic()
            try:
                values = await self._script(keys=keys, args=[json.dumps({**asked, "unsure": unsure})])
            except (RedisError, OSError) as error:
                unsure = True
                await self._wait(redacted(" ".join(str(error).split()) or type(error).__name__, self._url))
                continue
            if self._lost_since is not None:
                logger.warning("RATE_LIMIT_URL: the server answers again after %.0f s", monotonic() - self._lost_since)
                self._lost_since = None
            return Answered(values, began, monotonic())

    async def _wait(self, reason: str) -> None:
        """Wait until the server is asked again. Raises GaveUp if the run ends, or the server is lost for too long."""
        self.outages += 1
        if self._is_ending():
            raise GaveUp("the run is ending")
        if self._lost_since is None:
            self._lost_since = monotonic()
            logger.warning("RATE_LIMIT_URL: no answer (%s): all requests wait", reason)
        if monotonic() - self._lost_since >= self._give_up_after:
            self._end(f"the server of RATE_LIMIT_URL does not answer ({reason})")
            raise GaveUp("the run is ending")
        await asyncio.sleep(_AGAIN_SECONDS)

    def start(self, work: Coroutine[Any, Any, Any], *, is_endless: bool = False) -> None:
        """Run a coroutine beside the crawl. It may end in GaveUp; any other exception ends the run."""
        tasks = self._endless if is_endless else self._tasks
        task = asyncio.ensure_future(self._guarded(work))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            with suppress(GaveUp):
                await work
        except Exception:
            logger.exception("RATE_LIMIT_URL: the shared budget ended wrongly")
            self._end("the shared budget of RATE_LIMIT_URL ended wrongly; the log says why")

    async def close(self) -> None:
        """End what runs beside the crawl, once it has told the server its last."""
        for task in self._endless:
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=2 * ANSWER_SECONDS)
            for task in late:
                task.cancel()
        with suppress(RedisError, OSError):
            await self._client.aclose()
