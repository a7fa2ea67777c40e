"""Politeness and turns as the downloader uses them, against an archive that writes down when it is asked; no clock."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import (
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler import settings
from crawler.archives.header_limit import ConnectionCut
from crawler.archives.playback import read_playback
from crawler.archives.wayback import WAYBACK
from crawler.downloadermiddlewares.rate_limit import RateLimitMiddleware
from crawler.downloadermiddlewares.throttle import ThrottleMiddleware
from crawler.pacing.archive_throttle import Throttle
from crawler.run import _RUNS
from tests.support.double.faults import OFFLINE, TOO_MANY_PAGE
from tests.support.virtual_time import run
from tests.support.windows import most_over

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = "https://archive.example/web/1"
MEMENTO = Response(ADDRESS, headers={"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"}, body=b"<p>policy")


def now() -> float:
    return asyncio.get_running_loop().time()


class Archive:
    """Sends requests as Scrapy's downloader does: `answer` says what comes of each, `latency` after how many seconds."""

    def __init__(
        self,
        answer: Callable[[Request], Response | Exception] = lambda _: MEMENTO,
        latency: Callable[[], float] = lambda: 2.0,
        **own: float,
    ) -> None:
        project = {name: value for name, value in vars(settings).items() if name.isupper()}
        crawler = get_crawler(settings_dict={**project, **own})
        self.ended: list[str] = []
        throttle = Throttle(crawler.settings, is_ending=lambda: False, active=lambda: None)
        _RUNS[crawler] = SimpleNamespace(
            throttle_of=lambda _: throttle,
            is_backed_up=lambda: False,
            fail=self.ended.append,
            give_up=lambda _, why: self.ended.append(str(why)),
        )  # type: ignore[assignment]
        self._polite = ThrottleMiddleware(crawler)
        self._turns = RateLimitMiddleware(crawler)
        self._answer, self._latency = answer, latency
        self.arrived: dict[str, list[float]] = {"listing": [], "playback": []}
        self.tried: Counter[str] = Counter()

    async def fetch(self, request: Request) -> Response | Exception:
        """Ask until there is an answer that is not asked for again; return it."""
        while True:
            await self._polite.process_request(request)
            await self._turns.process_request(request)
            self.arrived[request.meta["service"]].append(now())
            self.tried[request.url] += 1
            await asyncio.sleep(self._latency())
            answer = self._answer(request)
            if isinstance(answer, Exception):
                again = await self._polite.process_exception(request, answer) or answer
            else:
                request.meta["answer"] = read_playback(answer, WAYBACK)
                again = self._polite.process_response(request, answer)
            if not isinstance(again, Request):
                return again
            request = again

    async def fetch_all(self, requests: list[Request]) -> list[Response | Exception]:
        return await asyncio.gather(*map(self.fetch, requests))


@pytest.fixture(autouse=True)
def _virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pacing.archive_throttle.monotonic", now)


def ask(number: int, slot: str = "playback") -> Request:
    return Request(f"https://archive.example/{slot}/{number}", meta={"service": slot, "archive": "wayback"})


def share(arrived: list[float], rate: float, until: int) -> float:
    """Return the share of a budget that the first so many requests used."""
    return (until - 1) / ((arrived[until - 1] - arrived[0]) * rate)


def test_rate_limit_uses_and_keeps_budgets_at_latency() -> None:
    async def crawl() -> Archive:
        archive = Archive()
        await archive.fetch_all([ask(n) for n in range(240)] + [ask(n, "listing") for n in range(20)])
        return archive

    arrived = run(crawl()).arrived
    assert most_over(8, arrived["playback"]) <= 0
    assert most_over(24 / 60, arrived["listing"]) <= 0
    assert share(arrived["playback"], 8, 240) > 0.97
    assert share(arrived["listing"], 24 / 60, 20) > 0.97


def test_rate_limit_counts_retries_redirects_and_listing_pages() -> None:
    dice = random.Random(4)  # noqa: S311 - dice of a test

    def answer(_: Request) -> Response | Exception:
        return dice.choice([MEMENTO, MEMENTO, Response(ADDRESS, status=503), ResponseDataLossError()])

    async def chain(archive: Archive, number: int, slot: str) -> None:
        for hop in range(3):  # a redirect, or the next page of a listing, has the priority of the spider's
            await archive.fetch(ask(number * 10 + hop, slot).replace(priority=hop))

    async def crawl() -> Archive:
        archive = Archive(answer, lambda: dice.uniform(0, 2), CDX_CALLS_PER_MINUTE=120)
        await asyncio.gather(*(chain(archive, n, slot) for n in range(80) for slot in ("playback", "listing")))
        return archive

    arrived = run(crawl()).arrived
    for slot, rate in (("playback", 8), ("listing", 2)):
        assert len(arrived[slot]) > 300
        assert most_over(rate, arrived[slot]) <= 0
        assert share(arrived[slot], rate, 240) > 0.95


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (Response(ADDRESS, status=429), 60),
        (Response(ADDRESS, status=429, headers={"Retry-After": "17"}), 17),
        (Response(ADDRESS, body=TOO_MANY_PAGE), 60),
        (DownloadConnectionRefusedError(), 60),
    ],
)
def test_throttle_refusal_pauses_all_and_loses_nothing(refusal: Response | Exception, pause: float) -> None:
    refusals = iter([MEMENTO, refusal, refusal])  # the second one was in flight: the same event

    async def crawl() -> tuple[Archive, list[Response | Exception]]:
        archive = Archive(lambda _: next(refusals, MEMENTO))
        requests = [ask(n) for n in range(40)] + [ask(n, "listing") for n in range(4)]
        return archive, await archive.fetch_all(requests)

    archive, answers = run(crawl())
    assert answers == [MEMENTO] * 44
    moments = sorted(archive.arrived["playback"] + archive.arrived["listing"])
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    assert pause - 1 < gaps[-1] < pause + 1
    assert gaps[-2] < 3
    assert archive.tried.total() == 46


def test_throttle_probes_once_after_each_pause() -> None:
    async def crawl() -> tuple[Archive, float]:
        began = now()
        archive = Archive(lambda _: MEMENTO if now() - began > 300 else Response(ADDRESS, status=429))
        assert await archive.fetch_all([ask(n) for n in range(60)]) == [MEMENTO] * 60
        return archive, began

    archive, began = run(crawl())
    moments = [moment - began for moment in archive.arrived["playback"]]
    in_flight = sum(moment < 3 for moment in moments)
    assert in_flight <= 20
    assert [round(moment, -1) for moment in moments[in_flight : in_flight + 3]] == [60, 180, 430]
    assert len(moments) == in_flight + 2 + 60


def test_throttle_pauses_grow_until_run_ends() -> None:
    async def crawl() -> tuple[Archive, float]:
        archive = Archive(lambda _: Response(ADDRESS, status=429), COOLDOWN_GIVE_UP_SECONDS=600)
        began = now()
        await archive.fetch(ask(1))
        return archive, now() - began

    archive, seconds = run(crawl())
    assert archive.ended == ["the archive has refused for 600 s (HTTP 429)"]
    moments = archive.arrived["playback"]
    assert [round(later - earlier - 2) for earlier, later in pairwise(moments)] == [60, 120, 240]
    assert seconds < 600  # the pause that would go beyond is not waited for


PASSING = [
    *(Response(ADDRESS, status=status) for status in (500, 502, 503, 504)),
    Response(ADDRESS, body=OFFLINE),
    DownloadFailedError(),  # a reset
    ResponseDataLossError(),  # a connection cut in the middle
    DownloadTimeoutError(),  # a stall
]


@pytest.mark.parametrize("trouble", PASSING, ids=lambda trouble: getattr(trouble, "status", type(trouble).__name__))
def test_throttle_retries_transient_failure_six_times(trouble: Any) -> None:
    async def crawl(times: int) -> tuple[Archive, Response | Exception]:
        troubles = iter([trouble] * times)
        archive = Archive(lambda request: next(troubles, MEMENTO) if request.url == ask(0).url else MEMENTO)
        answer, *others = await archive.fetch_all([ask(n) for n in range(40)])
        assert others == [MEMENTO] * 39
        assert archive.arrived["playback"][39] - archive.arrived["playback"][0] < 6  # nobody waits for it
        return archive, answer

    archive, answer = run(crawl(5))
    assert (archive.tried[ask(0).url], answer) == (6, MEMENTO)
    archive, answer = run(crawl(6))
    assert (archive.tried[ask(0).url], answer) == (6, trouble)


def cut_at(length: int) -> Response:
    return MEMENTO.replace(headers={**MEMENTO.headers, "x-archive-orig-content-length": "100"}, body=b"x" * length)


CUTS = {
    "the same length": ([cut_at(99)] * 6, 3),
    "another length each time": ([cut_at(99 - n) for n in range(6)], 6),
    "two lengths in turn": ([cut_at(99 - n % 2) for n in range(6)], 6),
    "twice the same, then another": ([cut_at(99), cut_at(99), cut_at(7), cut_at(7), cut_at(7)], 5),
    "a failure between two cuts": ([cut_at(9), cut_at(9), DownloadTimeoutError(), cut_at(9), cut_at(9), cut_at(9)], 6),
    "a connection cut in a memento": ([ConnectionCut(10, is_in_memento=True) for _ in range(6)], 3),
    "a connection cut at other bytes": ([ConnectionCut(n, is_in_memento=True) for n in range(1, 7)], 6),
    "a connection cut before the body": ([ConnectionCut(0, is_in_memento=False) for _ in range(6)], 6),
}


@pytest.mark.parametrize("how", CUTS)
def test_throttle_gives_up_a_body_cut_at_the_same_length_after_three_tries(how: str) -> None:
    cuts, tries = CUTS[how]

    async def crawl() -> tuple[Archive, Response | Exception]:
        troubles = iter(cuts)
        archive = Archive(lambda _: next(troubles, MEMENTO))
        return archive, await archive.fetch(ask(0))

    archive, answer = run(crawl())
    assert (archive.tried[ask(0).url], answer) == (tries, cuts[tries - 1])


def test_throttle_reads_a_body_that_was_cut_twice() -> None:
    async def crawl() -> Response | Exception:
        troubles = iter([cut_at(99), cut_at(99)])
        archive = Archive(lambda _: next(troubles, MEMENTO))
        return await archive.fetch(ask(0))

    assert run(crawl()) == MEMENTO


@pytest.mark.parametrize("status", [404, 429, 503])
def test_throttle_never_retries_archived_status(status: int) -> None:
    archived = MEMENTO.replace(status=status, body=b"<h1>429 Too Many Requests</h1> Temporarily Offline")

    async def crawl() -> Archive:
        archive = Archive(lambda _: archived)
        assert await archive.fetch_all([ask(n) for n in range(16)]) == [archived] * 16
        return archive

    archive = run(crawl())
    assert archive.tried.total() == 16
    assert archive.arrived["playback"][-1] - archive.arrived["playback"][0] < 2
