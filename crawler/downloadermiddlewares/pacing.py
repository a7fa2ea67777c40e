"""When the next request may go to an archive: evenly paced turns, and one pause for all that grows. Pure; no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.downloadermiddlewares.backoff import attempt

if TYPE_CHECKING:
    from tenacity.wait import wait_base


class Budget:
    """Turns so far apart that no window of w seconds, w at least 1, has more than rate * w + 1 requests.

    A turn that comes up to LATENESS seconds late does not put off the next one, so that what an event loop is late by
    costs nothing; what comes later than that is not made up for. HEADROOM leaves three times that in every second: the
    rest is for requests that take less time to the archive than the one before (what counts is when they arrive).
    """

    HEADROOM = 1.03
    LATENESS = 0.01

    def __init__(self, rate: float) -> None:
        """Take the turns a second, 0 for no limit."""
        self._interval = self.HEADROOM / rate if rate else 0.0
        self.next = 0.0

    def take(self, now: float) -> None:
        """Take the turn; the next one comes at `next` (monotonic seconds)."""
        self.next = max(self.next, now - self.LATENESS) + self._interval


@dataclass(frozen=True, slots=True)
class Pause:
    """The pause that everything for the archive is in: the seconds left, and the refusal that it is for."""

    seconds: float
    cause: str


@dataclass
class Cooldown:
    """The pause for everything that goes to the archive. Times are monotonic seconds."""

    wait: wait_base
    give_up_after: float
    until: float = 0.0
    _began: float = 0.0
    _times: int = field(default=0, init=False)
    _trouble_since: float | None = field(default=None, init=False)

    def refused(self, sent: float, now: float, retry_after: float | None) -> float:
        """Note a refusal of a request sent at `sent`; return the seconds left to wait.

        Requests that were in flight when the pause began are the same event: they can't lengthen the next pause.
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
        """Note an answer; one to a request sent before the pause says nothing about what comes after it."""
        if sent >= self.until:
            self._times, self._trouble_since = 0, None

    @property
    def in_trouble(self) -> bool:
        """Whether nothing was answered since the last refusal."""
        return self._trouble_since is not None

    @property
    def is_first(self) -> bool:
        """Whether the archive had answered something before it refused last."""
        return self._times <= 1

    def exhausted(self, now: float) -> bool:
        """Whether the archive has refused for so long that the run should end."""
        return self._trouble_since is not None and max(now, self.until) - self._trouble_since > self.give_up_after
