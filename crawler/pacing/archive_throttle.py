"""Throttle: few requests in flight to an archive, each in a slot of its budget, and one pause for all after a refusal."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from scrapy.exceptions import IgnoreRequest
from tenacity import wait_exponential

from crawler.archives.base import BY_SETTINGS, PLAYBACK, Pace
from crawler.archives.failures import ArchiveAway, PutAside
from crawler.pacing.local_pacing import Cooldown, LocalPacing
from crawler.pacing.service_rates import rates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from scrapy import Request
    from scrapy.settings import BaseSettings

    from crawler.pacing.local_pacing import Pacing

_POLL = 0.5
"""Seconds between two checks whether the run is ending or a wait is over."""
_LONGEST_PAUSE = 3600

PUT_ASIDE: Final = "put aside until the other archives' work is done"
SILENT_TRIES: Final = 6
"""Tries in a row without an answer, of all requests to one of several archives, after which it is put aside: as many as
one request has."""
LAST_TRIES: Final = 6
"""Tries in a row without an answer after which an archive is given up for the run: one of several, or the only one if they
are of one request and nothing has ever come from it."""

UNKNOWN_TRIES: Final = 2
"""Tries in a row after which an archive is given up whose host does not exist. A network that is coming up says so once."""


class GaveUp(IgnoreRequest):
    """A request was not sent because the run is ending. Its capture stays open."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The current pause: the seconds left, and the refusal that caused it."""

    seconds: float
    cause: str


class Throttle:
    """The requests to one archive: places in flight, and its pacing (budgets, the pause after a refusal, the probe).

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
        pacing: Callable[[Mapping[str, float], Cooldown], Pacing] = LocalPacing,
    ) -> None:
        """Take settings and pace; `active` returns the requests in the downloader, or None without an engine.

        `has_others`: the run has other archives, whose work does not wait for this one. `pacing` makes the budgets of
        the rates and the pause, which other processes may share.
        """
        pause = settings.getfloat("COOLDOWN_SECONDS")
        cooldown = Cooldown(
            wait_exponential(multiplier=pause, min=pause, max=_LONGEST_PAUSE),
            settings.getfloat("COOLDOWN_GIVE_UP_SECONDS"),
        )
        self.had_success = False
        self.has_responded = False
        """Whether anything came from the archive in this run, be it a refusal or an error."""
        self.given_up: ArchiveAway | None = None
        """Why nothing more is asked of the archive in this run; None while it is."""
        self._has_others = has_others
        self._is_patient = not has_others
        self._failures = 0
        self._is_ending = is_ending
        self._active = active
        self.rates = rates_of(settings, pace)
        self.pacing = pacing(self.rates, cooldown)
        most = pace.connections or settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._places = {service: asyncio.Semaphore(most) for service in self.rates}
        self._in_flight: set[Request] = set()

    @property
    def cooldown(self) -> Cooldown:
        """The pause after a refusal, as far as this process knows it."""
        return self.pacing.cooldown

    @property
    def pause(self) -> Pause | None:
        """The current pause, else None."""
        left = self.cooldown.until - monotonic()
        return Pause(left, self.pacing.cause) if left > 0 else None

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
        return max(self.pacing.next_slot(PLAYBACK), self.cooldown.until) > monotonic()

    def be_patient(self) -> None:
        """Wait for the archive from now on, as the other archives' work is done."""
        self._is_patient, self._failures = True, 0

    def failed(self, request: Request, cause: str, unknown_host: str = "") -> ArchiveAway | None:
        """Record that a request had no answer. SILENT_TRIES of them in a row are taken for a refusal if others have work.

        Of those that are made once the others' work is done, LAST_TRIES in a row are the last: returns why. So are those
        of one request to the only archive if nothing has ever come from it, and UNKNOWN_TRIES of any requests if the
        archive's host does not exist.
        """
        self._failures += 1
        if unknown_host and not self.has_responded and self._failures >= UNKNOWN_TRIES:
            return ArchiveAway(f"{unknown_host}: no such host; check the address and the network")
        silence = f"the archive does not answer ({cause})"
        if not self._has_others:
            is_last = request.meta.get("tries", 1) >= LAST_TRIES and not self.has_responded
            return ArchiveAway(silence) if is_last else None
        if self._failures < (LAST_TRIES if self._is_patient else SILENT_TRIES):
            return None
        if self._is_patient:
            return ArchiveAway(silence)
        self.pacing.refused(request.meta["sent"], monotonic(), silence, None)
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
        self.pacing.leave(request)

    async def take_slot(self, request: Request) -> None:
        """Wait for the next slot of the request's budget. Raises GaveUp if the run ends before."""
        await self.pacing.take_slot(request, self._sleep_until)

    def refused(self, request: Request, cause: str, retry_after: float | None) -> float:
        """Record the refusal of a request; return the seconds of the pause."""
        return self.pacing.refused(request.meta["sent"], monotonic(), f"the archive refused ({cause})", retry_after)

    def succeeded(self, request: Request) -> None:
        """Record that the archive has answered a request."""
        self.had_success, self._failures = True, 0
        self.pacing.succeeded(request.meta["sent"])

    async def _sleep_until(self, due: Callable[[], float]) -> float:
        """Sleep until `due()`, which may change meanwhile; return the time then. Raises GaveUp if the run ends before."""
        self._check_ending()
        while (left := due() - (now := monotonic())) > 0:
            await asyncio.sleep(min(left, _POLL))
            self._check_ending()
        return now

    def _check_ending(self) -> None:
        self._free_places_of_ended()
        if self._is_ending():
            raise GaveUp("the run is ending")
        if self.given_up:
            raise type(self.given_up)(*self.given_up.args)
        if self.is_away:
            raise PutAside(f"{PUT_ASIDE}: {self.pacing.cause}")

    def _free_places_of_ended(self) -> None:
        """Free the places of requests that never came back: a middleware nearer to the downloader raised."""
        active = self._active()
        if active is not None:
            for request in self._in_flight.difference(active):
                self.leave(request)
