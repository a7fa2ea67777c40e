"""Pacing of requests: evenly spaced slots of a budget, one growing pause for all requests, few requests in flight."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from scrapy.exceptions import IgnoreRequest
from tenacity import wait_exponential

from crawler.archives.base import BY_SETTINGS, LISTING, PLAYBACK, Pace
from crawler.archives.failures import ArchiveAway, PutAside
from crawler.downloadermiddlewares.backoff import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from scrapy import Request
    from scrapy.settings import BaseSettings
    from tenacity.wait import wait_base

_POLL = 0.5
"""Seconds between two checks whether the run is ending or a wait is over."""
_LONGEST_PAUSE = 3600

PUT_ASIDE: Final = "put aside until the other archives' work is done"
SILENT_TRIES: Final = 6
"""Tries in a row without an answer, of all requests to one of several archives, after which it is put aside: as many as
one request has."""
LAST_TRIES: Final = 6
"""Tries in a row without an answer after which one of several archives is given up for the run."""


class GaveUp(IgnoreRequest):
    """A request was not sent because the run is ending. Its capture stays open."""


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


@dataclass(frozen=True, slots=True)
class Pause:
    """The current pause: the seconds left, and the refusal that caused it."""

    seconds: float
    cause: str


class Throttle:
    """The pacing of one archive: places in flight, budgets, the pause after a refusal, and the probe after a pause.

    A request is in flight from `enter` to `leave`. It is sent when `take_slot` returns.
    """

    def __init__(
        self,
        settings: BaseSettings,
        pace: Pace = BY_SETTINGS,
        *,
        is_ending: Callable[[], bool],
        active: Callable[[], Collection[Request] | None],
        has_others: bool = False,
    ) -> None:
        """Take settings and pace; `active` returns the requests in the downloader, or None without an engine.

        `has_others`: the run has other archives, whose work does not wait for this one.
        """
        pause = settings.getfloat("COOLDOWN_SECONDS")
        self.cooldown = Cooldown(
            wait_exponential(multiplier=pause, min=pause, max=_LONGEST_PAUSE),
            settings.getfloat("COOLDOWN_GIVE_UP_SECONDS"),
        )
        self.probe: Request | None = None
        """The first request after a pause, until it is answered. All others wait for its answer."""
        self.had_success = False
        self.given_up: ArchiveAway | None = None
        """Why nothing more is asked of the archive in this run; None while it is."""
        self._has_others = has_others
        self._is_patient = not has_others
        self._failures = 0
        self._is_ending = is_ending
        self._active = active
        self.rates = rates_of(settings, pace)
        self._budgets = {service: Budget(rate) for service, rate in self.rates.items()}
        self._queues = {service: asyncio.Lock() for service in self._budgets}
        most = pace.connections or settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._places = {service: asyncio.Semaphore(most) for service in self._budgets}
        self._in_flight: set[Request] = set()
        self._refusal = ""

    @property
    def pause(self) -> Pause | None:
        """The current pause, else None."""
        left = self.cooldown.until - monotonic()
        return Pause(left, self._refusal) if left > 0 else None

    @property
    def is_exhausted(self) -> bool:
        """Whether the archive has refused for longer than COOLDOWN_GIVE_UP_SECONDS."""
        return self.cooldown.exhausted(monotonic())

    @property
    def is_away(self) -> bool:
        """Whether requests are put aside now: the archive refuses or is silent, and other archives have work."""
        return not self._is_patient and self.given_up is None and self.cooldown.in_trouble and self.pause is not None

    @property
    def is_busy(self) -> bool:
        """Whether the next playback would wait for its slot or for the end of a pause."""
        return max(self._budgets[PLAYBACK].next, self.cooldown.until) > monotonic()

    def be_patient(self) -> None:
        """Wait for the archive from now on, as the other archives' work is done."""
        self._is_patient, self._failures = True, 0

    def failed(self, request: Request, cause: str) -> ArchiveAway | None:
        """Record that a request had no answer. SILENT_TRIES of them in a row are taken for a refusal if others have work.

        Of those that are made once the others' work is done, LAST_TRIES in a row are the last: returns why.
        """
        self._failures += 1
        if not self._has_others or self._failures < (LAST_TRIES if self._is_patient else SILENT_TRIES):
            return None
        silence = f"the archive does not answer ({cause})"
        if self._is_patient:
            return ArchiveAway(silence)
        self.refused(request, cause, None)
        self._refusal = silence
        return None

    async def enter(self, request: Request, *, after: float = 0.0) -> None:
        """Wait `after` seconds, then for a place in flight. Raises GaveUp if the run ends before."""
        again_at = monotonic() + after
        await self._sleep_until(lambda: again_at)
        while request not in self._in_flight:
            self._check_ending()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._places[request.meta["service"]].acquire(), _POLL)
                self._in_flight.add(request)

    async def wait_while(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition no longer holds. Raises GaveUp if the run ends before."""
        while condition():
            self._check_ending()
            await asyncio.sleep(_POLL)

    def leave(self, request: Request) -> None:
        """Free the place of a request. Its memento, if it brought one, is in a WARC file by then."""
        if request in self._in_flight:
            self._in_flight.remove(request)
            self._places[request.meta["service"]].release()
        if request is self.probe:
            self.probe = None

    async def take_slot(self, request: Request) -> None:
        """Wait for the next slot of the request's budget. Raises GaveUp if the run ends before."""
        service = request.meta["service"]
        budget = self._budgets[service]
        async with self._queues[service]:
            await self._sleep_until(lambda: inf if self.probe else max(budget.next, self.cooldown.until))
            now = request.meta["sent"] = monotonic()
            budget.take(now)
            if self.cooldown.in_trouble:
                self.probe = request

    def refused(self, request: Request, cause: str, retry_after: float | None) -> float:
        """Record the refusal of a request; return the seconds of the pause."""
        self._refusal = f"the archive refused ({cause})"
        return self.cooldown.refused(request.meta["sent"], monotonic(), retry_after)

    def succeeded(self, request: Request) -> None:
        """Record that the archive has answered a request."""
        self.had_success, self._failures = True, 0
        self.cooldown.succeeded(request.meta["sent"])

    async def _sleep_until(self, due: Callable[[], float]) -> None:
        """Sleep until `due()`, which may change meanwhile. Raises GaveUp if the run ends before."""
        self._check_ending()
        while (left := due() - monotonic()) > 0:
            await asyncio.sleep(min(left, _POLL))
            self._check_ending()

    def _check_ending(self) -> None:
        self._free_places_of_ended()
        if self._is_ending():
            raise GaveUp("the run is ending")
        if self.given_up:
            raise type(self.given_up)(*self.given_up.args)
        if self.is_away:
            raise PutAside(f"{PUT_ASIDE}: {self._refusal}")

    def _free_places_of_ended(self) -> None:
        """Free the places of requests that never came back: a middleware nearer to the downloader raised."""
        active = self._active()
        if active is not None:
            for request in self._in_flight.difference(active):
                self.leave(request)


def rates_of(settings: BaseSettings, pace: Pace) -> dict[str, float]:
    """Return the rate of each service of an archive, in requests a second; 0 for no limit.

    An archive's own pace goes before the settings of the project. One that the user sets goes before it, unless it
    `is_absolute`: then the lower of the two holds.
    """
    own = {LISTING: pace.calls_per_minute, PLAYBACK: pace.playbacks_per_second}
    return {
        service: _rate(settings, name, own[service], is_absolute=pace.is_absolute) / seconds
        for service, (name, seconds) in _SETTINGS.items()
    }


_SETTINGS: Final = {LISTING: ("CDX_CALLS_PER_MINUTE", 60), PLAYBACK: ("PLAYBACK_CALLS_PER_SECOND", 1)}
"""The setting of each service's rate, and the seconds of its unit."""
_PROJECT: Final = 20
"""Priority of the project's own settings.py: one of higher priority is the user's."""


def _rate(settings: BaseSettings, name: str, own: float | None, *, is_absolute: bool) -> float:
    given = settings.getfloat(name)
    if own is None:
        return given
    if (settings.getpriority(name) or 0) <= _PROJECT:
        return own
    return min(own, given or own) if is_absolute else given
