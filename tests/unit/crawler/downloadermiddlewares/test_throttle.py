"""Turns and pauses, without a clock: time is a number."""

from __future__ import annotations

import asyncio
import gzip
import random
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.core.scraper import Slot
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from tenacity import wait_exponential

from crawler.archives.http_body import TooLarge
from crawler.archives.playback import is_refusal, read_playback
from crawler.archives.response_headers import retry_after
from crawler.archives.wayback import WAYBACK
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware
from crawler.downloadermiddlewares.rate_limit import RateLimitMiddleware
from crawler.downloadermiddlewares.throttle import MOST_REFUSALS, ThrottleMiddleware
from crawler.pacing.archive_throttle import GaveUp, Throttle
from crawler.pacing.backoff import MAX_TRIES
from crawler.pacing.local_pacing import Budget, Cooldown
from crawler.run import _RUNS
from pipelines.items import Fate
from tests.support import virtual_time
from tests.support.windows import most_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.settings import BaseSettings


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
def test_budget_window_has_at_most_rate_plus_one(late: float, rate: float) -> None:
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
def test_budget_absorbs_event_loop_lag(late: float) -> None:
    taken = turns(Budget(8), 801, late)
    assert 800 / (taken[-1] - taken[0]) >= 8 * 0.97


def test_budget_does_not_save_unused_slots() -> None:
    budget = Budget(8)
    budget.take(0)
    budget.take(1000)
    assert budget.next == pytest.approx(1000 + Budget.HEADROOM / 8, abs=Budget.LATENESS)


def test_budget_without_limit() -> None:
    budget = Budget(0)
    budget.take(5)
    assert budget.next <= 5


@pytest.fixture
def cooldown() -> Cooldown:
    return Cooldown(wait_exponential(multiplier=60, min=60, max=3600), give_up_after=600)


def test_cooldown_grows_and_resets_after_success(cooldown: Cooldown) -> None:
    assert cooldown.refused(sent=0, now=1, retry_after=None) == 60
    assert cooldown.refused(sent=62, now=63, retry_after=None) == 120
    cooldown.succeeded(sent=190)
    assert cooldown.refused(sent=200, now=201, retry_after=None) == 60


def test_cooldown_in_flight_refusals_are_one_event(cooldown: Cooldown) -> None:
    cooldown.refused(sent=0, now=10, retry_after=None)
    for _ in range(5):
        assert cooldown.refused(sent=5, now=11, retry_after=None) == 59
    cooldown.succeeded(sent=6)
    assert cooldown.refused(sent=71, now=72, retry_after=None) == 120


def test_cooldown_retry_after_only_extends(cooldown: Cooldown) -> None:
    assert cooldown.refused(sent=0, now=1, retry_after=5) == 5
    assert cooldown.refused(sent=0, now=2, retry_after=300) == 300
    assert cooldown.refused(sent=0, now=3, retry_after=1) == 299


def test_cooldown_gives_up(cooldown: Cooldown) -> None:
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
def testretry_after(value: str, seconds: float | None) -> None:
    assert retry_after(Response("http://a.example", headers={"Retry-After": value})) == seconds


def test_is_refusal_only_of_archive() -> None:
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


class Ending:
    """A run, as far as the middlewares know it; what ended it is in `reasons`."""

    def __init__(self, settings: BaseSettings) -> None:
        self.ending = ""
        self.archive_of = lambda _: WAYBACK
        self.reasons: list[str] = []
        self.end = self.fail = self.reasons.append
        self.give_up = lambda _, why: self.reasons.append(str(why))
        self.active: set[Request] = set()
        self.is_backed_up = lambda: False
        self.throttle = Throttle(settings, is_ending=lambda: bool(self.ending), active=lambda: self.active)
        self.throttle_of = lambda _: self.throttle


def middlewares(**settings: float) -> tuple[ThrottleMiddleware, RateLimitMiddleware]:
    crawler = get_crawler(settings_dict={"CDX_CALLS_PER_MINUTE": 0, "COOLDOWN_SECONDS": 0.01, **settings})
    _RUNS[crawler] = Ending(crawler.settings)  # type: ignore[assignment]
    return ThrottleMiddleware(crawler), RateLimitMiddleware(crawler)


def respond(polite: ThrottleMiddleware, request: Request, response: Response) -> Request | Response:
    """Let a response through as the middlewares nearer to the downloader hand it on."""
    request.meta["answer"] = read_playback(response, WAYBACK)
    return polite.process_response(request, response)


def middleware(**settings: float) -> ThrottleMiddleware:
    return middlewares(**settings)[0]


def asked(**meta: object) -> Request:
    return Request(
        "http://a.example/web/1", meta={"service": "playback", "archive": "wayback", "sent": monotonic(), **meta}
    )


def test_throttle_gives_up_single_refused_request() -> None:
    polite, request = middleware(COOLDOWN_GIVE_UP_SECONDS=3600), asked()
    for _ in range(MOST_REFUSALS):
        again = respond(polite, request, Response("http://a.example", status=429))
        assert isinstance(again, Request)
        other = asked(sent=monotonic() + 3600)
        assert isinstance(respond(polite, other, Response("http://a.example")), Response)
        request = again.replace(meta={**again.meta, "sent": monotonic() + 3600})
    last = respond(polite, request, Response("http://a.example", status=429))
    assert isinstance(last, Response)
    assert polite._run.reasons == []  # type: ignore[attr-defined]


def test_throttle_offline_page_is_no_success() -> None:
    polite = middleware(COOLDOWN_GIVE_UP_SECONDS=3600)
    for response in (
        Response("http://a.example", status=503),
        Response("http://a.example", body=b"<html><title>Internet Archive: Temporarily Offline</title>"),
    ):
        assert isinstance(respond(polite, asked(), response), Request)
        assert not polite._run.throttle_of(asked()).had_success


@pytest.mark.parametrize("status", [408, 425, 499, 503])
def test_throttle_temporary_status_is_retried_with_back_off(status: int) -> None:
    polite = middleware(COOLDOWN_GIVE_UP_SECONDS=3600)
    request, waits = asked(), []
    while isinstance(again := respond(polite, request, Response("http://a.example", status=status)), Request):
        request = again
        waits.append(again.meta["retry_after"])
    assert len(waits) == MAX_TRIES - 1
    assert waits == sorted(waits)
    assert polite._run.throttle_of(asked()).pause is None
    assert request.meta["answer"].fate is Fate.FAILED


@pytest.mark.parametrize("status", [429, 509, 529])
def test_throttle_refusal_of_the_service_pauses_everything(status: int) -> None:
    polite = middleware(COOLDOWN_GIVE_UP_SECONDS=3600)
    again = respond(polite, asked(), Response("http://a.example", status=status, headers={"Retry-After": "60"}))
    assert isinstance(again, Request)
    assert polite._run.throttle_of(asked()).pause is not None
    assert polite._run.throttle_of(asked()).pause.seconds > 50
    assert f"HTTP {status}" in polite._run.throttle_of(asked()).pause.cause


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the middlewares' time be the loop's, which tests/support/virtual_time.py runs."""
    monkeypatch.setattr("crawler.pacing.archive_throttle.monotonic", now)


def now() -> float:
    return asyncio.get_running_loop().time()


async def send(polite: ThrottleMiddleware, turns: RateLimitMiddleware, request: Request) -> None:
    """Let a request through as Scrapy does: an exception on the way goes back through politeness."""
    polite._run.active.add(request)  # type: ignore[attr-defined]
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


async def around_the_first_answer(polite: ThrottleMiddleware, turns: RateLimitMiddleware) -> tuple[int, int]:
    """Ask for three pages; return how many were sent before the first one was answered, and how many after that."""
    requests = [asked(sent=now()) for _ in range(3)]
    tasks = [asyncio.create_task(send(polite, turns, request)) for request in requests]
    before = await sent(tasks)
    respond(polite, requests[0], Response("http://a.example"))
    await asyncio.wait(tasks)
    return before, await sent(tasks)


@pytest.mark.usefixtures("virtual")
def test_rate_limit_waits_for_free_slot() -> None:
    async def three() -> tuple[int, int]:
        both = middlewares(CONCURRENT_REQUESTS_PER_DOMAIN=2, PLAYBACK_CALLS_PER_SECOND=0)
        return await around_the_first_answer(*both)

    assert virtual_time.run(three()) == (2, 3)


@pytest.mark.usefixtures("virtual")
def test_throttle_probe_goes_before_others() -> None:
    async def after_a_pause() -> tuple[int, int]:
        both = middlewares(COOLDOWN_GIVE_UP_SECONDS=3600, PLAYBACK_CALLS_PER_SECOND=0)
        respond(both[0], asked(sent=now()), Response("http://a.example", status=429))
        return await around_the_first_answer(*both)

    assert virtual_time.run(after_a_pause()) == (1, 3)


@pytest.mark.usefixtures("virtual")
def test_throttle_failed_probe_is_replaced() -> None:
    async def after_a_lost_probe() -> int:
        both = middlewares(COOLDOWN_GIVE_UP_SECONDS=3600, PLAYBACK_CALLS_PER_SECOND=0)
        respond(both[0], asked(sent=now()), Response("http://a.example", status=429))
        probe = asked(sent=now())
        await send(*both, probe)
        await both[0].process_exception(probe, DownloadTimeoutError())
        tasks = [asyncio.create_task(send(*both, asked(sent=now())))]
        await asyncio.wait(tasks)
        return await sent(tasks)

    assert virtual_time.run(after_a_lost_probe()) == 1


@pytest.mark.usefixtures("virtual")
def test_throttle_end_of_run_releases_waiting_requests() -> None:
    async def ended() -> list[bool]:
        both = middlewares(CONCURRENT_REQUESTS_PER_DOMAIN=2, PLAYBACK_CALLS_PER_SECOND=0.001)
        await send(*both, asked(sent=now()))
        tasks = [asyncio.create_task(send(*both, asked(sent=now()))) for _ in range(4)]
        await asyncio.sleep(0)
        both[0]._run.ending = "enough"
        done, _ = await asyncio.wait(tasks)
        return [isinstance(task.exception(), GaveUp) for task in done]

    assert virtual_time.run(ended()) == [True] * 4


@pytest.mark.usefixtures("virtual")
def test_rate_limit_frees_slot_after_exception() -> None:
    async def ended_unheard() -> int:
        both = middlewares(CONCURRENT_REQUESTS_PER_DOMAIN=1, PLAYBACK_CALLS_PER_SECOND=0)
        first = asked(sent=now())
        await send(*both, first)
        both[0]._run.throttle_of(first).pacing.probe = first
        both[0]._run.active.discard(first)  # type: ignore[attr-defined]
        tasks = [asyncio.create_task(send(*both, asked(sent=now())))]
        await asyncio.wait(tasks)
        return await sent(tasks)

    assert virtual_time.run(ended_unheard()) == 1


def test_decode_body_limit_of_request() -> None:
    packed = Response("http://a.example", body=gzip.compress(b"0" * 100_000), headers={"Content-Encoding": "gzip"})
    bodies = DecodeBodyMiddleware(10_000)
    with pytest.raises(TooLarge):
        bodies.process_response(Request("http://a.example"), packed)
    listing = Request("http://a.example", meta={"download_maxsize": 100_000})
    assert len(bodies.process_response(listing, packed).body) == 100_000


@pytest.mark.usefixtures("virtual")
def test_rate_limit_waits_while_responses_wait() -> None:
    async def scenario() -> tuple[int, int]:
        polite, turns = middlewares()
        slot = Slot(max_active_size=5_000)
        polite._run.is_backed_up = slot.needs_backout  # type: ignore[method-assign]
        request = Request("http://a.example")
        slot.add_response_request(Response("http://a.example", body=b"x" * 6_000), request)
        response, _, _ = slot.next_response_request_deferred()
        tasks = [
            asyncio.create_task(send(polite, turns, asked(service=kind, sent=now()))) for kind in ("playback", "local")
        ]
        before = await sent(tasks)
        slot.finish_response(response, request)
        await asyncio.wait(tasks)
        return before, await sent(tasks)

    assert virtual_time.run(scenario()) == (0, 2)
