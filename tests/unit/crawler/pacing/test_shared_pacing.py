"""Budgets that processes share, on a real Redis server. Several SharedPacings in one loop stand for as many processes.

What is checked exactly are the moments at which requests were let through; seconds are waited for, but none is a bound.
"""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.settings import Settings
from tenacity import wait_exponential

from crawler.pacing import pacing_script, shared_pacing
from crawler.pacing.archive_throttle import GaveUp, Throttle
from crawler.pacing.local_pacing import Cooldown
from crawler.pacing.pacing_script import SCRIPT, arguments, emission_of, keys_of
from crawler.pacing.rate_limit_server import RateLimitServer, ServerClock
from crawler.pacing.shared_pacing import HEADROOM, SharedPacing
from tests.support.redis_server import redis_server
from tests.support.windows import most_over

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.support.redis_server import RedisServer

_names = (f"archive-{number}" for number in count())
SECOND = 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_pacing, "_POLL", 0.1)


class Process:
    """What one process has: a connection of its own, and the throttle of one archive."""

    def __init__(self, url: str, archive: str, **settings: float) -> None:
        given = {
            "CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 20, "COOLDOWN_SECONDS": 0.4,
            "COOLDOWN_GIVE_UP_SECONDS": 600, "CONCURRENT_REQUESTS_PER_DOMAIN": 100, **settings,
        }  # fmt: skip
        self.ended: list[str] = []
        self.server = RateLimitServer(
            url,
            give_up_after=given["COOLDOWN_GIVE_UP_SECONDS"],
            is_ending=lambda: bool(self.ended),
            end=self.ended.append,
        )
        self.throttle = Throttle(
            Settings(given),
            is_ending=lambda: bool(self.ended),
            active=lambda: None,
            pacing=partial(SharedPacing, self.server, archive, self.ended.append),
        )
        self.sent: list[float] = []

    async def send(self) -> Request:
        """Send a request; it is in flight until `answer` or `refuse`."""
        request = Request("http://archive.example/1", meta={"service": "playback"})
        await self.throttle.enter(request)
        await self.throttle.take_slot(request)
        self.sent.append(request.meta["sent"])
        return request

    def answer(self, request: Request) -> None:
        self.throttle.leave(request)
        self.throttle.succeeded(request)

    def refuse(self, request: Request, retry_after: float | None = None) -> float:
        self.throttle.leave(request)
        return self.throttle.refused(request, "HTTP 429", retry_after)

    async def fetch(self, number: int) -> None:
        """Send so many requests, one after the other."""
        for _ in range(number):
            self.answer(await self.send())


def among(
    server: RedisServer,
    scenario: Callable[..., Awaitable[None]],
    *,
    processes: int = 2,
    archive: str = "",
    **settings: float,
) -> list[Process]:
    """Run a scenario of so many processes that share an archive; return them."""
    made: list[Process] = []

    async def run() -> None:
        name = archive or next(_names)
        made.extend(Process(server.url, name, **settings) for _ in range(processes))
        try:
            await asyncio.wait_for(scenario(*made), 120)
        finally:
            await asyncio.gather(*(process.server.close() for process in made))

    asyncio.run(run())
    return made


def moments(processes: list[Process]) -> list[float]:
    return sorted(moment for process in processes for moment in process.sent)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what it looks at has no event
        await asyncio.sleep(0.02)


# Slots


def test_processes_keep_one_budget_and_share_it_evenly(server: RedisServer) -> None:
    async def fetch(*processes: Process) -> None:
        work = [asyncio.ensure_future(process.fetch(30)) for process in processes for _ in range(3)]
        await until(lambda: len(moments([*processes])) >= 45)
        for task in work:
            task.cancel()

    processes = among(server, fetch, processes=3)
    assert most_over(20, moments(processes)) <= 0
    assert all(len(process.sent) >= 10 for process in processes)
    keys = server.client().keys("*")
    assert keys
    assert all(key.startswith("wayback-policies:{") and 0 < server.client().ttl(key) <= 3601 for key in keys)


def test_lower_rate_of_any_process_holds_for_all(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async def fetch(*processes: Process) -> None:
        slow = Process(server.url, "two rates", PLAYBACK_CALLS_PER_SECOND=5)
        await slow.fetch(1)
        await asyncio.gather(*(process.fetch(4) for process in processes))
        await slow.server.close()

    with caplog.at_level(logging.INFO):
        processes = among(server, fetch, archive="two rates")
    assert most_over(5, moments(processes)) <= 0
    assert sum("has a lower rate, which holds" in record.message for record in caplog.records) == 2


def test_rate_of_zero_is_no_limit_and_shares_the_pause(server: RedisServer) -> None:
    async def fetch(first: Process, second: Process) -> None:
        await first.fetch(30)
        await second.fetch(1)
        first.refuse(await first.send(), retry_after=1)
        await until(lambda: second.throttle.pause is not None)
        await second.fetch(1)

    processes = among(server, fetch, PLAYBACK_CALLS_PER_SECOND=0)
    assert processes[1].sent[-1] - processes[0].sent[-1] >= 1


# The pause and the probe


def test_refusal_of_one_process_pauses_all_and_one_probe_follows(server: RedisServer) -> None:
    async def scenario(*processes: Process) -> None:
        for process in processes:
            await process.fetch(1)
        first, second, third = processes
        in_flight = await second.send()
        assert first.refuse(await first.send()) == pytest.approx(0.4)
        await until(lambda: second.throttle.pause is not None)
        assert second.throttle.pause
        assert second.throttle.pause.cause == "the archive refused (HTTP 429)"
        assert second.throttle.is_busy
        second.refuse(in_flight)  # belongs to the same pause
        waiting = [asyncio.ensure_future(process.send()) for process in processes]
        for pause in (0.8, 1.6):  # each probe is refused in its turn
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.7)  # enough for six slots
            assert sum(task.done() for task in waiting) == len(done) == 1
            number = waiting.index(done.pop())
            assert processes[number].refuse(waiting[number].result()) == pytest.approx(pause)
            waiting[number] = asyncio.ensure_future(processes[number].send())
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        number = waiting.index(done.pop())
        processes[number].answer(waiting[number].result())
        await asyncio.gather(*waiting)
        await until(lambda: not any(process.throttle.cooldown.in_trouble for process in processes))
        assert third.refuse(await third.send()) == pytest.approx(0.4)  # begins anew

    processes = among(server, scenario, processes=3)
    gaps = [later - earlier for earlier, later in pairwise(moments(processes)) if later - earlier > 0.39]
    assert [gap >= least for gap, least in zip(gaps, (0.4, 0.8 + 0.7, 1.6 + 0.7), strict=False)] == [True] * 3


def test_probe_of_a_killed_process_is_another_ones_after_its_lease(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pacing_script._CONSTANTS, "lease", SECOND)

    async def scenario(first: Process, second: Process) -> None:
        first.refuse(await first.send())
        await first.send()
        for task in first.server._endless:  # the process is dead: it renews nothing, and answers nothing
            task.cancel()
        second.answer(await second.send())
        await until(lambda: not second.throttle.cooldown.in_trouble)

    first, second = among(server, scenario)
    assert second.sent[0] - first.sent[1] >= 0.9


def test_probe_is_kept_as_long_as_its_process_lives(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pacing_script._CONSTANTS, "lease", 2 * SECOND)

    async def scenario(first: Process, second: Process) -> None:
        first.refuse(await first.send())
        probe = await first.send()
        other = asyncio.ensure_future(second.send())
        await asyncio.sleep(3)
        assert not other.done()
        first.answer(probe)
        await other

    among(server, scenario)


def test_run_that_gives_up_tells_the_others(server: RedisServer) -> None:
    async def scenario(first: Process, second: Process) -> None:
        await second.fetch(1)
        first.refuse(await first.send(), retry_after=7200)
        assert first.throttle.is_exhausted
        with pytest.raises(GaveUp):
            await second.send()

    ended = among(server, scenario)[1].ended
    assert ended == ["the archive refused (HTTP 429), and the pause of all processes exceeds COOLDOWN_GIVE_UP_SECONDS"]


def run_script(server: RedisServer, archive: str, *operations: dict[str, Any], emission: int = 0) -> list[Any]:
    asked = {**arguments([emission], *operations), "unsure": False}
    with server.client() as client:
        values: list[Any] = client.register_script(SCRIPT)(
            keys=keys_of(archive, ["playback"]), args=[json.dumps(asked)]
        )
    return values


def test_script_has_the_pauses_of_a_cooldown(server: RedisServer) -> None:
    archive, cooldown = next(_names), Cooldown(wait_exponential(multiplier=60, min=60, max=3600), give_up_after=600)
    waits = [min(60 * 2**n, 3600) * SECOND for n in range(12)]
    sent = began = run_script(server, archive)[0]
    for retry_after in (None, None, 500, None, 5, None, None, None, None, None, None):
        op: dict[str, Any] = {"name": "refused", "sent": sent, "cause": "HTTP 429", "waits": waits}
        more = {} if retry_after is None else {"retry_after": retry_after * SECOND}
        now, ends, _, times, since, *_ = run_script(server, archive, {**op, **more})
        cooldown.refused((sent - began) / SECOND, (now - began) / SECOND, retry_after)
        assert ends == pytest.approx(began + cooldown.until * SECOND, abs=2)
        assert (times, since) == (
            cooldown.trouble[1],
            pytest.approx(began + (cooldown.trouble[2] or 0) * SECOND, abs=2),
        )
        sent = ends + SECOND  # the probe of that pause
    sent = run_script(server, archive, {"name": "succeeded", "sent": sent})[1]
    assert run_script(server, archive)[3:5] == [0, 0]


def test_script_bounds_a_pause_and_forgets_an_old_one(server: RedisServer) -> None:
    archive = next(_names)
    op = {"name": "refused", "sent": 0, "cause": "", "waits": [SECOND], "retry_after": 10**15}
    now, ends, *_ = run_script(server, archive, op)
    assert ends == now + 86_400 * SECOND
    with server.client() as client:
        client.hset(keys_of(archive, [])[0], mapping={"until": now - 3700 * SECOND})
    assert run_script(server, archive)[1:5] == [0, 0, 0, 0]


def test_script_leaves_time_before_the_first_slot_of_a_new_state(server: RedisServer) -> None:
    """Slots that were reserved in a state that is lost are used, or dropped, by then."""
    archive, take = next(_names), {"name": "take", "service": 1, "probe": ""}
    now, *reply = run_script(server, archive, take, emission=SECOND)
    assert reply[5] >= now + 2 * SECOND
    assert run_script(server, archive, take, emission=SECOND)[6] - reply[5] in {SECOND, SECOND + 1}


def test_script_survives_a_clock_that_is_set_back(server: RedisServer) -> None:
    archive = next(_names)
    run_script(server, archive)
    with server.client() as client:
        client.hset(keys_of(archive, ["playback"])[1], "tat1", 2 * 10**15)
    now, *reply = run_script(server, archive)
    assert reply[-2] <= now + 2 * SECOND


# A server that forgets, or is lost


def test_flushall_keeps_budget_and_pause(server: RedisServer) -> None:
    async def scenario(*processes: Process) -> None:
        work = [asyncio.ensure_future(process.fetch(10)) for process in processes for _ in range(3)]
        await until(lambda: len(moments([*processes])) > 20)
        server.client().flushall()
        await asyncio.gather(*work)
        processes[0].refuse(await processes[0].send(), retry_after=3)
        await until(lambda: all(process.throttle.pause for process in processes))
        server.client().flushall()
        await processes[1].fetch(1)

    processes = among(server, scenario, processes=3)
    assert most_over(20, moments(processes)) <= 0
    assert processes[1].sent[-1] - processes[0].sent[-1] >= 3


def test_restart_of_the_server_keeps_budget(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(*processes: Process) -> None:
        work = [asyncio.ensure_future(process.fetch(12)) for process in processes for _ in range(3)]
        await until(lambda: len(moments([*processes])) > 20)
        own.kill()
        await asyncio.sleep(0.5)
        sent = len(moments([*processes]))
        await asyncio.sleep(0.5)
        assert len(moments([*processes])) == sent, "nothing is sent without the server"
        await asyncio.to_thread(own.start)
        await asyncio.gather(*work)
        with own.stopped():
            sent = len(moments([*processes]))
            waiting = [asyncio.ensure_future(process.fetch(2)) for process in processes]
            await asyncio.sleep(1.5)
            assert len(moments([*processes])) <= sent
        await asyncio.gather(*waiting)

    with redis_server() as own:
        processes = among(own, scenario, processes=3)
    assert most_over(20, moments(processes)) <= 0
    assert "no answer" in caplog.text
    assert "answers again" in caplog.text
    assert "s3cret" not in caplog.text


def test_server_lost_for_too_long_ends_the_run() -> None:
    async def scenario(process: Process) -> None:
        await process.fetch(1)
        own.kill()
        with pytest.raises(GaveUp):
            await process.send()

    with redis_server() as own:
        (process,) = among(own, scenario, processes=1, COOLDOWN_GIVE_UP_SECONDS=1)
    (why,) = set(process.ended)
    assert why.startswith("the server of RATE_LIMIT_URL does not answer (")
    assert "s3cret" not in why


# The clock


def test_clock_takes_the_tightest_bound_and_follows_a_clock_that_is_set() -> None:
    clock = ServerClock()
    clock.add(10, 1_000_011 * SECOND, 12)  # half a day late on its way, for all it knows
    assert clock.local(1_000_011 * SECOND) == pytest.approx(11)
    clock.add(20, 1_000_020_900_000, 20.002)
    assert clock.local(1_000_020_900_000) == pytest.approx(20.001)
    clock.add(30, 1_000_031 * SECOND, 34)  # says less than is known
    assert clock.local(1_000_020_900_000) == pytest.approx(20.001)
    clock.add(40, 5 * SECOND, 41)  # contradicts it: the clock was set back
    assert clock.local(5 * SECOND) == pytest.approx(40.5)
    assert clock.server(clock.local(7 * SECOND)) == 7 * SECOND


@pytest.mark.parametrize("rate", [0.4, 8, 33.3, 1000])
def test_emission_is_never_shorter_than_the_interval(rate: float) -> None:
    assert 0 <= emission_of(HEADROOM / rate) - HEADROOM / rate * SECOND <= 1
