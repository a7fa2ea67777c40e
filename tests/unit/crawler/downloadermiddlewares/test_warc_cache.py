"""What is kept is not fetched; what is kept and can't be used is, and takes the old one's place."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy.utils.test import get_crawler

from crawler.archives.playback import read_playback
from crawler.archives.warc import replay
from crawler.archives.warc_records import Payload
from crawler.archives.wayback import WaybackArchive
from crawler.downloadermiddlewares.warc_cache import CACHED, WarcCacheMiddleware
from crawler.run import _RUNS
from pipelines.items import Memento
from pipelines.output.folder import OutputFolder
from pipelines.output.store import OutputStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.http import Response

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
    _RUNS[crawler] = run = SimpleNamespace(archive=archive, folder=folder, stats=SimpleNamespace(replaced=0))  # type: ignore[assignment]
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
