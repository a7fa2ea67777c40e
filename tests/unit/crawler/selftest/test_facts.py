"""The facts of a self-test: each is held by the double, and by itself differs when the double breaks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from scrapy.http import Response

from crawler.selftest import selftest_questions as asked_
from crawler.selftest.evidence import REFERENCE, Exchange
from crawler.selftest.facts import FACTS
from crawler.selftest.outcome import Outcome
from crawler.selftest.selftest_questions import MAX_REQUESTS, QUESTIONS
from crawler.selftest.verdicts import Differs, Held, NotSeen
from tests.support.archive_double import Behaviour
from tests.support.archive_double import Held as Holding
from tests.support.selftest import EXCLUDED, PAGE, asked, holdings, verdicts

if TYPE_CHECKING:
    from crawler.archives.base import ListingPage, Query
    from crawler.archives.wayback import WaybackArchive

UNPROVOKED = {"403: a kind of listing", "429: everything", "5xx: an outage", "robots.txt"}
"""Facts that a self-test does not provoke: it asks for no refusal, and no site is known to be hidden for its robots.txt."""

BREAKS: dict[str, dict[str, object]] = {
    "collapse=timestamp:6": {"ignores": ("collapse=timestamp:6",)},
    "collapse=timestamp:8": {"ignores": ("collapse=timestamp:8",)},
    "filter=statuscode": {"ignores": ("filter=statuscode",)},
    "filter=urlkey, prefix": {"ignores": ("filter=urlkey:example",)},
    "filter=urlkey, domain": {"ignores": ("filter=urlkey:.+",)},
    "limit=-N": {"ignores": ("limit=-",)},
    "resume key in JSON": {"ignores": ("showResumeKey",)},
    "next page": {"overlap": 7},
    "fl: seven fields": {"faults_at": (("/cdx/.*limit=200", "swapped fields"),)},
    "403: a kind of listing": {"faults_at": (("matchType=domain", "403"),)},
    "429: everything": {"faults_at": (("matchType=domain", "403 limit"),)},
    "5xx: an outage": {"faults_at": (("matchType=domain", "507"),)},
    "robots.txt": {"faults_at": (("matchType=domain", "403 robots"),)},
    "excluded site, listing": {"faults_at": (("url=https://nationalpost", "no rows"),)},
    "excluded site, page": {"faults_at": (("id_/https://nationalpost", "sorry"),)},
    "page never archived": {"faults_at": ((r"\.invalid", "sorry"),)},
    "Memento-Datetime": {"faults_at": (("/web/20000101000000id_", "no Memento-Datetime"),)},
    "Link: original": {"faults_at": (("/web/20000101000000id_", "no Link"),)},
    "id_: raw body": {"faults_at": (("/web/20000101000000id_", "rewritten"),)},
    "id_: length": {"faults_at": (("/web/20000101000000id_", "short"),), "short_by": 5},
    "Content-Encoding": {"faults_at": (("/web/2004", "unknown coding"),)},
    "nearest capture": {"faults_at": (("/web/20000101000001id_", "404"),)},
    "archived redirect": {"faults_at": (("/web/20000202070000id_", "led out"),)},
}


def test_questions_are_within_the_bound() -> None:
    assert len(QUESTIONS) == len({question.name for question in QUESTIONS}) == MAX_REQUESTS == 15


def test_double_holds_every_fact() -> None:
    found = verdicts(asked())
    assert {name for name, verdict in found.items() if not isinstance(verdict, Held)} == UNPROVOKED
    assert all(isinstance(found[name], NotSeen) for name in UNPROVOKED)


def test_every_fact_is_broken_below() -> None:
    assert {*BREAKS, "stored in WARC"} == {fact.name for fact in FACTS}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_fact_alone_differs(name: str) -> None:
    known = asked(Behaviour(excluded=EXCLUDED, **BREAKS[name]))
    found = verdicts(known)
    assert [each for each, verdict in found.items() if isinstance(verdict, Differs)] == [name], found
    assert found[name].words
    assert Outcome.of(known).status == 3


def test_stored_in_warc_differs() -> None:
    known = asked()
    for stored in ("", "unreadable", "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"):
        known.add(replace(known.exchanges[asked_.CAPTURE], stored=stored))
        found = verdicts(known)
        assert [each for each, verdict in found.items() if isinstance(verdict, Differs)] == ["stored in WARC"]


# Refusals that are told as they should be


@pytest.mark.parametrize(
    ("fault", "name", "words"),
    [
        ("429", "429: everything", "HTTP 429, Retry-After not given"),
        ("429 page", "429: everything", "HTTP 200, Retry-After not given"),
        ("504", "5xx: an outage", "HTTP 504"),
        ("503", "5xx: an outage", "HTTP 503"),
        ("521", "5xx: an outage", "HTTP 521"),
    ],
)
def test_refusal_is_told(fault: str, name: str, words: str) -> None:
    found = verdicts(asked(Behaviour(excluded=EXCLUDED, faults_at=(("matchType=domain", fault),))))
    assert found[name] == Held(f"{asked_.FILTER_DOMAIN}: {words}")
    assert isinstance(found["filter=urlkey, domain"], NotSeen)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_retry_after_is_shown() -> None:
    found = verdicts(asked(Behaviour(faults_at=(("matchType=domain", "429"),), retry_after=90)))
    assert found["429: everything"].words.endswith("Retry-After 90")


def test_refused_kind_of_listing_is_told() -> None:
    found = verdicts(asked(Behaviour(excluded=EXCLUDED, refused=frozenset({"domain", "prefix"}))))
    assert "requires authorization" in found["403: a kind of listing"].words
    assert isinstance(found["403: a kind of listing"], Held)
    assert isinstance(found["filter=urlkey, prefix"], NotSeen)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_robots_are_told() -> None:
    found = verdicts(asked(Behaviour(robots=EXCLUDED)))
    assert isinstance(found["robots.txt"], Held)
    assert isinstance(found["excluded site, listing"], NotSeen)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_site_no_longer_excluded_is_not_seen() -> None:
    found = verdicts(asked(Behaviour()))
    assert isinstance(found["excluded site, listing"], NotSeen)
    assert isinstance(found["excluded site, page"], NotSeen)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_excluded_page_of_status_403_is_told() -> None:
    found = verdicts(asked(Behaviour(excluded=EXCLUDED, excluded_status=403)))
    assert found["excluded site, page"] == Held("HTTP 403: site excluded")


# Real archives' oddities are no difference


@pytest.mark.parametrize(
    "behaviour",
    [
        {"repeat_every": 2},
        {"key_inclusive": True},
        {"key_format": "old"},
        {"encoding": "blank"},
        {"encoding": "unlabelled"},
        {"encoding": "nested"},
        {"location": "path"},
        {"location": "schemeless"},
        {"escaped_link": True},
    ],
    ids=str,
)
def test_recorded_oddity_is_no_difference(behaviour: dict[str, object]) -> None:
    found = verdicts(asked(Behaviour(excluded=EXCLUDED, **behaviour)))
    assert {name: verdict for name, verdict in found.items() if isinstance(verdict, Differs)} == {}


def test_two_digests_of_one_second_are_no_difference() -> None:
    """zew.de has such rows among its oldest. Playback serves the first of them, so that another one is asked for."""
    held = holdings()
    rows = [held[index] for index in range(len(held))]
    twins = [(replace(row, digest="T" * 32), held.load(index)) for index, row in enumerate(rows) if index % 9 == 0]
    known = asked(held=Holding([*((row, held.load(index)) for index, row in enumerate(rows)), *twins]))
    assert {name: verdict for name, verdict in verdicts(known).items() if isinstance(verdict, Differs)} == {}
    assert known.exchanges[asked_.CAPTURE].url.endswith("/web/20000101010000id_/http://page.example/")


@pytest.mark.parametrize("behaviour", [{"unknown_length": True}, {"missing_length": True}], ids=str)
def test_unknown_length_is_not_seen(behaviour: dict[str, object]) -> None:
    assert isinstance(verdicts(asked(Behaviour(**behaviour)))["id_: length"], NotSeen)


def test_inclusive_key_is_shown() -> None:
    assert verdicts(asked())["next page"].words.endswith("none of them again")
    inclusive = verdicts(asked(Behaviour(key_inclusive=True)))
    assert inclusive["next page"].words.endswith("the last one of the page before again")


def test_page_whose_file_is_offline_is_not_seen() -> None:
    found = verdicts(asked(Behaviour(excluded=EXCLUDED, offline="^20000101000000 ")))
    names = ("Memento-Datetime", "Link: original", "id_: raw body", "id_: length")
    assert all(isinstance(found[name], NotSeen) for name in names)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_nearest_capture_that_is_offline_is_not_seen() -> None:
    """A recorded redirect of 2023 goes six days away from a capture that is listed."""
    known = asked(Behaviour(faults_at=(("/web/20000101000000id_", "404"),)))
    url = known.exchanges[asked_.NEAREST].url
    away = Response(url, status=302, headers={"Location": "/web/20000303110000id_/http://page.example/"})
    known.add(Exchange(asked_.NEAREST, url, away))
    assert isinstance(verdicts(known)["nearest capture"], NotSeen)
    known = asked()
    known.add(Exchange(asked_.NEAREST, url, away))
    assert isinstance(verdicts(known)["nearest capture"], Differs)


def test_memento_in_place_of_a_pointer_differs() -> None:
    known = asked()
    url = known.exchanges[asked_.NEAREST].url
    at_once = known.exchanges[asked_.CAPTURE].received
    assert at_once is not None
    known.add(Exchange(asked_.NEAREST, url, at_once.replace(url=url)))
    assert verdicts(known)["nearest capture"] == Differs("the memento of 20000101000000 at once: HTTP 200")


# Pages that show little


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_little_known_page_differs_in_nothing(count: int) -> None:
    entries = [(holdings()[index], holdings().load(index)) for index in range(count)]
    known = asked(Behaviour(excluded=EXCLUDED), Holding(entries))
    assert {name: verdict for name, verdict in verdicts(known).items() if isinstance(verdict, Differs)} == {}
    assert Outcome.of(known).status == 0


def test_archive_that_answers_nothing_is_no_difference() -> None:
    known = asked(Behaviour(faults_at=((".", "503"),)))
    outcome = Outcome.of(known)
    assert (outcome.status, outcome.verdicts) == (1, ())
    assert outcome.trouble == "page never archived: archive offline"


def test_server_of_another_kind() -> None:
    """A web server that is no archive has other answers to everything."""
    found = verdicts(asked(Behaviour(faults_at=((".", "sorry"),))))
    assert isinstance(found["fl: seven fields"], Differs)
    assert isinstance(found["page never archived"], Differs)
    assert sum(isinstance(verdict, Differs) for verdict in found.values()) == 2


def test_unanswered_question_is_not_seen() -> None:
    known = asked()
    known.add(Exchange(asked_.COLLAPSE_DAY, known.exchanges[asked_.COLLAPSE_DAY].url, failure="timed out"))
    assert verdicts(known)["collapse=timestamp:8"] == NotSeen("timed out")


def test_without_reference_nothing_is_compared() -> None:
    known = asked()
    known.add(Exchange(REFERENCE, known.exchanges[REFERENCE].url, failure="timed out"))
    found = verdicts(known)
    assert isinstance(found["collapse=timestamp:6"], NotSeen)
    assert not any(isinstance(verdict, Differs) for verdict in found.values())


def test_table_has_a_line_for_each_fact() -> None:
    known = asked()
    lines = str(Outcome.of(known)).splitlines()
    assert lines[0].split() == ["fact", "seen", "for", "a", "crawl"]
    assert [line.split("  ")[0] for line in lines[1 : len(FACTS) + 1]] == [fact.name for fact in FACTS]
    assert lines[-1] == (
        f"http://double.example, {PAGE}: 20 facts held, 0 differ, 4 were not seen "
        "(9 requests to the index, 6 to playback)"
    )


def test_listings_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = asked()
    read_listing, parsed = type(known.archive).read_listing, Counter[str]()

    def counted(archive: WaybackArchive, response: Response, query: Query) -> ListingPage:
        parsed[response.url] += 1
        return read_listing(archive, response, query)

    monkeypatch.setattr(type(known.archive), "read_listing", counted)
    assert known.is_of_an_archive
    verdicts(known)
    assert known.is_of_an_archive
    assert len(parsed) > 3
    assert set(parsed.values()) == {1}
