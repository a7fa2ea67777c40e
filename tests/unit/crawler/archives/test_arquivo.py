"""Arquivo.pt: its addresses; and its limits, which are never exceeded, whatever the settings say."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import pytest
from scrapy.settings import Settings

from crawler.archives.arquivo import MOST_CALLS, MOST_PLAYBACKS, ArquivoArchive
from crawler.archives.base import LISTING, PLAYBACK, Match, Query
from crawler.archives.opening import open_archive
from crawler.pacing.archive_throttle import Throttle
from tests.support import virtual_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scrapy import Request

STAMP, URL = "20120201160355", "http://publico.pt/"


def test_arquivo_is_asked_without_its_frame_and_told_from_other_servers(tmp_path: Path) -> None:
    archive = open_archive("arquivo", index_dir=tmp_path)
    assert (archive.name, archive.hosts) == ("arquivo", {"arquivo.pt"})
    assert archive.listing_request(Query("publico.pt", Match.DOMAIN)).url.startswith(
        "https://arquivo.pt/wayback/cdx?url="
    )
    asked = archive.snapshot_request(STAMP, URL)
    assert asked is not None
    assert asked.url == "https://arquivo.pt/noFrame/replay/20120201160355id_/http://publico.pt/"
    for address in (asked.url, f"https://arquivo.pt/wayback/{STAMP}/{URL}", f"//arquivo.pt/wayback/{STAMP}id_/{URL}"):
        assert archive.playback_target(address.replace("//arquivo", "https://arquivo", address.startswith("//"))) == (
            STAMP,
            URL,
        )
    assert archive.playback_target("https://arquivo.pt/wayback/cdx?url=http://publico.pt/") is None
    assert archive.playback_target(f"https://web.archive.org/web/{STAMP}/{URL}") is None
    other = open_archive("arquivo+http://localhost:8080/col", index_dir=tmp_path)
    assert (other.name, other.pace) == ("arquivo+http://localhost:8080/col", archive.pace)
    its = other.snapshot_request(STAMP, URL)
    assert its is not None
    assert its.url == f"http://localhost:8080/col/{STAMP}id_/{URL}"


@pytest.fixture
def _virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pacing.archive_throttle.monotonic", lambda: asyncio.get_running_loop().time())


@pytest.mark.usefixtures("_virtual")
@pytest.mark.parametrize("given", [{}, {"CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 900}])
def test_arquivo_is_never_asked_more_than_its_limits(given: dict[str, float]) -> None:
    """By the log of a double: in any minute four fifths of the requests that it allows, and no less than it may be used."""
    archive = ArquivoArchive()
    settings = Settings(
        {"CDX_CALLS_PER_MINUTE": 24, "PLAYBACK_CALLS_PER_SECOND": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 20}, "project"
    )
    settings.setdict(given, "cmdline")
    log: dict[str, list[float]] = {LISTING: [], PLAYBACK: []}

    async def crawl() -> None:
        throttle = Throttle(settings, archive.pace, is_ending=lambda: False, active=lambda: None, has_others=True)

        async def ask_all(requests: Iterable[Request]) -> None:
            for request in requests:
                await throttle.enter(request)
                await throttle.take_slot(request)
                log[request.meta["service"]].append(asyncio.get_running_loop().time())
                await asyncio.sleep(0.4)
                throttle.succeeded(request)
                throttle.leave(request)

        listings = (archive.listing_request(Query(f"{n}.example", Match.EXACT)) for n in range(300))
        playbacks = (archive.snapshot_request(STAMP, f"http://{n}.example/") for n in range(500))
        await asyncio.gather(*(ask_all(requests) for requests in (listings, playbacks) for _ in range(8)))

    virtual_time.run(crawl())
    assert 0.9 * 0.8 * MOST_CALLS < most_in_a_minute(log[LISTING]) <= 0.8 * MOST_CALLS
    assert 0.9 * 0.8 * MOST_PLAYBACKS < most_in_a_minute(log[PLAYBACK]) <= 0.8 * MOST_PLAYBACKS


def most_in_a_minute(moments: Iterable[float]) -> int:
    """Return the most requests in any 60 seconds."""
    most, window = 0, deque[float]()
    for moment in moments:
        window.append(moment)
        while window[0] <= moment - 60:
            window.popleft()
        most = max(most, len(window))
    return most
