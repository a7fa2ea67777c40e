"""Coverage: half-years with a policy, those worth asking for, and why others have none."""

from __future__ import annotations

import pytest

from crawler.discovery.coverage import (
    Causes,
    half_year_index,
    half_year_name,
    index_of_name,
    open_half_years,
    spans,
    spans_of_texts,
    states,
)
from crawler.discovery.home_links import Link
from crawler.discovery.knowledge import Known, Page
from crawler.sampling.strategies import half_year
from pipelines.coverage import Coverage, State

NOW = half_year_index("202607")


def known(*pages: Page, home: set[int], links: dict[str, Link] | None = None) -> Known:
    by_key = {page.urlkey: page for page in pages}
    return Known("a.example", "example,a)/", pages=by_key, links=links or {}, home_half_years=frozenset(home))


def page(urlkey: str = "example,a)/privacy", *, alive: bool = False, **half_years: set[int]) -> Page:
    columns = ("usable", "leads", "texts", "lost", "in_vain")
    found = (frozenset(half_years.get(each, ())) for each in columns)
    return Page(urlkey, f"http://a.example/{urlkey}", *found, is_alive=alive)


@pytest.mark.parametrize("timestamp", ["20150101000000", "20150630235959", "20150701000000", "19961231000000"])
def test_half_years_have_the_names_of_the_strategies(timestamp: str) -> None:
    assert half_year_name(half_year_index(timestamp)) == half_year(timestamp)
    assert index_of_name(half_year(timestamp)) == half_year_index(timestamp)


def test_spans_fill_short_gaps() -> None:
    assert spans({1, 3, 9}) == {1, 2, 3, 9}


def test_open_half_years_are_those_that_another_address_may_have() -> None:
    home = set(range(4000, 4020))
    captured = page(usable={4000, 4001, 4004})
    assert open_half_years(known(captured, home=home), [captured], now=NOW) == set(range(4005, 4020))
    links = {captured.urlkey: Link(captured.url, frozenset(range(4000, 4018)), 18)}
    assert open_half_years(known(captured, home=home, links=links), [captured], now=NOW) == {4018, 4019}
    never = page()
    assert open_half_years(known(never, home=home, links=links), [never], now=NOW) == home


def test_open_half_years_none_shortly_before_the_first_policy_and_after_one_that_is_alive() -> None:
    home, found, living = set(range(4000, 4020)), page(usable={4008}), page(usable={4008}, alive=True)
    later = set(range(4009, 4020))
    assert open_half_years(known(found, home=home), [found], now=NOW) == {4000, 4001, 4002, 4003, *later}
    assert open_half_years(known(living, home=home), [living], now=NOW) == {4000, 4001, 4002, 4003, *later} - {
        4009,
        4010,
    }


def test_open_half_years_redirects_count_where_the_home_page_links_to_them() -> None:
    leads = page(leads={4000, 4001})
    links = {leads.urlkey: Link(leads.url, frozenset({4000}), 1)}
    assert open_half_years(known(leads, home={4000, 4001}, links=links), [leads], now=NOW) == {4001}


def test_open_half_years_without_home_pages_follow_the_captures() -> None:
    captured = page(usable={NOW - 6})
    assert open_half_years(known(home=set()), [], now=NOW) == set()
    assert open_half_years(known(captured, home=set()), [captured], now=NOW) == set(range(NOW - 5, NOW + 1))


def test_spans_of_texts_join_captures_with_the_same_text() -> None:
    readings = [("k", "20100101000000", "a"), ("k", "20120101000000", "a"), ("k", "20150101000000", "b"),
                ("other", "20180101000000", "b")]  # fmt: skip
    assert {half_year_name(each) for each in spans_of_texts(readings)} == {
        "2010A", "2010B", "2011A", "2011B", "2012A", "2015A", "2018A",
    }  # fmt: skip


def test_states_tell_why_a_half_year_has_no_policy() -> None:
    found = page(texts={4000}, lost={4001}, in_vain={4002})
    links = {found.urlkey: Link(found.url, frozenset({4003}), 1)}
    home = {4000, 4001, 4002, 4003, 4004}
    told = states(known(found, home=home, links=links), {4000}, Causes())
    assert list(told.values()) == [State.POLICY, State.LOST, State.NO_TEXT, State.THIN, State.NO_LINK]
    assert states(known(home={4004}), set(), Causes(is_refused=True)) == {"2002A": State.REFUSED}
    assert states(known(home={4004}), set(), Causes(is_refused=True, is_lost=True)) == {"2002A": State.LOST}


@pytest.mark.parametrize(
    ("half_years", "first", "verdict", "share"),
    [
        ({"2010A": "policy", "2010B": "no link found"}, "2010A", "policy in 1 of 2 half-years", 0.5),
        ({}, "2010A", "policy found, no home page to compare with", None),
        ({}, "", "the archive has little here", None),
        ({"2010A": "no link found"}, "", "the archive has little here", 0.0),
        (dict.fromkeys(("2010A", "2010B", "2011A"), "no link found"), "", "no policy found", 0.0),
        (dict.fromkeys(("2010A", "2010B", "2011A"), "refused"), "", "refused", 0.0),
        ({"2010A": "lost"}, "", "lost", 0.0),
    ],
)
def test_coverage_verdict(half_years: dict[str, str], first: str, verdict: str, share: float | None) -> None:
    coverage = Coverage({"a.example": half_years}, first, first)
    assert (coverage.verdict, coverage.share) == (verdict, share)
