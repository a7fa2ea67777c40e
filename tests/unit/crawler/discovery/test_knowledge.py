"""What is known of a domain from its catalog: links of home pages with equal digests, and the company's own dates."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crawler.discovery.coverage import Causes, half_year_name, states
from crawler.discovery.knowledge import read_known
from pipelines.catalog.writer import Catalog
from pipelines.coverage import State
from pipelines.items import HOME_PAGE, SAME_DIGEST, Answer, Capture, Fate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN, HOME, OWNERS = "a.example", "example,a)/", "https://owner.example/privacy"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog(f"sqlite:///{tmp_path / 'catalog.db'}")) as opened:
        yield opened


def capture(timestamp: str, path: str = "", digest: str = "A") -> Capture:
    url = f"http://{DOMAIN}/{path}"
    return Capture(f"{HOME}{path}", timestamp, url, "text/html", "200", digest, "9", "wayback")


def put_home(catalog: Catalog, read: dict[str, str]) -> None:
    """Put home pages, each with the timestamp of the one that was read for its links."""
    captures = [capture(timestamp, digest=of) for timestamp, of in read.items()]
    catalog.add_captures(DOMAIN, captures)
    causes = [HOME_PAGE if timestamp == of else f"{SAME_DIGEST}{of}" for timestamp, of in read.items()]
    catalog.put_answers(
        Answer(DOMAIN, each, Fate.NOT_A_POLICY, cause) for each, cause in zip(captures, causes, strict=True)
    )


def test_read_known_links_of_home_pages_with_equal_digests(catalog: Catalog) -> None:
    """One home page is read for all that have its digest: its links are theirs, and the owner's page is found by them."""
    own, last = "20190301000000", "20240801000000"
    put_home(catalog, {own: own, "20180301000000": own, "20220801000000": last, "20230801000000": last, last: last})
    catalog.add_links(DOMAIN, own, [f"http://{DOMAIN}/privacy"])
    catalog.add_links(DOMAIN, last, [OWNERS], "foreign")
    known = read_known(catalog, DOMAIN, "wayback")
    half_years = {link.url: sorted(map(half_year_name, link.half_years)) for link in known.links.values()}
    assert half_years == {
        f"http://{DOMAIN}/privacy": ["2018A", "2019A"],
        OWNERS: ["2022B", "2023B", "2024B"],
    }
    assert known.read_half_years == known.home_half_years
    assert set(states(known, (), Causes()).values()) == {State.THIN}  # and no page was read in vain


def test_read_known_one_home_page_each_half_year(catalog: Catalog) -> None:
    """Of many home pages with equal digests the latest of a half-year counts, and none beside one that was read."""
    old, new = "20230101000000", "20230601000000"
    read = {f"2022070100{minute:02}00": old for minute in range(60)} | {
        f"202301010{turn}0000": old for turn in range(1, 9)
    }
    put_home(catalog, {**read, old: old, new: new})
    catalog.add_links(DOMAIN, old, [f"http://{DOMAIN}/privacy"])
    (link,) = read_known(catalog, DOMAIN, "wayback").links.values()
    assert link.times == 2
    assert sorted(map(half_year_name, link.half_years)) == ["2022B", "2023A"]


def test_read_known_outside_the_companys_dates_is_anothers(catalog: Catalog) -> None:
    before, after = "20140301000000", "20180301000000"
    put_home(catalog, {before: before, after: after})
    catalog.add_captures(DOMAIN, [capture("20140301000000", "old-privacy"), capture("20180401000000", "privacy")])
    catalog.add_links(DOMAIN, before, [f"http://{DOMAIN}/old-privacy"])
    catalog.add_links(DOMAIN, after, [f"http://{DOMAIN}/privacy"])
    assert set(read_known(catalog, DOMAIN, "wayback").pages) == {HOME, f"{HOME}old-privacy", f"{HOME}privacy"}
    known = read_known(catalog, DOMAIN, "wayback", period=("2015", ""))
    assert set(known.pages) == {HOME, f"{HOME}privacy"}
    assert set(known.links) == {f"{HOME}privacy"}
    assert list(states(known, (), Causes())) == ["2018A"]
    assert set(read_known(catalog, DOMAIN, "wayback", period=("", "2015")).links) == {f"{HOME}old-privacy"}
    # the dates of a run leave out half-years, but not what is known of the domain's pages
    known = read_known(catalog, DOMAIN, "wayback", dates=("2015", ""))
    assert set(known.links) == {f"{HOME}privacy", f"{HOME}old-privacy"}
    assert list(states(known, (), Causes())) == ["2018A"]
