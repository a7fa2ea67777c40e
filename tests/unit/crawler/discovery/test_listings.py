"""How a listing stands after a page: resume keys that come back, pages without rows, cuts."""

from __future__ import annotations

from crawler.archives.base import ListingPage
from crawler.discovery.loop_detector import STALE_PAGES, ListingState, LoopDetector
from pipelines.items import Capture


def page(first: int, rows: int, key: str | None) -> ListingPage:
    captures = (
        Capture(
            f"com,example)/{n:05}",
            "20150911043127",
            f"http://example.com/{n:05}",
            "text/html",
            "200",
            "A",
            "9",
            "wayback",
        )
        for n in range(first, first + rows)
    )
    return ListingPage(tuple(captures), key)


def courses(*pages: ListingPage) -> list[ListingState]:
    trail = LoopDetector()
    return [trail.state_after(each) for each in pages]


def test_trail_continues_to_page_without_key() -> None:
    assert courses(page(0, 5, "a"), page(5, 5, "b"), page(10, 0, None)) == [
        ListingState.CONTINUES,
        ListingState.CONTINUES,
        ListingState.COMPLETE,
    ]


def test_trail_skips_empty_page_with_key() -> None:
    assert courses(page(0, 5, "a"), page(5, 0, "b"), page(5, 5, "c"))[1:] == [
        ListingState.CONTINUES,
        ListingState.CONTINUES,
    ]


def test_trail_repeated_key_after_last_row_is_end() -> None:
    assert courses(page(0, 5, "a"), page(5, 2, "a"))[-1] is ListingState.COMPLETE


def test_trail_repeated_key_after_full_page_is_cut() -> None:
    assert courses(page(0, 5, "a"), page(5, 5, "a"))[-1] is ListingState.INCOMPLETE


def test_trail_new_keys_without_new_rows_end() -> None:
    pages = [page(0, 5, "first"), *(page(0, 5, f"key {n}") for n in range(STALE_PAGES))]
    assert courses(*pages)[-2:] == [ListingState.CONTINUES, ListingState.INCOMPLETE]


def test_trail_page_marked_cut_is_cut() -> None:
    assert courses(ListingPage((), incomplete="cut at 3 rows")) == [ListingState.INCOMPLETE]
