"""One of several archives does not answer: it is put aside, asked again once the others' work is done, and given up at last."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.archives.failures import ArchiveAway, ArchiveRefuses, PutAside, fate_of
from crawler.archives.playback import read_playback
from crawler.archives.wayback import WAYBACK
from crawler.downloadermiddlewares.throttle import ThrottleMiddleware
from crawler.pacing.archive_throttle import LAST_TRIES, PUT_ASIDE, SILENT_TRIES, UNKNOWN_TRIES, Throttle
from crawler.run import _RUNS, Run
from pipelines.items import Fate
from tests.support import virtual_time

REMOTE = "http://archive.example/web/1"


@pytest.fixture(autouse=True)
def _virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pacing.archive_throttle.monotonic", lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr("crawler.pacing.backoff.Retries.retry_request", lambda _, request, *__: request.copy())
    _resolver_says(monkeypatch, unknown=False)


def _resolver_says(monkeypatch: pytest.MonkeyPatch, *, unknown: bool) -> None:
    async def is_unknown_host(host: str) -> bool:
        assert host == "archive.example"
        return unknown

    monkeypatch.setattr("crawler.downloadermiddlewares.throttle.is_unknown_host", is_unknown_host)


class Several(SimpleNamespace):
    """A run of some archives, as far as the middlewares know it: the real `give_up`, and how it ended."""

    give_up = Run.give_up

    def __init__(self, *names: str, **settings: float) -> None:
        crawler = get_crawler(settings_dict={"COOLDOWN_SECONDS": 60, "COOLDOWN_GIVE_UP_SECONDS": 7200, **settings})
        throttles = {
            name: Throttle(crawler.settings, is_ending=lambda: False, active=lambda: None, has_others=len(names) > 1)
            for name in names
        }
        self.ended: list[tuple[str, str]] = []
        super().__init__(
            archives=names,
            throttles=throttles,
            throttle_of=lambda request: throttles[request.meta["archive"]],
            is_backed_up=lambda: False,
            stats=SimpleNamespace(given_up_archives={}),
            end=lambda reason: self.ended.append(("end", reason)),
            fail=lambda reason: self.ended.append(("fail", reason)),
        )
        _RUNS[crawler] = self  # type: ignore[assignment]
        self.middleware = ThrottleMiddleware(crawler)

    async def send(self, archive: str, outcome: Exception | int, url: str = REMOTE, **meta: int) -> object:
        """Send a request, with this status or exception for an answer; return what becomes of it."""
        target = ("20150911043127", "u")
        request = Request(url, meta={"archive": archive, "service": "playback", "target": target, **meta})
        await self.middleware.process_request(request)
        await self.throttles[archive].take_slot(request)
        if isinstance(outcome, Exception):
            return await self.middleware.process_exception(request, outcome)
        memento = {"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"} if outcome < 400 else {}
        response = Response(url, status=outcome, headers=memento)
        request.meta["answer"] = read_playback(response, WAYBACK, asked=("20150911043127", "u"))
        return self.middleware.process_response(request, response)


SILENT = DownloadTimeoutError("timed out")
FAULTS = [503, 429, SILENT, DownloadConnectionRefusedError("refused")]


async def until_put_aside(run: Several, fault: Exception | int) -> int:
    """Send until the archive is put aside; return how many requests it got."""
    sent = 0
    while not run.throttles["b"].is_away:
        await run.send("b", fault)
        sent += 1
    with pytest.raises(PutAside, match=PUT_ASIDE) as caught:
        await run.send("b", fault)
    assert fate_of(caught.value)[0] is Fate.THROTTLED
    return sent


@pytest.mark.parametrize("fault", FAULTS, ids=["503", "429", "silent", "refusing"])
def test_an_archive_that_does_not_answer_is_put_aside_and_no_other(fault: Exception | int) -> None:
    async def scenario() -> None:
        run = Several("a", "b")
        tries = await until_put_aside(run, fault)
        assert tries == (SILENT_TRIES if fault in (503, SILENT) else 1)
        assert isinstance(await run.send("a", 200), Response)
        assert run.throttles["b"].is_away
        assert not run.throttles["a"].is_away
        assert run.ended == []
        await asyncio.sleep(61)  # the pause is over: the next domain that begins tries it again
        assert not run.throttles["b"].is_away
        assert isinstance(await run.send("b", 200), Response)
        assert not run.throttles["b"].cooldown.in_trouble

    virtual_time.run(scenario())


def test_requests_that_wait_for_an_archive_are_put_aside_with_it() -> None:
    async def scenario() -> tuple[list[object], float]:
        run = Several("a", "b", PLAYBACK_CALLS_PER_SECOND=0.01)
        await run.send("b", 200)
        waiting = [asyncio.create_task(run.send("b", 200)) for _ in range(3)]
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        request = Request(REMOTE, meta={"archive": "b", "service": "playback", "sent": began})
        run.throttles["b"].refused(request, "HTTP 429", None)
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        return [type(end) for end in ends], asyncio.get_running_loop().time() - began

    ends, seconds = virtual_time.run(scenario())
    assert ends == [PutAside] * 3
    assert seconds < 2


@pytest.mark.parametrize(
    ("fault", "why", "seconds"),
    [(SILENT, ArchiveAway, 61), (503, ArchiveAway, 61), (429, ArchiveRefuses, 3_000)],
    ids=["silent", "503", "429"],
)
def test_an_archive_is_given_up_once_the_others_work_is_done(
    fault: Exception | int, why: type[ArchiveAway], seconds: float
) -> None:
    async def scenario() -> None:
        run = Several("a", "b")
        await until_put_aside(run, fault)
        run.throttles["b"].be_patient()
        began = asyncio.get_running_loop().time()
        tries = 0
        while not run.throttles["b"].given_up:
            await run.send("b", fault)  # waits for the pause
            tries += 1
        assert type(run.throttles["b"].given_up) is why
        assert asyncio.get_running_loop().time() - began >= seconds - 1
        assert tries <= LAST_TRIES
        with pytest.raises(why) as caught:
            await run.send("b", 200)
        assert fate_of(caught.value)[0] is (Fate.THROTTLED if why is ArchiveRefuses else Fate.FAILED)
        assert isinstance(await run.send("a", 200), Response)
        assert run.ended == []
        assert list(run.stats.given_up_archives) == ["b"]

    virtual_time.run(scenario())


@pytest.mark.parametrize(
    ("names", "answered", "ended"),
    [(("b",), False, "fail"), (("b", "a"), False, "fail"), (("b", "a"), True, "end")],
    ids=["only one", "none of two", "one of two has answered"],
)
def test_a_run_whose_archives_all_refuse_ends_and_fails_if_none_has_ever_answered(
    names: tuple[str, ...], ended: str, *, answered: bool
) -> None:
    async def scenario() -> list[tuple[str, str]]:
        run, local = Several(*names), "http://127.0.0.1:9/web/1"
        if answered:
            await run.send("a", 200)
            run.throttles["a"].given_up = ArchiveAway("silent")
        for name in names:
            if not run.throttles[name].given_up:
                await run.send(name, DownloadConnectionRefusedError("refused"), local)
        return run.ended

    ((how, reason),) = virtual_time.run(scenario())
    assert (how, reason) == (ended, "127.0.0.1:9: connection refused; is the archive running?")


@pytest.mark.parametrize("silent", [SILENT, CannotResolveHostError("no such host"), DownloadFailedError("reset")])
def test_the_only_archive_that_has_never_answered_fails_the_run_after_the_tries_of_one_request(
    silent: Exception,
) -> None:
    async def scenario() -> tuple[int, list[tuple[str, str]]]:
        run, waiting, tries = Several("b"), [1, 1, 1], 0
        while not run.ended:  # each of three requests is tried in turn
            await run.send("b", silent, tries=waiting[tries % 3])
            waiting[tries % 3] += 1
            tries += 1
        with pytest.raises(ArchiveAway):
            await run.send("b", 200)
        return tries, run.ended

    tries, ended = virtual_time.run(scenario())
    assert tries == 3 * (LAST_TRIES - 1) + 1
    assert ended == [("fail", f"the archive does not answer ({fate_of(silent)[1]})")]


@pytest.mark.parametrize("names", [("b",), ("b", "a")])
def test_an_archive_whose_host_does_not_exist_is_given_up_at_the_second_try_of_any(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolver_says(monkeypatch, unknown=True)

    async def scenario() -> Several:
        run = Several(*names)
        for number in range(UNKNOWN_TRIES):
            assert run.throttles["b"].given_up is None
            await run.send("b", CannotResolveHostError("no such host"), f"{REMOTE}{number}")
        return run

    run = virtual_time.run(scenario())
    said = "archive.example: no such host; check the address and the network"
    assert run.stats.given_up_archives == {"b": said}
    assert run.ended == ([("fail", said)] if len(names) == 1 else [])


def test_a_resolver_that_fails_for_a_while_ends_no_run_whose_archive_has_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolver_says(monkeypatch, unknown=True)

    async def scenario() -> list[tuple[str, str]]:
        run = Several("b")
        await run.send("b", 503)
        for tries in range(1, 3 * LAST_TRIES):
            await run.send("b", CannotResolveHostError("no such host"), tries=tries)
        return run.ended

    assert virtual_time.run(scenario()) == []


@pytest.mark.parametrize("first", [200, 503, 429, ResponseDataLossError("cut")])
def test_the_only_archive_that_has_answered_anything_is_never_given_up_for_its_silence(first: Exception | int) -> None:
    async def scenario() -> list[tuple[str, str]]:
        run = Several("b")
        await run.send("b", first)
        for tries in range(1, 3 * LAST_TRIES):
            await run.send("b", SILENT, tries=tries)
        return run.ended

    assert virtual_time.run(scenario()) == []


def test_the_only_archive_is_never_put_aside() -> None:
    async def scenario() -> None:
        run = Several("b")
        for _ in range(3 * SILENT_TRIES):
            assert isinstance(await run.send("b", 503), Request)
        assert run.throttles["b"].given_up is None
        assert run.ended == []

    virtual_time.run(scenario())
