"""The ladder: what takes the place of a listing that is cut, or not to be had at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crawler.archives.base import Match, Query
from crawler.discovery.ladder import NearestSearch, by_year

DOMAIN = "example.com"


def test_by_year_splits_listing() -> None:
    parts = by_year(Query(DOMAIN, Match.DOMAIN, "20191105", "202103"), 2026)
    assert [(part.since, part.until) for part in parts] == [("20191105", "2019"), ("2020", "2020"), ("2021", "202103")]
    assert len(by_year(Query(DOMAIN, Match.DOMAIN), 2026)) == 2026 - 1996 + 1
    assert by_year(Query(DOMAIN, Match.DOMAIN, "2019", "201906"), 2026) == ()


def search(captures: list[str], since: str = "", until: str = "") -> tuple[list[str], set[str]]:
    """Run a search against captures; return the moments asked for and the captures found."""
    wanted = NearestSearch(Query(DOMAIN, Match.NEAREST, since, until), [], 2026)
    asked, found = [], set()
    while moment := wanted.wanted():
        asked.append(moment)
        nearest = min(captures, key=lambda each: abs(_time(each) - _time(moment)), default=None)
        found |= {nearest} if nearest else set()
        wanted.record_answer(moment, nearest)
    return asked, found


def _time(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _half(stamp: str) -> tuple[str, bool]:
    return stamp[:4], stamp[4:6] > "06"


@pytest.mark.parametrize("every_days", [3, 40, 200, 900])
def test_nearest_search_finds_capture_per_half_year(every_days: int) -> None:
    first = datetime(2006, 3, 3, 12, tzinfo=UTC)
    captures = [(first + timedelta(days=every_days * n)).strftime("%Y%m%d%H%M%S") for n in range(4000 // every_days)]
    asked, found = search(captures)
    assert {_half(stamp) for stamp in found} == {_half(stamp) for stamp in captures}
    assert len(asked) <= 2 * len({_half(stamp) for stamp in captures}) + 8
    assert all(earlier < later for earlier, later in pairwise(asked))


def test_nearest_search_without_captures_asks_once() -> None:
    assert len(search([])[0]) == 1


def test_nearest_search_skips_known_half_years() -> None:
    asked, _ = search(["20190101000000"], since="2019", until="2019")
    assert {moment[:4] for moment in asked} == {"2019"}
    known = NearestSearch(Query(DOMAIN, Match.NEAREST, "2019", "2019"), ["20190203000000", "20191203000000"], 2026)
    assert known.wanted() is None
