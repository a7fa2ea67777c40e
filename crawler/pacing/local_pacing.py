"""The pacing of one archive within one process: slots of a budget, the pause after a refusal, the probe after a pause.

`Pacing` is what a Throttle wants of it. `SharedPacing` (shared_pacing.py) does the same for several processes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Protocol

from crawler.pacing.backoff import attempt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from scrapy import Request
    from tenacity.wait import wait_base


class Budget:
    """Slots of requests. No window of w seconds, w at least 1, has more than rate * w + 1 of them.

    Event-loop lag up to LATENESS seconds is absorbed: the next slot counts from when this one was due, not from when it
    was taken. Longer lag is not made up for. HEADROOM leaves three times LATENESS in every second. The archive
    counts arrivals, so the rest is for requests that travel faster than the one before.
    """

    HEADROOM = 1.03
    LATENESS = 0.01

    def __init__(self, rate: float) -> None:
        """Take the rate: slots a second, 0 for no limit."""
        self._interval = self.HEADROOM / rate if rate else 0.0
        self.next = 0.0

    def take(self, now: float) -> None:
        """Take the slot at `now`; the next one is due at `next` (monotonic seconds)."""
        self.next = max(self.next, now - self.LATENESS) + self._interval


@dataclass
class Cooldown:
    """The pause of all requests to an archive. Times are monotonic seconds."""

    wait: wait_base
    give_up_after: float
    until: float = 0.0
    _began: float = 0.0
    _times: int = field(default=0, init=False)
    _trouble_since: float | None = field(default=None, init=False)

    def refused(self, sent: float, now: float, retry_after: float | None) -> float:
        """Record a refusal of a request sent at `sent`; return the seconds left to wait.

        Refusals of requests that were in flight when the pause began belong to it: they don't lengthen the next pause.
        """
        if self._times == 0 or sent > self._began:
            self._times += 1
            self._began = now
            self._trouble_since = self._trouble_since if self._trouble_since is not None else now
            wait = float(self.wait(attempt(self._times))) if retry_after is None else retry_after
            self.until = max(self.until, now + wait)
        elif retry_after is not None:
            self.until = max(self.until, now + retry_after)
        return self.until - now

    def succeeded(self, sent: float) -> None:
        """Record an answer. An answer to a request sent before the pause ended does not end the trouble."""
        if sent >= self.until:
            self._times, self._trouble_since = 0, None

    @property
    def in_trouble(self) -> bool:
        """Whether no request was answered since the last refusal."""
        return self._trouble_since is not None

    @property
    def is_first(self) -> bool:
        """Whether the archive had answered a request before its last refusal."""
        return self._times <= 1

    def exhausted(self, now: float) -> bool:
        """Whether the archive has refused for longer than COOLDOWN_GIVE_UP_SECONDS."""
        return self._trouble_since is not None and max(now, self.until) - self._trouble_since > self.give_up_after

    def adopt(self, until: float, began: float, times: int, trouble_since: float | None) -> None:
        """Take over what the processes that share this pause have told each other."""
        self.until, self._began, self._times, self._trouble_since = until, began, times, trouble_since

    @property
    def trouble(self) -> tuple[float, int, float | None]:
        """The beginning of the last pause, the pauses since the last answer, and the first refusal since then."""
        return self._began, self._times, self._trouble_since


class SleepUntil(Protocol):
    """Sleeps until `due()`, which may change meanwhile; returns the time then. Raises GaveUp if the run ends before."""

    def __call__(self, due: Callable[[], float]) -> Awaitable[float]: ...


class Pacing(Protocol):
    """The slots, the pause and the probe of one archive. Times are monotonic seconds."""

    cooldown: Cooldown
    """The pause, as far as this process knows it."""
    cause: str
    """What caused the last pause, in words."""

    def next_slot(self, service: str) -> float:
        """Return when the next slot of a service is due."""

    async def take_slot(self, request: Request, sleep_until: SleepUntil) -> None:
        """Wait for the next slot of the request's service; set `meta["sent"]`. Raises GaveUp if the run ends before."""

    def leave(self, request: Request) -> None:
        """Record that a request is no longer in flight: another probe may follow."""

    def refused(self, sent: float, now: float, cause: str, retry_after: float | None) -> float:
        """Record a refusal of a request sent at `sent`; return the seconds left to wait."""

    def succeeded(self, sent: float) -> None:
        """Record an answer to a request sent at `sent`."""


class LocalPacing:
    """The pacing of an archive that this process asks alone."""

    def __init__(self, rates: Mapping[str, float], cooldown: Cooldown) -> None:
        """Take the rate of each service, in requests a second; 0 for no limit."""
        self.cooldown = cooldown
        self.cause = ""
        self.probe: Request | None = None
        """The first request after a pause, until it is answered. All others wait for its answer."""
        self._budgets = {service: Budget(rate) for service, rate in rates.items()}
        self._queues = {service: asyncio.Lock() for service in rates}

    def next_slot(self, service: str) -> float:
        return self._budgets[service].next

    async def take_slot(self, request: Request, sleep_until: SleepUntil) -> None:
        service = request.meta["service"]
        budget = self._budgets[service]
        async with self._queues[service]:
            now = await sleep_until(lambda: inf if self.probe else max(budget.next, self.cooldown.until))
            request.meta["sent"] = now
            budget.take(now)
            if self.cooldown.in_trouble:
                self.probe = request

    def leave(self, request: Request) -> None:
        if request is self.probe:
            self.probe = None

    def refused(self, sent: float, now: float, cause: str, retry_after: float | None) -> float:
        self.cause = cause
        return self.cooldown.refused(sent, now, retry_after)

    def succeeded(self, sent: float) -> None:
        self.cooldown.succeeded(sent)
