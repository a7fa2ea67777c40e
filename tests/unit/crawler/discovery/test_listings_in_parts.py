"""Listings of an archive with several indexes: bounds that do not count, and what a later run asks for."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from crawler.archives.base import ListingPage, Match, Query
from crawler.archives.columns_archive import ColumnarArchive
from crawler.archives.commoncrawl import POLITE, CommonCrawlArchive
from crawler.archives.commoncrawl_addresses import Sites
from crawler.archives.commoncrawl_crawls import Crawl, read_choice
from crawler.archives.timemap import TimeMapArchive
from crawler.archives.wayback import WAYBACK
from crawler.discovery.listings import Listings, relist_days
from crawler.discovery.questions import Phase, Question

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.archives.base import Archive

QUERY = Query("example.com", Match.EXACT)
CRAWLS = tuple(Crawl(f"CC-MAIN-2024-{week}", f"2024{week}01000000", f"2024{week}09000000") for week in (10, 11, 12))


class Folder:
    """An output folder that keeps what it is told of pages."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []

    async def open_listing(self, *_: Any, **__: Any) -> tuple[str, None]:
        return "", None

    async def add_listing_page(self, *_: Any, **page: Any) -> None:
        self.pages.append(page)


def listings(archive: Archive, folder: Folder) -> Listings:
    company = SimpleNamespace(notes=Counter(), rows=0, index_calls=0)
    run: Any = SimpleNamespace(
        folder=folder,
        stats=SimpleNamespace(of=lambda _: company, count_request=lambda *_: None),
        settings=SimpleNamespace(getfloat=lambda _: 30.0),
        arguments=SimpleNamespace(kinds=(), versions="changes"),
    )
    return Listings("example.com", run, archive)


async def _played(asked: Listings, pages: list[ListingPage], most: int) -> int:
    """Answer the requests of a question with pages; return the number of requests."""
    asked.ask(Question(QUERY, Phase.HOME, most), frozenset())
    request = await asked.next_request()
    sent = 0
    for page in pages:
        if request is None:
            break
        sent += 1
        request = await asked._after_page(request.meta["job"], page)
    return sent


def played(archive: Archive, pages: list[ListingPage], most: int = 2) -> tuple[int, Folder]:
    folder = Folder()
    return asyncio.run(_played(listings(archive, folder), pages, most)), folder


def parts(*, is_part: bool = True) -> list[ListingPage]:
    keys = [f"{crawl.name} 0 0" for crawl in CRAWLS]
    return [ListingPage((), key, is_part=is_part) for key in [*keys, None]]


def known() -> CommonCrawlArchive:
    archive = CommonCrawlArchive()
    archive.crawls = CRAWLS
    return archive


def test_bound_of_pages_is_not_for_parts() -> None:
    assert played(known(), parts())[0] == 4
    assert played(WAYBACK, parts(is_part=False))[0] == 2


def test_listing_in_parts_counts_as_read_up_to_now() -> None:
    """Otherwise each crawl after a page's last capture would be asked again by every run."""
    _, folder = played(known(), parts())
    assert [page["newest"] > "2026" for page in folder.pages] == [False, False, False, True]
    assert folder.pages[-1]["complete"]
    _, folder = played(WAYBACK, [ListingPage(())])
    assert folder.pages[-1]["newest"] == ""


@pytest.mark.parametrize(
    ("archive", "by_year"), [(TimeMapArchive("http://a.example/timemap/link"), False), (WAYBACK, True)]
)
def test_incomplete_listing_is_asked_for_by_year_where_that_is_shorter(archive: Archive, *, by_year: bool) -> None:
    """A TimeMap is whole whatever the dates: it was fetched once more for each year since 1996."""

    async def play() -> tuple[bool, str]:
        asked = listings(archive, Folder())
        question = Question(QUERY, Phase.HOME, 2)
        asked.ask(question, frozenset())
        request = await asked.next_request()
        assert request
        await asked._after_page(request.meta["job"], ListingPage((), incomplete="cut", is_part=True))
        more = await asked.next_request()
        return more is not None, "" if more else asked.asked.outcomes[question].cause

    assert asyncio.run(play()) == ((True, "") if by_year else (False, "cut: exact example.com"))


def test_columns_are_listed_whole_in_each_run(tmp_path: Path) -> None:
    columns = ColumnarArchive(read_choice(""), Sites(), POLITE, spec="x", index_file=tmp_path)
    run: Any = SimpleNamespace(settings=SimpleNamespace(getfloat=lambda _: 30.0))
    assert relist_days(run, columns) == -1
    assert relist_days(run, known()) == relist_days(run, WAYBACK) == pytest.approx(30)
