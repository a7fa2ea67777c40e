"""What is kept is not fetched; what is kept and can't be used is, and takes the old one's place."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy.http import Headers, Response
from scrapy.utils.test import get_crawler

from crawler.archives.playback import ELSEWHERE, Absence, read_playback
from crawler.archives.response_headers import header_pairs
from crawler.archives.warc import replay
from crawler.archives.warc_records import Payload
from crawler.archives.wayback import WaybackArchive
from crawler.downloadermiddlewares.warc_cache import CACHED, WarcCacheMiddleware
from crawler.run import _RUNS
from pipelines.items import Capture, Fate, Memento, MementoKey
from pipelines.output.folder import OutputFolder
from pipelines.output.store import OutputStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMESTAMP, URL = "20150911043127", "http://example.com/privacy"
WHOLE = b"<p>All that we know.</p>"
CUT = (("Warning", '299 - "truncated by length"'),)


def delete(library: OutputStore) -> None:
    next((library.root / "warc").iterdir()).unlink()


@pytest.mark.parametrize(
    ("headers", "damage", "is_kept"),
    [((), lambda _: None, True), ((), delete, False), (CUT, lambda _: None, False)],
    ids=["whole", "gone", "cut"],
)
def test_warc_cache_answers_from_intact_record(
    tmp_path: Path, headers: tuple[tuple[str, str], ...], damage: Callable[[OutputStore], None], *, is_kept: bool
) -> None:
    archive = WaybackArchive("http://archive.example")
    library = OutputStore(tmp_path, "", software="test").open()
    folder = OutputFolder(library)
    crawler = get_crawler()
    _RUNS[crawler] = run = SimpleNamespace(
        archive_of=lambda _: archive, folder=folder, stats=SimpleNamespace(replaced=0)
    )  # type: ignore[assignment]
    middleware = WarcCacheMiddleware(crawler)
    request = archive.snapshot_request(TIMESTAMP, URL)
    library.store_memento(Memento(TIMESTAMP, URL, request.url, 200, headers, WHOLE, archive.name))
    damage(library)

    async def play() -> Response | None:
        kept = await middleware.process_request(request)
        if kept is None:
            fetched = replay(request.url, Payload(200, (), WHOLE), TIMESTAMP, URL)
            request.meta["answer"] = read_playback(fetched, archive)
            await middleware.process_response(request, fetched)
        again = await middleware.process_request(request)
        assert again is not None
        assert (again.body, again.flags) == (WHOLE, [CACHED])
        await folder.close()
        return kept

    kept = asyncio.run(play())
    assert (kept is not None) == is_kept
    assert run.stats.replaced == (0 if is_kept else 1)


ODD = {
    "Set-Cookie": ["grösse=1; path=/".encode(), b"gr\xf6sse=1"],
    "X-Both": ["ä".encode() + b"\xe4\x80"],
    "Content-Type": [b"text/html"],
}


def test_header_values_are_kept_as_received(tmp_path: Path) -> None:
    """Read back from the WARC file and played again, they have the bytes that the archive sent."""
    archive = WaybackArchive("http://archive.example")
    library = OutputStore(tmp_path, "", software="test").open()
    folder = OutputFolder(library)
    crawler = get_crawler()
    _RUNS[crawler] = SimpleNamespace(archive_of=lambda _: archive, folder=folder, stats=SimpleNamespace(replaced=0))  # type: ignore[assignment]
    middleware = WarcCacheMiddleware(crawler)
    request = archive.snapshot_request(TIMESTAMP, URL)
    received = Response(request.url, body=WHOLE, headers=Headers(ODD))
    library.store_memento(Memento(TIMESTAMP, URL, request.url, 200, header_pairs(received), WHOLE, archive.name))

    async def play() -> Response | None:
        kept = await middleware.process_request(request)
        await folder.close()
        return kept

    kept = asyncio.run(play())
    assert kept is not None
    assert {name: kept.headers.getlist(name) for name in ODD} == ODD
    assert set(header_pairs(received)) <= set(header_pairs(kept))


def test_a_page_listed_with_200_is_asked_for_though_a_pointer_is_known(tmp_path: Path) -> None:
    """Neither is a pointer recorded for it: its file may be back the next time."""
    archive = WaybackArchive("http://archive.example")
    library = OutputStore(tmp_path, "", software="test").open()
    folder = OutputFolder(library)
    crawler = get_crawler()
    _RUNS[crawler] = SimpleNamespace(archive_of=lambda _: archive, folder=folder)  # type: ignore[assignment]
    middleware = WarcCacheMiddleware(crawler)
    capture = Capture("com,example)/privacy", TIMESTAMP, URL, "text/html", "200", "A", "1", "wayback")
    request = archive.snapshot_request(TIMESTAMP, URL)
    listed = request.replace(meta={**request.meta, "capture": capture})
    library.catalog.add_pointer(
        MementoKey(TIMESTAMP, URL, archive.name), MementoKey("20160101000000", URL, archive.name)
    )
    location = archive.snapshot_request("20160101000000", URL).url
    elsewhere = Response(request.url, status=302, headers={"Location": location})
    listed.meta["answer"] = read_playback(elsewhere, archive, capture)

    async def ask() -> tuple[Response | None, Response | None]:
        await middleware.process_response(listed, elsewhere)
        answers = await middleware.process_request(listed), await middleware.process_request(request)
        await folder.close()
        return answers

    again, other = asyncio.run(ask())
    assert listed.meta["answer"] == Absence(Fate.FAILED, ELSEWHERE)
    assert again is None
    assert other is not None
    assert other.status == 302
