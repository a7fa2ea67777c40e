"""What middlewares do with an archive of a run's several: its hosts, its pace, its records and its look-ups."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from crawler.archives.base import LISTING, PLAYBACK, Pace
from crawler.archives.wayback import WaybackArchive
from crawler.downloadermiddlewares.classify import ClassifyMiddleware
from crawler.downloadermiddlewares.replay import ReplayMiddleware
from crawler.downloadermiddlewares.throttle import ThrottleMiddleware
from crawler.pacing.archive_throttle import Throttle
from crawler.pacing.service_rates import rates_of
from crawler.run import _RUNS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

STAMP, URL = "20150911043127", "http://acme.example/privacy"


class LookUps(WaybackArchive):
    """An archive whose playback takes a look-up first, and whose records are no mementos."""

    def next_request(self, request: Request, response: Response) -> Request | None:
        if response.body != b"look-up":
            return None
        return self.snapshot_request(STAMP, f"{URL}?record={len(request.url)}")

    def replayed(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        return response.replace(headers={"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"}, body=b"as captured")


ARCHIVE = LookUps("http://archive.example")


@pytest.fixture
def crawler() -> Crawler:
    made = get_crawler(settings_dict={"RETRY_SECONDS": 0})
    throttle = Throttle(made.settings, is_ending=lambda: False, active=lambda: None)
    _RUNS[made] = SimpleNamespace(archive_of=lambda _: ARCHIVE, throttle_of=lambda _: throttle)  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("http://archive.example/web/x", True),
        ("https://ARCHIVE.example/web/x", True),
        ("http://archive.example:8080/web/x", False),
        ("http://other.example/web/x", False),
        ("http://archive.example@other.example/web/x", False),
    ],
)
def test_classify_lets_no_request_leave_the_archives_hosts(crawler: Crawler, url: str, *, stays: bool) -> None:
    request = Request(url, meta={"archive": "a"})
    if stays:
        ClassifyMiddleware(crawler).process_request(request)
        return
    with pytest.raises(IgnoreRequest, match="no host of the archive"):
        ClassifyMiddleware(crawler).process_request(request)


def test_a_look_up_is_followed_by_the_record_with_the_same_job(crawler: Crawler) -> None:
    asked = ARCHIVE.snapshot_request(STAMP, URL)
    asked = asked.replace(meta={**asked.meta, "job": "the job", "sent": 1.0, "tries": 3})
    answered = Response(asked.url, body=b"look-up")
    ClassifyMiddleware(crawler).process_response(asked, answered)
    following = ThrottleMiddleware(crawler).process_response(asked, answered)
    assert isinstance(following, Request)
    assert "?record=" in following.url
    assert (following.meta["job"], following.meta["target"]) == ("the job", (STAMP, following.url.partition("id_/")[2]))
    assert not {"tries", "sent", "answer", "next_request"} & following.meta.keys()


def test_replay_gives_a_record_as_a_memento_and_leaves_a_memento_alone(crawler: Crawler) -> None:
    request = ARCHIVE.snapshot_request(STAMP, URL)
    record = asyncio.run(ReplayMiddleware(crawler).process_response(request, Response(request.url, body=b"WARC/1.0")))
    assert (record.body, "Memento-Datetime" in record.headers) == (b"as captured", True)
    kept = record.replace(body=b"of our own files")
    assert asyncio.run(ReplayMiddleware(crawler).process_response(request, kept)) is kept


OWN = Pace(calls_per_minute=200, playbacks_per_second=5)


@pytest.mark.parametrize(
    ("pace", "given", "calls", "playbacks"),
    [
        (Pace(), {}, 24, 8),
        (Pace(), {"CDX_CALLS_PER_MINUTE": 6}, 6, 8),
        (OWN, {}, 200, 5),
        (OWN, {"CDX_CALLS_PER_MINUTE": 300, "PLAYBACK_CALLS_PER_SECOND": 0}, 300, 0),
        (Pace(200, 5, is_absolute=True), {"CDX_CALLS_PER_MINUTE": 300, "PLAYBACK_CALLS_PER_SECOND": 0}, 200, 5),
        (Pace(200, 5, is_absolute=True), {"CDX_CALLS_PER_MINUTE": 6, "PLAYBACK_CALLS_PER_SECOND": 1}, 6, 1),
    ],
)
def test_an_archives_pace_goes_before_the_projects_settings(
    pace: Pace, given: dict[str, float], calls: float, playbacks: float
) -> None:
    settings = Settings({"CDX_CALLS_PER_MINUTE": 24, "PLAYBACK_CALLS_PER_SECOND": 8}, "project")
    settings.setdict(given, "cmdline")
    rates = rates_of(settings, pace)
    assert (rates[LISTING] * 60, rates[PLAYBACK]) == (pytest.approx(calls), playbacks)
