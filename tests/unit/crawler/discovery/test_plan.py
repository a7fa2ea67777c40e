"""The plan: what is asked next, and what no longer has to be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crawler.archives.base import Match, Query
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.costs import phase_costs
from crawler.discovery.coverage import half_year_index
from crawler.discovery.home_links import Link
from crawler.discovery.knowledge import Known, Listed, Page
from crawler.discovery.plan import (
    ALWAYS_LINKED,
    HALF_YEARS_A_GUESS,
    LEAST_GUESSES,
    MAX_CALLS,
    MAX_GUESS_PAGES,
    MAX_GUESSES,
    MAX_LINKED,
    MAX_PREFIXES,
    Plan,
)
from crawler.discovery.questions import Asked, Ending, Outcome, Phase, Question, identity
from crawler.sampling.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DOMAIN = "example.com"
HOME = urlkey_of(DOMAIN)
NOW = half_year_index("202611")
POLICY = "http://example.com/privacy"


def years(first: int, last: int) -> frozenset[int]:
    """Return the half-years from the beginning of one year to the end of another."""
    return frozenset(range(2 * first, 2 * last + 2))


def page(url: str, usable: Iterable[int] = (), texts: Iterable[int] = (), *, alive: bool = True) -> Page:
    nothing = frozenset[int]()
    found = frozenset(usable) | frozenset(texts)
    return Page(urlkey_of(url), url, found, nothing, frozenset(texts), nothing, nothing, alive)


def known(*pages: Page, home: frozenset[int] = frozenset(), **facts: object) -> Known:
    by_key = {each.urlkey: each for each in pages}
    return Known(DOMAIN, HOME, pages=by_key, home_half_years=home, **facts)  # type: ignore[arg-type]


def links(**half_years: frozenset[int]) -> dict[str, Link]:
    """Return links to pages of the domain by the names of their paths."""
    urls = {f"http://example.com/{name}": which for name, which in half_years.items()}
    return {urlkey_of(url): Link(url, which, len(which)) for url, which in urls.items()}


def fresh(url: str) -> Listed:
    return Listed(url, is_fresh=True, failed_lately=False)


def play(phase: Phase, about: Known, endings: Mapping[Match, Ending] | None = None, **facts: object) -> list[Query]:
    """Ask all questions of a phase; return the queries. Each match ends as `endings` say, else it is read."""
    asked, queries = Asked(), []
    plan = Plan(about, asked, NOW, **facts)  # type: ignore[arg-type]
    while question := plan.next_question(phase):
        queries.append(question.query)
        asked.outcomes[question] = Outcome((endings or {}).get(question.query.match, Ending.READ))
        asked.calls += 1
        assert len(queries) < 100, "the phase has no end"
    return queries


def test_home_is_asked_by_month_and_by_playback_if_that_fails() -> None:
    about = known(home=years(2010, 2020))
    (listed,) = play(Phase.HOME, about)
    assert (listed.url, str(listed.match), listed.collapse) == (DOMAIN, "exact", "timestamp:6")
    for ending in (Ending.REFUSED, Ending.TOO_SLOW, Ending.LOST, Ending.CUT):
        assert [each.match for each in play(Phase.HOME, about, {Match.EXACT: ending})] == [Match.EXACT, Match.NEAREST]
    assert play(Phase.HOME, known())[-1].match is Match.NEAREST  # a blank listing is no word that there is nothing
    lately = {(HOME, "nearest"): fresh(DOMAIN)}
    assert len(play(Phase.HOME, known(listed=lately))) == 1
    assert len(play(Phase.HOME, known(), reads_home=False)) == 1
    assert play(Phase.HOME, about, is_whole=True)[0].collapse == ""


def test_linked_best_first_and_only_while_their_half_years_are_open() -> None:
    many = links(main=years(2010, 2020), **{f"other{n}": years(2018, 2018) for n in range(20)})
    nothing_captured = play(Phase.LINKED, known(links=many, home=years(2010, 2020)))
    assert nothing_captured[0].url == "http://example.com/main"
    assert len(nothing_captured) == MAX_LINKED
    captured = page("http://example.com/main", years(2010, 2020))
    assert len(play(Phase.LINKED, known(captured, links=many, home=years(2010, 2020)))) == ALWAYS_LINKED


def test_linked_sure_ones_before_possible_ones() -> None:
    possible = {key: replace(link, is_sure=False) for key, link in links(news=years(2010, 2020)).items()}
    asked = play(Phase.LINKED, known(links=possible | links(x9=years(2012, 2012)), home=years(2010, 2020)))
    assert [query.url.rpartition("/")[2] for query in asked] == ["x9", "news"]


def test_linked_page_that_moved_is_asked_at_each_address() -> None:
    moved = links(privacy=years(2010, 2013), legal=years(2014, 2017), policies=years(2018, 2020))
    urls = {query.url.rpartition("/")[2] for query in play(Phase.LINKED, known(links=moved, home=years(2010, 2020)))}
    assert urls == {"privacy", "legal", "policies"}


def test_linked_spellings_of_one_address_are_one_question() -> None:
    spelled = {urlkey_of(POLICY): Link("https://www.example.com/privacy", years(2010, 2020), 9)}
    assert len(play(Phase.LINKED, known(page(POLICY, texts=years(2010, 2020)), links=spelled))) == 1


def test_guessed_nothing_if_all_is_covered_or_the_archive_lacks_it() -> None:
    home = years(2010, 2020)
    assert play(Phase.GUESSED, known(page(POLICY, home), home=home)) == []
    thin = page(POLICY, years(2015, 2015))
    assert play(Phase.GUESSED, known(thin, home=home, links=links(privacy=home))) == []
    assert play(Phase.GUESSED, known(page(POLICY, [4020, 4024]), home=years(2010, 2012) - {4025})) == []
    assert play(Phase.FILTERED, known(page(POLICY, home), home=home)) == []


def test_guessed_prefixes_then_addresses_while_half_years_are_open() -> None:
    asked = play(Phase.GUESSED, known(page(POLICY, years(2000, 2002)), home=years(2000, 2020)))
    matches = [query.match for query in asked]
    assert matches == sorted(matches, reverse=True)
    assert 0 < matches.count(Match.PREFIX) <= MAX_PREFIXES
    assert 0 < matches.count(Match.EXACT) <= MAX_GUESSES


def test_guessed_no_address_below_a_prefix_that_was_read() -> None:
    """A prefix listing that was read has said what is at the addresses below it; one that was refused has not."""
    kind = known().kind
    for endings, first in (({}, False), ({Match.PREFIX: Ending.REFUSED}, True), ({Match.PREFIX: Ending.CUT}, True)):
        asked = [query.url for query in play(Phase.GUESSED, known(), endings) if query.match is Match.EXACT]
        assert len(asked) == MAX_GUESSES
        assert (f"http://{DOMAIN}/{kind.guesses[0]}" in asked) is first
        below = [url for url in asked if url.removeprefix(f"http://{DOMAIN}/").startswith(kind.prefixes)]
        assert bool(below) is first


def test_filtered_main_host_where_the_domain_is_refused() -> None:
    """Reports differ on which match types are refused together: a refused domain says nothing of its host."""
    matches = [query.match for query in play(Phase.FILTERED, known(), {Match.DOMAIN: Ending.REFUSED})]
    assert matches == [Match.DOMAIN, Match.HOST]
    both = {Match.DOMAIN: Ending.REFUSED, Match.HOST: Ending.REFUSED}
    assert [query.match for query in play(Phase.FILTERED, known(), both)] == [Match.DOMAIN, Match.HOST]
    assert [query.match for query in play(Phase.FILTERED, known(), {Match.DOMAIN: Ending.TOO_SLOW})] == [Match.DOMAIN]


@pytest.mark.parametrize("years_open", [1, 2, 4])
def test_guessed_in_proportion_to_what_is_open(years_open: int) -> None:
    """A few half-years are no reason for all guesses, in this run or a later one."""
    home = years(2010, 2020 + years_open)
    about = known(page(POLICY, years(2010, 2020), alive=False), home=home)
    asked = play(Phase.GUESSED, about)
    assert len(asked) == max(LEAST_GUESSES, 2 * years_open // HALF_YEARS_A_GUESS) - 1
    assert len(play(Phase.FILTERED, about)) == 1
    listed = {(urlkey_of(query.url), query.variety): fresh(query.url) for query in asked}
    assert play(Phase.GUESSED, replace(about, listed=listed)) == []


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.TOO_SLOW, Ending.LOST])
def test_guessed_in_the_place_of_a_filtered_listing_that_failed(ending: Ending) -> None:
    """Of the least guesses one is kept for FILTERED: its failure must not use that up."""
    about = known(page(POLICY, years(2010, 2020), alive=False), home=years(2010, 2021))
    assert len(play(Phase.GUESSED, about)) == LEAST_GUESSES - 1
    failed = {Match.DOMAIN: ending, Match.HOST: ending}
    asked = [query for query in play(Phase.FILTERED, about, failed) if query.match not in failed]
    assert [query.url for query in asked] == [f"http://{DOMAIN}/{each}" for each in about.kind.prefixes[:LEAST_GUESSES]]
    no_prefix = play(Phase.FILTERED, about, {**failed, Match.PREFIX: Ending.REFUSED})
    assert [query.match for query in no_prefix].count(Match.EXACT) == LEAST_GUESSES
    host_only = play(Phase.FILTERED, about, {Match.DOMAIN: Ending.REFUSED})
    assert [query.match for query in host_only] == [Match.DOMAIN, Match.HOST]  # the main host's answer is the one guess


def test_guessed_in_the_next_run_where_filtered_failed_lately() -> None:
    about = known(page(POLICY, years(2010, 2020), alive=False), home=years(2010, 2021))
    (filtered,) = play(Phase.FILTERED, about)
    listed = {(HOME, filtered.variety): Listed(DOMAIN, is_fresh=False, failed_lately=True)}
    asked = play(Phase.GUESSED, replace(about, listed=listed))
    assert [query.url for query in asked] == [f"http://{DOMAIN}/{each}" for each in about.kind.prefixes[:LEAST_GUESSES]]
    listed |= {(urlkey_of(query.url), query.variety): fresh(query.url) for query in asked}
    assert play(Phase.GUESSED, replace(about, listed=listed)) == []


def test_guessed_until_a_policy_is_found_where_coverage_is_unknown() -> None:
    assert len(play(Phase.GUESSED, known())) > 1
    assert play(Phase.GUESSED, known(page(POLICY, range(NOW - 8, NOW + 1)))) == []
    gap = known(page(POLICY, years(2010, 2012)))
    assert play(Phase.GUESSED, gap) == []
    assert len(play(Phase.FILTERED, gap)) == 1


def test_guessed_after_one_refusal_no_more_of_that_match() -> None:
    asked = play(Phase.GUESSED, known(), {Match.PREFIX: Ending.REFUSED})
    assert [query.match for query in asked].count(Match.PREFIX) == 1
    nothing = play(Phase.GUESSED, known(), {Match.PREFIX: Ending.REFUSED, Match.EXACT: Ending.REFUSED})
    matches = [query.match for query in nothing]
    assert [matches.count(match) for match in (Match.PREFIX, Match.EXACT)] == [1, 1]
    assert matches.count(Match.NEAREST) == min(MAX_GUESSES, len(known().kind.guesses))


def test_guessed_refusal_of_a_foreign_page_says_nothing_of_the_domain() -> None:
    plan = Plan(known(), Asked(), NOW)
    foreign = Question(Query("https://other.example/p", Match.EXACT), Phase.LINKED)
    plan.asked.outcomes[foreign] = Outcome(Ending.REFUSED)
    home = plan.next_question(Phase.HOME)
    assert home is not None
    assert home.query.match is Match.EXACT


def test_guessed_and_filtered_end_at_the_bound_of_calls() -> None:
    plan = Plan(known(), Asked(calls=MAX_CALLS - MAX_GUESS_PAGES), NOW)
    assert plan.next_question(Phase.GUESSED) is None
    assert plan.next_question(Phase.FILTERED) is not None
    plan.asked.calls = MAX_CALLS
    assert plan.next_question(Phase.FILTERED) is None


def test_filtered_on_the_server_and_bulk_only_for_the_asking() -> None:
    (query,) = play(Phase.FILTERED, known())
    assert query.match is Match.DOMAIN
    assert query.filter.startswith("urlkey:")
    assert play(Phase.BULK, known()) == []
    assert [str(each) for each in play(Phase.BULK, known(), bulk_pages=5)] == [f"domain {DOMAIN}"]
    assert len(play(Phase.BULK, known(), is_whole=True)) == 1
    assert play(Phase.GUESSED, known(), is_whole=True) == play(Phase.FILTERED, known(), is_whole=True) == []


@pytest.mark.parametrize("phase", [Phase.HOME, Phase.LINKED, Phase.GUESSED, Phase.FILTERED, Phase.BULK])
def test_nothing_more_is_asked_of_an_excluded_site(phase: Phase) -> None:
    plan = Plan(known(links=links(privacy=years(2010, 2020))), Asked(), NOW, bulk_pages=5)
    home = Question(Query(DOMAIN, Match.EXACT, collapse="timestamp:6"), Phase.HOME)
    plan.asked.outcomes[home] = Outcome(Ending.EXCLUDED)
    assert plan.next_question(phase) is None


def test_scheduled_run_asks_for_the_home_page_and_living_pages_only() -> None:
    living, dead = (
        page(POLICY, texts=years(2018, 2020)),
        page("http://example.com/privacy.html", texts=[4020], alive=False),
    )
    listed = {(each.urlkey, "exact"): fresh(each.url) for each in (living, dead)}
    guesses = Plan(known(), Asked(), NOW)
    while question := guesses.next_question(Phase.GUESSED):
        listed[urlkey_of(question.query.url), question.query.variety] = fresh(question.query.url)
        guesses.asked.outcomes[question] = Outcome(Ending.READ)
    listed[HOME, "domain filtered"] = Listed(DOMAIN, is_fresh=False, failed_lately=True)
    about = known(living, dead, home=years(2010, 2020), listed=listed, links=links(privacy=years(2018, 2020)))
    phases = (Phase.GIVEN, Phase.HOME, Phase.LINKED, Phase.GUESSED, Phase.FILTERED)
    assert [str(query) for phase in phases for query in play(phase, about)] == [
        f"exact by month {DOMAIN}",
        f"exact {POLICY}",
    ]
    stale = replace(about, listed={})  # RELIST_DAYS later
    assert {query.url for query in play(Phase.LINKED, stale)} == {POLICY, dead.url}


def test_scheduled_run_lists_the_new_address_of_a_policy() -> None:
    old = page(POLICY, texts=years(2018, 2020))
    listed = {(old.urlkey, "exact"): fresh(POLICY)}
    about = known(
        old, home=years(2018, 2021), listed=listed, links=links(privacy=years(2018, 2020), legal=years(2021, 2021))
    )
    assert [query.url for query in play(Phase.LINKED, about)] == [POLICY, "http://example.com/legal"]


def test_given_pages_are_asked_and_dead_ones_every_relist_days() -> None:
    given = {urlkey_of(url): url for url in (POLICY, "https://other.example/p?id=1", "http://example.com/old")}
    dead = page("http://example.com/old", texts=[4020], alive=False)
    listed = {(dead.urlkey, "exact"): fresh(dead.url)}
    about = known(dead, given=given, listed=listed)
    assert [query.url for query in play(Phase.GIVEN, about)] == [POLICY, "https://other.example/p?id=1"]
    assert len(play(Phase.GIVEN, replace(about, listed={}))) == len(given)
    too_slow = play(Phase.GIVEN, about, {Match.EXACT: Ending.TOO_SLOW})
    assert [query.match for query in too_slow].count(Match.NEAREST) == 2


def test_failures_that_playback_answered_are_none() -> None:
    asked = Asked()
    exact, nearest = Query(POLICY, Match.EXACT), Query(POLICY, Match.NEAREST)
    asked.outcomes[Question(exact, Phase.LINKED)] = Outcome(Ending.REFUSED, "refused")
    assert len(asked.failures(frozenset({Phase.LINKED}))) == 1
    asked.outcomes[Question(nearest, Phase.LINKED)] = Outcome(Ending.MISSING)
    assert asked.failures(frozenset({Phase.LINKED})) == []
    asked.outcomes[Question(exact, Phase.LINKED)] = Outcome(Ending.TOO_SLOW, "HTTP 504")
    assert len(asked.failures(frozenset({Phase.LINKED}))) == 1


def test_pages_of_a_listing_cut_at_its_bound_are_asked_exactly() -> None:
    found = page(POLICY, years(2010, 2010))
    asked = play(Phase.GUESSED, known(found, home=years(2010, 2020)), {Match.PREFIX: Ending.CUT})
    assert POLICY in {query.url for query in asked if query.match is Match.EXACT}


def test_an_estimate_asks_only_what_a_crawl_asks_in_any_case() -> None:
    """A plan guesses nothing and lists nothing in bulk: it would ask more of the index than the crawl that it is for."""
    given = {urlkey_of(POLICY): POLICY}
    about = known(home=years(2010, 2020), given=given, links=links(legal=years(2010, 2020)))
    asked = {phase: len(play(phase, about, is_estimate=True, bulk_pages=9, reads_home=False)) for phase in Phase}
    assert {phase.name: count for phase, count in asked.items() if count} == {"GIVEN": 1, "HOME": 1, "LINKED": 1}
    assert len(play(Phase.BULK, about, is_estimate=True, is_whole=True)) == 1
    assert len(play(Phase.GUESSED, about)) > MAX_PREFIXES


def test_archive_in_parts_is_asked_for_the_whole_domain_and_not_guessed_at() -> None:
    """Common Crawl: each question costs a call for each crawl, so that a guess is as dear as the whole domain."""
    can_list = frozenset(Match) - {Match.NEAREST}
    parts = {"parts": 50, "asks_prefixes": False, "can_list": can_list}
    about = known(page(POLICY, years(2000, 2002)), home=years(2000, 2020))
    assert play(Phase.GUESSED, about, **parts) == []
    (question,) = play(Phase.FILTERED, about, **parts)
    assert (question.match, question.url) == (Match.DOMAIN, DOMAIN)
    asked = Asked(calls=MAX_CALLS * 10)  # a single question goes beyond what is asked of an undivided archive
    assert Plan(about, asked, NOW, parts=50, asks_prefixes=False).next_question(Phase.FILTERED) is not None
    assert Plan(about, asked, NOW).next_question(Phase.FILTERED) is None
    assert [each.match for each in play(Phase.HOME, known(), **parts)] == [Match.EXACT]  # type: ignore[arg-type]


def test_costs_of_an_archive_in_parts() -> None:
    about = known(page(POLICY, years(2000, 2002)), home=years(2000, 2020), links=links(a=years(2000, 2020)))
    costs = phase_costs(Plan(about, Asked(), NOW, parts=50, own=frozenset()), Estimate(3, 4))
    assert costs[Phase.HOME].calls == Estimate(50, 50)
    assert costs[Phase.FILTERED].calls == Estimate(0, 100)
    assert costs[Phase.LINKED].calls.high % 50 == 0
    assert costs[Phase.SEARCHING].playbacks == Estimate(3, 4)
    assert costs.keys() == phase_costs(Plan(about, Asked(), NOW), Estimate(3, 4)).keys()


def test_pages_of_other_archives_are_listed_exactly_once_in_this_one() -> None:
    about = known(page(POLICY, years(2010, 2012)), page(f"{POLICY}-notice", texts=years(2013, 2014)))
    assert play(Phase.SHARED, about) == []  # the only archive
    assert [each.url for each in play(Phase.SHARED, about, own=frozenset({urlkey_of(POLICY)}))] == [f"{POLICY}-notice"]
    asked = play(Phase.SHARED, about, own=frozenset())
    assert {(each.url, each.match) for each in asked} == {(POLICY, Match.EXACT), (f"{POLICY}-notice", Match.EXACT)}
    refused = play(Phase.SHARED, about, {Match.EXACT: Ending.REFUSED}, own=frozenset({urlkey_of(POLICY)}))
    assert [each.match for each in refused] == [Match.EXACT, Match.NEAREST]
    lately = {identity(Query(each, Match.EXACT)): fresh(each) for each in (POLICY, f"{POLICY}-notice")}
    assert play(Phase.SHARED, replace(about, listed=lately), own=frozenset()) == []


@pytest.mark.parametrize("can_list", [{Match.EXACT}, {Match.EXACT, Match.NEAREST}, {Match.EXACT, Match.DOMAIN}])
def test_an_archive_is_asked_only_for_what_it_can_list(can_list: set[Match]) -> None:
    about = known(given={HOME: DOMAIN}, links=links(privacy=years(2010, 2020)))
    failing = dict.fromkeys(Match, Ending.TOO_SLOW)
    asked = [
        query
        for phase in Phase
        if phase <= Phase.SHARED
        for query in play(phase, about, failing, can_list=frozenset(can_list), own=frozenset(), bulk_pages=1)
    ]
    assert {query.match for query in asked} == can_list
    assert [query.url for query in asked if query.match is Match.EXACT].count(DOMAIN) >= 1
