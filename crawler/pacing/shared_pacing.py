"""SharedPacing: the budgets, the pause and the probe of one archive, shared by all processes with the same RATE_LIMIT_URL.

A process reserves a slot, sleeps until it is due, and makes sure just before that nothing has changed. It keeps a copy of
the shared pause for who asks `is_busy`, `is_away` or `pause`, which is never older than _POLL seconds.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import count
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from crawler.pacing.backoff import attempt
from crawler.pacing.pacing_script import arguments, emission_of, keys_of
from crawler.pacing.rate_limit_server import ServerClock
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scrapy import Request

    from crawler.pacing.local_pacing import Cooldown, SleepUntil
    from crawler.pacing.rate_limit_server import Answered, RateLimitServer

logger = logging.getLogger(__name__)

HEADROOM: Final = 1.06
"""Leaves 60 ms in every second: LATENESS, and 15 ms for what processes differ by in their clocks and ways to the archive."""
LATENESS: Final = 0.045
"""Seconds by which a slot may be used late. One that is later is lost: it would be too near to another process's."""
_CONFIRM: Final = 0.1
"""Seconds before a slot at which the server is asked again whether it holds."""
_POLL: Final = 0.5
"""Seconds after which the server is asked what the other processes have told it."""
_WAITS: Final = 24
"""Pauses that grow: from 1 ms to an hour."""
_MOST_CAUSE: Final = 200


@dataclass(frozen=True, slots=True)
class _Budget:
    """The state of one service's budget: microseconds from slot to slot, the next free one, and which state this is."""

    emission: int
    next: int
    generation: str


@dataclass(frozen=True, slots=True)
class _Reply:
    """What the script returns. Times are microseconds of the server's clock, 0 for none."""

    now: int
    until: int
    began: int
    times: int
    since: int
    other_probe: int
    slot: int
    is_probe: int
    generation: str
    cause: str
    budgets: tuple[_Budget, ...]

    @classmethod
    def read(cls, values: Sequence[Any]) -> Self:
        own, services = values[:10], values[10:]
        budgets = tuple(_Budget(*services[first : first + 3]) for first in range(0, len(services), 3))
        return cls(*[*own, budgets])


@dataclass(frozen=True, slots=True)
class _Probe:
    """The request of this process that is the probe, and its name on the server."""

    request: Request
    name: str


class SharedPacing:
    """The pacing of an archive that several processes ask. `Pacing` in local_pacing.py documents its methods."""

    def __init__(
        self,
        server: RateLimitServer,
        archive: str,
        give_up: Callable[[str], None],
        rates: Mapping[str, float],
        cooldown: Cooldown,
    ) -> None:
        """Take the archive's name. `give_up` is called once if the shared pause exceeds COOLDOWN_GIVE_UP_SECONDS."""
        self.cooldown = cooldown
        self.cause = ""
        self._server = server
        self._archive = archive
        self._give_up = give_up
        self._clock = ServerClock()
        self._services = {service: number for number, service in enumerate(rates)}
        self._keys = keys_of(archive, rates)
        self._emissions = [emission_of(HEADROOM / rate if rate else 0.0) for rate in rates.values()]
        self._waits = [_micro(cooldown.wait(attempt(times))) for times in range(1, _WAITS + 1)]
        self._queues = {service: asyncio.Lock() for service in rates}
        self._lane = asyncio.Lock()
        self._names = (f"{uuid4().hex}:{number}" for number in count())
        self._probe: _Probe | None = None
        self._other_probe = 0.0
        self._to_tell: list[dict[str, Any]] = []
        self._reply: _Reply | None = None
        self._heard = 0.0
        self._told_of: set[str] = set()
        self._has_begun = self._is_telling = False

    # What a Throttle asks

    def next_slot(self, service: str) -> float:
        if self._reply is None or not self._emissions[self._services[service]]:
            return 0.0
        return self._clock.local(self._reply.budgets[self._services[service]].next)

    async def take_slot(self, request: Request, sleep_until: SleepUntil) -> None:
        if not self._has_begun:
            await self._begin()
        async with self._queues[request.meta["service"]]:
            while True:
                await sleep_until(lambda: self._blocked_until(request))
                if sent := await self._used_slot(request, sleep_until):
                    break
            request.meta["sent"] = sent

    def leave(self, request: Request) -> None:
        if self._probe and request is self._probe.request:
            self._tell(name="release", probe=self._probe.name)
            self._probe = None

    def refused(self, sent: float, now: float, cause: str, retry_after: float | None) -> float:
        self.cause = cause
        wait = {} if retry_after is None else {"retry_after": _micro(retry_after)}
        at = self._clock.server(sent)
        self._tell(name="refused", sent=at, cause=cause[:_MOST_CAUSE], waits=self._waits, **wait)
        return self.cooldown.refused(sent, now, retry_after)

    def succeeded(self, sent: float) -> None:
        if self.cooldown.in_trouble:
            self._tell(name="succeeded", sent=self._clock.server(sent))
        self.cooldown.succeeded(sent)

    # Slots

    def _blocked_until(self, request: Request) -> float:
        """Return when a request may ask for a slot, as far as this process knows."""
        if self._probe and self._probe.request is not request:
            return inf
        return max(self.cooldown.until, self._other_probe)

    async def _used_slot(self, request: Request, sleep_until: SleepUntil) -> float | None:
        """Reserve a slot and sleep until then; return the time. None if there is no slot now, or it came to nothing."""
        outages, service = self._server.outages, self._services[request.meta["service"]]
        name = self._probe.name if self._probe else next(self._names)
        reply = await self._ask({"name": "take", "service": service + 1, "probe": name}, probe=name)
        if reply.is_probe:
            self._probe = _Probe(request, name)
        if not reply.slot:
            await asyncio.sleep(_CONFIRM)  # the next try waits for what the answer said; this bounds the tries
            return None
        due = self._clock.local(reply.slot)
        state = reply.budgets[service].generation
        if due - monotonic() > _CONFIRM:
            await sleep_until(lambda: due - _CONFIRM)
            reply, slot = await self._ask(), reply.slot
            moved = abs(self._clock.local(slot) - due)
            if moved > LATENESS or reply.budgets[service].generation != state:
                return None
        now = await sleep_until(lambda: due)
        is_mine = self._probe is not None and self._probe.request is request
        is_stopped = self._blocked_until(request) > now or (self.cooldown.in_trouble and not is_mine)
        return None if is_stopped or now > due + LATENESS or outages != self._server.outages else now

    # The server

    async def _begin(self) -> None:
        """Ask three times: the first answer waits for the connection, and says little of the server's clock."""
        self._has_begun = True
        self._server.start(self._watch(), is_endless=True)
        for _ in range(3):
            await self._ask()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._heard + _POLL - monotonic()))
            if monotonic() >= self._heard + _POLL:
                await self._ask()

    def _tell(self, **operation: Any) -> None:
        """Let the server know, in the order of the calls. Those of one step of the event loop are one step there."""
        self._to_tell.append(operation)
        if not self._is_telling:
            self._is_telling = True
            self._server.start(self._ask())

    async def _ask(self, *operations: dict[str, Any], probe: str = "") -> _Reply:
        """Tell what is to be told, do the operations, and take over what the server says. Raises GaveUp."""
        async with self._lane:
            told, self._is_telling = len(self._to_tell), False
            name = self._probe.name if self._probe else probe
            asked = arguments(self._emissions, *self._to_tell, *operations, probe=name)
            answered = await self._server.call(self._keys, asked)
            del self._to_tell[:told]
            return self._take_over(answered)

    def _take_over(self, answered: Answered) -> _Reply:
        reply, before = _Reply.read(answered.values), self._reply
        self._clock.add(answered.asked, reply.now, answered.answered)
        self._reply, self._heard = reply, answered.answered
        self._other_probe = self._clock.local(reply.other_probe) if reply.other_probe else 0.0
        self._note_lower_rates(reply)
        if before and before.generation != reply.generation and self.cooldown.in_trouble and not reply.times:
            self._restore()
        if not self._to_tell:  # else the own copy is newer than the answer
            self._copy_pause(reply)
        return reply

    def _copy_pause(self, reply: _Reply) -> None:
        until, began, since = (self._clock.local(at) if at else 0.0 for at in (reply.until, reply.began, reply.since))
        self.cooldown.adopt(until, began, reply.times, since if reply.since else None)
        self.cause = printable(reply.cause)[:_MOST_CAUSE] or self.cause
        now = monotonic()
        if until > now and self.cooldown.exhausted(now) and "pause" not in self._told_of:
            self._told_of.add("pause")
            self._give_up(f"{self.cause}, and the pause of all processes exceeds COOLDOWN_GIVE_UP_SECONDS")

    def _restore(self) -> None:
        """Tell the server of the pause that it has lost, by FLUSHALL or a restart."""
        began, times, since = self.cooldown.trouble
        at = {"until": self.cooldown.until, "began": began, "since": began if since is None else since}
        moments = {name: self._clock.server(moment) for name, moment in at.items()}
        self._tell(name="restore", times=times, cause=self.cause[:_MOST_CAUSE], **moments)

    def _note_lower_rates(self, reply: _Reply) -> None:
        for service, number in self._services.items():
            own, shared = self._emissions[number], reply.budgets[number].emission
            if shared > own and service not in self._told_of:
                self._told_of.add(service)
                text = (
                    "%s: a process that shares RATE_LIMIT_URL has a lower rate, which holds: a %s request every %.2f s"
                )
                logger.info(text, self._archive, service, shared / _micro(1))


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)
