"""What is known of a domain from its catalog: links of home pages with equal digests, and the company's own dates."""

from __future__ import annotations

from contextlib import closing
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from crawler.discovery.coverage import Causes, half_year_index, half_year_name, states
from crawler.discovery.hops import next_hops
from crawler.discovery.knowledge import read_known
from pipelines.catalog.writer import Catalog
from pipelines.coverage import State
from pipelines.items import HOME_PAGE, SAME_DIGEST, Answer, Capture, Fate
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

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


def put_home(catalog: Catalog, read: dict[str, str], *kinds: str) -> None:
    """Put home pages, each with the timestamp of the one that was read for its links, and for those of which kinds."""
    captures = [capture(timestamp, digest=of) for timestamp, of in read.items()]
    catalog.add_captures(DOMAIN, captures)
    causes = [HOME_PAGE if timestamp == of else f"{SAME_DIGEST}{of}" for timestamp, of in read.items()]
    catalog.put_answers(
        Answer(DOMAIN, each, Fate.NOT_A_POLICY, cause) for each, cause in zip(captures, causes, strict=True)
    )
    for timestamp in set(read.values()):
        catalog.add_home_reading(DOMAIN, timestamp, kinds or [PRIVACY.name])


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


def test_read_known_links_of_home_pages_with_equal_digests_are_of_a_kind(catalog: Catalog) -> None:
    """A home page that was read for one kind says nothing of another, and neither do those with its digest."""
    both, old = "20190301000000", "20220801000000"
    put_home(catalog, {both: both, "20180301000000": both}, "privacy", "terms")
    put_home(catalog, {old: old, "20230801000000": old})
    for kind in ("privacy", "terms"):
        catalog.add_links(DOMAIN, both, [f"http://{DOMAIN}/{kind}"], kind=kind)
    catalog.add_links(DOMAIN, old, [f"http://{DOMAIN}/privacy"])
    found = {
        kind.name: read_known(catalog, DOMAIN, "wayback", kind=kind, others={other.name: ()})
        for kind, other in permutations(KINDS.values(), 2)
    }
    linked = {name: {urlkey: link.times for urlkey, link in known.links.items()} for name, known in found.items()}
    assert linked == {"privacy": {f"{HOME}privacy": 4}, "terms": {f"{HOME}terms": 2}}
    read = {name: sorted(map(half_year_name, known.read_half_years)) for name, known in found.items()}
    assert read == {"privacy": ["2018A", "2019A", "2022B", "2023B"], "terms": ["2018A", "2019A"]}


def test_hops_of_home_pages_with_equal_digests_are_their_own(catalog: Catalog) -> None:
    """What a hop found is of its time: a frame or hub of the same address had another link years before."""
    own, last = "20030301000000", "20100301000000"
    legal, old, new = (f"http://{DOMAIN}/{path}" for path in ("legal", "old", "new"))
    put_home(catalog, {own: last, "20050301000000": last, "20070301000000": last, last: last})
    catalog.add_links(DOMAIN, last, [legal], "hop")
    catalog.add_links(DOMAIN, last, [new])  # by the hop
    catalog.end_hop(DOMAIN, last, legal)
    known = read_known(catalog, DOMAIN, "wayback")
    assert {link.url: sorted(map(half_year_name, link.half_years)) for link in known.links.values()} == {
        new: ["2010A"],
    }
    hops = next_hops(known.home_links)
    assert [(hop.timestamp, hop.url) for hop in hops] == [
        (timestamp, legal) for timestamp in (own, "20070301000000", "20050301000000")
    ]
    assert states(known, {half_year_index(own) - 1, half_year_index(last)}, Causes())["2005A"] == State.NO_LINK
    for timestamp, found in ((own, [old]), ("20070301000000", []), ("20050301000000", [old])):
        catalog.add_links(DOMAIN, timestamp, found)
        catalog.end_hop(DOMAIN, timestamp, legal)
    known = read_known(catalog, DOMAIN, "wayback")
    assert next_hops(known.home_links) == []
    assert {link.url: sorted(map(half_year_name, link.half_years)) for link in known.links.values()} == {
        new: ["2010A"],
        old: ["2003A", "2005A"],
    }


def test_hops_of_home_pages_with_equal_digests_go_on_where_they_were_made(catalog: Catalog) -> None:
    """A later capture in a half-year does not make the hop of an earlier one again."""
    read, first, second = "20030301000000", "20050301000000", "20050401000000"
    legal = f"http://{DOMAIN}/legal"
    put_home(catalog, {read: read, first: read})
    catalog.add_links(DOMAIN, read, [legal], "hop")
    for timestamp in (read, first):
        catalog.end_hop(DOMAIN, timestamp, legal)
    put_home(catalog, {read: read, first: read, second: read})
    assert next_hops(read_known(catalog, DOMAIN, "wayback").home_links) == []


def test_home_pages_credited_by_one_that_was_credited(catalog: Catalog) -> None:
    """The next run credits by the first capture of the digest, which need not be the one that was read."""
    first, read, later, last = "20180201000000", "20200901000000", "20210201000000", "20230201000000"
    put_home(catalog, {first: read, read: read})
    for timestamp, of in ((later, first), (last, later), ("20240201000000", "20240301000000")):
        catalog.add_captures(DOMAIN, [capture(timestamp, digest=of)])
        answer = Answer(DOMAIN, capture(timestamp, digest=of), Fate.NOT_A_POLICY, f"{SAME_DIGEST}{of}")
        catalog.put_answers([answer])
    catalog.add_captures(DOMAIN, [capture("20240301000000")])
    in_a_circle = Answer(DOMAIN, capture("20240301000000"), Fate.NOT_A_POLICY, f"{SAME_DIGEST}20240201000000")
    catalog.put_answers([in_a_circle])
    assert catalog.home_pages_read(DOMAIN, HOME) == dict.fromkeys((first, read, later, last), read)


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


def test_read_known_links_that_may_be_the_policys(catalog: Catalog) -> None:
    """A link that is sure at one time stays so, and home pages between two with it have it beside the other."""
    stamps = ["20180301000000", "20190301000000", "20200301000000"]
    put_home(catalog, {each: each for each in stamps})
    policy, cookies = f"http://{DOMAIN}/x/9", f"http://{DOMAIN}/cookies"
    for stamp in stamps:
        catalog.add_links(DOMAIN, stamp, [cookies], "possible")
    for stamp in (stamps[0], stamps[2]):
        catalog.add_links(DOMAIN, stamp, [policy])
        catalog.add_links(DOMAIN, stamp, [policy], "possible")
    found = {link.url: link for link in read_known(catalog, DOMAIN, "wayback").links.values()}
    assert {url: link.is_sure for url, link in found.items()} == {policy: True, cookies: False}
    assert sorted(map(half_year_name, found[policy].half_years)) == ["2018A", "2019A", "2020A"]


def test_read_known_foreign_target_beside_a_sure_link_is_a_widgets(catalog: Catalog) -> None:
    """Earlier releases recorded it beside the page's own link; one beside hops may be the owner's."""
    own, hops = ("20180301000000", "20190301000000"), ("20220301000000", "20230301000000")
    widget = "https://widget.example/privacy"
    put_home(catalog, {each: each for each in (*own, *hops)})
    for each in own:
        catalog.add_links(DOMAIN, each, [f"http://{DOMAIN}/privacy"])
        catalog.add_links(DOMAIN, each, [widget], "foreign")
    for each in hops:
        catalog.add_links(DOMAIN, each, [OWNERS], "foreign")
        catalog.add_links(DOMAIN, each, [f"http://{DOMAIN}/legal"], "hop")
    known = read_known(catalog, DOMAIN, "wayback")
    assert {link.url for link in known.links.values()} == {f"http://{DOMAIN}/privacy", OWNERS}


def test_home_page_read_again_forgets_the_links_of_an_earlier_release(catalog: Catalog) -> None:
    """What it recorded as the policy's can be a weaker link, or none; without a reading, the page is read again."""
    at = "20180301000000"
    catalog.add_captures(DOMAIN, [capture(at)])
    catalog.put_answers([Answer(DOMAIN, capture(at), Fate.NOT_A_POLICY, HOME_PAGE)])
    urls = [f"http://{DOMAIN}/{name}" for name in ("cookies", "gone", "privacy")]
    catalog.add_links(DOMAIN, at, urls)
    with catalog.transaction():
        catalog._db.exec_driver_sql("UPDATE links SET rank = NULL")
    assert len(read_known(catalog, DOMAIN, "wayback").links) == len(urls)
    catalog.add_links(DOMAIN, at, [urls[2]], "policy")
    catalog.add_links(DOMAIN, at, [urls[0]], "possible")
    catalog.add_home_reading(DOMAIN, at, [PRIVACY.name])
    assert {link.url: link.relation for link in catalog.home_links(DOMAIN)} == {urls[0]: "possible", urls[2]: "policy"}
