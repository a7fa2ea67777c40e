"""One hop further than home pages without a link: which pages, in which order, and when it is enough."""

from __future__ import annotations

from crawler.discovery.hops import AT_ONCE, MAX_FRAMES, MAX_FRAMES_EACH, MAX_HOPS, MAX_HOPS_EACH, next_hops
from pipelines.catalog.discovery_queries import HomeLink


def home(year: int, url: str, relation: str = "hop", rank: int = 0) -> HomeLink:
    return HomeLink(f"{year}0301000000", url, relation, rank)


def test_next_hops_begin_at_both_ends_and_in_the_middle() -> None:
    links = [home(year, "http://a.example/legal") for year in range(2001, 2012)]
    assert [hop.timestamp[:4] for hop in next_hops(links)][:3] == ["2011", "2001", "2006"]
    assert len(next_hops(links)) == AT_ONCE


def test_next_hops_leave_out_what_lies_between_equal_policies() -> None:
    links = [home(year, "http://a.example/legal") for year in range(2001, 2012)]
    found = [home(year, "http://a.example/p", "policy") for year in (2001, 2006)]
    assert {hop.timestamp[:4] for hop in next_hops([*links, *found])} <= {str(year) for year in range(2007, 2012)}
    moved = [*found, home(2011, "http://a.example/q", "policy")]
    assert {hop.timestamp[:4] for hop in next_hops([*links, *moved])} == {"2007", "2008", "2009", "2010"}


def test_next_hops_are_bounded_for_each_half_year_and_for_the_domain() -> None:
    hubs = [home(2010, f"http://a.example/{n}", rank=n) for n in range(4)]
    assert [hop.url for hop in next_hops(hubs)] == ["http://a.example/0"]
    tried = [("20100301000000", "http://a.example/0")]
    assert [hop.url for hop in next_hops(hubs, tried)] == ["http://a.example/1"]
    made = [home(2010, f"http://a.example/{n}", "followed" if n < MAX_HOPS_EACH else "hop", n) for n in range(4)]
    assert next_hops(made) == []
    many = [home(year, "http://a.example/legal", "followed") for year in range(2000, 2000 + MAX_HOPS)]
    assert next_hops([*many, home(2020, "http://a.example/legal")]) == []


def test_next_hops_are_spared_by_a_policy_alone() -> None:
    """A link that may be the policy's spares no hop, nor one to a page that was read in vain."""
    hub = home(2010, "http://a.example/legal")
    for found, in_vain, is_spared in (
        (home(2010, "http://a.example/cookies", "possible"), (), False),
        (home(2010, "http://a.example/x/9", "policy"), ("example,a)/x/9",), False),
        (home(2010, "http://a.example/x/9", "policy"), (), True),
    ):
        assert next_hops([found, hub], in_vain=in_vain) == ([] if is_spared else [hub])


def test_next_hops_try_different_pages_then_those_that_led() -> None:
    """Four hubs and twelve hops: the one that leads is found, and then asked at other times."""
    urls = [f"http://a.example/{name}" for name in ("legal", "about", "help", "contact")]
    links = [home(year, url, rank=rank) for year in range(2001, 2012) for rank, url in enumerate(urls)]
    assert {hop.url for hop in next_hops(links)} == set(urls)
    made = [home(year, url, "followed") for year, url in zip((2011, 2001, 2006), urls, strict=False)]
    left = [link for link in links if (link.timestamp, link.url) not in {(each.timestamp, each.url) for each in made}]
    assert next(hop.url for hop in next_hops([*left, *made])) == urls[3]
    led = [*made, home(2001, "http://a.example/p", "policy")]
    assert {hop.url for hop in next_hops([*left, *led])} == {urls[1]}


def test_next_hops_try_again_what_was_tried_least() -> None:
    """A page that led nowhere once, when there was no policy yet, is tried again before one that led nowhere twice."""
    urls = ("http://a.example/legal", "http://a.example/sitemap")
    made = [home(2002, urls[0], "followed"), home(2003, urls[0], "followed"), home(2001, urls[1], "followed")]
    left = [home(2012, url, rank=rank) for rank, url in enumerate(urls)]
    assert [hop.url for hop in next_hops([*made, *left])] == [urls[1]]


def test_next_hops_frames_are_no_hops() -> None:
    """All frames of a home page are read, in their order, and then the hops that they lead to."""
    frames = [home(2010, f"http://a.example/f{n}.htm", "framed", n) for n in range(3)]
    last = home(2010, "http://a.example/f3.htm", "frame", 3)
    assert next_hops([*frames, last]) == [last]
    hub = home(2010, "http://a.example/legal", rank=4)
    assert next_hops([*frames, last._replace(relation="framed"), hub]) == [hub]
    more = [home(2010, f"http://a.example/f{n}.htm", "frame", n) for n in range(9)]
    assert (
        next_hops([link._replace(relation="framed") if n < MAX_FRAMES_EACH else link for n, link in enumerate(more)])
        == []
    )
    read = [home(2000 + n, "http://a.example/f.htm", "framed") for n in range(MAX_FRAMES)]
    assert next_hops([*read, home(1999, "http://a.example/f.htm", "frame")]) == []


def test_next_hops_frames_that_are_likeliest_first_at_each_time() -> None:
    links = [home(year, f"http://a.example/{n}", "frame", n) for year in range(2001, 2012) for n in range(3)]
    assert {hop.url for hop in next_hops(links)} == {"http://a.example/0"}
