"""How a listing stands after a page: resume keys that come back, pages without rows, cuts."""

from __future__ import annotations

from crawler.archives.base import ListingPage
from crawler.discovery.listings import STALE_PAGES, Course, Trail
from pipelines.items import Capture


def page(first: int, rows: int, key: str | None) -> ListingPage:
    captures = (
        Capture(f"com,example)/{n:05}", "20150911043127", f"http://example.com/{n:05}", "text/html", "200", "A", "9")
        for n in range(first, first + rows)
    )
    return ListingPage(tuple(captures), key)


def courses(*pages: ListingPage) -> list[Course]:
    trail = Trail()
    return [trail.course_after(each) for each in pages]


def test_a_listing_goes_on_to_the_page_without_a_key() -> None:
    assert courses(page(0, 5, "a"), page(5, 5, "b"), page(10, 0, None)) == [Course.GOES_ON, Course.GOES_ON, Course.DONE]


def test_pages_without_rows_and_with_a_key_are_passed_over() -> None:
    assert courses(page(0, 5, "a"), page(5, 0, "b"), page(5, 5, "c"))[1:] == [Course.GOES_ON, Course.GOES_ON]


def test_a_key_that_comes_back_after_the_last_row_is_the_end() -> None:
    assert courses(page(0, 5, "a"), page(5, 2, "a"))[-1] is Course.DONE


def test_a_key_that_comes_back_behind_a_full_page_is_a_cut() -> None:
    assert courses(page(0, 5, "a"), page(5, 5, "a"))[-1] is Course.CUT


def test_ever_new_keys_that_bring_nothing_new_end() -> None:
    pages = [page(0, 5, "first"), *(page(0, 5, f"key {n}") for n in range(STALE_PAGES))]
    assert courses(*pages)[-2:] == [Course.GOES_ON, Course.CUT]


def test_a_page_that_says_so_is_a_cut() -> None:
    assert courses(ListingPage((), incomplete="cut at 3 rows")) == [Course.CUT]
