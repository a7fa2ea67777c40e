"""Turns and pauses, without a clock: time is a number."""

from __future__ import annotations

import asyncio
import gzip
import random
import zlib
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.core.scraper import Slot
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from tenacity import wait_exponential

from crawler.archives.playback import is_refusal
from crawler.bodies import BodiesMiddleware, TooLarge, plain_body
from crawler.pacing import Budget, Cooldown
from crawler.politeness import MOST_REFUSALS, GaveUp, PolitenessMiddleware, _retry_after
from crawler.turns import TurnsMiddleware
from tests.windows import most_over

if TYPE_CHECKING:
    from collections.abc import Sequence


def turns(budget: Budget, count: int, late: float = 0.0) -> list[float]:
    """Return the moments of `count` turns, each taken `late` seconds after it came."""
    taken, now = [], 100.0
    for _ in range(count):
        now = max(now, budget.next) + late
        budget.take(now)
        taken.append(now)
    return taken


@pytest.mark.parametrize("rate", [0.4, 8])
@pytest.mark.parametrize("late", [0.0, 0.004, Budget.LATENESS, 0.2])
def test_no_window_has_more_turns_than_the_rate_and_one(late: float, rate: float) -> None:
    taken = turns(Budget(rate), 200, late)
    assert most_over(rate, taken) <= 0
    budget, now, taken = Budget(rate), 0.0, []
    dice = random.Random(8)  # noqa: S311 - jitter of a test
    for _ in range(400):  # late or not, and as long on the way or shorter than the one before
        now = max(now, budget.next) + dice.choice((0.0, late))
        budget.take(now)
        taken.append(now - dice.choice((0.0, Budget.LATENESS)))
    assert most_over(rate, sorted(taken)) <= 0


@pytest.mark.parametrize("late", [0.0, 0.003, Budget.LATENESS])
def test_nearly_all_turns_are_used_though_the_loop_is_late(late: float) -> None:
    taken = turns(Budget(8), 801, late)
    assert 800 / (taken[-1] - taken[0]) >= 8 * 0.97


def test_unused_turns_are_not_saved_up() -> None:
    budget = Budget(8)
    budget.take(0)
    budget.take(1000)
    assert budget.next == pytest.approx(1000 + Budget.HEADROOM / 8, abs=Budget.LATENESS)


def test_no_limit() -> None:
    budget = Budget(0)
    budget.take(5)
    assert budget.next <= 5


@pytest.fixture
def cooldown() -> Cooldown:
    return Cooldown(wait_exponential(multiplier=60, min=60, max=3600), give_up_after=600)


def test_pauses_grow_and_start_over_after_a_success(cooldown: Cooldown) -> None:
    assert cooldown.refused(sent=0, now=1, retry_after=None) == 60
    assert cooldown.refused(sent=62, now=63, retry_after=None) == 120
    cooldown.succeeded(sent=190)
    assert cooldown.refused(sent=200, now=201, retry_after=None) == 60


def test_what_was_in_flight_is_the_same_event(cooldown: Cooldown) -> None:
    cooldown.refused(sent=0, now=10, retry_after=None)
    for _ in range(5):
        assert cooldown.refused(sent=5, now=11, retry_after=None) == 59
    cooldown.succeeded(sent=6)
    assert cooldown.refused(sent=71, now=72, retry_after=None) == 120


def test_retry_after_decides_and_the_end_is_only_ever_moved_out(cooldown: Cooldown) -> None:
    assert cooldown.refused(sent=0, now=1, retry_after=5) == 5
    assert cooldown.refused(sent=0, now=2, retry_after=300) == 300
    assert cooldown.refused(sent=0, now=3, retry_after=1) == 299


def test_it_gives_up_in_the_end(cooldown: Cooldown) -> None:
    cooldown.refused(sent=0, now=1, retry_after=None)
    assert not cooldown.exhausted(now=1)
    cooldown.refused(sent=70, now=71, retry_after=None)
    cooldown.refused(sent=200, now=201, retry_after=500)
    assert cooldown.exhausted(now=202)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("", None),
        ("soon", None),
        ("\u00b2", None),
        ("9" * 400, 999999999.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert _retry_after(Response("http://a.example", headers={"Retry-After": value})) == seconds


def test_a_refusal_is_the_archives_own() -> None:
    refused = Response("http://a.example", status=429)
    archived = Response("http://a.example", status=429, headers={"Memento-Datetime": "x"})
    page = Response("http://a.example", body=b"<html><h1>429 Too Many Requests</h1>")
    rows = Response(
        "http://a.example", body=b'[["com,example)/", "http://example.com/<h1>429 Too Many Requests</h1>"]]'
    )
    assert not is_refusal(rows)
    assert is_refusal(refused)
    assert is_refusal(page)
    assert not is_refusal(archived)


def test_bodies() -> None:
    html = b"<html>policy</html>" * 100
    packed = gzip.compress(html)
    for encodings in (["gzip"], [], ["x-gzip"], ["", "gzip"]):
        assert plain_body(packed, encodings, 10_000) == html
    assert plain_body(html, ["gzip"], 10_000) == html
    assert plain_body(zlib.compress(html), ["deflate"], 10_000) == html
    assert plain_body(gzip.compress(packed), ["gzip", "gzip"], 10_000) == html
    with pytest.raises(TooLarge):
        plain_body(gzip.compress(b"0" * 100_000), ["gzip"], 10_000)


class Ending(list[str]):
    """A spider that writes down why it should end."""

    ending = ""
    end = list.append
    fail = list.append


def middlewares(**settings: float) -> tuple[PolitenessMiddleware, TurnsMiddleware]:
    crawler = get_crawler(settings_dict={"CDX_CALLS_PER_MINUTE": 0, "COOLDOWN_SECONDS": 0.01, **settings})
    crawler.spider = Ending()  # type: ignore[assignment]
    crawler.engine = SimpleNamespace(running=True)  # type: ignore[assignment]
    polite = PolitenessMiddleware(crawler)
    crawler.get_downloader_middleware = lambda _: polite  # type: ignore[assignment]
    return polite, TurnsMiddleware(crawler)


def middleware(**settings: float) -> PolitenessMiddleware:
    return middlewares(**settings)[0]


def asked(**meta: object) -> Request:
    return Request("http://a.example/web/1", meta={"download_slot": "playback", "sent": monotonic(), **meta})


def test_what_alone_is_refused_is_given_up_in_the_end() -> None:
    polite, request = middleware(COOLDOWN_GIVE_UP_SECONDS=3600), asked()
    for _ in range(MOST_REFUSALS):
        again = asyncio.run(polite.process_response(request, Response("http://a.example", status=429)))
        assert isinstance(again, Request)
        other = asked(sent=monotonic() + 3600)
        assert isinstance(asyncio.run(polite.process_response(other, Response("http://a.example"))), Response)
        request = again.replace(meta={**again.meta, "sent": monotonic() + 3600})
    last = asyncio.run(polite.process_response(request, Response("http://a.example", status=429)))
    assert isinstance(last, Response)
    assert polite._spider == []


def test_a_503_or_a_page_that_says_offline_is_no_success() -> None:
    polite = middleware(COOLDOWN_GIVE_UP_SECONDS=3600)
    for response in (
        Response("http://a.example", status=503),
        Response("http://a.example", body=b"<html><title>Internet Archive: Temporarily Offline</title>"),
    ):
        assert isinstance(asyncio.run(polite.process_response(asked(), response)), Request)
        assert not polite._had_success


async def send(polite: PolitenessMiddleware, turns: TurnsMiddleware, request: Request) -> None:
    """Let a request through as Scrapy does: an exception on the way goes back through politeness."""
    try:
        await polite.process_request(request)
        await turns.process_request(request)
    except Exception as error:
        await polite.process_exception(request, error)
        raise


async def sent(requests: Sequence[asyncio.Task[None]]) -> int:
    """Return how many were sent so far."""
    await asyncio.sleep(0.1)
    return sum(request.done() for request in requests)


async def around_the_first_answer(polite: PolitenessMiddleware, turns: TurnsMiddleware) -> tuple[int, int]:
    """Ask for three pages; return how many were sent before the first one was answered, and how many after that."""
    requests = [asked() for _ in range(3)]
    tasks = [asyncio.create_task(send(polite, turns, request)) for request in requests]
    before = await sent(tasks)
    await polite.process_response(requests[0], Response("http://a.example"))
    await asyncio.wait(tasks, timeout=20)
    return before, await sent(tasks)


def test_turns_wait_for_room_so_that_slow_answers_can_not_dam_up_requests() -> None:
    async def three() -> tuple[int, int]:
        both = middlewares(CONCURRENT_REQUESTS_PER_DOMAIN=2, PLAYBACK_CALLS_PER_SECOND=0)
        return await around_the_first_answer(*both)

    assert asyncio.run(three()) == (2, 3)


def test_after_a_pause_one_request_goes_first_and_the_others_when_it_is_answered() -> None:
    async def after_a_pause() -> tuple[int, int]:
        both = middlewares(COOLDOWN_GIVE_UP_SECONDS=3600, PLAYBACK_CALLS_PER_SECOND=0)
        await both[0].process_response(asked(), Response("http://a.example", status=429))
        return await around_the_first_answer(*both)

    assert asyncio.run(after_a_pause()) == (1, 3)


def test_a_probe_that_came_to_nothing_makes_way_for_the_next() -> None:
    async def after_a_lost_probe() -> int:
        both = middlewares(COOLDOWN_GIVE_UP_SECONDS=3600, PLAYBACK_CALLS_PER_SECOND=0)
        await both[0].process_response(asked(), Response("http://a.example", status=429))
        probe = asked()
        await send(*both, probe)
        await both[0].process_exception(probe, DownloadTimeoutError())
        tasks = [asyncio.create_task(send(*both, asked()))]
        await asyncio.wait(tasks, timeout=20)
        return await sent(tasks)

    assert asyncio.run(after_a_lost_probe()) == 1


def test_the_end_of_the_run_lets_go_of_everyone_who_waits() -> None:
    async def ended() -> list[bool]:
        both = middlewares(CONCURRENT_REQUESTS_PER_DOMAIN=2, PLAYBACK_CALLS_PER_SECOND=0.001)
        await send(*both, asked())
        tasks = [asyncio.create_task(send(*both, asked())) for _ in range(4)]
        await asyncio.sleep(0)
        both[0]._spider.ending = "enough"
        done, _ = await asyncio.wait(tasks, timeout=20)
        return [isinstance(task.exception(), GaveUp) for task in done]

    assert asyncio.run(ended()) == [True] * 4


def test_layers_of_encodings_are_bounded() -> None:
    html = b"<html>policy</html>" * 100
    packed = html
    for _ in range(8):
        packed = gzip.compress(packed)
    peeled = plain_body(packed, ["gzip"] * 3_000, 10_000)
    assert peeled != html
    for _ in range(4):
        peeled = gzip.decompress(peeled)
    assert peeled == html


def test_an_answer_may_be_as_large_as_its_request_says() -> None:
    packed = Response("http://a.example", body=gzip.compress(b"0" * 100_000), headers={"Content-Encoding": "gzip"})
    bodies = BodiesMiddleware(10_000)
    with pytest.raises(TooLarge):
        bodies.process_response(Request("http://a.example"), packed)
    listing = Request("http://a.example", meta={"download_maxsize": 100_000})
    assert len(bodies.process_response(listing, packed).body) == 100_000


def test_nothing_is_sent_while_too_much_waits_to_be_worked_on() -> None:
    async def scenario() -> tuple[int, int]:
        polite, turns = middlewares()
        slot = Slot(max_active_size=5_000)
        polite._crawler.engine = SimpleNamespace(running=True, scraper=SimpleNamespace(slot=slot))  # type: ignore[assignment]
        request = Request("http://a.example")
        slot.add_response_request(Response("http://a.example", body=b"x" * 6_000), request)
        response, _, _ = slot.next_response_request_deferred()
        tasks = [asyncio.create_task(send(polite, turns, asked(download_slot=kind))) for kind in ("playback", "local")]
        before = await sent(tasks)
        slot.finish_response(response, request)
        await asyncio.wait(tasks, timeout=20)
        return before, await sent(tasks)

    assert asyncio.run(scenario()) == (0, 2)
