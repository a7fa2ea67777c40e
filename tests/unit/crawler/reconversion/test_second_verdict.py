"""The second verdict: by what else was read of a page, whatever the order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from crawler.reconversion.second_verdict import reconsider
from pipelines.items import Fate
from tests.support.folders import versions_in
from tests.support.reconversion import (
    DOMAIN,
    Visit,
    close,
    crawl,
    current,
    open_library,
    rebuild,
    reconverter_of,
    state,
    texts,
)

if TYPE_CHECKING:
    from pathlib import Path

DOUBTFUL = "?is it one of the policies that we have en"
TEXTS = {"a": "one en", "b": "two en", "d": DOUBTFUL, "n": "!no policy at all, but some other text en"}
PAGE = [Visit("p", 0, "a", "a0"), Visit("p", 1, "d", "d0"), Visit("p", 2, "d", "d0"), Visit("p", 3, "b", "b0")]


def fates(found: dict[str, Any]) -> list[str]:
    return [row[3] for row in found["captures"]]


def crawled(root: Path, *crawls: list[Visit], backwards: bool = False) -> dict[str, Any]:
    """Return the state after crawls one after another."""
    library = open_library(root)
    for visits in crawls:
        crawl(library, visits, current(TEXTS), backwards=backwards)
    found = state(library)
    close(library)
    return found


def test_doubtful_text_between_policies_is_kept(tmp_path: Path) -> None:
    found = crawled(tmp_path, PAGE)
    assert fates(found) == [Fate.STORED, Fate.STORED, Fate.STORED, Fate.STORED]
    assert [version.policy_score for version in found["versions"]] == [0.9, 0.42, 0.9]
    assert [version.is_policy for version in found["versions"]] == [True] * 3
    assert [version.captures for version in found["versions"]] == [1, 2, 1]
    assert all(0.2 <= version.policy_threshold < 0.42 for version in found["versions"])


def test_doubtful_text_alone_is_turned_away(tmp_path: Path) -> None:
    found = crawled(tmp_path, [Visit("p", 0, "d", "d0"), Visit("p", 1, "n", "n0"), Visit("q", 2, "a", "a0")])
    assert fates(found) == [Fate.NOT_A_POLICY, Fate.NOT_A_POLICY, Fate.STORED]
    assert list(found["texts"]) == ["20150101000002.txt"]


@pytest.mark.parametrize("visits", [PAGE, [*PAGE, Visit("p", 4, "n", "n0"), Visit("q", 0, "d", "d1")]])
def test_order_and_runs_do_not_matter(tmp_path: Path, visits: list[Visit]) -> None:
    once = crawled(tmp_path / "once", visits)
    assert crawled(tmp_path / "backwards", visits, backwards=True) == once
    late = [visit for visit in visits if visit.body != "a"]
    assert crawled(tmp_path / "late", late, visits) == once
    assert crawled(tmp_path / "one by one", *(visits[:count] for count in range(1, len(visits) + 1))) == once


def test_text_kept_for_others_is_turned_away_when_they_are_few(tmp_path: Path) -> None:
    others = {str(number): f"!no policy number {number} but some other text en" for number in range(9)}
    library = open_library(tmp_path)
    converter = current(TEXTS | others)
    crawl(library, PAGE, converter)
    assert len(texts(library)) == 3
    crawl(library, [*PAGE, *(Visit("p", 10 + int(at), at, f"{at}0") for at in others)], converter)
    assert len(texts(library)) == 2
    again = state(library)
    assert [row[3] for row in again["captures"] if row[1] == "20150101000001"] == [Fate.NOT_A_POLICY]
    rebuild(library, converter)
    assert state(library) == again
    close(library)


def test_reconsidered_text_without_a_document_is_noted_once(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    short = {"e": "?Page not found en"}
    crawl(library, [*PAGE, Visit("p", 5, "e", "e0")], current(TEXTS | short))
    found = [row[3:5] for row in state(library)["captures"] if row[1] == "20150101000005"]
    assert found == [(Fate.NOT_A_POLICY, "error page")]

    class Never:
        async def process_item(self, item: object) -> object:
            raise AssertionError(item)

        async def close_spider(self) -> None:
            pass

    assert asyncio.run(reconsider(reconverter_of(library, Never()), DOMAIN, ())) == set()  # type: ignore[arg-type]
    close(library)


def test_given_page_keeps_what_is_no_policy(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    visits = [Visit("p", 0, "n", "n0"), Visit("q", 1, "n", "n0")]
    crawl(library, visits, current(TEXTS))
    assert texts(library) == {}
    library.catalog.add_given(DOMAIN, ["com,example)/p"])
    crawl(library, visits, current(TEXTS))
    (version,) = versions_in(library)
    assert (version.page, version.is_policy, version.policy_score) == ("com,example)/p", False, 0.05)
    before = state(library)
    rebuild(library, current(TEXTS))
    assert state(library) == before
    close(library)
